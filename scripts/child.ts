import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";

/** Runs a program to its end, and answers with its status and with what it wrote to a pipe. */
export async function run([program, ...args]: readonly [string, ...string[]], options: SpawnOptions) {
  const child = spawn(program, args, options);
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => {
    said += part;
  });
  // The terminal interrupts both. The child ends in order, and what it leaves is removed; this process waits for it.
  const end = () => child.kill();
  process.on("SIGINT", wait).on("SIGTERM", end).on("SIGHUP", end);
  try {
    const [status] = await once(child, "close");
    return { status: (status as number | null) ?? 1, said };
  } finally {
    process.off("SIGINT", wait).off("SIGTERM", end).off("SIGHUP", end);
  }
}

const wait = () => {};
