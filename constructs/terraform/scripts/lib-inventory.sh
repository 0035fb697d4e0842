# shellcheck shell=sh
# Talos's inventory, which it has from 1.13 on: `talosctl upgrade-k8s` deletes what is in it and no longer in the machine
# configuration: https://github.com/siderolabs/go-kubernetes/blob/v0.2.38/kubernetes/ssa/apply.go
#
# KUBECONFIG  kubeconfig of the cluster

inventory="configmap/talos-bootstrap-manifests-inventory"

# Reads the names of its entries into $answer, a line for each: the namespace, name, group and kind of an object.
read_inventory() {
  # shellcheck disable=SC2016 # a template of kubectl's
  try kube 30 get "$inventory" --namespace=kube-system --ignore-not-found --output='go-template={{range $name, $_ := .data}}{{$name}}{{"\n"}}{{end}}'
}

# Removes entries, given as lines. Their objects stay.
remove_entries() {
  patch=$(printf '%s\n' "$1" | awk '{ printf "%s\"%s\":null", separator, $0; separator = "," }')
  try kube 30 patch "$inventory" --namespace=kube-system --type=merge --patch="{\"data\":{$patch}}"
}
