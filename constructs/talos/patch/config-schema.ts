import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020";
import { newAjv } from "../../props/json-schema";
import { type TalosMinor, talosMinors } from "../version";

/**
 * The minor version of the Talos library in the provider siderolabs/talos 0.11.0. Every patch passes its decoder before
 * that of the node.
 *
 * @see https://github.com/siderolabs/terraform-provider-talos/blob/v0.11.0/go.mod
 */
export const providerMinor: TalosMinor = "1.13";

/** A JSON schema. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly $ref?: string;
}

type Definitions = Readonly<Record<string, Schema>>;

/** The documents that a minor version of Talos knows. */
export interface ConfigSchema {
  readonly minor: TalosMinor;
  readonly definitions: Definitions;
  /** The definition of each kind of document; the machine configuration itself has the kind "". */
  readonly kinds: ReadonlyMap<string, string>;
  /** What is wrong in a document of the kind. */
  readonly errorsOf: (kind: string, document: unknown) => ErrorObject[];
}

const string: Schema = { type: "string" };
const strings: Schema = { type: "array", items: string };
const object = (properties: Record<string, Schema>): Schema => ({
  type: "object",
  additionalProperties: false,
  properties,
});
const open = (properties: Record<string, Schema>): Schema => ({ type: "object", properties });
const objects: Schema = { type: "array", items: { type: "object" } };
const list = (properties: Record<string, Schema>): Schema => ({ type: "array", items: object(properties) });
const certificates = list({ crt: string });
const encryption = object({
  provider: string,
  cipher: string,
  keySize: { type: "integer" },
  blockSize: { type: "integer" },
  options: strings,
  keys: list({
    slot: { type: "integer" },
    static: object({ passphrase: string }),
    nodeID: object({}),
    kms: object({ endpoint: string }),
    tpm: object({ checkSecurebootStatusOnEnroll: { type: "boolean" } }),
  }),
});

/**
 * What containers are run with, as far as people change it.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.1/specs-go/config.go
 */
const runtimeSpec = open({
  ociVersion: string,
  process: open({
    terminal: { type: "boolean" },
    user: open({ uid: { type: "integer" }, gid: { type: "integer" }, umask: { type: "integer" } }),
    args: strings,
    env: strings,
    cwd: string,
    capabilities: open(
      Object.fromEntries(["bounding", "effective", "inheritable", "permitted", "ambient"].map((set) => [set, strings])),
    ),
    rlimits: {
      type: "array",
      items: open({ type: string, hard: { type: "integer" }, soft: { type: "integer" } }),
    },
    noNewPrivileges: { type: "boolean" },
    apparmorProfile: string,
    selinuxLabel: string,
    oomScoreAdj: { type: "integer" },
  }),
  root: open({ path: string, readonly: { type: "boolean" } }),
  hostname: string,
  domainname: string,
  mounts: { type: "array", items: open({ destination: string, type: string, source: string, options: strings }) },
  hooks: open({}),
  annotations: open({}),
  linux: open({
    namespaces: objects,
    devices: objects,
    sysctl: open({}),
    resources: open({}),
    maskedPaths: strings,
    readonlyPaths: strings,
  }),
});

type Corrections = Readonly<Record<string, Readonly<Record<string, Schema>>>>;

/**
 * What Talos's decoder takes from a minor version on, and its schema leaves out: fields that were deprecated before, and
 * some that the schema has another name or type for. The lab compares both with the decoder's own types.
 */
const corrections: Partial<Record<TalosMinor, Corrections>> = {
  "1.11": {
    "v1alpha1.Config": { persist: { type: "boolean" } },
    "v1alpha1.MachineConfig": {
      acceptedCAs: certificates,
      baseRuntimeSpecOverrides: runtimeSpec,
      disks: list({ device: string, partitions: list({ size: string, mountpoint: string }) }),
      systemDiskEncryption: object({ state: encryption, ephemeral: encryption }),
    },
    "v1alpha1.InstallConfig": { bootloader: { type: "boolean" }, extensions: list({ image: string }) },
    "v1alpha1.InstallDiskSelector": { type: string },
    "v1alpha1.LoggingDestination": { format: string, endpoint: string },
    // In quotes too: "0o644".
    "v1alpha1.MachineFile": { permissions: {} },
    "v1alpha1.ClusterConfig": { acceptedCAs: certificates },
    "v1alpha1.EtcdConfig": { subnet: string },
    "v1alpha1.Device": { cidr: string },
    "v1alpha1.Vlan": { cidr: string },
    "block.EncryptionSpec": { cipher: string, options: strings },
    "network.KubespanEndpointsConfigV1Alpha1": { kind: { enum: ["KubeSpanEndpointsConfig"] } },
  },
  "1.12": { "cri.RegistryTLSConfigV1Alpha1": { clientIdentity: object({ cert: string, key: string }) } },
  "1.13": {
    "v1alpha1.KubeSpanFilters": { excludeAdvertisedNetworks: strings },
    "network.RoutingRuleConfigV1Alpha1": { action: string },
  },
};

/** Documents that a minor version's decoder has, and no schema. */
const missing: Partial<Record<TalosMinor, Definitions>> = {
  "1.13": {
    "security.ImageVerificationConfigV1Alpha1": object({
      apiVersion: { enum: ["v1alpha1"] },
      kind: { enum: ["ImageVerificationConfig"] },
      rules: list({
        image: string,
        skip: { type: "boolean" },
        deny: { type: "boolean" },
        keyless: object({ issuer: string, subject: string, subjectRegex: string }),
        publicKey: object({ certificate: string }),
      }),
    }),
  },
};

/** A minor version that is not released has no schema yet: it takes what the one before takes. */
function readSchema(minor: TalosMinor): Definitions {
  const file = join(__dirname, `../../../schemas/talos-config/${minor}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).$defs : {};
}

/**
 * A node takes what earlier minor versions took, though the schema of the machine configuration leaves out what is
 * deprecated. Other documents are younger, and have all of their keys.
 */
function definitionsOf(minor: TalosMinor): Definitions {
  const all = talosMinors.map((each) => each.minor);
  const minors = all.slice(0, all.indexOf(minor) + 1);
  const merged: Record<string, Schema> = {};
  const add = (name: string, schema: Schema) => {
    merged[name] = { ...merged[name], ...schema, properties: { ...merged[name]?.properties, ...schema.properties } };
  };
  for (const [name, schema] of minors.flatMap((each) => Object.entries(readSchema(each)))) {
    if (name.startsWith("v1alpha1.")) add(name, schema);
    else merged[name] = schema;
  }
  for (const each of minors) Object.assign(merged, missing[each]);
  for (const [name, properties] of minors.flatMap((each) => Object.entries(corrections[each] ?? {}))) {
    add(name, { properties });
  }
  return merged;
}

const schemas = new Map<TalosMinor, ConfigSchema>();

/** Reads the schema when it is needed first: stacks without patches need none. */
export function configSchema(minor: TalosMinor): ConfigSchema {
  const known = schemas.get(minor) ?? readConfigSchema(minor);
  schemas.set(minor, known);
  return known;
}

function readConfigSchema(minor: TalosMinor): ConfigSchema {
  const definitions = definitionsOf(minor);
  const kinds = new Map([["", "v1alpha1.Config"]]);
  for (const [name, { properties }] of Object.entries(definitions)) {
    const [kind] = properties?.kind?.enum ?? [];
    if (typeof kind === "string") kinds.set(kind, name);
  }
  const ajv = newAjv();
  ajv.addSchema({ $id: minor, $defs: definitions });
  const validators = new Map<string, ValidateFunction>();
  const errorsOf = (kind: string, document: unknown): ErrorObject[] => {
    const validate = validators.get(kind) ?? ajv.compile({ $ref: `${minor}#/$defs/${kinds.get(kind)}` });
    validators.set(kind, validate);
    validate(document);
    return validate.errors ?? [];
  };
  return { minor, definitions, kinds, errorsOf };
}
