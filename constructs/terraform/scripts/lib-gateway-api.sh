# shellcheck shell=sh
# The CRDs of the Gateway API in Talos's inventory. From Talos 1.13 on, `talosctl upgrade-k8s` deletes what is in the inventory
# and no longer in the machine configuration, and with the CRDs all gateways and routes:
# https://github.com/siderolabs/go-kubernetes/blob/v0.2.38/kubernetes/ssa/apply.go
#
# KUBECONFIG  kubeconfig of the cluster

inventory="configmap/talos-bootstrap-manifests-inventory"

# Its entries of the Gateway API, in $entries.
read_inventory() {
  # shellcheck disable=SC2016 # a template of kubectl's
  try kube 30 get "$inventory" --namespace=kube-system --ignore-not-found --output='go-template={{range $name, $_ := .data}}{{$name}}{{"\n"}}{{end}}' || return
  # shellcheck disable=SC2154 # set by try
  entries=$(printf '%s\n' "$answer" | grep '^_[^_]*gateway\.networking\.k8s\.io_' || true)
}

# Removes those entries from the inventory. The CRDs stay.
remove_entries() {
  patch=$(printf '%s\n' "$entries" | awk '{ printf "%s\"%s\":null", separator, $0; separator = "," }')
  try kube 30 patch "$inventory" --namespace=kube-system --type=merge --patch="{\"data\":{$patch}}"
}
