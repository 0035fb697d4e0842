# shellcheck shell=sh
# The links of the chain from the device to the pod, each by what shows that it is broken.

# A name with dots, as a part of a JSONPath.
in_path() { printf '%s' "$1" | sed 's/[.]/\\./g'; }
# What Kubernetes can allocate: a number, or the names of devices that can be claimed.
gpus() {
  if [ "$CLAIMS" = true ]; then
    kube 30 get resourceslices --output="jsonpath={range .items[?(@.spec.driver==\"$DEVICE_CLASS\")].spec.devices[*]}{.name} {.attributes.driver.string}{\"\\n\"}{end}" |
      awk -v driver="$DEVICE_DRIVER" 'driver == "" || $2 == driver { print $1 }'
  else
    kube 30 get nodes --output="jsonpath={.items[*].status.allocatable.$(in_path "$RESOURCE")}" | tr ' ' '\n' | awk '{ sum += $1 } END { if (NR > 0) print sum + 0 }'
  fi
}
# Other pods that have a GPU.
users() {
  if [ "$CLAIMS" = true ]; then
    kube 30 get resourceclaims --all-namespaces --output='jsonpath={range .items[*]}{.metadata.namespace}/{.status.reservedFor[*].name} {.status.allocation.devices.results[*].driver}{"\n"}{end}' |
      awk -v own="/$NAME-" -v class="$DEVICE_CLASS" 'index($0, " " class) && $1 !~ own { printf "%s%s", gap, $1; gap = ", " }'
  else
    kube 30 get pods --all-namespaces --field-selector=status.phase=Running --output="jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.spec.containers[*].resources.limits.$(in_path "$RESOURCE")}{\"\\n\"}{end}" |
      awk -v own="/$NAME-" 'NF > 1 && $1 !~ own { printf "%s%s", gap, $1; gap = ", " }'
  fi
}
# Why something has no pod. Without the pod's name, which is another one at every try.
refusal() {
  owner=$1
  shift
  why=$(kube 30 get events "$@" --field-selector="reason=FailedCreate,involvedObject.name=$owner" --sort-by=.lastTimestamp --output='jsonpath={range .items[*]}{.message}{"\n"}{end}' |
    tail -n 1 | sed -E 's/^Error creating: (pods? "[^"]*" is forbidden: )?//')
  case "$why" in
    "") ;;
    *PodSecurity*) say "pod security refused the pod of $owner, whose namespace lacks the label pod-security.kubernetes.io/enforce: privileged: $why" ;;
    *) say "Kubernetes refused the pod of $owner: $why" ;;
  esac
}
# What keeps a container from running.
stuck() {
  kube 30 get pods "$@" --output='jsonpath={range .items[*]}{range .status.initContainerStatuses[*]}{.state.waiting.reason} {.image}{"\n"}{end}{range .status.containerStatuses[*]}{.state.waiting.reason} {.image}{"\n"}{end}{end}' |
    awk '$1 ~ /^(ErrImagePull|ImagePullBackOff|InvalidImageName)$/ { print "an image was not pulled: " $2; exit }
      $1 == "CrashLoopBackOff" { print "a container ends again and again, see its log: " $2; exit }'
}

device_and_driver() {
  command -v talosctl >/dev/null || return
  devices=$(talos 30 get pcidevices 2>/dev/null) || return
  if ! printf '%s\n' "$devices" | grep -qE "$DEVICE"; then
    say "the VM has no $VENDOR device; see its hardware in Proxmox"
    return
  fi
  # A driver that knows none of the GPUs is not loaded either.
  said=$(talos 30 dmesg 2>/dev/null | grep -E "$REFUSAL" | head -n 1 | sed -E 's/.*(NVRM:|[]]:) *//')
  if [ -n "$said" ]; then
    say "the driver and the GPU do not fit; $ADVICE: $said"
  elif ! talos 30 read "$DRIVER_FILE" >/dev/null 2>&1; then
    say "Talos has no $VENDOR driver; talosctl --nodes $NODE dmesg shows why its modules were not loaded"
  fi
}
plugin() {
  daemons=$(kube 30 get daemonsets --namespace="$NAMESPACE" --output='jsonpath={range .items[*]}{.metadata.name} {.status.desiredNumberScheduled} {.status.currentNumberScheduled} {.status.numberReady}{"\n"}{end}')
  without_pod=$(printf '%s\n' "$daemons" | awk '$2 > $3 { print $1; exit }')
  link=
  if [ -n "$without_pod" ]; then link=$(refusal "$without_pod" --namespace="$NAMESPACE"); fi
  if [ -z "$link" ]; then link=$(stuck --namespace="$NAMESPACE"); fi
  if [ -n "$link" ]; then
    say "$link"
    return
  fi
  case "$(printf '%s\n' "$daemons" | awk -v name="$DAEMONSET" '$1 == name { print $2 " " $4 }')" in
    "") say "the namespace $NAMESPACE has no DaemonSet $DAEMONSET; see its pods, and helm status --namespace=$NAMESPACE" ;;
    "0 "*) say "no node fits $DAEMONSET, which needs the node label $LABEL: \"true\"" ;;
    *" 0") ;; # It starts.
    *) say "no GPU is allocatable, though $DAEMONSET runs; see kubectl logs --namespace=$NAMESPACE daemonset/$DAEMONSET, talosctl --nodes $NODE get pcidevices and talosctl --nodes $NODE read $DRIVER_FILE" ;;
  esac
}
waits() { say "the pod waits: ${1#Pending }"; }
pod() {
  pods=$(kube 30 get pods --namespace="$NAME" --selector=job-name="$NAME" --output='jsonpath={range .items[*]}{.status.phase} {.status.conditions[?(@.type=="PodScheduled")].message}{end}')
  case "$pods" in
    "") refusal "$NAME" --namespace="$NAME" ;;
    "Pending "*" Insufficient $RESOURCE"* | "Pending "*" cannot allocate all claims"*)
      users=$(users)
      if [ -n "$users" ]; then say "every GPU is in use, by $users"; else waits "$pods"; fi
      ;;
    "Pending "?*) waits "$pods" ;;
    *) stuck --namespace="$NAME" --selector=job-name="$NAME" ;;
  esac
}
# Prints the first link that is broken, nothing where all are whole or time will tell.
broken_link() {
  case "$(gpus)" in
    "" | 0)
      link=$(device_and_driver)
      if [ -n "$link" ]; then say "$link"; else plugin; fi
      ;;
    *) pod ;;
  esac
}
