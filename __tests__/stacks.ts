import { AnnotationMetadataEntryType, TerraformStack, TerraformVariable, Testing } from "cdktf";
import type { Construct } from "constructs";
import {
  CiliumInstall,
  type CiliumInstallProps,
  ProxmoxConnection,
  type ProxmoxConnectionProps,
  ProxmoxGpuVm,
  type ProxmoxGpuVmProps,
  type TalosMachine,
  TalosSingleNode,
  type TalosSingleNodeProps,
} from "../constructs";

/** A stack as Terraform reads it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at any part of it
export type TerraformJson = any;

export function newStack(): TerraformStack {
  return new TerraformStack(Testing.app({ stackTraces: false }), "stack");
}

/** What the constructs that `build` makes synthesize to. Fails where a rule does. */
export function synthesized(build: (stack: TerraformStack) => void): string {
  const stack = newStack();
  build(stack);
  return Testing.synth(stack, true);
}

export const synthesizedJson = (build: (stack: TerraformStack) => void): TerraformJson =>
  JSON.parse(synthesized(build));

/** The problems of the constructs that `build` makes, each with its path and its rule's id. */
export function problemsOf(build: (stack: TerraformStack) => void): string[] {
  const stack = newStack();
  build(stack);
  return stack.node
    .findAll()
    .filter(({ node }) => node.path.startsWith("stack"))
    .flatMap(({ node }) => node.validate().map((problem) => `[${node.path}] ${problem}`));
}

/** The warnings of the constructs that `build` makes. */
export function warningsOf(build: (stack: TerraformStack) => void): string[] {
  const stack = newStack();
  build(stack);
  return stack.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === AnnotationMetadataEntryType.WARN)
    .map(({ data }) => String(data));
}

/** What Terraform will check: preconditions of all resources and data sources, and check blocks. */
export function checksAtPlan(build: (stack: TerraformStack) => void): { condition: string; message: string }[] {
  const json = synthesizedJson(build);
  const elements = [json.resource, json.data].flatMap((kinds) =>
    Object.values<object>(kinds ?? {}).flatMap((named) => Object.values(named)),
  );
  const preconditions = elements.flatMap(({ lifecycle }: TerraformJson) => lifecycle?.precondition ?? []);
  const asserts = Object.values(json.check ?? {}).flatMap(({ assert }: TerraformJson) => assert);
  return [...preconditions, ...asserts].map(({ condition, error_message }) => ({ condition, message: error_message }));
}

/** Gives `build` a Terraform variable, `var.value`, for a value. */
export function withVariable(build: (stack: TerraformStack, value: never) => void, type = "any") {
  return (stack: TerraformStack): void => {
    const variable = new TerraformVariable(stack, "value", { type });
    build(stack, (type === "number" ? variable.numberValue : variable.value) as never);
  };
}

export const password: ProxmoxConnectionProps = { endpoint: "https://pve.example:8006/", credentials: "password" };
export const apiToken: ProxmoxConnectionProps = { endpoint: "https://pve.example:8006/", credentials: "api-token" };

/** A VM that breaks no rule, with these props. */
export function vmIn(
  scope: Construct,
  props: Partial<ProxmoxGpuVmProps> = {},
  connection: ProxmoxConnectionProps = password,
  id = "talos_node",
): ProxmoxGpuVm {
  const existing = scope.node.tryFindChild("proxmox") as ProxmoxConnection | undefined;
  return new ProxmoxGpuVm(scope, id, {
    connection: existing ?? new ProxmoxConnection(scope, "proxmox", connection),
    name: "talos-gpu",
    node: "pve",
    boot: { image: { fileId: "local:import/talos.qcow2", guestAgent: true } },
    ...props,
  });
}

export const machine: TalosMachine = {
  name: "talos-gpu",
  address: "192.168.1.50/24",
  gateway: "192.168.1.1",
  installDisk: "/dev/sda",
};

/** A node that breaks no rule, with these props. */
export const nodeIn = (scope: Construct, props: Partial<TalosSingleNodeProps> = {}): TalosSingleNode =>
  new TalosSingleNode(scope, "cluster", { clusterName: "talos-gpu", machine, talos: { version: "v1.13.9" }, ...props });

/** Cilium on a node that breaks no rule, with these props. */
export const ciliumIn = (
  scope: Construct,
  props: Partial<CiliumInstallProps> = {},
  nodeProps: Partial<TalosSingleNodeProps> = {},
): CiliumInstall => new CiliumInstall(scope, "cilium", { node: nodeIn(scope, nodeProps), ...props });
