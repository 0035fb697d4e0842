import type { Kubectl } from "../kubectl";

const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "models" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

/** What a pod does with the volume of the claim. */
const using = (...command: readonly string[]) => ({
  containers: [{ name: "shell", image: "busybox", command, volumeMounts: [{ name: "data", mountPath: "/models" }] }],
  volumes: [{ name: "data", persistentVolumeClaim: { claimName: "models" } }],
});

const pod = (name: string, command: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { restartPolicy: "Never", ...using("sh", "-c", command) },
});

/** Uses the volume for as long as the cluster runs. */
const user = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "models" },
  spec: {
    strategy: { type: "Recreate" },
    selector: { matchLabels: { app: "models" } },
    template: {
      metadata: { labels: { app: "models" } },
      spec: using("sleep", "infinity"),
    },
  },
};

/** Claims a volume, writes to it, and leaves a pod that uses it. */
export async function writeVolume(kubectl: Kubectl): Promise<void> {
  await kubectl.apply(claim);
  await succeeds(kubectl, "writer", "echo 'llama' >/models/name");
  await kubectl.apply(user);
  const { code, output } = await kubectl.run("rollout", "status", "deployment/models", "--timeout=60s");
  if (code !== 0) throw new Error(`the pod that uses a volume does not run: ${output}`);
}

/** Reads what was written. */
export const readVolume = (kubectl: Kubectl): Promise<void> =>
  succeeds(kubectl, "reader", "test \"$(cat /models/name)\" = 'llama'");

async function succeeds(kubectl: Kubectl, name: string, command: string): Promise<void> {
  await kubectl.apply(pod(name, command));
  let phase = "";
  for (let seconds = 0; seconds < 60 && phase !== "Succeeded" && phase !== "Failed"; seconds += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    ({ phase } = (await kubectl.get<{ status: { phase: string } }>("pod", name)).status);
  }
  await kubectl.run("delete", "pod", name);
  if (phase !== "Succeeded") throw new Error(`the pod ${name} that uses a volume is ${phase}`);
}
