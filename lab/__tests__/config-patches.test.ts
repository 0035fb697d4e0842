import { execFileSync, spawnSync } from "node:child_process";
import { stringify } from "yaml";
import { accepted, refused } from "../../__tests__/patch-examples";
import { shippedStacks, synthesize } from "../../__tests__/synthesized";
import { userVolume } from "../../constructs/storage/user-volume";
import { generated, generatedConfiguration } from "../../constructs/talos/generated-configuration";
import { type ConfigSchema, configSchema, type Schema } from "../../constructs/talos/patch/config-schema";
import { readYaml } from "../../constructs/talos/patch/document";
import { type Configuration, type Document, idOf, patched } from "../../constructs/talos/patch/merge";
import type { TalosPatch } from "../../constructs/talos/patch/patch";
import { forWorkers } from "../../constructs/talos/patch/role";
import * as registries from "../../constructs/talos/registries";
import { type TalosMinor, talosMinors } from "../../constructs/talos/version";
import { build, built } from "../build";
import { talosVersions } from "./support/talos-versions";

const minors: readonly TalosMinor[] = talosMinors.map(({ minor }) => minor);
const [first = "1.11"] = minors;

type Role = "controlplane" | "worker";

interface Request {
  readonly minor: TalosMinor;
  readonly role?: Role;
  readonly patches: readonly TalosPatch[];
}

const asText = (patch: TalosPatch): string =>
  typeof patch === "string" ? patch : stringify(patch, { version: "1.1", aliasDuplicateObjects: false });

interface Result {
  readonly configuration: string;
  readonly error: string;
}

/** What the library of the provider makes of patches. One run for all: it makes secrets first, which takes seconds. */
const results = new Map<string, Result>();

function patchAll(requests: readonly Request[]): void {
  const input = requests.map(({ minor, role = "controlplane", patches }) => ({
    talosVersion: talosVersions[minor][0],
    kubernetesVersion: talosVersions[minor][1],
    role,
    // The library takes a text without a blank or a line's end for a file's name.
    patches: patches.map((patch) => `${asText(patch)}\n`),
  }));
  const output = execFileSync(built.talosPatch, {
    input: JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  for (const [index, result] of (JSON.parse(output) as Result[]).entries()) {
    results.set(JSON.stringify(requests[index]), result);
  }
}

const patchedByProvider = (requests: readonly Request[]): Result[] =>
  requests.map((request) => results.get(JSON.stringify(request)) ?? { configuration: "", error: "was not asked for" });

/** What a node of the minor version answers to the configuration: warnings, or why it refuses it. */
const answerOf = (minor: TalosMinor, configuration: string): { readonly stdout: string; readonly stderr: string } =>
  spawnSync(built.talosValidate(minor), { input: configuration, encoding: "utf8" });

/** Why a node of the minor version refuses the configuration; empty where it accepts it. */
const refusalOf = (minor: TalosMinor, configuration: string): string => answerOf(minor, configuration).stderr;

/** Deprecated since 1.14. */
const deprecatedPatch: TalosPatch = {
  machine: { files: [{ content: "a", permissions: 0o644, path: "/var/a", op: "create" }] },
};

/** What constructs write for props of which the default stack has none. */
const ofConstructs = (minor: TalosMinor): Readonly<Record<string, readonly TalosPatch[]>> => ({
  "local volumes": [userVolume("local", "scsi1")],
  registries: registries.patches(talosVersions[minor][0], {
    mirrors: [
      { registry: "docker.io", endpoints: ["https://harbor.example/v2/proxy-docker.io"], overridePath: true },
      { registry: "*", endpoints: ["https://mirror.example"], fallback: false },
    ],
    credentials: [{ registry: "harbor.example", username: "robot", password: "a password" }],
    imageCache: true,
  }),
});

const newestMinor = minors.at(-1) as TalosMinor;

const image = "factory.talos.dev/nocloud-installer/x:v1.14.7";

/** A patch with an image in the place of what Terraform knows: `${yamlencode({"machine" = {"install" = {…}}})}`. */
const withoutTerraform = (patch: string): string =>
  patch
    .replace(/^\$\{yamlencode\((.*)\)\}$/s, (_, object: string) =>
      object.replaceAll('" = ', '": ').replace(/: (?:data[.])?[a-z][\w.]*[.]\w+/g, `: "${image}"`),
    )
    .replace(/\$\{[^}]*\}/g, image);

/** The machine configurations of the default stack and of each example, with something in the place of what Terraform knows. */
const shipped = shippedStacks.flatMap(([file, name]) => {
  const { data = {} } = synthesize(file)[name] as {
    data?: { talos_machine_configuration?: Record<string, { machine_type: Role; config_patches: string[] }> };
  };
  return Object.entries(data.talos_machine_configuration ?? {}).map(
    ([node, { machine_type: role, config_patches }]) => ({
      name: `${node} of ${file}`,
      request: {
        minor: newestMinor,
        role,
        patches: config_patches.map(withoutTerraform),
      },
    }),
  );
});

test("the newest Talos warns of nothing that the default stack and the examples configure", () => {
  const [deprecated = ""] = patchedByProvider([{ minor: newestMinor, patches: [deprecatedPatch] }]).map(
    ({ configuration }) => answerOf(newestMinor, configuration).stdout,
  );
  expect(deprecated).not.toBe("");
  const made = patchedByProvider(shipped.map(({ request }) => request));
  expect(shipped.length).toBeGreaterThan(shippedStacks.length);
  expect(
    made.map(({ configuration, error }, index) => {
      const { stdout, stderr } = answerOf(newestMinor, configuration);
      return [shipped[index]?.name, error, stderr, stdout];
    }),
  ).toEqual(shipped.map(({ name }) => [name, "", "", ""]));
});

describe.each(minors)("Talos %s", (minor) => {
  const place = minors.indexOf(minor);

  test("and the provider accept every patch that the rules accept", () => {
    const examples = Object.entries(accepted).filter(([, { from = first }]) => minors.indexOf(from) <= place);
    const made = patchedByProvider(examples.map(([, { patch }]) => ({ minor, patches: [patch] })));
    const refusals = made.map(({ configuration, error }, index) => [
      examples[index]?.[0],
      error || refusalOf(minor, configuration),
    ]);
    expect(refusals.filter(([, refusal]) => refusal !== "")).toEqual([]);
  });

  test.each(Object.entries(ofConstructs(minor)))("and the provider accept what constructs write: %s", (_, patches) => {
    const [made] = patchedByProvider([{ minor, patches }]);
    expect(made?.error).toBe("");
    expect(refusalOf(minor, made?.configuration ?? "")).toBe("");
  });

  test("does not know the kinds of later ones", () => {
    const later = Object.values(accepted).filter(({ from = first }) => minors.indexOf(from) > place);
    const made = patchedByProvider(later.map(({ patch }) => ({ minor, patches: [patch] })));
    for (const { configuration } of made) expect(refusalOf(minor, configuration)).toContain("not registered");
  });

  test("or the provider refuse every patch that the rules refuse", () => {
    // The library still takes JSON patches of a single document; the provider does not.
    const examples = Object.entries(refused).filter(([name]) => name !== "a list of JSON patches");
    const made = patchedByProvider(examples.map(([, [patch]]) => ({ minor, patches: [patch] })));
    const accepting = made.flatMap(({ configuration, error }, index) =>
      error === "" && refusalOf(minor, configuration) === "" ? [examples[index]?.[0]] : [],
    );
    expect(accepting).toEqual([]);
  });

  test("refuses keys of control plane nodes on a worker, and accepts what is left without them", () => {
    const [whole] = patchedByProvider([{ minor, role: "worker", patches: [controlPlanes] }]);
    expect(refusalOf(minor, whole?.configuration ?? "")).toContain("control plane machines");
    expect(left).toEqual({ debug: true });
    const [rest] = patchedByProvider([{ minor, role: "worker", patches: [left] }]);
    expect(rest?.error).toBe("");
    expect(refusalOf(minor, rest?.configuration ?? "")).toBe("");
  });

  test("has a decoder with the keys of its schema", () => {
    const schema = configSchema(minor);
    const kinds = [...schema.kinds.keys()].filter((kind) => kind !== "");
    const known: Record<string, Keys> = JSON.parse(execFileSync(built.talosKeys(minor), kinds, { encoding: "utf8" }));
    const differences = [...schema.kinds].flatMap(([kind, definition]) => {
      const keys = known[kind];
      return keys === undefined ? [`${kind}: none`] : differencesOf(kind, keys, { $ref: definition }, schema);
    });
    expect(differences.filter((difference) => !expected.includes(difference))).toEqual([]);
  });
});

const expected = [
  // A mistake with a message of its own.
  ".cluster.allowSchedulingOnMasters: in the decoder alone",
  // A document of its keys alone is none.
  "VethConfig: none",
  // Later than the provider's library, which reads patches first.
  "OOMConfig.strictCgroupClassOrdering: in the decoder alone",
];

interface Keys {
  readonly keys?: Readonly<Record<string, Keys>>;
  readonly items?: Keys;
  readonly values?: Keys;
}

/** What the decoder and the schema do not both have; below what is any object, and what has a decoder of its own, nothing. */
function differencesOf(path: string, keys: Keys, reference: Schema, schema: ConfigSchema): string[] {
  const { properties = {}, items, patternProperties } = resolved(reference, schema);
  if (items && keys.items) return differencesOf(`${path}[]`, keys.items, items, schema);
  const [values] = Object.values(patternProperties ?? {});
  if (values && keys.values) return differencesOf(`${path}{}`, keys.values, values, schema);
  if (keys.keys === undefined || Object.keys(properties).length === 0) return [];
  return [...new Set([...Object.keys(keys.keys), ...Object.keys(properties)])].flatMap((key) => {
    const [one, other] = [keys.keys?.[key], properties[key]];
    if (one === undefined) return [`${path}.${key}: in the schema alone`];
    if (other === undefined) return [`${path}.${key}: in the decoder alone`];
    return differencesOf(`${path}.${key}`, one, other, schema);
  });
}

const resolved = (schema: Schema, { definitions }: ConfigSchema): Schema =>
  schema.$ref === undefined ? schema : (definitions[schema.$ref.split("/").at(-1) ?? ""] ?? {});

const controlPlanes = accepted["what only control plane nodes have"]?.patch ?? {};
const left = forWorkers({ ...(controlPlanes as Document), debug: true }) ?? {};
const missing: readonly TalosPatch[] = [
  "machine: {nodeLabels: {gone: {$patch: delete}}}",
  "machine: {kernel: {modules: {$patch: delete}}}",
  "machine: {network: {interfaces: [{interface: ens18, $patch: delete}]}}",
  "{apiVersion: v1alpha1, kind: UserVolumeConfig, name: a, $patch: delete}",
];

beforeAll(() => {
  build("talos-patch", "talos-validate");
  patchAll([
    { minor: newestMinor, patches: [deprecatedPatch] },
    ...shipped.map(({ request }) => request),
    ...minors.flatMap((minor) => [
      { minor, patches: [] },
      ...[
        ...Object.values(accepted).map(({ patch }) => patch),
        ...Object.values(refused).map(([patch]) => patch),
        ...missing,
      ].map((patch) => ({ minor, patches: [patch] })),
      ...Object.values(sequences).map((patches) => ({ minor, patches })),
      ...Object.values(ofConstructs(minor)).map((patches) => ({ minor, patches })),
      ...[[], [controlPlanes], [left]].map((patches) => ({ minor, role: "worker" as const, patches })),
      { minor, role: "controlplane" as const, patches: [] },
    ]),
  ]);
});

const configurationOf = (yaml: string): Configuration =>
  new Map(readYaml(yaml).documents.map((document) => [idOf(document as Document), document as Document]));

describe("what the provider generates", () => {
  test.each(["controlplane", "worker"] as const)("of a %s is as the rules expect it", (role) => {
    const made = patchedByProvider(minors.map((minor) => ({ minor, role, patches: [] })));
    for (const [index, minor] of minors.entries()) {
      const real = configurationOf(made[index]?.configuration ?? "");
      const ours = generatedConfiguration(role, talosVersions[minor][1]);
      const differences = [...ours].flatMap(([id, document]) =>
        // Talos 1.11 has no such document.
        id === "HostnameConfig" && minor === "1.11" ? [] : missingFrom(id, real.get(id), document),
      );
      expect([minor, differences]).toEqual([minor, []]);
      const labels = (configuration: Configuration) =>
        (configuration.get("")?.machine as Document | undefined)?.nodeLabels;
      expect(labels(ours)).toEqual(labels(real));
    }
  });
});

/** What is in one value and not in the other, but for what nobody knows before. */
function missingFrom(path: string, real: unknown, ours: unknown): string[] {
  if (ours === generated) return real === undefined ? [`${path} is not there`] : [];
  if (typeof ours !== "object" || ours === null) {
    return JSON.stringify(real) === JSON.stringify(ours) ? [] : [`${path} is ${JSON.stringify(real)}`];
  }
  return Object.entries(ours).flatMap(([key, inside]) =>
    missingFrom(`${path}.${key}`, (real as Document | undefined)?.[key], inside),
  );
}

const sysctls = (values: object) => ({ machine: { sysctls: values } });
const device = (content: object) => ({ machine: { network: { interfaces: [content] } } });
const physical = { deviceSelector: { physical: true } };

/** Patches, one after the other. */
const sequences: Readonly<Record<string, readonly TalosPatch[]>> = {
  "maps are merged": [sysctls({ a: "1", b: "2" }), sysctls({ b: "3", c: "4" })],
  "nothing replaces nothing": [sysctls({ a: "1" }), sysctls({ a: "" })],
  "false replaces true": [
    { machine: { install: { wipe: true } } },
    "machine: {install: {wipe: false, disk: ''}, features: {kubePrism: {port: 0}}}",
  ],
  "lists are appended to": [
    { machine: { certSANs: ["a.example"], network: { nameservers: ["192.168.1.1"] } } },
    { machine: { certSANs: ["b.example"], network: { nameservers: ["192.168.1.2"] } } },
  ],
  "networks are replaced": [{ cluster: { network: { podSubnets: ["10.42.0.0/16"] } } }],
  "devices are merged by selector": [
    device({ ...physical, dhcp: false, addresses: ["192.168.1.50/24"] }),
    device({ ...physical, mtu: 9000, dhcp: true, addresses: ["192.168.2.50/24"] }),
    device({ deviceSelector: { hardwareAddr: "bc:24:11:00:00:01" }, dhcp: true }),
    device({ deviceSelector: { hardwareAddr: "bc:24:11:00:00:01" }, mtu: 9000, addresses: ["192.168.3.50/24"] }),
  ],
  "devices are merged by name": [
    device({ interface: "ens18", vlans: [{ vlanId: 10, addresses: ["10.0.0.1/24"] }] }),
    device({
      interface: "ens18",
      vlans: [
        { vlanId: 10, addresses: ["10.0.0.2/24"] },
        { vlanId: 20, dhcp: true },
      ],
    }),
  ],
  "admission plugins are merged by name": [
    {
      cluster: {
        apiServer: {
          admissionControl: [
            { name: "PodSecurity", configuration: { exemptions: { namespaces: ["gpu"] } } },
            { name: "Other", configuration: { a: "b" } },
          ],
        },
      },
    },
  ],
  "an audit policy is replaced": [
    { cluster: { apiServer: { auditPolicy: { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [] } } } },
  ],
  "modules are appended": [
    { machine: { kernel: { modules: [{ name: "nvidia" }] } } },
    { machine: { kernel: { modules: [{ name: "nbd" }] } } },
  ],
  "a key is deleted": [
    sysctls({ a: "1", b: "2" }),
    "machine: {sysctls: {a: {$patch: delete}, c: '3'}}",
    "machine: {nodeLabels: {node.kubernetes.io/exclude-from-external-load-balancers: {$patch: delete}}}",
  ],
  "an item of a list is deleted": [
    device({ interface: "ens18", dhcp: true }),
    device({ interface: "ens19", dhcp: true }),
    "machine: {network: {interfaces: [{interface: ens18, $patch: delete}]}}",
  ],
  "a whole part is deleted": ["cluster: {apiServer: {admissionControl: {$patch: delete}}, proxy: {$patch: delete}}"],
  "documents come and go": [
    { apiVersion: "v1alpha1", kind: "UserVolumeConfig", name: "a", provisioning: { maxSize: "10GiB" } },
    { apiVersion: "v1alpha1", kind: "UserVolumeConfig", name: "b", provisioning: { maxSize: "10GiB" } },
    "{apiVersion: v1alpha1, kind: UserVolumeConfig, name: a, provisioning: {minSize: 5GiB}}",
    "{apiVersion: v1alpha1, kind: UserVolumeConfig, name: b, $patch: delete}",
  ],
};

describe("a merge", () => {
  test.each(Object.entries(sequences))("is Talos's own: %s", (_, patches) => {
    for (const minor of minors) {
      const [before, after] = patchedByProvider([
        { minor, patches: [] },
        { minor, patches },
      ]);
      expect([minor, after?.error]).toEqual([minor, ""]);
      const ours = patches.reduce<Configuration>(patched, configurationOf(before?.configuration ?? ""));
      expect([minor, withoutNothing(Object.fromEntries(ours))]).toEqual([
        minor,
        withoutNothing(Object.fromEntries(configurationOf(after?.configuration ?? ""))),
      ]);
    }
  });

  test("fails on what is deleted and not there", () => {
    const made = patchedByProvider(missing.map((patch) => ({ minor: "1.13", patches: [patch] })));
    expect(made.map(({ error }) => /lookup failed|panic/.test(error))).toEqual(missing.map(() => true));
  });
});

/** Talos writes no empty lists and objects, nor what is left empty. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== "object" || value === null) return value;
  const filled = Object.entries(value)
    .map(([key, inside]) => [key, withoutNothing(inside)] as const)
    .filter(([, inside]) => typeof inside !== "object" || (inside !== null && Object.keys(inside).length > 0));
  return Object.fromEntries(filled);
}
