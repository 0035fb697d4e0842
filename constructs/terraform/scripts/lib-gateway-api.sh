# shellcheck shell=sh
# The CRDs of the Gateway API in Talos's inventory: with them, `talosctl upgrade-k8s` would delete all gateways and routes.
#
# KUBECONFIG  kubeconfig of the cluster
. "$(dirname "$0")/lib-inventory.sh"

# Reads its entries of the Gateway API into $entries.
read_gateway_api() {
  read_inventory || return
  # shellcheck disable=SC2034,SC2154 # for the script; set by try
  entries=$(printf '%s\n' "$answer" | grep '^_[^_]*gateway\.networking\.k8s\.io_' || true)
}
