import type { ErrorObject } from "ajv";
import { namesOfTypes, namesOfValues, readable } from "../../props/json-schema";
import { nearest } from "../../props/nearest";
import { isPlainObject } from "../../props/plain-data";
import { isUnknown, not } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Check } from "../../rules/rule";
import { hasMinor, type TalosMinor, talosMinors } from "../version";
import { type ConfigSchema, configSchema, providerMinor, type Schema } from "./config-schema";
import { isDeletion } from "./document";

/** Kinds that the provider's Talos library does not know, and what it knows instead. */
export const unsupportedKinds: Readonly<Record<string, string>> = {
  KubeFlannelCNIConfig: "cluster.network.cni",
  KubeProxyConfig: "cluster.proxy",
  KubePrismConfig: "machine.features.kubePrism",
  KubeNodeConfig: "cluster.allowSchedulingOnControlPlanes and machine.nodeLabels",
  KubeInlineManifestConfig: "cluster.inlineManifests",
  KubeletConfig: "machine.kubelet",
  UnattendedInstallConfig: "machine.install",
  SysctlConfig: "machine.sysctls",
};

/** What is wrong at a path of a document. */
interface Violation {
  readonly path: string;
  readonly message: string;
}

const newest = talosMinors[talosMinors.length - 1]?.minor ?? providerMinor;

/**
 * Checks that the provider and the node know every key of the document, and take its values.
 *
 * @param skipped paths of which something is said already
 */
export function checkSchema(where: string, document: object, version: string, skipped: readonly string[]): Check[] {
  const ofProvider = [...violationsIn(where, document, configSchema(providerMinor)), ...argumentLists(where, document)];
  const checks = ofProvider.map(({ path, message }) => ({ path, check: { condition: false, message } }));
  const paths = ofProvider.map(({ path }) => path);
  for (const { minor } of talosMinors) {
    const isOther = not(hasMinor(version, (each) => each.minor === minor));
    if (minor === providerMinor || isOther === true) continue;
    for (const { path, message } of violationsIn(where, document, configSchema(minor))) {
      if (!paths.includes(path)) checks.push({ path, check: { condition: isOther as false, message } });
    }
  }
  return checks.flatMap(({ path, check }) => (skipped.includes(path) ? [] : [check]));
}

/** Talos 1.13 takes a list for an argument, but the provider's library fails on one when it looks for unknown keys. */
function argumentLists(where: string, value: unknown, above: readonly string[] = []): Violation[] {
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, inside]) => {
    const path = [...above, key];
    if (above.at(-1) !== "extraArgs" || !Array.isArray(inside)) return argumentLists(where, inside, path);
    const message = `${where} has ${path.join(".")} ${formatValue(inside)}, a list, which the provider does not read; write a string`;
    return [{ path: path.join("."), message }];
  });
}

function violationsIn(where: string, document: object, schema: ConfigSchema): Violation[] {
  const { kind = "" } = document as { readonly kind?: unknown };
  if (isUnknown(kind)) return [];
  const ofKind = kindProblems(where, document as Readonly<Record<string, unknown>>, schema);
  if (ofKind.length > 0) return ofKind;
  return schema
    .errorsOf(kind as string, withoutUnknown(document))
    .flatMap((error) => violationOf(where, error, schema.minor));
}

function kindProblems(
  where: string,
  document: Readonly<Record<string, unknown>>,
  { kinds, definitions, minor }: ConfigSchema,
): Violation[] {
  const { kind, apiVersion, name } = document;
  const at = (path: string, message: string): Violation[] => [{ path, message: `${where} ${message}` }];
  if ("op" in document && "path" in document) {
    return at("", "is a JSON patch; write a strategic merge patch, an object like the machine configuration");
  }
  if (kind === undefined) {
    return apiVersion === undefined ? [] : at("kind", "has apiVersion without kind; write the kind of the document");
  }
  const definition = typeof kind === "string" && kind !== "" ? kinds.get(kind) : undefined;
  if (definition === undefined) return at("kind", unknownKind(kind, minor, [...kinds.keys()]));
  if (isUnknown(apiVersion)) return [];
  if (apiVersion !== "v1alpha1") {
    const found = apiVersion === undefined ? "without apiVersion" : `with apiVersion ${formatValue(apiVersion)}`;
    return at("apiVersion", `has kind ${kind} ${found}; write apiVersion: v1alpha1`);
  }
  const isNamed = definitions[definition]?.properties?.name !== undefined;
  return isNamed && (name === undefined || name === null || name === "")
    ? at("name", `has kind ${kind} without name; write the name, by which Talos knows what to change`)
    : [];
}

function unknownKind(kind: unknown, minor: TalosMinor, kinds: readonly string[]): string {
  if (typeof kind !== "string" || kind === "") return `has kind ${formatValue(kind)}; write the kind of a document`;
  if (minor === providerMinor && Object.hasOwn(unsupportedKinds, kind)) {
    return `has kind ${kind}, which this version of the provider does not know; write ${unsupportedKinds[kind]}`;
  }
  if (minor === providerMinor && configSchema(newest).kinds.has(kind)) {
    return `has kind ${kind}, which this version of the provider does not know; leave it out`;
  }
  if (minor !== providerMinor) return `has kind ${kind}, which Talos ${minor} does not know; leave it out`;
  const meant = nearest(kind, kinds);
  const instead = meant === undefined ? `one of ${kinds.filter((each) => each !== "").join(", ")}` : meant;
  return `has kind ${formatValue(kind)}, which Talos does not know; write ${instead}`;
}

/** The value without what is deleted, what is nothing, and what only Terraform knows: of those the keys alone are judged. */
export function withoutUnknown(value: unknown): unknown {
  if (value === null || isUnknown(value)) return undefined;
  if (Array.isArray(value)) {
    return value.map((item) =>
      isDeletion(item) ? withoutUnknown({ ...item, $patch: undefined }) : withoutUnknown(item),
    );
  }
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).filter(([key, inside]) => key !== "$patch" && inside !== undefined);
  return Object.fromEntries(
    entries.map(([key, inside]) => [key, isDeletion(inside) ? undefined : withoutUnknown(inside)]),
  );
}

const isScalar = (value: unknown): boolean => typeof value !== "object";

/** A value that YAML reads as true or false where Talos wants that. */
const isTruth = (value: unknown): boolean => typeof value === "string" && /^(y|yes|on|n|no|off)$/i.test(value);

function violationOf(where: string, error: ErrorObject, minor: TalosMinor): Violation[] {
  const { keyword, instancePath, params, data, parentSchema, schemaPath } = error;
  const { names, path } = readable(instancePath);
  // A patch is a part of the whole, and of one of several types it is enough to say what the whole is not.
  if (keyword === "required" || data === undefined || schemaPath.includes("/oneOf/")) return [];
  if (keyword === "additionalProperties") {
    const key = params.additionalProperty as string;
    return [{ path: [...names, key].join("."), message: unknownKey(where, path, key, parentSchema as Schema, minor) }];
  }
  const has = `${where} has ${path} ${formatValue(data)}`;
  const at = names.join(".");
  if (keyword === "enum") {
    return [{ path: at, message: `${has}; write ${namesOfValues(error)}` }];
  }
  if (keyword === "pattern") return [{ path: at, message: `${has}; write a duration such as "1m30s"` }];
  if (keyword === "oneOf") {
    return [data].flat().every(isScalar) ? [] : [{ path: at, message: `${has}; write a string or a list of strings` }];
  }
  if (keyword !== "type") return [];
  const { type } = params as { type: string };
  const isDuration = (parentSchema as { pattern?: string } | undefined)?.pattern !== undefined;
  // YAML knows no difference between a string and a number or a boolean that Talos reads as a string.
  if (type === "string" && !isDuration && ["number", "boolean"].includes(typeof data)) return [];
  if (type === "boolean" && isTruth(data)) return [];
  return [{ path: at, message: `${has}; write ${isDuration ? 'a duration such as "1m30s"' : namesOfTypes([type])}` }];
}

function unknownKey(where: string, path: string, key: string, schema: Schema, minor: TalosMinor): string {
  const within = (name: string) => (path === "" ? name : `${path}.${name}`);
  const version = minor === providerMinor ? "Talos" : `Talos ${minor}`;
  if (key === "<<") return `${where} has the merge key ${within(key)}, which Talos does not read; write the keys out`;
  const keys = Object.keys(schema.properties ?? {});
  const meant = nearest(key, keys);
  const instead =
    meant === undefined
      ? `the keys ${path === "" ? "here" : `of ${path}`} are ${keys.join(", ")}`
      : `write ${within(meant)}`;
  return `${where} has ${within(key)}, which ${version} does not know; ${instead}`;
}
