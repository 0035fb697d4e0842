import { type TerraformStack, TerraformVariable, Testing } from "cdktf";
import { TalosGpuCluster, TalosImage } from "../constructs";
import type { Field } from "../constructs/props/schema";
import type { Case } from "../lab/changes/cases";
import { after } from "../lab/changes/props";
import { conformance } from "./conformance";
import { replaced } from "./every-prop";
import { checksIn, clusterIn, machineAt, newApp, nodeIn, outcomeOf } from "./stacks";
import { build, type Subject, subjects } from "./subjects";

/** Of list items, the first stands for all. */
const schemaPath = (prop: string): string => prop.replace(/\[[1-9]\]/g, "[0]");

/** The props with a variable instead of the other value of the row. */
function withVariable(row: Case, base: object, stack: TerraformStack, scalar: Field["scalar"]): object {
  const type = { string: "string", number: "number", boolean: "bool" }[scalar ?? "string"];
  const variable = new TerraformVariable(stack, "value", { type });
  const value = type === "number" ? variable.numberValue : variable.value;
  const other = { ...row, along: {} };
  return replaced(after(other, base), row.prop.match(/[^.[\]]+/g) ?? [], { value }) as object;
}

const withScalars = Object.entries<Subject>(subjects).filter(([, { schema }]) => scalarsOf(schema).size > 0);

describe.each(withScalars)("a variable for a prop of %s", (construct, subject) => {
  const { schema, props, cases, onlyChecked = [], notAtPlan } = subject;
  const scalars = scalarsOf(schema);
  const rows = [...cases, ...onlyChecked].filter(({ judged }) => judged !== undefined);

  test("is tested for every scalar prop", () => {
    const listed = rows.map(({ prop }) => schemaPath(prop));
    const advice =
      "write the rules that check a variable there into its row of lab/changes/cases.ts or __tests__/subjects.ts";
    const missing = [...scalars.keys()].filter((path) => !listed.includes(path) && !notAtPlan?.test(path));
    expect(missing.map((path) => `${path}: ${advice}`)).toEqual([]);
    expect(listed.filter((path) => !scalars.has(path) || notAtPlan?.test(path))).toEqual([]);
  });

  test.each(rows.map((row) => [row.prop, row.judged ?? [], row] as const))(
    "%s: Terraform checks %j",
    (path, rules, row) => {
      const outcome = outcomeOf((stack) =>
        build(subject, stack, withVariable(row, props, stack, scalars.get(schemaPath(path)))),
      );
      expect(outcome.problems()).toEqual([]);
      const stack = JSON.parse(outcome.synthesized());
      expect(JSON.stringify(stack)).toContain("var.value");
      expect(unresolvedIn(stack)).toEqual([]);
      // Extensions and CPU types are compared with the list of all.
      if (!["extensions[0]", "cpu.type"].includes(path) && !(construct === "TalosImage" && path === "version"))
        expect(checksIn(stack).filter(({ condition }) => lengthOf(condition) > longestCondition)).toEqual([]);
      expect(conformance(stack)).toEqual([]);
      const messages = checksIn(stack)
        .filter(({ condition, message }) => (condition + message).includes("var.value"))
        .map(({ message }) => message);
      for (const rule of rules) expect(messages).toContainEqual(expect.stringContaining(`[${rule}]`));
      if (rules.length === 0) expect(messages).toEqual([]);
    },
  );
});

test("variables for what the outputs of a cluster tell come out of it as variables", () => {
  const cluster = new TalosGpuCluster(newApp(), "talos-gpu", (stack) => {
    const variable = (name: string) => new TerraformVariable(stack, name, { type: "number" });
    return {
      proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
      vm: {
        name: variable("name").stringValue,
        node: "pve",
        vmId: variable("id").numberValue,
        cpu: { cores: variable("cores").numberValue, sockets: variable("sockets").numberValue },
        memory: { dedicated: variable("memory").numberValue },
        disks: [{ size: variable("size").numberValue }],
        gpus: [{ address: "01:00" }, { address: variable("address").stringValue }],
        initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
      },
      talos: { nvidia: { kernelModules: "open", branch: "production" } },
      cluster: { clusterName: variable("cluster_name").stringValue, outputDirectory: "access" },
      nvidia: { sharing: { strategy: "time-slicing", replicas: variable("replicas").numberValue } },
    };
  });
  const stack = JSON.parse(Testing.synth(cluster, true));
  expect(unresolvedIn(stack)).toEqual([]);
  expect(stack.output.gpu_allocatable.value).toBe("${(2 * var.replicas)}");
  expect(stack.output.node_resources.value).toMatchObject({ cores: "${var.cores}", memory_mib: "${var.memory}" });
  expect(stack.resource.helm_release.nvidia_device_plugin.values).toEqual([
    expect.stringContaining('"replicas" = var.replicas'),
  ]);
});

test("a variable for a patch is checked in conditions that can be read", () => {
  const outcome = outcomeOf((stack) => {
    const patch = new TerraformVariable(stack, "value", { type: "string" }).stringValue;
    clusterIn(stack, { configPatches: [patch], controlPlanePatches: [patch], workerPatches: [patch] });
  });
  expect(outcome.problems()).toEqual([]);
  const checks = checksIn(JSON.parse(outcome.synthesized())).filter(({ message }) => /Patches\[0\] /.test(message));
  expect(checks.length).toBeGreaterThan(30);
  expect(checks.filter(({ condition }) => lengthOf(condition) > longestCondition)).toEqual([]);
});

test.each<readonly [string, (stack: TerraformStack) => void]>([
  [
    "several patches of a node",
    (stack) => void nodeIn(stack, { configPatches: [anyIn(stack, "first_patch"), anyIn(stack, "second_patch")] }),
  ],
  [
    "all addresses of a cluster, and its patches",
    (stack) =>
      void clusterIn(stack, {
        endpoint: anyIn(stack, "kubernetes_api_endpoint"),
        virtualAddress: anyIn(stack, "virtual_ip_address"),
        configPatches: ["first_patch", "second_patch"].map((name) => anyIn(stack, name)),
        controlPlanes: [1, 2, 3, 4, 5].map((number) =>
          machineAt(`control-${number}`, number, {
            address: anyIn(stack, `address_of_control_plane_${number}`),
            gateway: anyIn(stack, `gateway_of_control_plane_${number}`),
          }),
        ),
      }),
  ],
  [
    "the driver of an image, beside an extension of it",
    (stack) =>
      void new TalosImage(stack, "talos", {
        nvidia: { kernelModules: anyIn(stack, "kernel_modules"), branch: anyIn(stack, "driver_branch") },
        extensions: ["siderolabs/nvidia-fabricmanager-lts"],
      }),
  ],
  [
    "an extension of an image, and its version",
    (stack) =>
      void new TalosImage(stack, "talos", {
        version: anyIn(stack, "talos_version"),
        extensions: [anyIn(stack, "extension")],
      }),
  ],
  [
    "the extensions of an image",
    (stack) =>
      void new TalosImage(stack, "talos", {
        extensions: [anyIn(stack, "extension"), anyIn(stack, "second_extension")],
      }),
  ],
])("variables for %s are checked in conditions that can be read", (_, build) => {
  const outcome = outcomeOf(build);
  expect(outcome.problems()).toEqual([]);
  const conditions = checksIn(JSON.parse(outcome.synthesized())).map(({ condition }) => condition);
  expect(conditions.length).toBeGreaterThan(2);
  expect(conditions.filter((condition) => lengthOf(condition) > longestCondition)).toEqual([]);
});

const anyIn = (stack: TerraformStack, name: string): never => new TerraformVariable(stack, name, {}).value as never;

/** A condition is for reading in a review. */
const longestCondition = 1000;
const lengthOf = (condition: string) => condition.length;

/** What cdktf has for a variable until it is written, and what becomes of the number of it when somebody counts with it. */
function unresolvedIn(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Math.abs(value) > 1e100 ? [`${path} ${value}`] : [];
  if (typeof value === "string") return /TfToken|e[+]2[0-9]{2}/.test(value) ? [`${path} ${value}`] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inside]) => [
    ...unresolvedIn(key, `${path} key`),
    ...unresolvedIn(inside, `${path}.${key}`),
  ]);
}

/** The paths of all scalars of the fields, with their types. */
function scalarsOf(fields: Readonly<Record<string, Field>>, path = ""): Map<string, Field["scalar"]> {
  const scalars = new Map<string, Field["scalar"]>();
  for (const [name, field] of Object.entries(fields)) {
    const here = `${path && `${path}.`}${name}${field.list ? "[0]" : ""}`;
    if (field.scalar) scalars.set(here, field.scalar);
    for (const [below, type] of field.fields ? scalarsOf(field.fields, here) : []) scalars.set(below, type);
  }
  return scalars;
}
