#!/bin/sh
# Removes the taints of a node that stays in its cluster. A node without them, or one that has left, is what is wanted.
#
# DIRECTORY  directory of the kubeconfig
# NODE       name of the node
# TAINTS     as `kubectl taint` takes them, separated by spaces
# TIMEOUT    seconds
. "$(dirname "$0")/lib.sh"

# The cluster is destroyed as a whole, by the run of Terraform that this script belongs to.
if [ "$(cat "$DIRECTORY/destroying" 2>/dev/null)" = "$PPID" ]; then
  say "$NODE is destroyed with its cluster"
  exit 0
fi

require kubectl
KUBECONFIG="$DIRECTORY/kubeconfig"
# If the kubeconfig is missing, the same apply writes it.
untaint() {
  if [ ! -s "$KUBECONFIG" ]; then
    say "there is no $KUBECONFIG"
    return 1
  fi
  kube 10 taint nodes "$NODE" "$1-"
}
deadline=$(deadline_in "$TIMEOUT")
for taint in $TAINTS; do
  until try untaint "$taint"; do
    case "$answer" in *"not found"*) break ;; esac
    if past "$deadline"; then
      fail "the taint $taint of the node $NODE could not be removed within $TIMEOUT seconds; the last answer of Kubernetes: $answer"
    fi
    sleep 2
  done
done
say "the node $NODE has no taint $TAINTS"
