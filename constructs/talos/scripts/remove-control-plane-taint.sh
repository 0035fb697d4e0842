#!/bin/sh
# Removes the taint that keeps pods off control plane nodes. A node without it is what is wanted.
#
# KUBECONFIG  kubeconfig of the cluster
. "$(dirname "$0")/lib.sh"

require kubectl
if ! answer=$(kubectl --request-timeout=30s taint nodes --all node-role.kubernetes.io/control-plane- 2>&1); then
  case "$answer" in
    *"not found"*) ;;
    *) fail "the control-plane taint could not be removed: $answer" ;;
  esac
fi
