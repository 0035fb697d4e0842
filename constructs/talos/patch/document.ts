import { parseAllDocuments } from "yaml";
import { isPlainObject, noData } from "../../props/plain-data";
import { isToken } from "../../props/schema";
import { isUnknown } from "../../rules/condition";
import type { TalosPatch } from "./patch";

/** What a YAML text holds, one document or several, and what of it cannot be read. */
export function readYaml(yaml: string): { readonly documents: unknown[]; readonly errors: string[] } {
  const parsed = [parseAllDocuments(yaml)].flat();
  const errors = parsed.flatMap((document) => document.errors.map(firstLine));
  if (errors.length > 0) return { documents: [], errors };
  try {
    // Talos passes over documents with nothing in them, such as the one after a last ---.
    return { documents: parsed.map((document) => document.toJS()).filter((content) => content !== null), errors };
  } catch (error) {
    // An alias of nothing shows only now.
    return { documents: [], errors: [firstLine(error as Error)] };
  }
}

const firstLine = ({ message }: Error): string => message.split("\n")[0] ?? message;

/** Whether there is anything in the patch to judge; what is neither YAML nor data, one rule refuses for all. */
export const isReadable = (patch: unknown): boolean =>
  typeof patch === "string" || isToken(patch) || (isPlainObject(patch) && noData(patch, "").length === 0);

/** The documents of a patch that is known now; none of one that is not YAML. */
export function documentsOf(patch: TalosPatch): unknown[] {
  if (isUnknown(patch)) return [];
  return typeof patch === "string" ? readYaml(patch).documents : [patch];
}

/** The key by which a patch says what to do with where it is; all it can say is `delete`. */
export const directive = "$patch";

/** Whether a patch deletes what is at the place of the value. */
export const isDeletion = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !isUnknown(value) && Object(value)[directive] === "delete";
