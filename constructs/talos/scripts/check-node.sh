#!/bin/sh
# Checks that the node of this cluster answers at its address before the address is sent a new configuration: the Talos
# provider sends it, with all keys of the cluster, to whoever answers without a certificate.
# https://github.com/siderolabs/terraform-provider-talos/blob/v0.11.0/pkg/talos/util.go
#
# NODE       IP address of the node
# MACHINE    name of its resources in Terraform
# CA         CA certificate of the cluster's Talos API, in base64
# DIRECTORY  where the files of the cluster are
# TIMEOUT    seconds
. "$(dirname "$0")/lib.sh"

# This run of Terraform replaces or destroys the machine: note-machine-end.sh.
note="$DIRECTORY/ending-$MACHINE"
if [ "$(cat "$note" 2>/dev/null)" = "$PPID" ]; then
  rm -f "$note"
  say "$NODE is replaced or destroyed, and not checked"
  exit 0
fi

require kubectl
value_of() { awk -v key="$1:" '$1 == key { print $2; exit }' "$DIRECTORY/talosconfig" | base64 -d; }
printf %s "$CA" | base64 -d >"$work/ca.pem" || fail "the CA certificate of the cluster cannot be read"
if [ -s "$DIRECTORY/talosconfig" ]; then
  value_of crt >"$work/crt.pem"
  value_of key >"$work/key.pem"
  set -- "$work/crt.pem" "$work/key.pem"
  expected="from server"
else
  # In CI the file is not there before the apply. Without a client certificate Talos ends the connection, after its own is checked.
  set --
  expected="remote error: tls: certificate required"
fi
is_node() {
  try kubectl_at_talos 10 "$work/ca.pem" "$@" || true
  case "$answer" in *"$expected"*) ;; *) return 1 ;; esac
}

deadline=$(deadline_in "$TIMEOUT")
until is_node "$@"; do
  case "$answer" in
    *x509*)
      fail "$NODE does not show a certificate of this cluster, though its node was configured: another machine may have the address. Nothing was sent to it, and nothing was changed. If you have reset or reinstalled the node yourself, remove the check from the state, and apply again: terraform state rm null_resource.${MACHINE}_check. The answer: $answer [node-without-configuration]"
      ;;
  esac
  if past "$deadline"; then
    fail "$NODE does not answer, after $TIMEOUT seconds, so nothing was changed. Its last answer: $answer"
  fi
  sleep 5
done
say "$NODE shows a certificate of this cluster"
