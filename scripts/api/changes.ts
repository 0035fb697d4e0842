import { interfacesIn, type Member, propsOf } from "./members";
import type { Declared } from "./source";

/** What another value of a prop does, as docs/changes.md has it. */
export interface Change {
  readonly value: string;
  readonly effect: string;
}

/** The key of a prop, whatever interface inherits it. */
export const keyOf = ({ owner, name }: Member): string => `${owner.name}.${name}`;

/**
 * The changes of each prop, from the tables of docs/changes.md. Their sections are named after the props of the whole, and
 * their rows have the path from there; other sections are of no single prop.
 */
export function changesOf(page: string, whole: Declared): Map<string, Change[]> {
  const changes = new Map<string, Change[]>();
  let root = "";
  for (const line of page.split("\n")) {
    if (line.startsWith("## ")) root = /^## `([a-z]+)`/.exec(line)?.[1] ?? "";
    const [, path = "", value = "", effect = ""] =
      /^[|] `([^`]+)` [|] (.*?) [|] [*][*](.+?)[*][*] [|]/.exec(line) ?? [];
    if (path === "" || root === "") continue;
    const keys = new Set(propsAt(`${root}.${path}`, whole).map(keyOf));
    if (keys.size === 0) throw new Error(`docs/changes.md has ${root}.${path}, which is no prop`);
    for (const key of keys) changes.set(key, [...(changes.get(key) ?? []), { value, effect }]);
  }
  return changes;
}

/** The props at a path such as `vm.gpus[0].address`, from interface to interface: several, if several have one. */
function propsAt(path: string, whole: Declared): Member[] {
  let interfaces = [whole];
  let found: Member[] = [];
  for (const name of path.replace(/\[[0-9]+\]/g, "").split(".")) {
    found = interfaces.flatMap(propsOf).filter((prop) => prop.name === name);
    interfaces = found.flatMap(({ type, owner }) => interfacesIn(type, owner));
  }
  return found;
}
