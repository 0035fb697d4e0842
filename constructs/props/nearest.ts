import { closest, distance } from "fastest-levenshtein";

/** The name that was probably meant: the nearest of the known ones, unless it is far from what was written. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [lower, lowerKnown] = [name.toLowerCase(), known.map((each) => each.toLowerCase())];
  if (known.length === 0) return undefined;
  const found = closest(lower, lowerKnown);
  return distance(lower, found) <= Math.max(1, name.length / 3) || startsOther(lower, found)
    ? known[lowerKnown.indexOf(found)]
    : undefined;
}

/** Whether one of the names is the beginning of the other, such as UserVolume of UserVolumeConfig. */
const startsOther = (one: string, other: string): boolean => one.length > 2 && other.startsWith(one);
