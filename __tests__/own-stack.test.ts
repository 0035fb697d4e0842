import { Resource } from "@cdktf/provider-null/lib/resource";
import { App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import * as publicInterface from "../constructs";
import { addPreconditions, type Check, enforce, type Rule, rules } from "../constructs";
import { checksAtPlan, ciliumIn, newApp, newStack, nodeIn, vmIn } from "./stacks";

const houseRules: readonly [Rule<{ readonly name: string }>] = [
  {
    id: "house-vm-name",
    requirement: "a VM is named after its rack",
    reason: "whoever stands before the racks has to find it",
    source: "https://wiki.example/names",
    checks: ({ name }) => [
      { condition: rules.matches(name, /^rack[0-9]+-/), message: `name ${rules.formatValue(name)} has no rack in it` },
    ],
  },
];

const inOldNames = ({ condition: holds, message: problem }: Check) => ({ holds, problem });

describe("the constructs in a stack of one's own", () => {
  test("refuse under cdktf's own App too", () => {
    const app = new App({ outdir: newApp().outdir, stackTraces: false });
    vmIn(new TerraformStack(app, "own"), { name: "a_b", gpus: [{ address: "10de:2684" }] });
    expect(() => app.synth()).toThrow(
      /\[own\/talos_node\] name "a_b" .*\[vm-name-dns\]\n.*\[own\/talos_node\] gpus\[0\]\.address .*\[pci-address-format\]/,
    );
  });

  test("tell a variable that is refused by its name in Terraform", () => {
    const stack = newStack();
    ciliumIn(stack, { method: new TerraformVariable(stack, "how", {}).value });
    expect(() => Testing.synth(stack, true)).toThrow('method is "${var.how}"; write ');
  });

  test("take a rule of the user's own, and tell it with all the rest", () => {
    const stack = newStack();
    enforce(vmIn(stack, { vmId: 1 }), houseRules, { name: "talos-gpu" });
    expect(() => Testing.synth(stack, true)).toThrow(
      /\[stack\/talos_node\] vmId 1 .*\[vm-id-range\]\n.*\[stack\/talos_node\] name "talos-gpu" has no rack in it \[house-vm-name\]/,
    );
  });

  test("take a rule that is written in the names of the last release", () => {
    const stack = newStack();
    const [{ requirement: demands, reason: because, checks, ...rule }] = houseRules;
    const old = { ...rule, demands, because, checks: (vm: { name: string }) => checks(vm).map(inOldNames) };
    enforce(vmIn(stack, {}), [old], { name: "talos-gpu" });
    expect(() => Testing.synth(stack, true)).toThrow(
      '[stack/talos_node] name "talos-gpu" has no rack in it [house-vm-name]',
    );
  });

  test("leave a rule of the user's own to Terraform where a value is a variable", () => {
    const checks = checksAtPlan((stack) => {
      const { stringValue: name } = new TerraformVariable(stack, "name", { type: "string" });
      const vm = vmIn(stack, { name });
      addPreconditions(vm.resource, enforce(vm, houseRules, { name }));
    });
    expect(checks).toContainEqual({
      condition: '${can(regex("^rack[0-9]+-", var.name))}',
      message: 'name "${var.name}" has no rack in it [house-vm-name]',
    });
  });
});

test("a resource gets its first precondition", () => {
  const stack = newStack();
  const resource = new Resource(stack, "mine");
  expect(resource.lifecycle).toBeUndefined();
  addPreconditions(resource, []);
  expect(resource.lifecycle).toBeUndefined();
  const precondition = { condition: "${var.a}", errorMessage: "a" };
  addPreconditions(resource, [precondition]);
  expect(resource.lifecycle).toEqual({ precondition: [precondition] });
});

test("what rules are written with has its names of the last release", () => {
  expect(publicInterface).toMatchObject({
    and: rules.and,
    equal: rules.equal,
    isBoolean: rules.isBoolean,
    isUnknown: rules.isUnknown,
    matches: rules.matches,
    not: rules.not,
    oneOf: rules.oneOf,
    or: rules.or,
    shown: rules.formatValue,
    wholeNumber: rules.wholeNumber,
  });
});

test("names of a cluster and a VM of the last release are those of today", () => {
  const stack = newStack();
  const cluster = nodeIn(stack);
  expect(cluster.usable.fqn).toBe(cluster.networkReady.fqn);
  expect(cluster.schedulable.fqn).toBe(cluster.untainted.fqn);
  expect(cluster.ready).toBe(cluster.apiReady);
  const vm = vmIn(newStack());
  vm.demand([{ condition: "${var.a}", errorMessage: "a" }]);
  expect(vm.resource.lifecycle?.precondition).toContainEqual({ condition: "${var.a}", errorMessage: "a" });
});

test("the public interface holds these names and no internals", () => {
  expect(Object.keys(publicInterface).sort()).toEqual([
    "CiliumInstall",
    "DownloadedImage",
    "GpuInstall",
    "HelmInstall",
    "LocalStorage",
    "NvidiaInstall",
    "PciAddress",
    "PciMapping",
    "ProxmoxConnection",
    "ProxmoxCsi",
    "ProxmoxGpuVm",
    "StateEncryption",
    "StrictApp",
    "TalosCluster",
    "TalosGpuCluster",
    "TalosImage",
    "TalosSingleNode",
    "addPreconditions",
    "and",
    "enforce",
    "equal",
    "isBoolean",
    "isUnknown",
    "matches",
    "not",
    "oneOf",
    "or",
    "rules",
    "shown",
    "wholeNumber",
  ]);
});
