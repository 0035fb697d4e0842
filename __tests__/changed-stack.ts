import { stringify } from "yaml";
import { pageOf } from "../review/page";
import { measure, withoutFingerprint } from "./review.fixtures";
import { ownScripts } from "./script-files";
import { synthesize } from "./synthesized";

// biome-ignore lint/suspicious/noExplicitAny: a change reaches any part of a stack
export type Any = any;

export interface Inputs {
  readonly stack: Any;
  readonly scripts: Map<string, string>;
  readonly charts: Map<string, string>;
}

const synthesized = new Map<string, ReturnType<typeof synthesize>>();

/** What an example's page is made of, to be changed. */
export const inputs = (file = "examples/default.ts", name = "talos-gpu"): Inputs => ({
  stack: structuredClone(stacksOf(file)[name]),
  scripts: ownScripts(),
  charts: new Map(),
});

function stacksOf(file: string): ReturnType<typeof synthesize> {
  const known = synthesized.get(file) ?? synthesize(file);
  synthesized.set(file, known);
  return known;
}

export const pageFor = ({ stack, scripts, charts }: Inputs) =>
  withoutFingerprint(pageOf("s", stack, scripts, measure, undefined, charts));

/** What an approver reads first: the summary, all of what is not the project's own, and the machines. */
export const beginningOf = (page: string): string => page.slice(0, page.indexOf("## Accounts and commands"));
export const summaryOf = (page: string): string => page.slice(0, page.indexOf("## Beyond the project's own"));

const toYaml = (document: unknown): string => (typeof document === "string" ? document : stringify(document));

export const patch = (document: unknown) => (inputs: Inputs) =>
  inputs.stack.data.talos_machine_configuration.node.config_patches.push(toYaml(document));
export const values = (release: string, document: unknown) => (inputs: Inputs) =>
  inputs.stack.resource.helm_release[release].values.push(toYaml(document));
export const vm = (change: object) => (inputs: Inputs) =>
  Object.assign(inputs.stack.resource.proxmox_virtual_environment_vm.talos_node, change);
export const resource = (type: string, body: object) => (inputs: Inputs) => {
  inputs.stack.resource[type] = { ...inputs.stack.resource[type], evil: body };
};
export const data = (type: string, body: object) => (inputs: Inputs) => {
  inputs.stack.data[type] = { ...inputs.stack.data[type], evil: body };
};
export const provider = (name: string, settings: object) => (inputs: Inputs) =>
  Object.assign(inputs.stack.provider[name][0], settings);
export const schematic = (document: object | string) => (inputs: Inputs) => {
  inputs.stack.resource.talos_image_factory_schematic.talos.schematic = toYaml(document);
};
export const step = (name: string, change: (localExec: Any) => void) => (inputs: Inputs) =>
  change(inputs.stack.resource.null_resource[name].provisioner[0]["local-exec"]);
export const environment = (name: string, variables: object) =>
  step(name, (localExec) => Object.assign(localExec.environment, variables));
export const backend = (body: object) => (inputs: Inputs) => {
  inputs.stack.terraform.backend = body;
};

export const privilegedPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "evil" },
  spec: {
    hostNetwork: true,
    containers: [{ name: "c", image: "evil.example/root:1", securityContext: { privileged: true } }],
  },
};
