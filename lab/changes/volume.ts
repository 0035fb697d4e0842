import type { Kubectl } from "../kubectl";

const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "models" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

/** A pod that does something to the volume of the claim. */
const pod = (name: string, command: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    restartPolicy: "Never",
    containers: [
      {
        name: "shell",
        image: "busybox",
        command: ["sh", "-c", command],
        volumeMounts: [{ name: "data", mountPath: "/models" }],
      },
    ],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "models" } }],
  },
});

/** Claims a volume and writes to it. */
export async function writeVolume(kubectl: Kubectl): Promise<void> {
  await kubectl.apply(claim);
  await succeeds(kubectl, "writer", "echo 'llama' >/models/name");
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
