#!/bin/sh
# Deletes from Kubernetes the nodes that a machine of the cluster was before it got its name, such as those of a cluster that was not
# deployed by the stack. Kubernetes keeps them, with pods that never end.
#
# KUBECONFIG  kubeconfig of the cluster
# ADDRESSES   the nodes of the cluster as name=address, separated by spaces
# TIMEOUT     seconds for a node to register under its name
. "$(dirname "$0")/lib.sh"

require kubectl
read_nodes() {
  try kube 30 get nodes --output=jsonpath='{range .items[*]}{.metadata.name} {.metadata.creationTimestamp} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}'
}
# Prints the nodes that have the address of one of the cluster, its name, and `new` if that one has registered since.
renamed() {
  printf '%s\n' "$answer" | awk -v addresses="$ADDRESSES" '
    BEGIN { for (i = split(addresses, pairs, " "); i > 0; i--) { split(pairs[i], pair, "="); name[pair[2]] = pair[1]; own[pair[1]] } }
    NF { created[$1] = $2 }
    # Nodes of the cluster may exchange their addresses.
    NF && !($1 in own) { for (i = 3; i <= NF; i++) if ($i in name) now[$1] = name[$i] }
    END {
      for (old in now) {
        if (now[old] in created && created[now[old]] <= created[old]) continue
        print old, now[old], now[old] in created ? "new" : ""
      }
    }'
}
delete_node() {
  try kube 60 delete node "$1" --ignore-not-found --wait=false || return
  say "deleted node $1 from Kubernetes: its machine is node $2 now"
}

deadline=$(deadline_in "$TIMEOUT")
while :; do
  if read_nodes; then
    found=$(renamed)
    [ -n "$found" ] || exit 0
    read -r old new state <<EOF
$found
EOF
    if [ "$state" = new ] && delete_node "$old" "$new"; then continue; fi
    if [ -z "$state" ]; then answer="node $new is not registered, and node $old has its address"; fi
  fi
  if past "$deadline"; then fail "nodes of an old name cannot be deleted from Kubernetes: $answer"; fi
  sleep 2
done
