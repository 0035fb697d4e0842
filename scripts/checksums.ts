import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Checksums of the packages of a provider's release, for all machines, as several public lock files have them. */
export interface KnownChecksums {
  readonly version: string;
  /** Public lock files of different owners that agree. */
  readonly sources: readonly string[];
  /** SHA-256 of each package. */
  readonly zh: readonly string[];
}

/** By address of the provider, with its registry: the registries of Terraform and OpenTofu build some packages themselves. */
export const knownChecksums: Readonly<Record<string, KnownChecksums>> = JSON.parse(
  readFileSync(join(__dirname, "provider-checksums.json"), "utf8"),
);

/** What a lock file has of a provider. */
interface Locked {
  readonly address: string;
  readonly version: string;
  readonly zh: readonly string[];
}

/** A provider's block in a lock file, which Terraform always writes in this form. */
const block = /^provider "([^"]+)" \{\s+version\s+= "([^"]+)"[^}]*?hashes = \[([^\]]*)\]/gm;

const lockedIn = (lock: string): Locked[] =>
  [...lock.matchAll(block)].map(([, address = "", version = "", hashes = ""]) => ({
    address,
    version,
    zh: [...hashes.matchAll(/"zh:([0-9a-f]{64})"/g)].map(([, hash = ""]) => hash),
  }));

/** What a lock file says of providers, beside what is known of them. */
export interface Comparison {
  /** Providers whose packages are the known ones. */
  readonly same: readonly string[];
  /** Providers with other packages than the known ones. */
  readonly other: readonly string[];
  /** Providers of which no checksum is known, or whose lock has none to compare, as one from a mirror. */
  readonly unknown: readonly string[];
}

/** Compares a lock file with the checksums that are known. */
export function compared(lock: string, known: Readonly<Record<string, KnownChecksums>> = knownChecksums): Comparison {
  const verdicts = lockedIn(lock).map(({ address, version, zh }) => {
    const of = known[address];
    const isKnown = of !== undefined && of.version === version && zh.length > 0;
    const verdict = !isKnown ? "unknown" : zh.every((hash) => of.zh.includes(hash)) ? "same" : "other";
    return { provider: `${address} ${version}`, verdict };
  });
  const having = (wanted: string) => verdicts.flatMap(({ provider, verdict }) => (verdict === wanted ? provider : []));
  return { same: having("same"), other: having("other"), unknown: having("unknown") };
}
