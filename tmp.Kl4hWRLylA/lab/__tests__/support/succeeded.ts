import type { Run } from "../../processes";

/** Takes a command to have succeeded, and shows what it wrote when it has not. */
export function succeeded({ code, output }: Run): void {
  if (code !== 0) throw new Error(`ended with ${code}:\n${output}`);
}
