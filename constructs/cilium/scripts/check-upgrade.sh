#!/bin/sh
# Fails if Cilium would skip a minor version: its makers test no such upgrade. Changes nothing.
# https://docs.cilium.io/en/stable/operations/upgrade/
#
# KUBECONFIG  kubeconfig of the cluster
# CILIUM      version of Cilium that is to be installed
# TIMEOUT     seconds
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-version.sh"

require kubectl

image=
read_image() {
  image=$(kube 30 --namespace=kube-system get daemonset cilium --ignore-not-found --output=jsonpath='{.spec.template.spec.containers[0].image}' 2>"$work/problem")
}

deadline=$(deadline_in "$TIMEOUT")
until read_image; do
  if past "$deadline"; then
    fail "the API does not report which Cilium runs, after $TIMEOUT seconds, so Cilium was not changed. Its last answer: $(cat "$work/problem")"
  fi
  sleep 2
done
# Of another registry too, such as mirror.example:5000/cilium/cilium:v1.19.8@sha256:…
running=$(printf '%s\n' "$image" | sed -n 's|^.*:v\{0,1\}\([0-9][0-9]*\.[0-9][0-9]*\.[0-9][^@]*\)\(@.*\)\{0,1\}$|\1|p')
if [ -z "$running" ]; then
  if [ -z "$image" ]; then say "the cluster has no Cilium yet"; else say "the image $image of Cilium has no version to compare with"; fi
  exit 0
fi
if [ "$(direction "$running" "$CILIUM")" = far ]; then
  fail "Cilium is upgraded one minor version at a time, and $CILIUM is too far from $running; write $(steps_between "$running" "$CILIUM") first. Cilium was not changed [upgrade-one-minor]"
fi
say "Cilium $running can become $CILIUM"
