import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The command of a container that runs a script of `pods/`, which is part of the pod. */
export const podScript = (name: string): string[] => ["sh", "-c", readFileSync(join(__dirname, "pods", name), "utf8")];
