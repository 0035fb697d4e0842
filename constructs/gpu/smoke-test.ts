import { join } from "node:path";
import { stringify } from "yaml";
import type { Script } from "../terraform/script";
import { byDigest } from "./image-digest";
import type { Method } from "./method";
import { nvidia } from "./nvidia";
import type { GpuResource, Vendor } from "./vendor";

/** Seconds for the Job, which pulls an image of a gigabyte first. */
const timeout = 900;

/**
 * What Pod Security's level `restricted` demands. The devices of GPUs are open to all users of a node.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
const restricted = {
  pod: {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: "RuntimeDefault" } },
  },
  container: { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } },
} as const;

/** A namespace that takes no other pods. */
const namespaceOf = (name: string) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

/** A pod as it is to be made. */
interface PodOptions {
  readonly method: Method;
  readonly vendor: Vendor;
  readonly resource: GpuResource;
  /** Its name. */
  readonly name: string;
  /** Whether the nodes with GPUs have the taint. */
  readonly isTainted: boolean;
}

/** A container that works on the GPU, and asks for one: without asking, it would see one behind a broken plugin too. */
const container = ({ method, resource: { name, work } }: PodOptions) => ({
  ...work,
  image: byDigest(work.image),
  ...restricted.container,
  resources: method.claims ? { claims: [{ name: "gpu" }] } : { limits: { [name]: 1 } },
});

/** A pod that uses a GPU as the method hands it out. */
function podSpec(options: PodOptions) {
  const { method, vendor, name, isTainted } = options;
  const { taint, runtimeClass } = vendor;
  const volumes = (options.resource.work.volumeMounts ?? []).map(({ name }) => ({ name, emptyDir: {} }));
  return {
    restartPolicy: "Never",
    ...restricted.pod,
    ...(isTainted && { tolerations: [{ key: taint.key, operator: "Exists", effect: taint.effect }] }),
    ...(method.claims && { resourceClaims: [{ name: "gpu", resourceClaimTemplateName: name }] }),
    ...(!method.claims && !method.injects && runtimeClass && { runtimeClassName: runtimeClass }),
    containers: [container(options)],
    ...(volumes.length > 0 && { volumes }),
  };
}

/** What is claimed: any device of the class, or one with a driver. */
const claimTemplate = ({ name, resource: { claimedDriver } }: PodOptions, deviceClassName: string) => {
  const expression = `device.attributes[${JSON.stringify(deviceClassName)}].driver == ${JSON.stringify(claimedDriver)}`;
  const exactly = { deviceClassName, ...(claimedDriver && { selectors: [{ cel: { expression } }] }) };
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaimTemplate",
    metadata: { name, namespace: name },
    spec: { spec: { devices: { requests: [{ name: "gpu", exactly }] } } },
  };
};

/** A workload and what it claims from, in a namespace of their own, all of a name. */
function documents(options: PodOptions, kind: object, spec: object): string {
  const { name, method } = options;
  const claimed = method.claims ? [claimTemplate(options, method.claims)] : [];
  return [namespaceOf(name), ...claimed, { ...kind, metadata: { name, namespace: name }, spec }]
    .map((each) => stringify(each))
    .join("---\n");
}

/** A pod to begin with, as YAML. */
export function examplePod(method: Method, isTainted: boolean, vendor: Vendor, resource: GpuResource): string {
  // Not the smoke test's name, which takes away what has it.
  const options = { method, vendor, resource, name: "gpu-example", isTainted };
  return documents(options, { apiVersion: "v1", kind: "Pod" }, podSpec(options));
}

const job = (options: PodOptions): string =>
  documents(
    options,
    { apiVersion: "batch/v1", kind: "Job" },
    {
      backoffLimit: 0,
      // Should whoever waits for it be gone.
      activeDeadlineSeconds: timeout + 60,
      ttlSecondsAfterFinished: 3600,
      template: { spec: podSpec(options) },
    },
  );

/**
 * Runs a Job that uses the GPU, and waits for it. Where it does not complete, the message names the link of the chain from
 * the device to the pod that is broken. GPUs that other pods have, such as during an upgrade, are not taken from them.
 *
 * @param talosconfig for talosctl, which is asked about the device and the driver where the machine has it
 */
export function smokeTest(
  method: Method,
  access: {
    readonly kubeconfig: string;
    readonly talosconfig: string;
    readonly node: string;
    /** Whether the nodes with GPUs have the taint. */
    readonly isTainted?: boolean;
    readonly vendor?: Vendor;
    readonly resource?: GpuResource;
  },
): Script {
  const { vendor = nvidia, resource = nvidia.resources[0] as GpuResource, isTainted = false } = access;
  return {
    file: join(__dirname, "scripts/smoke-test.sh"),
    environment: {
      KUBECONFIG: access.kubeconfig,
      TALOSCONFIG: access.talosconfig,
      NODE: access.node,
      NAMESPACE: method.namespace,
      DAEMONSET: method.daemonSet,
      CLAIMS: String(method.claims !== undefined),
      JOB: job({ method, vendor, resource, name: resource.job, isTainted }),
      PATIENCE: String(method.settleSeconds),
      TIMEOUT: String(timeout),
      ...evidence(vendor, resource, method),
    },
  };
}

/** The script's settings for a vendor; those for NVIDIA are its defaults. */
function evidence(vendor: Vendor, resource: GpuResource, { claims }: Method): Readonly<Record<string, string>> {
  const known = vendor.evidenceOf?.(resource);
  if (!known) return {};
  return {
    VENDOR: vendor.title,
    RESOURCE: resource.name,
    NAME: resource.job,
    LABEL: vendor.label,
    DEVICE: known.device,
    DRIVER_FILE: known.file,
    REFUSAL: known.refusal,
    ADVICE: known.advice,
    ...(claims && { DEVICE_CLASS: claims }),
    ...(claims && resource.claimedDriver && { DEVICE_DRIVER: resource.claimedDriver }),
  };
}
