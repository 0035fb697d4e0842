/**
 * Shell about the members of etcd; `TALOSCONFIG` is the file for talosctl.
 *
 * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/lifecycle-management/etcd-maintenance
 */
export const etcdMembers = `talos_at() {
  address=$1
  shift
  talosctl --talosconfig "$TALOSCONFIG" --endpoints "$address" --nodes "$address" "$@"
}
# Id, host name and address of each member, as the control plane at the address knows them.
etcd_members() {
  talos_at "$1" etcd members 2>/dev/null | awk 'NR > 1 { host = $5; sub("^https?://", "", host); sub(":[0-9]+(,.*)?$", "", host); gsub(/[][]/, "", host); print $2, $3, host }'
}
etcd_answers() { talos_at "$1" etcd status >/dev/null 2>&1; }`;
