import { createHash } from "node:crypto";
import { Fn } from "cdktf";
import { merge } from "ts-deepmerge";
import { stringify } from "yaml";
import { isUnknown } from "../rules/condition";
import { asFunctionArgument, rawExpression } from "../rules/expression";
import { escapeTemplate } from "../rules/template";

/** The value as a YAML document, for an attribute. What Terraform would interpolate in it is text as any other. */
export const renderDocument = (value: unknown): string => escapeTemplate(asYaml(value));

/**
 * The value as YAML: written out where all of it is known, otherwise for Terraform to encode. Words such as `off` are
 * quoted, which YAML 1.1 reads as booleans.
 */
export const asYaml = (value: unknown): string =>
  hasUnknown(value) ? Fn.yamlencode(withArguments(value)) : stringify(value, { version: "1.1" });

/** A checksum of the value, which Terraform computes if it has to. */
export const checksumOf = (value: unknown): string =>
  hasUnknown(value) ? Fn.sha256(asYaml(value)) : createHash("sha256").update(asYaml(value)).digest("hex");

const plainKey = /^[\w./-]+$/;

function withArguments(value: unknown): unknown {
  if (typeof value === "string") return asFunctionArgument(value);
  // cdktf writes nothing for it in a list.
  if (value === null) return rawExpression("null");
  if (Array.isArray(value)) return isUnknown(value) ? value : value.map(withArguments);
  if (typeof value !== "object" || isUnknown(value)) return value;
  const entries = Object.entries(value).filter(([, inside]) => inside !== undefined);
  // cdktf writes the keys of an object as they are.
  return entries.every(([key]) => plainKey.test(key))
    ? Object.fromEntries(entries.map(([key, inside]) => [key, withArguments(inside)]))
    : Fn.zipmap(
        entries.map(([key]) => asFunctionArgument(key)),
        entries.map(([, inside]) => withArguments(inside)),
      );
}

/** Whether the value, or anything in it, is known only to Terraform. */
export function hasUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inside]) => isUnknown(key) || hasUnknown(inside));
}

/** Merges deeply, the later values over the earlier, except those left out; a list replaces a list, as with Helm. */
export const mergeValues = (...values: Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> =>
  merge.withOptions({ mergeArrays: false, allowUndefinedOverrides: false }, ...values);
