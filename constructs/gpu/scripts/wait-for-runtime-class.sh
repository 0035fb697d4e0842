#!/bin/sh
# Waits until no RuntimeClass is in the way of the one that the device plugin needs. The GPU operator creates one of the same
# name, which Kubernetes collects some time after the operator is gone, and Helm takes over no object of others.
#
# KUBECONFIG     kubeconfig of the cluster; a cluster that is yet to be created has none
# RUNTIME_CLASS  name of the RuntimeClass
# PREREQUISITES  name of the Helm release that brings it
# TIMEOUT        seconds
. "$(dirname "$0")/lib.sh"

# Nothing of this cluster comes before this step: Terraform could not destroy it together with the releases.
if [ ! -s "$KUBECONFIG" ]; then
  say "no RuntimeClass $RUNTIME_CLASS is in the way of a new cluster's"
  exit 0
fi

require kubectl
# Its name, its Helm release, and what owns it.
read_origin() {
  try kube 30 get runtimeclass "$RUNTIME_CLASS" --ignore-not-found --output=jsonpath='{.metadata.name}|{.metadata.annotations.meta\.helm\.sh/release-name}|{.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].name}'
}
fail_for() {
  fail "the RuntimeClass $RUNTIME_CLASS is in the way of the one that the device plugin needs: $1. Remove what created it, or delete it, then apply again: kubectl delete runtimeclass $RUNTIME_CLASS"
}

deadline=$(deadline_in "$TIMEOUT")
while ! { read_origin && case "$answer" in "" | "$RUNTIME_CLASS|$PREREQUISITES|"*) ;; *) false ;; esac } do
  case "$answer" in "$RUNTIME_CLASS|| ") fail_for "nothing owns it" ;; esac
  if past "$deadline"; then
    release=${answer#*|}
    case "$answer" in
      "$RUNTIME_CLASS||"*) fail_for "it belongs to ${answer##*|}" ;;
      "$RUNTIME_CLASS|"*) fail_for "it belongs to the Helm release ${release%%|*}" ;;
    esac
    say "Kubernetes does not report whether there is a RuntimeClass $RUNTIME_CLASS: $answer"
    exit 0
  fi
  sleep 2
done
say "no RuntimeClass $RUNTIME_CLASS is in the way"
