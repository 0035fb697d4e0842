import { Lazy } from "cdktf";
import type { EarlierClaim } from "./claims";
import type { Check } from "./rule";

/** The names of all who have the same, by the first of them. */
const sharers = new WeakMap<object, string[]>();

/**
 * Checks that no earlier claim is of the same. However many are, it is one mistake: the second reports it in one message, which names
 * all others, also those that come later.
 *
 * @param own the name of this claim in that message
 */
export function checkOnce<Value>(
  own: string,
  earlier: readonly EarlierClaim<Value>[],
  check: (other: EarlierClaim<Value>) => Check,
): Check[] {
  const checks = earlier.map((other) => ({ other, check: check(other) }));
  const same = checks.flatMap(({ other, check: { condition } }) => (condition === false ? [other] : []));
  const [first] = same;
  if (first === undefined) return checks.map(({ check }) => check);
  const reported = same.map((other) => sharers.get(other)).find((names) => names !== undefined);
  if (reported !== undefined) {
    reported.push(own);
    return [];
  }
  const names = same.map(({ by }) => by);
  sharers.set(first, names);
  return [check({ ...first, by: Lazy.stringValue({ produce: () => inWords(names) }) })];
}

/** Checks that no two of the items, which are all of one construct, are the same. */
export function checkEachOnce<Item>(
  items: readonly Item[],
  nameOf: (item: Item, index: number) => string,
  check: (item: Item, other: EarlierClaim<Item>, own: string) => Check,
): Check[] {
  const claims = items.map((value, index) => ({ value, by: nameOf(value, index) }));
  return claims.flatMap(({ value, by }, index) =>
    checkOnce(by, claims.slice(0, index), (other) => check(value, other, by)),
  );
}

/** The names as a list in a sentence, each once. */
export function inWords(names: readonly string[]): string {
  const [last, ...others] = [...new Set(names)].reverse();
  return others.length === 0 ? `${last}` : `${others.reverse().join(", ")} and ${last}`;
}
