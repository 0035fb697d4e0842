import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Processes that work in a directory, or were started with one below it. */
export const processesIn = (directory: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return (
        readlinkSync(`/proc/${pid}/cwd`).startsWith(directory) ||
        readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${directory}/`)
      );
    } catch {
      return false;
    }
  });
