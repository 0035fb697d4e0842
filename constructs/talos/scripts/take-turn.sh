#!/bin/sh
# Lets a machine begin to change. All other nodes have to be ready, and their etcd members have to answer; its own node has to
# show a certificate of the cluster, if it gets another configuration, and is drained, if it restarts.
#
# NODE        IP address of the node
# CONFIGURED  if set, the node gets another configuration
# RESTARTS    if set, the node restarts
# The others are those of lib-turn.sh.
. "$(dirname "$0")/lib-turn.sh"

# The provider sends a configuration, with all keys of the cluster, to whoever answers without a certificate.
check_node() {
  if ! try talos_at 30 "$NODE" version; then
    fail "$NODE does not answer as a node of this cluster, so nothing was sent to it: $answer [node-without-configuration]"
  fi
}

# A node that was cordoned before stays cordoned. A node that is not ready has no pods to move, and its machine may be what is mended.
drain() {
  case "$(kube 10 get node "$name" --output='jsonpath={.spec.unschedulable} {.status.conditions[?(@.type=="Ready")].status}')" in
    true*True) ;;
    *True) printf '%s\n' "$name" >"$drained" ;;
    *) return ;;
  esac
  say "$name is drained"
  if ! try kube $((TIMEOUT + 30)) drain "$name" --ignore-daemonsets --delete-emptydir-data --force --timeout="$TIMEOUT"s; then
    fail "$name is not drained, and was not changed: $answer"
  fi
}

name_of_node() {
  kube 10 get nodes --output='jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}' 2>/dev/null |
    awk -v address="$NODE" '{ for (i = 2; i <= NF; i++) if ($i == address) print $1 }'
}
api_answers() {
  for ENDPOINT in $ENDPOINTS; do
    if api_ready; then return; fi
  done
  return 1
}

deadline=$(deadline_in "$TIMEOUT")
until api_answers; do
  if past "$deadline"; then fail "the Kubernetes API does not answer after $TIMEOUT seconds, and $NODE was not changed"; fi
  sleep 5
done
name=$(name_of_node)
wait_until_well "$name" "${name:-$NODE} was not changed, because the other nodes are not all ready"
if [ -n "${CONFIGURED:-}" ]; then check_node; fi
if [ -n "$name" ] && [ -n "${RESTARTS:-}" ]; then drain; fi
