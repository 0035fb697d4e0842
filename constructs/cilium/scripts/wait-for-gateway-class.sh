#!/bin/sh
# Waits until Cilium has accepted its GatewayClass. The operator looks for the CRDs of the Gateway API once, when it starts;
# one that started before them is restarted.
#
# KUBECONFIG  kubeconfig of the cluster
# ENABLED     true or false; if false, there is nothing to wait for
# TIMEOUT     seconds
. "$(dirname "$0")/lib.sh"

[ "$ENABLED" = true ] || exit 0
require kubectl
ask() { kube 30 --namespace=kube-system get "$@"; }

# When the CRDs were last changed.
applied() {
  ask crd --show-managed-fields --output=jsonpath='{range .items[?(@.spec.group=="gateway.networking.k8s.io")]}{range .metadata.managedFields[?(@.manager=="gateway-api-definitions")]}{.time}{"\n"}{end}{end}' | sort | tail -n 1
}
# The operators that started before.
outdated() {
  ask pods --selector=io.cilium/app=operator --output=jsonpath='{range .items[*]}{.metadata.name} {.status.containerStatuses[0].state.running.startedAt}{"\n"}{end}' |
    awk -v applied="$1" '$2 != "" && $2 "" <= applied { print $1 }'
}
accepted() {
  [ "$(ask gatewayclass/cilium --output=jsonpath='{.status.conditions[?(@.type=="Accepted")].status}')" = True ]
}

deadline=$(deadline_in "$TIMEOUT")
until changed=$(applied 2>"$work/problem") && old=$(outdated "$changed" 2>"$work/problem") && [ -z "$old" ] && accepted 2>"$work/problem"; do
  if past "$deadline"; then
    log=$(kube 30 --namespace=kube-system logs deployment/cilium-operator --tail=1000 2>/dev/null | grep -i gateway | tail -n 1 || true)
    fail "Cilium has not accepted the GatewayClass cilium after $TIMEOUT seconds${log:+; its operator says: $log}. $(cat "$work/problem")"
  fi
  if [ -n "${old:-}" ]; then
    say "restarting Cilium's operator, which started before the CRDs of the Gateway API"
    # shellcheck disable=SC2086 # one name each
    kube 30 --namespace=kube-system delete pod --wait=false $old >/dev/null 2>"$work/problem" || true
  fi
  sleep 2
done
say "Cilium serves gateways"
