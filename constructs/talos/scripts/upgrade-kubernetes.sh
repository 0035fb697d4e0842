#!/bin/sh
# Upgrades Kubernetes where the cluster runs an older version, and waits until it is ready.
# Its variables are those of lib-upgrade.sh.
. "$(dirname "$0")/lib-upgrade.sh"
. "$(dirname "$0")/lib-gateway-api.sh"

# Every kubelet says what it runs; talosctl upgrades them last.
kubelets_upgraded() {
  log_in || return
  kube 10 get nodes --output='jsonpath={range .items[*]}{.status.nodeInfo.kubeletVersion}{"\n"}{end}' 2>/dev/null |
    awk -v wanted="v$kubernetes_wanted" '$1 != wanted { other = 1 } END { exit NR == 0 || other }'
}
keep_gateway_api() { log_in && read_gateway_api && { [ -z "$entries" ] || remove_entries "$entries"; }; }
count_nodes() { log_in && kube 10 get nodes --output=name 2>/dev/null | grep -c .; }

if [ "$kubernetes_now" = "$kubernetes_wanted" ]; then
  say "$NODE runs Kubernetes $kubernetes_wanted"
  exit 0
fi
wait_until keep_gateway_api "Kubernetes was not upgraded: the CRDs of the Gateway API cannot be kept from being deleted"
count=$(count_nodes) || count=1
say "upgrading Kubernetes from $kubernetes_now to $kubernetes_wanted"
try talos $(((count + 1) * TIMEOUT)) upgrade-k8s --to "$kubernetes_wanted" ||
  fail "the upgrade of Kubernetes failed; the next apply continues: $answer"
[ "$(running_kubernetes)" = "$kubernetes_wanted" ] ||
  fail "talosctl has upgraded Kubernetes, it says, but $NODE does not run $kubernetes_wanted; the next apply continues: $answer"
wait_until nodes_ready "Kubernetes $kubernetes_wanted on $NODE is not ready"
wait_until kubelets_upgraded "Kubernetes is ready, but a kubelet does not run $kubernetes_wanted"
say "$NODE runs Kubernetes $kubernetes_wanted"
