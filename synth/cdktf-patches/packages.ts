import { createRequire, Module } from "node:module";

const ofCdktf = createRequire(createRequire(__filename).resolve("cdktf"));

/**
 * Keeps cdktf from loading three packages, which are two thirds of the files that it loads:
 *
 * - its archiver: cdktf creates archives in a process of its own, which loads it by itself, and CDK Terrain has none;
 * - semver, which it needs only for a version of Terraform that it asks for: loaded then;
 * - json-stable-stringify and the forty packages that this needs, for JSON whose keys are sorted.
 */
export function skipPackages(): void {
  replace("archiver", () => ({}));
  replace("semver", whenUsed);
  replace("json-stable-stringify", () => sortedJson);
}

function replace(name: string, replacement: (file: string) => object): void {
  const file = resolved(name);
  if (file !== undefined)
    ofCdktf.cache[file] ??= Object.assign(new Module(file), { loaded: true, exports: replacement(file) });
}

function resolved(name: string): string | undefined {
  try {
    return ofCdktf.resolve(name);
  } catch {
    return undefined;
  }
}

/** The package itself, as soon as something of it is used. */
function whenUsed(file: string): object {
  const { cache } = ofCdktf;
  const later: object = new Proxy({}, { get: (_, name) => Reflect.get(load(), name) });
  const load = (): object => {
    if (cache[file]?.exports === later) delete cache[file];
    return ofCdktf(file);
  };
  return later;
}

/** As JSON.stringify, with the keys of objects in order. */
function sortedJson(value: unknown, { space }: { readonly space?: number } = {}): string {
  return JSON.stringify(value, (_, inside: unknown) => (isObject(inside) ? sorted(inside) : inside), space);
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sorted = (object: object): object =>
  Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)));
