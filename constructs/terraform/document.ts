import { Fn } from "cdktf";
import { stringify } from "yaml";
import { asArgument, isUnknown } from "../rules/condition";

/**
 * The value as a YAML document: written out where all of it is known, otherwise for Terraform to encode. Words such as
 * `off` are quoted, which YAML 1.1 reads as booleans.
 */
export const renderDocument = (value: unknown): string =>
  hasUnknown(value) ? Fn.yamlencode(withArguments(value)) : stringify(value, { version: "1.1" });

function withArguments(value: unknown): unknown {
  if (typeof value === "string") return asArgument(value);
  if (Array.isArray(value)) return value.map(withArguments);
  if (typeof value !== "object" || value === null || isUnknown(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, withArguments(inside)]));
}

/** Whether the value, or anything in it, is known only to Terraform. */
export function hasUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}
