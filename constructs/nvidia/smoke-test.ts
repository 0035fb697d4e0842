import { join } from "node:path";
import { stringify } from "yaml";
import type { Script } from "../terraform/script";
import { type Method, runtimeClass, taint } from "./method";

/** Seconds for the Job, which pulls an image of a gigabyte first. */
const timeout = 900;
const image = "nvcr.io/nvidia/k8s/cuda-sample:vectoradd-cuda12.5.0";
const name = "gpu-smoke-test";

/**
 * What Pod Security's level `restricted` demands. The devices of NVIDIA's driver are open to all users of a node.
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

/** A container that adds two vectors, and asks for a GPU: without asking, it would see one behind a broken plugin too. */
const container = (claimed: boolean) => ({
  name: "vector-add",
  image,
  ...restricted.container,
  resources: claimed ? { claims: [{ name: "gpu" }] } : { limits: { "nvidia.com/gpu": 1 } },
});

/** A pod that uses a GPU as the method hands it out. */
const podSpec = ({ claims }: Method, name: string, isTainted: boolean) => ({
  restartPolicy: "Never",
  ...restricted.pod,
  ...(isTainted && { tolerations: [{ key: taint.key, operator: "Exists", effect: taint.effect }] }),
  ...(claims
    ? { resourceClaims: [{ name: "gpu", resourceClaimTemplateName: name }] }
    : { runtimeClassName: runtimeClass }),
  containers: [container(claims)],
});

const claimTemplate = (name: string) => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaimTemplate",
  metadata: { name, namespace: name },
  spec: { spec: { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu.nvidia.com" } }] } } },
});

/** A workload and what it claims from, in a namespace of their own, all of a name. */
const documents = ({ claims }: Method, name: string, kind: object, spec: object): string =>
  [namespaceOf(name), ...(claims ? [claimTemplate(name)] : []), { ...kind, metadata: { name, namespace: name }, spec }]
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
): Script => ({
  file: join(__dirname, "scripts/smoke-test.sh"),
  environment: {
    KUBECONFIG: access.kubeconfig,
    TALOSCONFIG: access.talosconfig,
    NODE: access.node,
    NAMESPACE: method.namespace,
    DAEMONSET: method.daemonSet,
    CLAIMS: String(method.claims),
    JOB: job(method, access.isTainted),
    PATIENCE: String(method.settleSeconds),
    TIMEOUT: String(timeout),
  },
});
