import { tmpdir } from "node:os";
import { AnnotationMetadataEntryType, type App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import { invokeAspects } from "cdktf/lib/synthesize/synthesizer";
import type { Construct } from "constructs";
import {
  CiliumInstall,
  type CiliumInstallProps,
  ProxmoxConnection,
  type ProxmoxConnectionProps,
  ProxmoxGpuVm,
  type ProxmoxGpuVmProps,
  TalosCluster,
  type TalosClusterProps,
  type TalosMachine,
  TalosSingleNode,
  type TalosSingleNodeProps,
} from "../constructs";
import { laterWarning } from "../constructs/rules/rule";
import "../synth/cdktf-patches";

/** A stack as Terraform reads it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at any part of it
export type TerraformJson = any;

/** Nothing is written. */
export const newApp = (): App => Testing.app({ outdir: tmpdir(), stackTraces: false });
export const newStack = (): TerraformStack => new TerraformStack(newApp(), "stack");

type Build = (stack: TerraformStack) => void;

/** What comes of the constructs that `build` makes; they are made once, whatever is asked of them. */
export function outcomeOf(build: Build) {
  const stack = newStack();
  build(stack);
  // Some rules wait until all constructs are made.
  invokeAspects(stack);
  const nodes = () => stack.node.findAll().map(({ node }) => node);
  let found: string[] | undefined;
  const problems = (): string[] => {
    found ??= nodes().flatMap((node) => node.validate().map((problem) => `[${node.path}] ${problem}`));
    return found;
  };
  return {
    /** The problems, each with its path and its rule's id. */
    problems,
    warnings: (): string[] =>
      nodes()
        .flatMap(({ metadata }) => metadata)
        .filter(({ type }) => type === AnnotationMetadataEntryType.WARN)
        .map(({ data }) => String(data)),
    /** What is told after a day, each with the day. */
    laterWarnings: (): string[] =>
      nodes()
        .flatMap(({ metadata }) => metadata)
        .filter(({ type }) => type === laterWarning)
        .map(({ data: { after, message } }) => `${after}: ${message}`),
    /** What they synthesize to, without cdktf's notes. Fails where a rule does. */
    synthesized: (): string => {
      if (problems().length > 0) throw new Error(problems().join("\n"));
      return JSON.stringify(stack.toTerraform(), (key, value) => (key === "//" ? undefined : value), 2);
    },
  };
}

export const synthesized = (build: Build): string => outcomeOf(build).synthesized();
export const synthesizedJson = (build: Build): TerraformJson => JSON.parse(synthesized(build));
export const problemsOf = (build: Build): string[] => outcomeOf(build).problems();
export const warningsOf = (build: Build): string[] => outcomeOf(build).warnings();

/** What Terraform will check: preconditions of all resources and data sources, and check blocks. */
export const checksAtPlan = (build: Build): { condition: string; message: string }[] =>
  checksIn(synthesizedJson(build));

export function checksIn(json: TerraformJson): { condition: string; message: string }[] {
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

/** A machine at the address of the number. */
export const machineAt = (name: string, number: number, props: Partial<TalosMachine> = {}): TalosMachine => ({
  ...machine,
  name,
  address: `192.168.1.${number}/24`,
  ...props,
});

export const controlPlanes = [1, 2, 3].map((number) => machineAt(`control-${number}`, 50 + number));
export const workers = [1, 2].map((number) => machineAt(`worker-${number}`, 60 + number));

/** A cluster of three control plane nodes and two workers that breaks no rule, with these props. */
export const clusterIn = (scope: Construct, props: Partial<TalosClusterProps> = {}): TalosCluster =>
  new TalosCluster(scope, "cluster", {
    clusterName: "talos-gpu",
    talos: { version: "v1.13.9" },
    controlPlanes,
    workers,
    virtualAddress: "192.168.1.50",
    ...props,
  });

/** Cilium on a node that breaks no rule, with these props. */
export const ciliumIn = (
  scope: Construct,
  props: Partial<CiliumInstallProps> = {},
  nodeProps: Partial<TalosSingleNodeProps> = {},
): CiliumInstall => new CiliumInstall(scope, "cilium", { node: nodeIn(scope, nodeProps), ...props });
