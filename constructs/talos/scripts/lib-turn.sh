# shellcheck shell=sh
# What the turns of machines that change one after another have in common.
#
# ENDPOINTS    IP addresses of the control plane nodes, separated by spaces
# TALOSCONFIG  file for talosctl
# DIRECTORY    folder of this turn, in which it notes the node that it drains
# TIMEOUT      seconds for each of the waits
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-nodes.sh"

require kubectl
require talosctl
# shellcheck disable=SC2034 # for the scripts
drained="$DIRECTORY/drained"

# A kubelet renews its lease every ten seconds; that a node which has gone away is not ready, Kubernetes sees after forty.
leases() { kube 10 --namespace=kube-node-lease get leases --output='jsonpath={range .items[*]}{.metadata.name} {.spec.renewTime}{"\n"}{end}' 2>/dev/null; }

# Whether all nodes but the named one are ready and report, and their etcd members answer; $missing is what does not.
before=
are_well() {
  # shellcheck disable=SC2153 # ENDPOINTS are given, and one of them is asked.
  for ENDPOINT in $ENDPOINTS; do
    if etcd_answers "$ENDPOINT"; then break; fi
  done
  others_ready "$1" || return
  now=$(leases) || return
  if [ -z "$before" ]; then before=$now; fi
  missing=$(printf '%s\n\n%s\n' "$before" "$now" | awk -v but="$1" '
    NF == 0 { later = 1; next }
    !later { renewed[$1] = $2; next }
    $1 != but && renewed[$1] == $2 { printf " %s", $1 }')
  missing=${missing# }
  [ -z "$missing" ]
}

# wait_until_well <all but this node> <what to say if they are not>
wait_until_well() {
  before=
  deadline=$(deadline_in "$TIMEOUT")
  until are_well "$1"; do
    if past "$deadline"; then fail "$2 after $TIMEOUT seconds: $missing"; fi
    sleep 5
  done
}
