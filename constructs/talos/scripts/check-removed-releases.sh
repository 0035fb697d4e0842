#!/bin/sh
# Fails if the cluster still has a Helm release that the stack had before. The Helm provider takes a release that it cannot read
# for deleted: https://github.com/hashicorp/terraform-provider-helm/blob/v3.1.2/helm/resource_helm_release.go
#
# KUBECONFIG  kubeconfig of the cluster
# RELEASES    releases of the stack, as namespace/name, separated by spaces
# TIMEOUT     seconds
. "$(dirname "$0")/lib.sh"

require kubectl
# Has the releases of the last run. Each is written down before Helm installs it, which may not get into the state.
known=helm-releases-of-stack
deadline=$(deadline_in "$TIMEOUT")
persist() {
  until try "$@"; do
    if past "$deadline"; then
      fail "the API does not report which Helm releases the stack had, after $TIMEOUT seconds, so none was changed. Its last answer: $answer"
    fi
    sleep 5
  done
}
# Names the records of a release, of which `helm uninstall --keep-history` leaves some.
records_of() {
  try kube 30 get secrets --namespace="${1%%/*}" --selector="owner=helm,name=${1#*/},status!=uninstalled" --ignore-not-found --output=name
}

persist kube 30 get configmap "$known" --namespace=kube-system --ignore-not-found --output=jsonpath='{.data.releases}'
left=
# Others may have written there, too: what is no name is no release, and is in no command that a person copies.
for release in $(printf '%s\n' "$answer" | tr ' ' '\n' | grep '^[a-z0-9.-]*/[a-z0-9.-]*$' || true); do
  case " $RELEASES " in *" $release "*) continue ;; esac
  until records_of "$release" && [ -z "$answer" ]; do
    if past "$deadline"; then
      left="$left $release"
      found=$answer
      break
    fi
    sleep 5
  done
done

if [ -n "$left" ]; then
  case "$KUBECONFIG" in /*) path=$KUBECONFIG ;; *) path=$(pwd)/$KUBECONFIG ;; esac
  kubeconfig=$(quoted "$path")
  commands=$(for release in $left; do
    say "  helm --kubeconfig $kubeconfig --namespace ${release%%/*} uninstall ${release#*/}"
  done)
  fail "the cluster still has Helm releases that the stack no longer has:$left. Uninstall them, and apply again:
$commands
Or put them back into the stack, apply, and remove them again. To keep them without the stack:
  kubectl --kubeconfig $kubeconfig --namespace kube-system delete configmap $known
The last answer of Kubernetes: $found"
fi

kube 30 create configmap "$known" --namespace=kube-system --from-literal=releases="$RELEASES" --dry-run=client --output=yaml >"$work/known.yaml"
persist kube 30 apply --server-side --force-conflicts --field-manager="$known" --filename="$work/known.yaml"
say "the cluster has no Helm release that has left the stack"
