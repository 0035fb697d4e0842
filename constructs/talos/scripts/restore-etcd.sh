#!/bin/sh
# Brings the cluster of one node back from a snapshot of etcd:
#
#   sh cdktf.out/stacks/<stack>/assets/scripts/restore-etcd.sh same-vm [snapshot]   etcd is broken, and the machine is healthy
#   sh cdktf.out/stacks/<stack>/assets/scripts/restore-etcd.sh new-vm [snapshot]    the VM or its disk is gone
#
# NODE           address of the node
# TALOSCONFIG    file for talosctl
# DIRECTORY      where the files of the cluster are
# TIMEOUT        seconds for each of the waits
# VM             address of the VM in Terraform, with new-vm
# CONFIGURATION  address of its Talos configuration in Terraform, with new-vm
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-snapshot.sh"
: "${TIMEOUT:=900}"

# Terraform as the person has it, without KUBE_TOKEN and the like: the Helm provider would add them to the credentials of this
# cluster, and send them to it.
terraform_of_caller() (
  # shellcheck disable=SC2013 # names have no blanks
  for variable in $(awk 'BEGIN { for (name in ENVIRON) if (name ~ /^(KUBE|HELM)_|^KUBECONFIG$/) print name }'); do
    unset "$variable"
  done
  HOME="$callers_home" "$TERRAFORM_BINARY_NAME" "$@"
)

snapshot=${2:-}
case "$snapshot" in
  '' | /*) ;;
  *) if [ -f "$snapshot" ]; then snapshot=$PWD/$snapshot; fi ;;
esac
# Paths are those of the stack's folder, wherever a person starts the script.
case "$(dirname "$0")" in
  */assets/scripts) cd "$(dirname "$0")/../.." ;;
esac

KUBECONFIG="$DIRECTORY/kubeconfig"

# The newest whole snapshot of this cluster; nothing if there is none.
newest_good() {
  good=
  for each in "$DIRECTORY"/etcd-*.snapshot; do
    if [ -f "$each" ] && is_whole "$each" && is_of_cluster "$each"; then good=$each; fi
  done
  printf '%s\n' "$good"
}
# Every namespace has the cluster's CA certificate: a line of it tells one cluster's snapshot from another's.
# https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-token-volume
is_of_cluster() { LC_ALL=C grep -qF -e "$ca" "$1"; }
instead() {
  good=$(newest_good)
  if [ -n "$good" ]; then printf '%s\n' "the newest good one is $good; write its path after $mode to restore that"; else printf '%s\n' "there is no good one in $DIRECTORY"; fi
}

mode=${1:-}
case "$mode" in
  same-vm | new-vm) ;;
  *) fail "write same-vm if the machine is healthy, or new-vm if the VM or its disk is gone" ;;
esac
require talosctl
require kubectl
[ -s "$KUBECONFIG" ] || fail "$KUBECONFIG is missing, without which no snapshot can be matched with this cluster; nothing was changed"
ca=$(awk '$1 == "certificate-authority-data:" { print $2; exit }' "$KUBECONFIG" | base64 -d | sed -n 3p)
[ -n "$ca" ] || fail "$KUBECONFIG has no CA certificate; nothing was changed"

if [ -z "$snapshot" ]; then
  for each in "$DIRECTORY"/etcd-*.snapshot; do snapshot=$each; done
fi
[ -f "$snapshot" ] || fail "there is no snapshot of etcd at $snapshot; nothing was changed"
is_whole "$snapshot" || fail "$snapshot is incomplete; nothing was changed, and $(instead)"
is_of_cluster "$snapshot" || fail "$snapshot does not belong to this cluster; nothing was changed, and $(instead)"

if [ "$mode" = same-vm ]; then
  try talos 30 version || fail "the Talos node at $NODE does not answer, so it cannot be restored in place; nothing was changed. Its answer: $answer"
  say "wiping etcd's data on $NODE, to restore $snapshot"
  try talos "$TIMEOUT" reset --graceful=false --reboot --system-labels-to-wipe=EPHEMERAL ||
    fail "$NODE could not be reset: $answer"
else
  require "${TERRAFORM_BINARY_NAME:=terraform}"
  # The CA certificates of Proxmox beside the configuration, which npm run deploy trusts too.
  if [ -d ../../../proxmox-ca ]; then
    SSL_CERT_DIR="$PWD/../../../proxmox-ca:${SSL_CERT_DIR:-/etc/ssl/certs:/etc/pki/tls/certs}"
    export SSL_CERT_DIR
  fi
  say "replacing $VM, to restore $snapshot"
  terraform_of_caller apply -replace="$VM" -target="$CONFIGURATION" ||
    fail "$VM is not replaced; nothing was restored. Run the same command again"
fi

deadline=$(deadline_in "$TIMEOUT")
until try talos 120 bootstrap --recover-from="$snapshot"; do
  if past "$deadline"; then fail "$NODE does not recover from $snapshot, after $TIMEOUT seconds: $answer"; fi
  sleep 5
done
say "$NODE recovers from $snapshot"
deadline=$(deadline_in "$TIMEOUT")
until try kube 10 get --raw /readyz; do
  if past "$deadline"; then fail "etcd is restored, but Kubernetes is not ready after $TIMEOUT seconds: $answer"; fi
  sleep 2
done
if [ "$mode" = new-vm ]; then terraform_of_caller apply; fi
say "the cluster runs again, restored from $snapshot"

# What the volumes have that Kubernetes knows again.
volumes=$(kube 10 get pv --output=name) || volumes=
if [ -n "$volumes" ]; then
  case "$mode" in
    same-vm) say "the volumes that the snapshot knows have their current data" ;;
    new-vm) say "the volumes that the snapshot knows are empty if they are on disks of the VM, which are new; those of ProxmoxCsi have their current data" ;;
  esac
  say "volumes that were claimed after the snapshot are unknown to Kubernetes, and keep their data; see kubectl get pv"
fi
