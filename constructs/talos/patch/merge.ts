import { isPlainObject } from "../../props/plain-data";
import { isUnknown } from "../../rules/condition";
import { directive, documentsOf, isDeletion } from "./document";
import type { TalosPatch } from "./patch";

export type Document = Readonly<Record<string, unknown>>;

/** The documents of a machine configuration, by `idOf`. */
export type Configuration = ReadonlyMap<string, Document>;

/** The steps to a value: keys, and in a list what an item of it has. */
export type Steps = readonly (string | Selector)[];

/** An item of a list that a patch deletes, by the first key that it has beside the directive. */
export interface Selector {
  readonly key: string;
  readonly value: unknown;
}

/** What Talos knows a document by; the machine configuration itself has neither kind nor name. */
export const idOf = ({ kind, name }: { readonly kind?: unknown; readonly name?: unknown }): string =>
  [kind, name].filter((part) => part !== undefined && part !== null).join("/");

/** An object over which only Terraform knows what is laid. */
export class Overlay {
  constructor(
    readonly below: unknown,
    readonly above: unknown,
  ) {}
}

/**
 * The configuration with the patch, as Talos merges it; a patch that only Terraform knows is not seen.
 *
 * @see https://github.com/siderolabs/talos/blob/v1.13.0/pkg/machinery/config/configpatcher/strategic.go
 */
export const patched = (configuration: Configuration, patch: TalosPatch): Configuration =>
  documentsOf(patch).reduce<Configuration>(
    (all, document) => (isPlainObject(document) && !isUnknown(document.kind) ? withDocument(all, document) : all),
    configuration,
  );

function withDocument(configuration: Configuration, document: Document): Configuration {
  const id = idOf(document);
  const result = new Map(configuration);
  if (isDeletion(document)) {
    result.delete(id);
    return result;
  }
  // What is deleted goes first.
  const before = deletionsIn(document).reduce<unknown>(without, configuration.get(id));
  const rest = withoutDeletions(document);
  if (before !== undefined || Object.keys(rest).length > 0) result.set(id, merged(before, rest, []) as Document);
  return result;
}

/** Where a document deletes something, in its order. */
export function deletionsIn(value: unknown, above: Steps = []): Steps[] {
  if (Array.isArray(value) && !isUnknown(value)) {
    return value.flatMap((item) => {
      const [key, selected] = isDeletion(item) ? (Object.entries(item).find(([name]) => name !== directive) ?? []) : [];
      return key === undefined ? [] : [[...above, { key, value: selected }]];
    });
  }
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, inside]) =>
    isDeletion(inside) ? [[...above, key]] : deletionsIn(inside, [...above, key]),
  );
}

/** The document without its directives, nor what has nothing else in it. */
function withoutDeletions(document: Document): Document {
  return Object.fromEntries(
    Object.entries(document).flatMap(([key, inside]): [string, unknown][] => {
      if (key === directive || isDeletion(inside)) return [];
      if (Array.isArray(inside) && !isUnknown(inside)) {
        const items = inside.filter((item) => !isDeletion(item));
        return items.length === 0 && inside.length > 0 ? [] : [[key, items]];
      }
      if (!isPlainObject(inside)) return [[key, inside]];
      const rest = withoutDeletions(inside);
      return Object.keys(rest).length === 0 && Object.keys(inside).length > 0 ? [] : [[key, rest]];
    }),
  );
}

/** Talos compares the text of scalars, and finds nothing by anything else. */
export const isSelected = (item: unknown, { key, value }: Selector): boolean =>
  isPlainObject(item) && typeof value !== "object" && String(item[key]) === String(value);

/** The value without what the steps lead to. */
export function without(value: unknown, [step, ...rest]: Steps): unknown {
  if (step === undefined) return value;
  if (typeof step !== "string") {
    if (!Array.isArray(value)) return value;
    const found = value.findIndex((item) => isSelected(item, step));
    return value.filter((_, index) => index !== found);
  }
  if (value instanceof Overlay) return new Overlay(without(value.below, [step, ...rest]), value.above);
  if (!isPlainObject(value) || !(step in value)) return value;
  const { [step]: inside, ...others } = value;
  return rest.length === 0 ? others : { ...others, [step]: without(inside, rest) };
}

/** Lists that a patch replaces; it appends to all others, or merges their items. */
const replaced = ["podSubnets", "serviceSubnets", "auditPolicy", "ingress", "ports"];

/** Lists whose items are merged, by what tells them apart. */
const merging: Readonly<Record<string, (item: Document) => unknown>> = {
  interfaces: ({ interface: name, deviceSelector }) => name ?? selectorOf(deviceSelector),
  vlans: ({ vlanId }) => vlanId,
  admissionControl: ({ name }) => name,
  configFiles: ({ mountPath }) => mountPath,
};

/** Talos compares `physical` by its place in memory, so that no two devices with it are the same. */
const selectorOf = (selector: unknown): string | undefined =>
  isPlainObject(selector) && !("physical" in selector) ? JSON.stringify(selector) : undefined;

/** https://github.com/siderolabs/talos/blob/v1.13.0/pkg/machinery/config/merge/merge.go */
function merged(left: unknown, right: unknown, path: readonly string[]): unknown {
  const [above, key] = path.slice(-2).length === 2 ? path.slice(-2) : ["", path.at(-1)];
  if (right === undefined || right === null) return left;
  if (left === undefined || left === null || above === "extraArgs") return right;
  // What has another type is reported as that, and not also as the loss of all that is below.
  if (isPlainObject(left) !== isPlainObject(right) && !(left instanceof Overlay) && !isUnknown(right)) return left;
  if (left instanceof Overlay) return new Overlay(merged(left.below, right, path), left.above);
  if (Array.isArray(left)) return mergedLists(left, right, key ?? "");
  if (isUnknown(right)) return isPlainObject(left) ? new Overlay(left, right) : right;
  if (isPlainObject(left) && isPlainObject(right)) {
    if (key === "auditPolicy") return right;
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return Object.fromEntries([...keys].map((each) => [each, merged(left[each], right[each], [...path, each])]));
  }
  // Nothing cannot be told from what is left out.
  return right === "" || right === 0 ? left : right;
}

function mergedLists(left: readonly unknown[], right: unknown, key: string): unknown {
  if (replaced.includes(key)) return right;
  // What is appended cannot be seen, and takes nothing away.
  if (isUnknown(right) || !Array.isArray(right)) return left;
  const identity = merging[key];
  if (identity === undefined) return [...left, ...right];
  const items = [...left];
  for (const item of right) {
    const own = isPlainObject(item) ? identity(item) : undefined;
    const index = own === undefined ? -1 : items.findIndex((each) => isPlainObject(each) && identity(each) === own);
    if (index < 0) items.push(item);
    else items[index] = merged(items[index], item, [key, "[]"]);
  }
  return items;
}
