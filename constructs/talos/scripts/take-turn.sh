#!/bin/sh
# Lets the machines of a cluster change one after another. Before a machine or its configuration changes, all other nodes have to
# be ready, and their members of etcd have to answer; what was drained before takes pods again. Before a machine changes, its
# node is drained, because it restarts.
#
# NAME         name of the node in Kubernetes; not there after the last one
# CHANGE       machine or configuration
# ENDPOINTS    IP addresses of the control plane nodes, separated by spaces
# TALOSCONFIG  file for talosctl
# DIRECTORY    where the files of the cluster are
# TIMEOUT      seconds for each of the waits
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-nodes.sh"

NAME=${NAME:-}
CHANGE=${CHANGE:-}
# Of the machines that change, note-turn.sh has noted the names. Without a note the machine is new.
note="$DIRECTORY/turn-$CHANGE-$NAME"
if [ -n "$NAME" ]; then
  if [ ! -e "$note" ]; then
    say "$NAME is new, and waits for no other machine"
    exit 0
  fi
  changed="$NAME was not changed, because the machine that changed before is not back"
else
  set -- "$DIRECTORY"/rolling-*
  if [ ! -e "$1" ]; then
    say "no machine has changed"
    exit 0
  fi
  changed="the last machine that changed is not back"
fi
require kubectl
require talosctl

# A kubelet renews its lease every ten seconds; that a node which has gone away is not ready, Kubernetes sees after forty.
leases() { kube 10 --namespace=kube-node-lease get leases --output='jsonpath={range .items[*]}{.metadata.name} {.spec.renewTime}{"\n"}{end}' 2>/dev/null; }
before=
others_alive() {
  # shellcheck disable=SC2153 # ENDPOINTS are given, and one of them is asked.
  for ENDPOINT in $ENDPOINTS; do
    if etcd_answers "$ENDPOINT"; then break; fi
  done
  others_ready "$NAME" || return
  now=$(leases) || return
  if [ -z "$before" ]; then before=$now; fi
  missing=$(printf '%s\n\n%s\n' "$before" "$now" | awk -v but="$NAME" '
    NF == 0 { later = 1; next }
    !later { renewed[$1] = $2; next }
    $1 != but && renewed[$1] == $2 { printf " %s", $1 }')
  missing=${missing# }
  [ -z "$missing" ]
}
wait_for_others() {
  deadline=$(deadline_in "$TIMEOUT")
  until others_alive; do
    if past "$deadline"; then
      fail "$changed after $TIMEOUT seconds: $missing. The machines that have changed stay as they are; see to it, and apply again"
    fi
    sleep 5
  done
}

# What somebody else has cordoned stays so.
rolling="$DIRECTORY/rolling-"
take_pods_again() {
  for drained in "$rolling"*; do
    name=${drained#"$rolling"}
    if [ ! -e "$drained" ] || [ "$name" = "$NAME" ]; then continue; fi
    if [ -s "$drained" ]; then kube 10 uncordon "$name" >/dev/null 2>&1 || true; fi
    rm -f "$drained"
  done
}

# A node that is not ready has no pods to move, and its machine may be what is mended.
drain() {
  status=$(kube 10 get node "$NAME" --ignore-not-found --output='jsonpath={.spec.unschedulable} {.status.conditions[?(@.type=="Ready")].status}')
  case "$status" in
    *True) ;;
    *) return ;;
  esac
  case "$status" in true*) ;; *) printf 'drained\n' >"$rolling$NAME" ;; esac
  if ! try kube $((TIMEOUT + 30)) drain "$NAME" --ignore-daemonsets --delete-emptydir-data --force --timeout="$TIMEOUT"s; then
    last=$answer
    if [ -s "$rolling$NAME" ]; then kube 10 uncordon "$NAME" >/dev/null || true; fi
    fail "$NAME is not drained, and its machine was not changed: $last"
  fi
}

wait_for_others
take_pods_again
if [ -z "$NAME" ]; then
  say "all nodes are ready"
  exit 0
fi
: >>"$rolling$NAME"
if [ "$CHANGE" = machine ]; then
  say "$NAME is drained, and its machine changes next"
  drain
else
  say "the configuration of $NAME changes next"
fi
rm -f "$note"
