import type { LocalExecProvisioner } from "cdktf";
import { stringify } from "yaml";
import { requires, script } from "../talos/shell";
import { type Method, runtimeClass, taint } from "./method";

/** Seconds for the Job, which pulls an image of a gigabyte first. */
const timeout = 900;
const image = "nvcr.io/nvidia/k8s/cuda-sample:vectoradd-cuda12.5.0";
const name = "gpu-smoke-test";

/** A container that adds two vectors, and asks for a GPU: without asking, it would see one behind a broken plugin too. */
const container = (claimed: boolean) => ({
  name: "vector-add",
  image,
  resources: claimed ? { claims: [{ name: "gpu" }] } : { limits: { "nvidia.com/gpu": 1 } },
});

/** A pod that uses a GPU as the method hands it out. */
const podSpec = ({ claims }: Method, name: string, isTainted: boolean) => ({
  restartPolicy: "Never",
  ...(isTainted && { tolerations: [{ key: taint.key, operator: "Exists", effect: taint.effect }] }),
  ...(claims
    ? { resourceClaims: [{ name: "gpu", resourceClaimTemplateName: name }] }
    : { runtimeClassName: runtimeClass }),
  containers: [container(claims)],
});

const claimTemplate = (name: string) => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaimTemplate",
  metadata: { name },
  spec: { spec: { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu.nvidia.com" } }] } } },
});

/** A workload and what it claims from, both of a name. */
const documents = ({ claims }: Method, name: string, kind: object, spec: object): string =>
  [...(claims ? [claimTemplate(name)] : []), { ...kind, metadata: { name }, spec }]
    .map((each) => stringify(each))
    .join("---\n");

/** A pod to begin with, as YAML. */
export function examplePod(method: Method, isTainted: boolean): string {
  // Not the smoke test's name, which takes away what has it.
  const example = "gpu-example";
  return documents(method, example, { apiVersion: "v1", kind: "Pod" }, podSpec(method, example, isTainted));
}

const job = (method: Method, isTainted = false): string =>
  documents(
    method,
    name,
    { apiVersion: "batch/v1", kind: "Job" },
    {
      backoffLimit: 0,
      // Should whoever waits for it be gone.
      activeDeadlineSeconds: timeout + 60,
      ttlSecondsAfterFinished: 3600,
      template: { spec: podSpec(method, name, isTainted) },
    },
  );

/** The links of the chain from the device to the pod, each by what shows that it is broken. */
const chain = `# What Kubernetes can hand out: a number, or the names of devices that can be claimed.
gpus() {
  if [ "$CLAIMS" = true ]; then
    kube get resourceslices --output='jsonpath={.items[?(@.spec.driver=="gpu.nvidia.com")].spec.devices[*].name}'
  else
    kube get nodes --output='jsonpath={.items[*].status.allocatable.nvidia\\.com/gpu}'
  fi
}
# Other pods that have a GPU.
users() {
  if [ "$CLAIMS" = true ]; then
    kube get resourceclaims --all-namespaces --output='jsonpath={range .items[*]}{.metadata.namespace}/{.status.reservedFor[*].name} {.status.allocation.devices.results[*].driver}{"\\n"}{end}' |
      awk '/gpu[.]nvidia[.]com/ && $1 !~ "/${name}-" { printf "%s%s", gap, $1; gap = ", " }'
  else
    kube get pods --all-namespaces --field-selector=status.phase=Running --output='jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.spec.containers[*].resources.limits.nvidia\\.com/gpu}{"\\n"}{end}' |
      awk 'NF > 1 && $1 !~ "/${name}-" { printf "%s%s", gap, $1; gap = ", " }'
  fi
}
# Why something has no pod. Without the pod's name, which is another one at every try.
refusal() {
  owner=$1
  shift
  why=$(kube get events "$@" --field-selector="reason=FailedCreate,involvedObject.name=$owner" --sort-by=.lastTimestamp --output='jsonpath={range .items[*]}{.message}{"\\n"}{end}' |
    tail -n 1 | sed -E 's/^Error creating: (pods? "[^"]*" is forbidden: )?//')
  case "$why" in
    "") ;;
    *PodSecurity*) echo "pod security refused the pod of $owner, whose namespace lacks the label pod-security.kubernetes.io/enforce: privileged: $why" ;;
    *) echo "Kubernetes refused the pod of $owner: $why" ;;
  esac
}
# What keeps a container from running.
stuck() {
  kube get pods "$@" --output='jsonpath={range .items[*]}{range .status.initContainerStatuses[*]}{.state.waiting.reason} {.image}{"\\n"}{end}{range .status.containerStatuses[*]}{.state.waiting.reason} {.image}{"\\n"}{end}{end}' |
    awk '$1 ~ /^(ErrImagePull|ImagePullBackOff|InvalidImageName)$/ { print "an image was not pulled: " $2; exit }
      $1 == "CrashLoopBackOff" { print "a container ends again and again, see its log: " $2; exit }'
}

device_and_driver() {
  command -v talosctl >/dev/null || return
  devices=$(talos get pcidevices) || return
  if ! echo "$devices" | grep -qi nvidia; then
    echo "the VM has no NVIDIA device; see its hardware in Proxmox"
    return
  fi
  # A driver that knows none of the GPUs is not loaded either.
  said=$(talos dmesg | grep -E 'NVRM:.*(not supported|requires use of|RmInitAdapter failed)' | head -n 1 | sed 's/.*NVRM: *//')
  if [ -n "$said" ]; then
    echo "the driver and the GPU do not fit; choose the other kernel modules or branch in talos.nvidia: $said"
  elif ! talos read /proc/driver/nvidia/version >/dev/null; then
    echo "Talos has no NVIDIA driver; talosctl --nodes $NODE dmesg tells why its modules were not loaded"
  fi
}
plugin() {
  daemons=$(kube get daemonsets --namespace="$NAMESPACE" --output='jsonpath={range .items[*]}{.metadata.name} {.status.desiredNumberScheduled} {.status.currentNumberScheduled} {.status.numberReady}{"\\n"}{end}')
  without_pod=$(echo "$daemons" | awk '$2 > $3 { print $1; exit }')
  link=
  if [ -n "$without_pod" ]; then link=$(refusal "$without_pod" --namespace="$NAMESPACE"); fi
  if [ -z "$link" ]; then link=$(stuck --namespace="$NAMESPACE"); fi
  if [ -n "$link" ]; then
    echo "$link"
    return
  fi
  case "$(echo "$daemons" | awk -v name="$DAEMONSET" '$1 == name { print $2 " " $4 }')" in
    "") echo "the namespace $NAMESPACE has no DaemonSet $DAEMONSET; see its pods, and helm status --namespace=$NAMESPACE" ;;
    "0 "*) echo "no node fits $DAEMONSET, it needs the node label nvidia.com/gpu.present: \\"true\\"" ;;
    *" 0") ;; # It starts.
    *) echo "no GPU is allocatable, though $DAEMONSET runs; see kubectl logs --namespace=$NAMESPACE daemonset/$DAEMONSET, talosctl --nodes $NODE get pcidevices and talosctl --nodes $NODE read /proc/driver/nvidia/version" ;;
  esac
}
waits() { echo "$1" | sed 's/^Pending /the pod waits: /'; }
pod() {
  pods=$(kube get pods --selector=job-name=${name} --output='jsonpath={range .items[*]}{.status.phase} {.status.conditions[?(@.type=="PodScheduled")].message}{end}')
  case "$pods" in
    "") refusal ${name} ;;
    "Pending "*" Insufficient nvidia.com/gpu"* | "Pending "*" cannot allocate all claims"*)
      users=$(users)
      if [ -n "$users" ]; then echo "every GPU is in use, by $users"; else waits "$pods"; fi
      ;;
    "Pending "?*) waits "$pods" ;;
    *) stuck --selector=job-name=${name} ;;
  esac
}
# Prints the first link that is broken, nothing where all are whole or time will tell.
broken_link() {
  case "$(gpus)" in
    "" | 0)
      link=$(device_and_driver)
      if [ -n "$link" ]; then echo "$link"; else plugin; fi
      ;;
    *) pod ;;
  esac
}
`;

/**
 * Runs a Job that uses the GPU, and waits for it. Where it does not complete, the message names the link of the chain from
 * the device to the pod that is broken. GPUs that other pods have, such as during an upgrade, are not taken from them.
 *
 * @param talosconfig for talosctl, which is asked about the device and the driver where the machine has it
 */
export const smokeTest = (
  method: Method,
  access: {
    readonly kubeconfig: string;
    readonly talosconfig: string;
    readonly node: string;
    /** Whether the nodes with GPUs have the taint. */
    readonly isTainted?: boolean;
  },
): LocalExecProvisioner =>
  script(
    `${requires("kubectl")}
kube() { kubectl --request-timeout=30s "$@"; }
talos() { talosctl --talosconfig "$TALOSCONFIG" --endpoints "$NODE" --nodes "$NODE" "$@" 2>/dev/null; }
clean() {
  echo "$JOB" | kube delete --ignore-not-found --wait=false --filename=- >/dev/null 2>&1 || true
}
${chain}
clean
kube wait --for=delete job/${name} --timeout=60s >/dev/null 2>&1 || true
trap clean EXIT
echo "$JOB" | kube apply --filename=- >/dev/null

state() { kube get job ${name} --output='jsonpath={.status.conditions[?(@.status=="True")].type}' 2>/dev/null || true; }
since=$(date +%s)
deadline=$((since + TIMEOUT))
broken=
while :; do
  case "$(state)" in
    *Complete*)
      echo "a pod has used the GPU"
      exit 0
      ;;
    *Failed*)
      broken="$(kube describe pods --selector=job-name=${name} | tail -n 5; kube logs job/${name} --tail=20 2>&1)"
      break
      ;;
  esac
  now=$(date +%s)
  found=$(broken_link 2>/dev/null || true)
  if [ "$found" != "$broken" ]; then
    broken=$found
    since=$now
  fi
  # What stays broken is told at once, whatever else there would be to wait for.
  if [ -n "$broken" ] && [ $((now - since)) -ge "$PATIENCE" ]; then break; fi
  if [ "$now" -ge "$deadline" ]; then break; fi
  sleep 2
done
case "$broken" in
  "every GPU is in use"*)
    echo "$broken; no other pod was tried"
    exit 0
    ;;
  "") broken="the pod did not end within $TIMEOUT seconds: $(kube describe pods --selector=job-name=${name} | tail -n 5)" ;;
esac
echo "no pod can use the GPU: $broken" >&2
exit 1
`,
    {
      KUBECONFIG: access.kubeconfig,
      TALOSCONFIG: access.talosconfig,
      NODE: access.node,
      NAMESPACE: method.namespace,
      DAEMONSET: method.daemonSet,
      CLAIMS: String(method.claims),
      JOB: job(method, access.isTainted),
      PATIENCE: String(method.patience),
      TIMEOUT: String(timeout),
    },
  );
