#!/bin/sh
# Waits until the Kubernetes API is ready and has a node and the resources that are asked for.
#
# KUBECONFIG  kubeconfig of the cluster
# ENDPOINT    URL of the API
# DIRECTLY    if set, asks at ENDPOINT instead of the server in the kubeconfig
# RESOURCES   as `kubectl get` takes them, such as node/worker-1, separated by spaces
# TIMEOUT     seconds
. "$(dirname "$0")/lib.sh"

require kubectl
ask() { kube 10 ${DIRECTLY:+--server="$ENDPOINT"} get "$@"; }
ready() {
  ask --raw /readyz && ask nodes --output=name | grep . || return
  for resource in $RESOURCES; do
    ask "$resource" || return
  done
}

say "waiting for Kubernetes at $ENDPOINT"
deadline=$(deadline_in "$TIMEOUT")
until try ready; do
  if past "$deadline"; then
    fail "Kubernetes at $ENDPOINT is not ready after $TIMEOUT seconds; its last answer: $answer"
  fi
  sleep 2
done
say "Kubernetes at $ENDPOINT is ready"
