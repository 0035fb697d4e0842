#!/bin/sh
# Taints a node.
#
# DIRECTORY  directory of the kubeconfig
# NODE       name of the node
# TAINTS     as `kubectl taint` takes them, separated by spaces
# TIMEOUT    seconds
. "$(dirname "$0")/lib.sh"

require kubectl
KUBECONFIG="$DIRECTORY/kubeconfig"
deadline=$(deadline_in "$TIMEOUT")
# shellcheck disable=SC2086 # each taint is a word
until try kube 10 taint nodes "$NODE" $TAINTS --overwrite; do
  if past "$deadline"; then
    fail "the node $NODE could not be tainted with $TAINTS within $TIMEOUT seconds; the last answer of Kubernetes: $answer"
  fi
  sleep 2
done
say "the node $NODE has the taints $TAINTS"
