import type { Kubectl } from "../../kubectl";
import { eventually } from "./eventually";
import { succeeded } from "./succeeded";

/** Which volume a pod uses, and where. */
export interface Use {
  /** @default "models" */
  readonly claim?: string;
  /** @default - the default one */
  readonly storageClass?: string;
  /** @default - the scheduler chooses */
  readonly node?: string;
}

/** A claim of so much. */
export const claim = (size: string, { claim = "models", storageClass }: Use = {}) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: claim },
  spec: {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: size } },
    ...(storageClass !== undefined && { storageClassName: storageClass }),
  },
});

/** What a pod has that does something to a volume. */
const podSpec = (command: string, { claim = "models", node }: Use) => ({
  ...(node !== undefined && { nodeSelector: { "kubernetes.io/hostname": node } }),
  containers: [
    {
      name: "shell",
      image: "busybox",
      command: ["sh", "-c", command],
      volumeMounts: [{ name: "data", mountPath: "/models" }],
    },
  ],
  volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }],
});

/** A pod that does something to a volume. */
export const pod = (name: string, command: string, use: Use = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { restartPolicy: "Never", ...podSpec(command, use) },
});

/** A Deployment whose pod uses a volume for as long as it runs. */
export const server = (name: string, use: Use = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    strategy: { type: "Recreate" },
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec("sleep", use) },
  },
});

/** How such a pod ends. */
export async function ends(kubectl: Kubectl, name: string, command: string, use: Use = {}): Promise<string> {
  succeeded(await kubectl.apply(pod(name, command, use)));
  let phase = "";
  await eventually(async () => {
    const { status } = await kubectl.get<{ status: { phase: string } }>("pod", name);
    phase = status.phase;
    expect(["Succeeded", "Failed"]).toContain(phase);
  });
  succeeded(await kubectl.run("delete", "pod", name));
  return phase;
}

/** Why the scheduler puts such a pod nowhere. */
export async function unscheduled(kubectl: Kubectl, name: string, use: Use): Promise<string> {
  succeeded(await kubectl.apply(pod(name, reads, use)));
  const message = await eventually(async () => {
    const told = "--output=jsonpath={.status.conditions[?(@.type=='PodScheduled')].message}";
    const { output } = await kubectl.run("get", "pod", name, told);
    expect(output).not.toBe("");
    return output;
  });
  succeeded(await kubectl.run("delete", "pod", name));
  return message;
}

export const writes = "echo 'llama' >/models/name";
export const reads = "test \"$(cat /models/name)\" = 'llama'";
