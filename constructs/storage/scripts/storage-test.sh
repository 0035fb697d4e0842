#!/bin/sh
# Claims a volume of each storage class on each node that has volumes, writes to it from one Job, and reads it from another. If that
# does not work, the message names the link of the chain from the disk to the pod that is broken.
#
# KUBECONFIG      kubeconfig of the cluster
# TALOSCONFIG     file for talosctl, which is asked about the disk and the user volume if the machine has it
# VOLUME_NODES    each node as name=address, separated by spaces
# VOLUME          name of the user volume in Talos that volumes are on; empty if they are elsewhere
# STORAGE_CLASSES names of the storage classes, separated by spaces
# NAMESPACE       namespace of the provisioner and of the Jobs
# PROVISIONER     name of the provisioner's Deployment
# CLAIM           manifest of the claim, with @CLASS@ for the name of the storage class
# WRITER          manifest of the Job that writes, with @NODE@ for the name of the node
# READER          manifest of the Job that reads, with the same
# PATIENCE        seconds for what is broken to mend by itself
# TIMEOUT         seconds for each volume
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-job.sh"

require kubectl
ask() { kube 30 --namespace="$NAMESPACE" "$@"; }
jobs='job/storage-test-write job/storage-test-read'
clean() {
  # A class may keep its volumes. That of the test goes.
  volume=$(ask get pvc storage-test --ignore-not-found --output=jsonpath='{.spec.volumeName}' 2>/dev/null) || volume=
  [ -z "$volume" ] || kube 30 patch pv "$volume" --patch='{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}' >/dev/null 2>&1 || true
  # shellcheck disable=SC2086 # names
  ask delete --ignore-not-found --wait=false $jobs pvc/storage-test >/dev/null 2>&1 || true
}
# Waits until what an earlier run left is gone.
gone() {
  clean
  # shellcheck disable=SC2086 # names
  kube 120 --namespace="$NAMESPACE" wait --for=delete --timeout=120s $jobs pvc/storage-test >/dev/null 2>&1 || true
}
# The last warning about an object whose name begins so.
warning() {
  ask get events --field-selector=type=Warning --sort-by=.lastTimestamp --output=jsonpath='{range .items[*]}{.involvedObject.name} {.message}{"\n"}{end}' |
    awk -v name="$1" 'index($1, name) == 1 { sub(/^[^ ]+ /, ""); last = $0 } END { print last }'
}

# Prints what Talos lacks, if there is talosctl to ask it.
broken_disk() {
  [ -n "$VOLUME" ] || return 0
  command -v talosctl >/dev/null || return 0
  talos 20 get volumestatuses "u-$VOLUME" --output=yaml >"$work/status" || return 0
  status=$(awk '$1 == "phase:" { phase = $2 } $1 == "errorMessage:" { sub(/^ *errorMessage: */, ""); why = $0 } END { print phase, why }' "$work/status")
  case "$status" in
    ready* | prepared*) ;;
    *"no disks matched"*) say "no disk: node $name has none for the user volume $VOLUME; see the VM's hardware in Proxmox" ;;
    "" | " ") say "no user volume: Talos on node $name knows none of the name $VOLUME" ;;
    *) say "no user volume: $VOLUME on node $name is $status" ;;
  esac
}
# Prints why the provisioner does not work.
broken_provisioner() {
  ready=$(ask get deployment "$PROVISIONER" --output=jsonpath='{.status.readyReplicas}') || return 0
  [ "${ready:-0}" -gt 0 ] && return
  refused=$(warning "$PROVISIONER")
  unscheduled=$(ask get pods --output=jsonpath="{range .items[*]}{.metadata.name} {.status.conditions[?(@.type==\"PodScheduled\")].message}{\"\n\"}{end}" |
    awk -v name="$PROVISIONER" 'index($1, name) == 1 && NF > 1 { sub(/^[^ ]+ /, ""); print; exit }')
  say "the provisioner does not run: ${unscheduled:-${refused:-see the pods of deployment $PROVISIONER in namespace $NAMESPACE}}"
}
# Prints what a CSI driver reports, with what to do if Proxmox refuses it.
by_proxmox() {
  case "$1" in
    # The driver's library says the same of a token that Proxmox does not know: https://github.com/luthermonson/go-proxmox
    *"not authorized"* | *"Permission check failed"* | *"invalid token"* | *"authentication failure"*) say "Proxmox refuses the driver's account; check its permissions and its token in Proxmox: $1" ;;
    *x509*) say "the driver does not trust the certificate of Proxmox; see certificateAuthority: $1" ;;
    *) say "$1" ;;
  esac
}
# Prints the first link that is broken, for the Job.
broken_link() {
  found=$(broken_disk) && [ -n "$found" ] && say "$found" && return
  found=$(broken_provisioner) && [ -n "$found" ] && say "$found" && return
  refused=$(warning "$1")
  case "$refused" in
    *PodSecurity*) say "pod security refused the pod: $refused" && return ;;
    *"pull image"*) say "an image was not pulled: $refused" && return ;;
  esac
  phase=$(ask get pvc storage-test --output=jsonpath='{.status.phase}')
  if [ "$phase" != Bound ]; then
    why=$(warning storage-test)
    unscheduled=$(ask get pods --selector="job-name=$1" --output=jsonpath='{.items[*].status.conditions[?(@.type=="PodScheduled")].message}')
    [ -n "$why$unscheduled" ] && say "the claim is ${phase:-not there}: $(by_proxmox "${why:-$unscheduled}")"
    return
  fi
  case "$refused" in
    *AttachVolume*) say "the volume is not attached to the VM: $(by_proxmox "$refused")" ;;
    *MountVolume*) say "the volume is attached, and not mounted: $refused" ;;
  esac
}

# Applies a manifest of stdin, in which @NODE@ stands for the node.
apply() {
  sed "s/@NODE@/$name/g; s/@CLASS@/$class/g" >"$work/manifest"
  try ask apply --filename="$work/manifest" || fail "node $name has no volume that survives its pod: Kubernetes refuses $1: $answer"
}
# Waits for a Job of the test.
finish() {
  wait_for_job "$1" "$NAMESPACE" || fail "node $name has no volume that survives its pod: $broken"
}

# Waits until the volume that volumes are on is there. Without it they would be on the system disk, and work.
on_disk() {
  waited=0
  while found=$(broken_disk) && [ -n "$found" ]; do
    [ "$waited" -lt "$PATIENCE" ] || fail "node $name has no volume that survives its pod: $found"
    sleep 5
    waited=$((waited + 5))
  done
}

# Writes to a volume and reads it.
prove() {
  say "writing to a volume of storage class $class on node $name, and reading it from another pod"
  gone
  printf '%s\n' "$CLAIM" | apply "the claim"
  printf '%s\n' "$WRITER" | apply "the Job that writes"
  finish storage-test-write
  ask delete --wait=true --timeout=60s job/storage-test-write >/dev/null 2>&1 || true
  printf '%s\n' "$READER" | apply "the Job that reads"
  finish storage-test-read
  say "a volume on node $name has outlived its pod"
}

finally=clean
for node in $VOLUME_NODES; do
  name=${node%%=*}
  # shellcheck disable=SC2034 # for talos
  NODE=${node#*=}
  on_disk
  for class in $STORAGE_CLASSES; do prove; done
done
