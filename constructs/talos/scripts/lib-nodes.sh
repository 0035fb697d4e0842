# shellcheck shell=sh
# Whether the nodes of a cluster of several are well. Needs TALOSCONFIG, and ENDPOINT, a control plane node.
. "$(dirname "$0")/lib-etcd.sh"

# shellcheck disable=SC2154 # of lib.sh
KUBECONFIG="$work/kubeconfig"

# A kubeconfig of the cluster's administrator, which lasts as long as the script.
log_in() { [ -s "$KUBECONFIG" ] || talos_at 30 "${ENDPOINT:-$NODE}" kubeconfig --force "$KUBECONFIG" >/dev/null 2>&1; }

api_ready() { log_in && kube 10 get --raw /readyz >/dev/null 2>&1; }

# Whether all nodes but the named one are ready, and their members of etcd answer; $missing is what is not.
others_ready() {
  missing="the Kubernetes API"
  api_ready || return
  nodes=$(kube 10 get nodes --output='jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' 2>/dev/null) || return
  members=$(etcd_members "$ENDPOINT")
  missing=$(printf '%s\n' "$nodes" | awk -v but="$1" 'NF && $1 != but && $2 != "True" { printf " %s", $1 }')
  [ -n "$members" ] || missing="etcd"
  for member in $(printf '%s\n' "$members" | awk -v but="$1" 'tolower($2) != but { print $3 }'); do
    etcd_answers "$member" || missing="$missing etcd at $member"
  done
  missing=${missing# }
  [ -z "$missing" ]
}
