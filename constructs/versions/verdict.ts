import { type Life, lives } from "./lives";

/** The life of a version's minor version; undefined where the table has none. */
export function lifeOf(program: "talos" | "kubernetes" | "cilium", version: string): Life | undefined {
  const [minor = ""] = /1[.][0-9]+/.exec(version) ?? [];
  const known: Readonly<Record<string, Life>> = lives[program];
  return Object.hasOwn(known, minor) ? known[minor] : undefined;
}

/** Whether its makers test it with the version of Kubernetes; undefined where they say nothing. */
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

/** What is maintained on a day, the newest first: what to move to. */
export const maintainedOn = (program: "talos" | "kubernetes" | "cilium", day: string): string[] =>
  Object.values<Life>(lives[program])
    .filter((life) => !hasEnded(life, day))
    .map(({ newest }) => newest)
    .reverse();
