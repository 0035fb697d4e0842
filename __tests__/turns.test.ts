import type { Json } from "../review/json";
import type { Plan } from "../review/plan";
import { hasSeveralMachines, rollingOf } from "../scripts/turns";
import { synthesize } from "./synthesized";

const { "talos-cluster": stack = {} } = synthesize("examples/cluster.ts");
const addresses: Readonly<Record<string, string>> = {
  "control-1": "192.168.1.101",
  "control-2": "192.168.1.102",
  "control-3": "192.168.1.103",
  "gpu-1": "192.168.1.111",
  "gpu-2": "192.168.1.112",
};
const names = Object.keys(addresses);
const vm = "proxmox_virtual_environment_vm";
const configuration = "talos_machine_configuration_apply";

/** A plan for a cluster that is there. */
const plan = (...changes: Json[]): Plan => ({
  resource_changes: changes.map((change) => ({ mode: "managed", ...change })),
  prior_state: {
    values: {
      root_module: {
        resources: [
          { address: "data.talos_client_configuration.cluster", values: { talos_config: "context: talos-cluster" } },
          { address: "null_resource.first_snapshot", values: {} },
          ...names.flatMap((name) => [
            { address: `${vm}.${name}`, values: { name } },
            { address: `${configuration}.${name}`, values: { node: addresses[name] } },
          ]),
        ],
      },
    },
  },
});

const changed = (type: string, name: string, before: Json, after: Json, actions = ["update"]): Json => ({
  ...{ type, name, address: `${type}.${name}` },
  change: { actions, before, after },
});
const moreCores = (name: string) => changed(vm, name, { cpu: [{ cores: 4 }] }, { cpu: [{ cores: 5 }] });
const replaced = (type: string, name: string) => changed(type, name, {}, {}, ["delete", "create"]);
const otherConfiguration = (name: string, sysctl = "1", disk = "/dev/sda") => {
  const text = (value: string, disk: string) =>
    `version: v1alpha1\nmachine:\n  sysctls:\n    a: "${value}"\n  files: ["${disk}"]\n`;
  const [before, after] = [text("0", "/dev/sda"), text(sysctl, disk)];
  return changed(configuration, name, { machine_configuration: before }, { machine_configuration: after });
};

test("VMs that restart take turns, workers first", () => {
  const { turns, replaced, endpoints, talosconfig, timeout } = rollingOf(stack, plan(...names.map(moreCores)));
  expect(turns).toEqual(
    ["gpu-1", "gpu-2", "control-1", "control-2", "control-3"].map((machine) => ({
      ...{ machine, what: "VM", node: addresses[machine], restarts: true },
      targets: [`${vm}.${machine}`],
    })),
  );
  expect({ replaced, endpoints, talosconfig, timeout }).toEqual({
    replaced: [],
    endpoints: ["192.168.1.101", "192.168.1.102", "192.168.1.103"],
    talosconfig: "context: talos-cluster",
    timeout: 900,
  });
});

test("configurations take turns after the VMs, each with what comes after it alone", () => {
  const { turns } = rollingOf(
    stack,
    plan(
      otherConfiguration("control-1"),
      otherConfiguration("gpu-1", "0", "/dev/sdb"),
      moreCores("control-2"),
      ...["control-1", "gpu-1"].flatMap((name) => [
        replaced("null_resource", `${name}_check`),
        replaced("null_resource", `${name}_machine`),
        replaced("terraform_data", `${name}_configuration`),
      ]),
      replaced("null_resource", "wait_for_kubernetes"),
    ),
  );
  expect(turns).toEqual([
    { machine: "control-2", what: "VM", node: "192.168.1.102", restarts: true, targets: [`${vm}.control-2`] },
    ...["gpu-1", "control-1"].map((machine) => ({
      ...{ machine, what: "configuration", node: addresses[machine], restarts: machine === "gpu-1" },
      targets: [`${configuration}.${machine}`, `null_resource.${machine}_check`, `null_resource.${machine}_machine`],
    })),
  ]);
});

test.each([
  ["what changes while the VM runs", changed(vm, "gpu-1", { tags: ["a"] }, { tags: ["b"] })],
  ["a machine that is new", changed(vm, "gpu-3", {}, {}, ["create"])],
  ["a machine that leaves", changed(vm, "gpu-2", {}, {}, ["delete"])],
  ["a VM that is no machine of the cluster", moreCores("workstation")],
  ["what stays", changed(vm, "gpu-1", {}, {}, ["no-op"])],
])("%s takes no turn", (_, change) => {
  expect(rollingOf(stack, plan(change)).turns).toEqual([]);
});

test("until a first deployment is complete, nothing takes a turn", () => {
  const text = JSON.stringify(plan(...names.map(moreCores))).replace(
    "null_resource.first_snapshot",
    "null_resource.other",
  );
  expect(rollingOf(stack, JSON.parse(text))).toMatchObject({ turns: [], replaced: [] });
});

test("a single machine that grows takes no turn", () => {
  const { prior_state, ...changes } = plan(otherConfiguration("control-1"));
  const text = JSON.stringify(prior_state).replace(/talos_machine_configuration_apply[.](?!control-1)/g, "other.");
  expect(rollingOf(stack, { ...changes, prior_state: JSON.parse(text) }).turns).toEqual([]);
});

test("a machine that is replaced takes no turn, and is named", () => {
  const { turns, replaced: named } = rollingOf(
    stack,
    plan(replaced(vm, "gpu-1"), replaced(configuration, "gpu-1"), moreCores("control-1")),
  );
  expect([named, turns.map(({ machine }) => machine)]).toEqual([["gpu-1"], ["control-1"]]);
});

test("one machine alone is not planned first", () => {
  expect(hasSeveralMachines(stack)).toBe(true);
  expect(hasSeveralMachines(synthesize("examples/default.ts")["talos-gpu"] ?? {})).toBe(false);
});
