import type { IConstruct } from "constructs";

/** Where the props of a construct are written that another construct makes. */
export interface Place {
  /** What the construct's props are in those of the other one, such as `vm`. */
  readonly prefix: string;
  /** What is written elsewhere: a prop of the construct, and what it is in the props of the other one. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

const places = new WeakMap<IConstruct, Map<string, Place>>();
const propNames = new WeakMap<IConstruct, readonly string[]>();
const told = new WeakMap<IConstruct, Set<string>>();

/** Says where the props of the construct are written that is going to have the id in the scope. */
export function setPropPath(scope: IConstruct, id: string, place: Place): void {
  places.set(scope, (places.get(scope) ?? new Map<string, Place>()).set(id, place));
}

/** Says what the props of the construct are called. */
export const setPropNames = (construct: IConstruct, names: readonly string[]): void =>
  void propNames.set(construct, names);

/** The problem with its props as their user wrote them: `vm.gpus[0].rombar`, which the VM knows as `gpus[0].rombar`. */
export function withPropPath(construct: IConstruct, message: string): string {
  const { scope, id } = construct.node;
  const place = scope && places.get(scope)?.get(id);
  if (!place) return message;
  const { prefix, elsewhere = {} } = place;
  const own = (propNames.get(construct) ?? []).filter((name) => !Object.hasOwn(elsewhere, name));
  // The longest first: a part of a prop may be written elsewhere than the prop.
  const names = [...own, ...Object.keys(elsewhere)].sort((one, other) => other.length - one.length);
  const known = names.map((name) => name.replace(/[.[\]]/g, "\\$&")).join("|");
  const first = new RegExp(`^(${known})(?![\\w-])|^[\\w$]+(?= is not a prop;|, .* more are no props;)`);
  const others = new RegExp(`(?<=[\\s(])(${own.join("|")})(?=[.[])`, "g");
  const full = (name: string) => (Object.hasOwn(elsewhere, name) ? String(elsewhere[name]) : `${prefix}.${name}`);
  // What is quoted is a value.
  const parts = message.replace(first, full).split(/("(?:[^"\\]|\\.)*")/);
  const written = parts.map((part) => (part.startsWith('"') ? part : part.replace(others, full)));
  return withPropPath(scope, written.join(""));
}

/** Whether the problem is new: what two parts of a construct are given from one prop is one mistake. */
export function isFirstReport(construct: IConstruct, message: string): boolean {
  const maker = outermost(construct);
  const before = told.get(maker) ?? new Set<string>();
  told.set(maker, before);
  const isNew = !before.has(message);
  before.add(message);
  return isNew;
}

/** The construct whose user wrote the props. */
const outermost = (construct: IConstruct): IConstruct => {
  const { scope, id } = construct.node;
  return scope && places.get(scope)?.has(id) ? outermost(scope) : construct;
};
