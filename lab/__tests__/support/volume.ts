import type { Kubectl } from "../../kubectl";
import { eventually } from "./eventually";
import { succeeded } from "./succeeded";

/** A claim of so much, by the default storage class. */
export const claim = (size: string) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "models" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: size } } },
});

/** A pod that does something to the volume of the claim. */
export const pod = (name: string, command: string) => ({
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

/** How such a pod ends. */
export async function ends(kubectl: Kubectl, name: string, command: string): Promise<string> {
  succeeded(await kubectl.apply(pod(name, command)));
  let phase = "";
  await eventually(async () => {
    const { status } = await kubectl.get<{ status: { phase: string } }>("pod", name);
    phase = status.phase;
    expect(["Succeeded", "Failed"]).toContain(phase);
  });
  succeeded(await kubectl.run("delete", "pod", name));
  return phase;
}

export const writes = "echo 'llama' >/models/name";
export const reads = "test \"$(cat /models/name)\" = 'llama'";
