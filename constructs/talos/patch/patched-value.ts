import { Fn } from "cdktf";
import { isPlainObject } from "../../props/plain-data";
import { isUnknown } from "../../rules/condition";
import { expression } from "../../rules/expression";
import { documentsOf, isDeletion } from "./document";
import type { TalosPatch } from "./patch";

/** What patches leave at a path of the machine configuration. */
export interface PatchedValue {
  /** Undefined if a patch deletes it; Terraform alone may know it. */
  readonly value: unknown;
  /** Whether a patch has put it there. */
  readonly isPatched: boolean;
}

/** The value at the path after patches, the last of which wins; it is one value, or a list that Talos replaces. */
export function patchedValue(patches: readonly TalosPatch[], path: readonly string[], own: unknown): PatchedValue {
  let result: PatchedValue = { value: own, isPatched: false };
  // Patches that only Terraform knows, and what was there before them: one expression for all of them is for reading.
  let unknown: readonly string[] = [];
  let before: unknown = own;
  for (const patch of patches) {
    if (isUnknown(patch)) {
      if (unknown.length === 0) before = result.value;
      unknown = [...unknown, patch as string];
      result = { value: inVariables(unknown, path, before), isPatched: true };
      continue;
    }
    for (const document of documentsOf(patch)) {
      const set = settingIn(document, path, result.value);
      if (set === undefined) continue;
      result = { value: set ?? undefined, isPatched: set !== null };
      unknown = [];
    }
  }
  return result;
}

/** What the document has at the path, or null if it deletes that; undefined if it leaves it as it was before. */
function settingIn(inside: unknown, path: readonly string[], before: unknown): unknown {
  const [first, ...rest] = path;
  if (isUnknown(inside)) {
    return path.length === 0 ? inside : expression`try(${Fn.lookupNested(inside, [...path])}, ${before ?? null})`;
  }
  if (isDeletion(inside)) return null;
  if (first === undefined) return inside ?? undefined;
  return isPlainObject(inside) ? settingIn(inside[first], rest, before) : undefined;
}

/** What the documents of patches that only Terraform knows have at the path, or else what was there before. */
function inVariables(patches: readonly string[], path: readonly string[], before: unknown): unknown {
  const documents = expression`split("\\n---", join("\\n---\\n", ${["", ...patches]}))`;
  const set = path.reduce((inside, key) => expression`${inside}[${key}]`, expression`yamldecode(document)`);
  return expression`try(reverse([for document in ${documents} : ${set} if try(${set} != null, false)])[0], ${before ?? null})`;
}
