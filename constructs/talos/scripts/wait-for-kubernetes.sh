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
ask() { kubectl --request-timeout=10s ${DIRECTLY:+--server="$ENDPOINT"} get "$@"; }
ready() {
  ask --raw /readyz && ask nodes --output=name | grep . || return
  for resource in $RESOURCES; do
    ask "$resource" || return
  done
}

deadline=$(deadline_in "$TIMEOUT")
until answer=$(ready 2>&1); do
  if past "$deadline"; then
    fail "Kubernetes at $ENDPOINT is not ready after $TIMEOUT seconds; its last answer: $answer"
  fi
  sleep 2
done
