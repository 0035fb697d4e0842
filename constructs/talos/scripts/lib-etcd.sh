# shellcheck shell=sh
# The members of etcd: https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/lifecycle-management/etcd-maintenance

# Id, host name and address of each, as the control plane node at the address knows them.
etcd_members() {
  talos_at 30 "$1" etcd members 2>/dev/null |
    awk 'NR > 1 { host = $5; sub("^https?://", "", host); sub(":[0-9]+(,.*)?$", "", host); gsub(/[][]/, "", host); print $2, $3, host }'
}

# Whether the one at the address answers.
etcd_answers() { talos_at 30 "$1" etcd status >/dev/null 2>&1; }
