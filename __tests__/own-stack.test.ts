import { Resource } from "@cdktf/provider-null/lib/resource";
import { App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import * as publicInterface from "../constructs";
import { addPreconditions, enforce, formatValue, matches, type Rule } from "../constructs";
import { checksAtPlan, ciliumIn, newApp, newStack, vmIn } from "./stacks";

const rules: readonly Rule<{ readonly name: string }>[] = [
  {
    id: "house-vm-name",
    requirement: "a VM is named after its rack",
    reason: "whoever stands before the racks has to find it",
    source: "https://wiki.example/names",
    checks: ({ name }) => [
      { condition: matches(name, /^rack[0-9]+-/), message: `name ${formatValue(name)} has no rack in it` },
    ],
  },
];

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
    enforce(vmIn(stack, { vmId: 1 }), rules, { name: "talos-gpu" });
    expect(() => Testing.synth(stack, true)).toThrow(
      /\[stack\/talos_node\] vmId 1 .*\[vm-id-range\]\n.*\[stack\/talos_node\] name "talos-gpu" has no rack in it \[house-vm-name\]/,
    );
  });

  test("leave a rule of the user's own to Terraform where a value is a variable", () => {
    const checks = checksAtPlan((stack) => {
      const { stringValue: name } = new TerraformVariable(stack, "name", { type: "string" });
      const vm = vmIn(stack, { name });
      addPreconditions(vm.resource, enforce(vm, rules, { name }));
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

test("the public interface holds these names and no internals", () => {
  expect(Object.keys(publicInterface).sort()).toEqual([
    "CiliumInstall",
    "DownloadedImage",
    "NvidiaInstall",
    "PciAddress",
    "PciMapping",
    "ProxmoxConnection",
    "ProxmoxGpuVm",
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
    "shown",
    "wholeNumber",
  ]);
});
