#!/bin/sh
# Runs a Job that uses the GPU, and waits for it. If it does not complete, the message names the link of the chain from the
# device to the pod that is broken. GPUs that other pods have, such as during an upgrade, are not taken from them.
#
# KUBECONFIG   kubeconfig of the cluster
# TALOSCONFIG  file for talosctl, which is asked about the device and the driver if the machine has it
# NODE         address of the node with the GPU
# NAMESPACE    namespace of the plugin
# DAEMONSET    name of the plugin's DaemonSet
# CLAIMS       true if pods claim GPUs, false if they ask for a number
# JOB          manifests of the Job
# PATIENCE     seconds for what is broken to mend by itself
# TIMEOUT      seconds for the Job
#
# Of another vendor than NVIDIA:
# VENDOR       its name
# RESOURCE     what pods ask for
# NAME         name of the Job and of its namespace
# LABEL        label of the nodes that the plugin is for
# DEVICE       matches the device in the list of Talos
# DRIVER_FILE  file that is there while the driver is loaded
# REFUSAL      matches what the kernel says of a driver that does not work with the device
# ADVICE       what to choose then
#
# If its pods claim GPUs:
# DEVICE_CLASS   device class of the claims, and driver of their devices
# DEVICE_DRIVER  attribute "driver" of the devices that are meant; empty for all
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-job.sh"
. "$(dirname "$0")/lib-gpu.sh"

: "${VENDOR:=NVIDIA}" "${RESOURCE:=nvidia.com/gpu}" "${NAME:=gpu-smoke-test}" "${LABEL:=nvidia.com/gpu.present}"
: "${DEVICE:=NVIDIA|nvidia}" "${DRIVER_FILE:=/proc/driver/nvidia/version}"
: "${REFUSAL:=NVRM:.*(not supported|requires use of|RmInitAdapter failed)}"
: "${DEVICE_CLASS:=gpu.nvidia.com}" "${DEVICE_DRIVER:=}"
: "${ADVICE:=choose the other kernel modules or branch in talos.nvidia}"

require kubectl
# The namespace stays: it would be gone too late for the next test.
clean() {
  kube 30 delete job "$NAME" --namespace="$NAME" --ignore-not-found --wait=false >/dev/null 2>&1 || true
  if [ "$CLAIMS" = true ]; then
    kube 30 delete resourceclaimtemplate "$NAME" --namespace="$NAME" --ignore-not-found --wait=false >/dev/null 2>&1 || true
  fi
}

say "running a pod that uses the GPU"
clean
kube 60 wait --for=delete job/"$NAME" --namespace="$NAME" --timeout=60s >/dev/null 2>&1 || true
finally=clean
printf '%s\n' "$JOB" >"$work/job"
try kube 30 apply --filename="$work/job" || fail "no pod can use the GPU: Kubernetes refuses the Job: $answer"

if wait_for_job "$NAME" "$NAME"; then
  say "a pod has used the GPU"
  exit 0
fi
case "$broken" in
  "every GPU is in use"*)
    say "$broken; no other pod was tried"
    exit 0
    ;;
esac
fail "no pod can use the GPU: $broken"
