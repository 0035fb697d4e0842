# shellcheck shell=sh
# The objects of inline manifests, of which a ConfigMap has a list, one a line: apiVersion, kind, namespace/name.
#
# KUBECONFIG  kubeconfig of the cluster
# NAME        name of the ConfigMap
# TIMEOUT     seconds, until $deadline

ask() { kube 60 "$@"; }

# Repeats a step until it succeeds.
# shellcheck disable=SC2154 # of lib.sh and the script
persist() {
  until "$@" 2>"$work/problem"; do
    if past "$deadline"; then fail "the manifests of $NAME cannot be applied: $(cat "$work/problem")"; fi
    sleep 5
  done
}

known_objects() {
  ask get configmap "$NAME" --namespace=kube-system --ignore-not-found --output='jsonpath={.data.objects}' >"$work/answer" || return
  sed '/^$/d' "$work/answer" | sort -u >"$work/known"
}

# Calls kubectl for an object of the list; one whose kind is gone is gone too.
of_object() {
  command=$1
  version=$2
  kind=$3
  object=$4
  shift 4
  ask "$command" --ignore-not-found --filename=- "$@" 2>"$work/refused" <<JSON && return
{"apiVersion": "$version", "kind": "$kind", "metadata": {"name": "${object#*/}", "namespace": "${object%%/*}"}}
JSON
  grep -q 'no matches for kind' "$work/refused" && return
  cat "$work/refused" >&2
  return 1
}
get_object() { of_object get "$@"; }
delete_object() { of_object delete "$@" --wait=false >/dev/null; }
