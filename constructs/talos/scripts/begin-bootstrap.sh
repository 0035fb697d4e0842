#!/bin/sh
# Notes that etcd is about to be bootstrapped. If an earlier apply ended before it noted the end, and etcd runs, the bootstrap is not in
# the state, and the Talos provider would try it again for ten minutes. If etcd runs without a note, this tells what to do if that happens.
#
# NODE         address of the control plane node
# TALOSCONFIG  file for talosctl, which is asked about etcd if the machine has it
# DIRECTORY    where the files of the cluster are
# CLUSTER      name of the cluster
. "$(dirname "$0")/lib.sh"

note="$DIRECTORY/bootstrapping"
# Kubernetes answers only where etcd runs, if only with a refusal.
is_bootstrapped() {
  if command -v talosctl >/dev/null; then
    talos 20 etcd members >/dev/null 2>&1
  else
    require kubectl
    case "$NODE" in *:*) host="[$NODE]" ;; *) host=$NODE ;; esac
    try kube_as_nobody 10 --server="https://$host:6443" get --raw /version || case "$answer" in *orbidden* | *nauthorized*) ;; *) return 1 ;; esac
  fi
}

if is_bootstrapped; then
  # `terraform import` does not configure the Helm provider, whose cluster it does not know yet.
  import="{\"import\":[{\"to\":\"talos_machine_bootstrap.cluster\",\"id\":\"$CLUSTER\"}]}"
  record="Record it with the next apply: rm $(quoted "$note") && echo '$import' >import.tf.json && terraform apply; rm import.tf.json"
  if [ -e "$note" ]; then
    fail "etcd of $CLUSTER is bootstrapped already: an apply was interrupted in the middle of that. $record"
  fi
  # The note may be on another machine, as this one may be new. No step can ask whether the state has the bootstrap.
  say "etcd of $CLUSTER is bootstrapped already. If Terraform creates talos_machine_bootstrap.cluster now, an apply on another machine was ended in the middle of that, and Terraform would wait for ten minutes: interrupt it with Ctrl-C. $record"
fi
mkdir -p "$DIRECTORY"
: >"$note"
say "etcd of $CLUSTER may be bootstrapped"
