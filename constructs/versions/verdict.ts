import type { Life } from "./life";
import { lives } from "./lives";

/** Programs of which a cluster runs a minor version. */
export type Program = "talos" | "kubernetes" | "cilium";

/** As people write them. */
export const programNames: Readonly<Record<Program, string>> = {
  talos: "Talos",
  kubernetes: "Kubernetes",
  cilium: "Cilium",
};

const livesOf = (program: Program): (readonly [minor: string, life: Life])[] => Object.entries<Life>(lives[program]);

const minorOf = (version: string): string => /1[.][0-9]+/.exec(version)?.[0] ?? "";

/** The life of a version's minor version; undefined if the table has none. */
export const lifeOf = (program: Program, version: string): Life | undefined =>
  livesOf(program).find(([minor]) => minor === minorOf(version))?.[1];

/** Whether its makers test it with the version of Kubernetes; undefined if they say nothing. */
export function isTestedWith({ kubernetes }: Life, kubernetesVersion: string): boolean | undefined {
  const [, minor] = /^v?1[.]([0-9]+)/.exec(kubernetesVersion) ?? [];
  if (kubernetes === undefined || minor === undefined) return undefined;
  const [min, max] = kubernetes;
  return min <= Number(minor) && Number(minor) <= max;
}

/** Whether its maintenance has ended before the day, such as `2026-11-30`. */
export const hasEnded = ({ ends }: Life, day: string): boolean => ends !== undefined && ends.on < day;

/** Minor versions of Kubernetes in words. */
export const rangeOf = ([min, max]: readonly [number, number]): string => `1.${min} to 1.${max}`;

/** Until when it is maintained, as it is to be said on a day. */
export function maintenanceOn(day: string, life: Life): string {
  const { ends, until } = life;
  if (ends === undefined) return until === undefined ? "no end is known" : `maintained as ${until}`;
  const on = `${ends.on}${ends.planned ? " (planned)" : ends.inferred ? " (inferred)" : ""}`;
  return hasEnded(life, day) ? `no longer maintained since ${on}` : `maintained until ${on}`;
}

/**
 * The releases on the way from a version to the next minor version that fits, one minor version at a time: `1.13.12, then
 * 1.14.7`. Undefined if the table has none.
 */
export function stepsFrom(program: Program, version: string, fits: (life: Life) => boolean): string | undefined {
  const all = livesOf(program);
  const later = all.slice(all.findIndex(([minor]) => minor === minorOf(version)) + 1).map(([, life]) => life);
  const end = later.findIndex(fits);
  return end === -1
    ? undefined
    : later
        .slice(0, end + 1)
        .map(({ newest }) => newest)
        .join(", then ");
}

/** The newest release of each minor version between two versions: what an upgrade goes through. */
export function releasesBetween(program: Program, from: string, to: string): string[] {
  const number = (minor: string): number => Number(minor.slice(2));
  const [first, last] = [number(minorOf(from)), number(minorOf(to))];
  return livesOf(program).flatMap(([minor, { newest }]) =>
    first < number(minor) && number(minor) < last ? [newest] : [],
  );
}

const nextOf = (program: Program): string =>
  `the next minor version of ${programNames[program]}, which is not known yet`;

/** A version that runs in a cluster, and the version of Kubernetes there. */
export interface Running {
  readonly program: Program;
  readonly version: string;
  /** Left out, it is not judged whether the two are tested together. */
  readonly kubernetesVersion?: string;
}

/** What is wrong with a version on a day, and what to move to; none of it keeps it from working. */
export function shortcomingsOn(day: string, { program, version, kubernetesVersion = "" }: Running): string[] {
  const life = lifeOf(program, version);
  if (life === undefined) return [`${programNames[program]} ${version} is not in the table of versions`];
  const isMaintained = (each: Life) => !hasEnded(each, day);
  const isTested = (each: Life) => isTestedWith(each, kubernetesVersion) !== false;
  const shortcomings: string[] = [];
  if (!isMaintained(life)) {
    const steps = stepsFrom(program, version, isMaintained) ?? nextOf(program);
    shortcomings.push(`${maintenanceOn(day, life)}; move to ${steps}`);
  }
  if (life.kubernetes && !isTested(life)) {
    const steps = stepsFrom(program, version, (each) => isMaintained(each) && isTested(each));
    const range = rangeOf(life.kubernetes);
    const advice = steps === undefined ? `Kubernetes ${range}` : `${programNames[program]} ${steps}`;
    shortcomings.push(`works, untested together: its makers test it with Kubernetes ${range}; move to ${advice}`);
  }
  return shortcomings;
}

/** What there is to say of a version with no shortcomings. */
export function praiseOn(day: string, { program, version }: Running): string {
  const life = lifeOf(program, version);
  if (life === undefined) return "";
  const tested = life.kubernetes === undefined ? "" : `, tested with Kubernetes ${rangeOf(life.kubernetes)}`;
  return `${maintenanceOn(day, life)}${tested}`;
}
