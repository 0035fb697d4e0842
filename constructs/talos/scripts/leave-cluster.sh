#!/bin/sh
# Lets a node leave its cluster: drained, out of etcd, and deleted from Kubernetes. The last control plane node never leaves,
# nor one without which etcd has no quorum. Of a cluster that is destroyed as a whole no node has to.
#
# NAME       name of the node in Kubernetes
# ROLE       controlplane or worker
# DIRECTORY  where the cluster's kubeconfig and talosconfig are
# TIMEOUT    seconds for each of the steps
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-etcd.sh"

# The run of Terraform that destroys the cluster is the process of which a script is the child.
if [ "$(cat "$DIRECTORY/destroying" 2>/dev/null)" = "$PPID" ]; then
  say "$NAME is destroyed with its cluster"
  exit 0
fi
require kubectl
require talosctl
KUBECONFIG="$DIRECTORY/kubeconfig"
TALOSCONFIG="$DIRECTORY/talosconfig"
again_or_fail() {
  if past "$deadline"; then fail "$@"; fi
  sleep 5
}

# Where they are missing, the same apply writes them.
find_access() {
  deadline=$(deadline_in "$TIMEOUT")
  until [ -s "$KUBECONFIG" ] && [ -s "$TALOSCONFIG" ]; do
    again_or_fail "$NAME cannot leave the cluster without kubeconfig and talosconfig in $DIRECTORY; nothing was changed"
  done
}

# One node at a time: each counts on the others.
leaving="$DIRECTORY/leaving"
take_turn() {
  deadline=$(deadline_in $((10 * TIMEOUT)))
  until mkdir "$leaving" 2>/dev/null; do
    holder=$(cat "$leaving/process" 2>/dev/null) || holder=
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      # It was killed.
      rm -rf "$leaving"
    elif past "$deadline"; then
      fail "$NAME waits for another node to leave first, as $leaving shows; nothing was changed"
    else
      sleep 20
    fi
  done
  discard "$leaving"
  printf '%s\n' "$$" >"$leaving/process"
}

find_node() {
  deadline=$(deadline_in "$TIMEOUT")
  until try kube 10 get node "$NAME" --ignore-not-found --output=name; do
    again_or_fail "Kubernetes does not answer, so $NAME cannot leave it; nothing was changed: $answer"
  done
  present=$answer
}

# Finds the node's id in etcd, and another control plane node that tells of etcd; not without a quorum of the others.
find_member() {
  others=$(kube 10 get nodes --selector=node-role.kubernetes.io/control-plane --output='jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}' |
    awk -v own="$NAME" '$1 != own && NF > 1 { print $2 }')
  if [ -z "$others" ]; then
    fail "$NAME is the last control plane node, and etcd's data would be destroyed with it; destroy the whole cluster, or add control plane nodes first. Nothing was changed"
  fi
  for other in $others; do
    members=$(etcd_members "$other")
    if [ -n "$members" ]; then break; fi
  done
  if [ -z "$members" ]; then
    fail "no other control plane node reports the members of etcd, which then has no quorum; $NAME must not leave it. Nothing was changed"
  fi
  own=$(printf '%s\n' "$members" | awk -v own="$NAME" 'tolower($2) == own { print $1 }')
  left=0
  well=0
  for member in $(printf '%s\n' "$members" | awk -v own="$NAME" 'tolower($2) != own { print $3 }'); do
    left=$((left + 1))
    if etcd_answers "$member"; then well=$((well + 1)); fi
  done
  if [ "$well" -lt $((left / 2 + 1)) ]; then
    fail "of the $left members of etcd beside $NAME only $well answer, which is no quorum; repair them first. Nothing was changed"
  fi
}

# Moves the pods of a node that is ready elsewhere, and remembers its address.
drain() {
  address=
  if [ -z "$present" ] || [ "$(kube 10 get node "$NAME" --output='jsonpath={.status.conditions[?(@.type=="Ready")].status}')" != True ]; then return; fi
  address=$(kube 10 get node "$NAME" --output='jsonpath={.status.addresses[?(@.type=="InternalIP")].address}' | awk '{ print $1 }')
  deadline=$(deadline_in "$TIMEOUT")
  # Again where the API's address is on its way to another control plane node.
  until try kube $((TIMEOUT + 30)) drain "$NAME" --ignore-daemonsets --delete-emptydir-data --force --timeout="$TIMEOUT"s; do
    if past "$deadline"; then
      last=$answer
      try kube 10 uncordon "$NAME" || true
      fail "$NAME is not drained, and stays in the cluster: $last"
    fi
    sleep 5
  done
}

# A node that is not well does not leave by itself.
out_of_etcd() {
  if [ -n "$address" ] && talos_at 60 "$address" etcd leave; then return; fi
  talos_at 60 "$other" etcd remove-member "$own"
}
in_etcd() {
  members=$(etcd_members "$other")
  [ -z "$members" ] || printf '%s\n' "$members" | grep -q "^$own "
}
leave_etcd() {
  deadline=$(deadline_in "$TIMEOUT")
  while in_etcd; do
    try out_of_etcd || true
    if in_etcd; then again_or_fail "$NAME is still in etcd: $answer"; fi
  done
}

delete_node() {
  deadline=$(deadline_in "$TIMEOUT")
  until try kube 10 delete node "$NAME" --ignore-not-found; do
    again_or_fail "$NAME has left, but is not deleted from Kubernetes: $answer"
  done
}

say "$NAME leaves its cluster: it is drained, taken out of etcd if it is in it, and deleted from Kubernetes"
find_access
take_turn
find_node
own=
if [ "$ROLE" = controlplane ]; then find_member; fi
drain
if [ -n "$own" ]; then leave_etcd; fi
delete_node
