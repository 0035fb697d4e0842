import { readdirSync, readlinkSync } from "node:fs";

/** Processes that work in a directory. */
export const processesIn = (directory: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });
