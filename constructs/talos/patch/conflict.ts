import { readable } from "../../props/json-schema";
import { isPlainObject } from "../../props/plain-data";
import { isUnknown } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { hasMinor } from "../version";
import { type ConfigSchema, configSchema, providerMinor, type Schema } from "./config-schema";
import { documentsOf, isDeletion } from "./document";
import { type Configuration, type Document, deletionsIn, idOf, isSelected, type Steps } from "./merge";
import type { TalosPatch } from "./patch";
import type { GivenPatch } from "./protected-setting";
import { checkSchema, withoutUnknown } from "./schema";
import { wholeProblems } from "./wholes";

/** Kinds, and the keys beside which a node refuses them. */
const replacedBy: Readonly<Record<string, readonly string[]>> = {
  ResolverConfig: [
    "machine.network.nameservers",
    "machine.network.searchDomains",
    "machine.network.disableSearchDomain",
  ],
  TimeSyncConfig: ["machine.time.servers", "machine.time.disabled", "machine.time.bootTimeout"],
  KubeSpanConfig: ["machine.network.kubespan"],
};

/** What the patch makes of the configuration that the provider or the node refuses. */
export function conflictsOf(
  { path: where, patch }: GivenPatch,
  role: string,
  version: string,
  before: Configuration,
  after: Configuration,
): string[] {
  const hasVip = role === "worker" && sharesAddress(after) && !sharesAddress(before);
  return [
    ...(checksHostDns(version) && forwardsWithoutHostDns(after) && !forwardsWithoutHostDns(before)
      ? [
          `${where} has machine.features.hostDNS.enabled false beside forwardKubeDNSToHost, which Talos refuses; write forwardKubeDNSToHost: false too`,
        ]
      : []),
    ...(spansWithoutDiscovery(after) && !spansWithoutDiscovery(before)
      ? [
          `${where} has KubeSpan without the discovery service, by which nodes find each other; leave one of the two settings out`,
        ]
      : []),
    ...(hasVip
      ? [`${where} has machine.network.interfaces with a vip, which workers refuse; write virtualAddress`]
      : []),
    ...addedProblems(patch, before, after).map((problem) => `${where} leaves a configuration ${problem}`),
    ...Object.entries(replacedBy).flatMap(([kind, keys]) =>
      keys
        .filter((key) => isBeside(kind, key, after) && !isBeside(kind, key, before))
        .map(
          (key) => `${where} has ${kind} beside ${key}, which Talos refuses; leave one of the two out${insteadOf(key)}`,
        ),
    ),
  ];
}

/** What the patch deletes that is not there: the provider fails on it, or ends. */
export const absentOf = ({ patch }: GivenPatch, before: Configuration): string[] =>
  documentsOf(patch).flatMap((document) => (isPlainObject(document) ? missingOf(document, before) : []));

/** The message about it, for the roles whose nodes do not have it. */
export function absentMessage(where: string, what: string, roles: readonly string[]): string {
  const [role, other] = roles;
  const of = other === undefined ? `a ${role} does not have` : "no node has";
  const instead = other === undefined && role === "worker" ? ", or write it in controlPlanePatches" : "";
  return `${where} deletes ${what}, which ${of}; leave that out${instead}`;
}

/** What is wrong with the machine configuration itself since the patch, with the patch's own places in lists. */
function addedProblems(patch: TalosPatch, before: Configuration, after: Configuration): string[] {
  const problemsOf = (configuration: Configuration) => wholeProblems("", configuration.get("") ?? {});
  const withoutPlaces = (problem: string) => problem.replace(/\[[0-9]+\]/g, "[]");
  const own = documentsOf(patch).flatMap((document) =>
    isPlainObject(document) && document.kind === undefined ? wholeProblems("", document) : [],
  );
  const known = problemsOf(before);
  return problemsOf(after)
    .filter((problem) => !known.includes(problem))
    .map((problem) => own.find((each) => withoutPlaces(each) === withoutPlaces(problem)) ?? problem);
}

/** Whether a network device of the configuration, or a VLAN on it, has an address that several machines share. */
function sharesAddress(configuration: Configuration): boolean {
  const devices = follow(configuration.get(""), ["machine", "network", "interfaces"]);
  const hasVip = (device: unknown): boolean =>
    isPlainObject(device) &&
    ((device.vip ?? undefined) !== undefined || (Array.isArray(device.vlans) && device.vlans.some(hasVip)));
  return Array.isArray(devices) && devices.some(hasVip);
}

/** The other registry, that of Kubernetes, is off in every cluster. */
function spansWithoutDiscovery(configuration: Configuration): boolean {
  const at = (...path: string[]) => follow(configuration.get(""), path);
  const isOff = at("cluster", "discovery", "registries", "service", "disabled") === true;
  const spans = [true, "yes", "on", "y"].includes(at("machine", "network", "kubespan", "enabled") as string);
  return spans && (isOff || at("cluster", "discovery", "enabled") === false);
}

/** Talos 1.11 and 1.12 accept the forwarding of DNS without the host's DNS. */
const checksHostDns = (version: string): boolean =>
  hasMinor(version, ({ minor }) => !["1.11", "1.12"].includes(minor)) === true;

function forwardsWithoutHostDns(configuration: Configuration): boolean {
  const hostDns = follow(configuration.get(""), ["machine", "features", "hostDNS"]);
  // The provider generates both.
  return isPlainObject(hostDns) && hostDns.enabled === false && hostDns.forwardKubeDNSToHost !== false;
}

const insteadOf = (key: string): string => {
  if (key.endsWith("nameservers")) return ", or write dnsServers of the machine";
  return key.startsWith("machine.time.servers") ? ", or write timeServers of the cluster" : "";
};

function isBeside(kind: string, key: string, configuration: Configuration): boolean {
  const value = follow(configuration.get(""), key.split("."));
  const isSet = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== false;
  return configuration.has(kind) && isSet;
}

function missingOf(document: Document, before: Configuration): string[] {
  const id = idOf(document);
  const isWhole = isDeletion(document);
  const deletions = isWhole ? [] : deletionsIn(document);
  if (!isWhole && deletions.length === 0) return [];
  const found = before.get(id);
  if (found === undefined) return [id.replace("/", " ")];
  // Inside of other documents something may be there though it is empty.
  return id === "" ? deletions.filter((steps) => isMissing(steps, found)).map(written) : [];
}

const written = (steps: Steps): string =>
  steps.reduce<string>((path, step) => {
    if (typeof step !== "string")
      return `${path}[${step.key}=${typeof step.value === "string" ? step.value : formatValue(step.value)}]`;
    return path === "" ? step : `${path}.${step}`;
  }, "");

function isMissing(steps: Steps, document: Document): boolean {
  const above = steps.slice(0, -1) as readonly string[];
  const last = steps.at(-1);
  const parent = follow(document, above);
  if (last === undefined || isUnknown(parent)) return false;
  if (typeof last !== "string") {
    return !Array.isArray(parent) || !parent.some((item) => isSelected(item, last));
  }
  if (!isPlainObject(parent)) return parent === undefined || parent === null;
  return !(last in parent) && isMap(configSchema(providerMinor), above);
}

function follow(value: unknown, path: readonly string[]): unknown {
  const [first, ...rest] = path;
  if (first === undefined || isUnknown(value)) return value;
  return isPlainObject(value) ? follow(value[first], rest) : undefined;
}

/** Whether any key may be at the path of the machine configuration. */
function isMap({ definitions, kinds }: ConfigSchema, path: readonly string[]): boolean {
  const resolved = (schema: Schema | undefined): Schema | undefined =>
    schema?.$ref === undefined ? schema : definitions[schema.$ref.split("/").at(-1) ?? ""];
  const found = path.reduce<Schema | undefined>(
    (schema, key) => resolved(resolved(schema)?.properties?.[key]),
    definitions[kinds.get("") ?? ""],
  );
  return found !== undefined && Object.keys(found.properties ?? {}).length === 0;
}

/** What the documents that patches bring lack, or have too much: each has to be whole in the end. */
export function incompleteOf(version: string, configuration: Configuration, patches: readonly GivenPatch[]): string[] {
  const firsts = new Map<string, string>();
  for (const { path, patch } of patches) {
    for (const document of documentsOf(patch)) {
      if (isPlainObject(document) && !firsts.has(idOf(document))) firsts.set(idOf(document), path);
    }
  }
  return [...firsts].flatMap(([id, path]) => {
    const document = configuration.get(id);
    const kind = document?.kind;
    if (document === undefined || typeof kind !== "string") return [];
    // What is wrong with a key may be why another is missing.
    if (checkSchema(path, document, version, []).some(({ condition }) => condition === false)) return [];
    return [...new Set([...missingIn(kind, document), ...wholeProblems(kind, document)])].map(
      (problem) => `${path} has kind ${kind} ${problem}`,
    );
  });
}

/** What the schema demands of a kind, and is said elsewhere or not demanded by the decoder. */
const optional: Readonly<Record<string, readonly string[]>> = {
  BridgeConfig: ["links"],
  VRFConfig: ["links"],
  RoutingRuleConfig: ["table"],
  PCIDriverRebindConfig: ["targetDriver"],
};
const ofEvery = ["apiVersion", "kind", "name"];

const missingIn = (kind: string, document: Document): string[] =>
  configSchema(providerMinor)
    .errorsOf(kind, withoutUnknown(document))
    .filter(({ keyword, params, instancePath }) => keyword === "required" && !isGiven(document, instancePath, params))
    .filter(
      ({ params, instancePath }) =>
        instancePath !== "" || ![...ofEvery, ...(optional[kind] ?? [])].includes(params.missingProperty),
    )
    .map(({ params, instancePath }) => {
      const { path } = readable(instancePath);
      return `without ${path === "" ? "" : `${path}.`}${params.missingProperty}; write it`;
    });

/** Whether the document has the key, with a value that only Terraform knows. */
const isGiven = (document: Document, pointer: string, params: Readonly<Record<string, unknown>>): boolean => {
  const parent = pointer
    .split("/")
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
  return isUnknown(parent) || (isPlainObject(parent) && isUnknown(parent[String(params.missingProperty)]));
};
