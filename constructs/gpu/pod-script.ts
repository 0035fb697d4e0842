import { readFileSync } from "node:fs";
import { join } from "node:path";

const scratch = "/scratch";

/** A container that runs a script of `pods/`, which is part of the pod, with a folder of its own to write to. */
export const podScript = (name: string) => ({
  command: ["sh", "-c", readFileSync(join(__dirname, "pods", name), "utf8")],
  env: ["HOME", "TMPDIR"].map((variable) => ({ name: variable, value: scratch })),
  volumeMounts: [{ name: "scratch", mountPath: scratch }],
});
