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
const podSpec = (method: Method, isTainted: boolean) => ({
  restartPolicy: "Never",
  ...(isTainted && { tolerations: [{ key: taint.key, operator: "Exists", effect: taint.effect }] }),
  ...(method.claims
    ? { resourceClaims: [{ name: "gpu", resourceClaimTemplateName: name }] }
    : { runtimeClassName: runtimeClass }),
  containers: [container(method.claims)],
});

const claimTemplate = {
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaimTemplate",
  metadata: { name },
  spec: { spec: { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu.nvidia.com" } }] } } },
};

const documents = (method: Method, workload: object): string =>
  [...(method.claims ? [claimTemplate] : []), workload].map((each) => stringify(each)).join("---\n");

/** A pod to begin with, as YAML. */
export const examplePod = (method: Method, isTainted: boolean): string =>
  documents(method, { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: podSpec(method, isTainted) });

const job = (method: Method, isTainted = false): string =>
  documents(method, {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: timeout,
      ttlSecondsAfterFinished: 3600,
      template: { spec: podSpec(method, isTainted) },
    },
  });

/**
 * Runs a Job that uses the GPU, and waits for it. Where it does not complete, the message names the link of the chain from
 * the device to the pod that is broken.
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
clean() {
  echo "$JOB" | kube delete --ignore-not-found --wait=false --filename=- >/dev/null 2>&1 || true
}
broken() {
  echo "no pod can use the GPU: $*" >&2
  exit 1
}
talos() {
  command -v talosctl >/dev/null && talosctl --talosconfig "$TALOSCONFIG" --endpoints "$NODE" --nodes "$NODE" "$@" 2>/dev/null
}

clean
kube wait --for=delete job/${name} --timeout=60s >/dev/null 2>&1 || true
trap clean EXIT
echo "$JOB" | kube apply --filename=- >/dev/null

state() { kube get job ${name} --output='jsonpath={.status.conditions[?(@.status=="True")].type}' 2>/dev/null || true; }
deadline=$(($(date +%s) + TIMEOUT))
while :; do
  case "$(state)" in
    *Complete*)
      echo "a pod has used the GPU"
      exit 0
      ;;
    *Failed*) break ;;
  esac
  if [ "$(date +%s)" -ge "$deadline" ]; then break; fi
  # What no waiting mends is told at once.
  reason=$(kube get pods --selector=job-name=${name} --output='jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}' 2>/dev/null || true)
  case "$reason" in *InvalidImageName*) break ;; esac
  sleep 5
done

refused=$(kube get events --all-namespaces --field-selector=reason=FailedCreate --output='jsonpath={range .items[*]}{.message}{"\\n"}{end}' | grep -i 'violates PodSecurity' | tail -n 1 || true)
daemons=$(kube get daemonsets --namespace="$NAMESPACE" --output='jsonpath={range .items[*]}{.metadata.name} {.status.desiredNumberScheduled} {.status.numberReady}{"\\n"}{end}' | grep -v mps || true)
waiting=$(kube get pods --all-namespaces --output='jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.status.containerStatuses[*].state.waiting.reason}{"\\n"}{end}' | grep -E "^($NAMESPACE/|default/${name})" | grep -E 'ErrImagePull|ImagePullBackOff|InvalidImageName' | head -n 1 || true)

[ -z "$refused" ] || broken "pod security refused a pod, the namespace needs the label pod-security.kubernetes.io/enforce: privileged: $refused"
[ -n "$daemons" ] || broken "the namespace $NAMESPACE has no DaemonSet; see helm status in it"
case "$daemons" in
  *" 0 "*) broken "no node fits $(echo "$daemons" | awk '$2 == 0 { print $1; exit }'), it needs the node label nvidia.com/gpu.present: \\"true\\"" ;;
esac
[ -z "$waiting" ] || broken "an image was not pulled: $waiting"

allocatable=$(kube get nodes --output='jsonpath={.items[*].status.allocatable.nvidia\\.com/gpu}')
slices=$(kube get resourceslices --output='jsonpath={.items[?(@.spec.driver=="gpu.nvidia.com")].spec.devices[*].name}' 2>/dev/null || true)
case "$allocatable$slices" in
  "" | 0)
    if command -v talosctl >/dev/null; then
      talos get pcidevices | grep -qi nvidia || broken "the VM has no NVIDIA device; see its hardware in Proxmox"
      talos read /proc/driver/nvidia/version >/dev/null || broken "Talos has no NVIDIA driver; see talosctl dmesg for why its modules were not loaded"
      ! talos dmesg | grep -E 'NVRM:.*(not supported|No NVIDIA GPU|RmInitAdapter failed)' || broken "the driver and the GPU do not fit, as the lines of the kernel above say; choose the other kernel modules or branch"
    fi
    broken "no GPU is allocatable; see talosctl --nodes $NODE get pcidevices, talosctl --nodes $NODE read /proc/driver/nvidia/version and kubectl logs --namespace=$NAMESPACE"
    ;;
esac
broken "$(kube describe pods --selector=job-name=${name} | tail -n 5; kube logs job/${name} --tail=20 2>&1)"
`,
    {
      KUBECONFIG: access.kubeconfig,
      TALOSCONFIG: access.talosconfig,
      NODE: access.node,
      NAMESPACE: method.namespace,
      JOB: job(method, access.isTainted),
      TIMEOUT: String(timeout),
    },
  );
