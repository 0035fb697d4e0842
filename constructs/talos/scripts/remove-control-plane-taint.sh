#!/bin/sh
# Removes the taint that keeps pods off control plane nodes. A node without it is what is wanted.
#
# KUBECONFIG  kubeconfig of the cluster
. "$(dirname "$0")/lib.sh"

require kubectl
if ! try kube 30 taint nodes --all node-role.kubernetes.io/control-plane-; then
  case "$answer" in
    *"not found"*) ;;
    *) fail "the control-plane taint could not be removed: $answer" ;;
  esac
fi
say "the control plane nodes take pods"
