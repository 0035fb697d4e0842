import { types } from "node:util";

type Data = Readonly<Record<string, unknown>>;

/** An object of no class, whatever realm it is from. */
export function isPlainObject(value: unknown): value is Data {
  if (typeof value !== "object" || value === null || types.isProxy(value) || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return (
    prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty"))
  );
}

/** What the value is, for a message: nothing of what is in it, which may be long, secret or unreadable. */
export function kindOf(value: unknown): string {
  if (types.isProxy(value)) return "a Proxy";
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return value === undefined ? "missing" : `a ${typeof value}`;
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const name = isPlainObject(value) ? undefined : classNameOf(value);
  if (name === undefined) return "an object";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

function classNameOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  const made = Object.getOwnPropertyDescriptor(Object(prototype), "constructor")?.value;
  const name = typeof made === "function" ? Object.getOwnPropertyDescriptor(made, "name")?.value : undefined;
  return typeof name === "string" && /^\w{1,60}$/.test(name) ? name : undefined;
}
