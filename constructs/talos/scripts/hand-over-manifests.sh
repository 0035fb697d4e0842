#!/bin/sh
# Hands over to Helm what inline manifests of the machine configuration had brought before: deletes the objects that Helm has not
# taken over, and removes all of them from Talos's inventory. Nothing if there is no list of them.
#
# KUBECONFIG  kubeconfig of the cluster
# NAME        name of the manifests, and of the ConfigMap that lists their objects
# KEEP        objects that a later release takes over, as kind/name, separated by spaces
# TIMEOUT     seconds
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-inventory.sh"
. "$(dirname "$0")/lib-manifests.sh"

require kubectl
deadline=$(deadline_in "$TIMEOUT")

# Deletes an object: its apiVersion, kind, and namespace/name.
delete_unless_kept() {
  case " $KEEP " in *" $2/${3#*/} "*) return ;; esac
  # kubectl puts what it reads from standard input into a list.
  release=$(get_object "$@" --output='jsonpath={..annotations.meta\.helm\.sh/release-name}') || return
  [ -n "$release" ] || delete_object "$@"
}
delete_others() {
  while read -r version kind object; do
    delete_unless_kept "$version" "$kind" "$object" || return
  done <"$work/known"
}
# Talos may be writing what it read before, so that it is looked at again.
leave_inventory() {
  awk '{
    group = $1
    if (!sub("/.*", "", group)) group = ""
    split($3, place, "/")
    gsub(":", "__", place[2])
    print place[1] "_" place[2] "_" group "_" $2
  }' "$work/known" >"$work/keys"
  while :; do
    read_inventory || return
    entries=$(printf '%s\n' "$answer" | grep -xF -f "$work/keys" || true)
    [ -n "$entries" ] || return 0
    remove_entries "$entries" || return
    sleep 3
  done
}
delete_list() { ask delete configmap "$NAME" --namespace=kube-system --ignore-not-found >/dev/null; }

persist known_objects
[ -s "$work/known" ] || exit 0
persist delete_others
persist leave_inventory
persist delete_list
say "the objects of $NAME belong to Helm now"
