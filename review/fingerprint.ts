import { createHash } from "node:crypto";
import type { Charts } from "./chart";
import type { Scripts } from "./command";
import { entriesOf } from "./json";
import { leavesOf, spelledOut } from "./leaf";
import type { Stack } from "./stack";

/** A checksum of all that is in a stack, with its scripts and charts: of what the page shows, and of what it does not. */
export function fingerprintOf(stack: Stack, scripts: Scripts, charts: Charts): string {
  const leaves = entriesOf(stack).flatMap(([name, value]) => leavesOf(value, name).map(spelledOut));
  const files = [...scripts, ...charts].map(([name, content]) => `${name}\n${content}`).sort();
  return shortHash(JSON.stringify([leaves, files]), 16);
}

/** The beginning of a text's checksum. */
export const shortHash = (text: string, length: number): string =>
  createHash("sha256").update(text).digest("hex").slice(0, length);
