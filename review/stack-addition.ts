import type { Addition } from "./addition";
import { bodyBlock } from "./element-addition";
import { blocksOf, entriesOf, type Json, objectOf } from "./json";
import { type Leaf, leavesOf } from "./leaf";
import { code, codes, count } from "./markdown";
import { secretSourcesIn } from "./secret";
import type { Stack } from "./stack";

/** Blocks of a configuration that have a section of their own. */
const sections = ["//", "check", "data", "output", "provider", "resource", "terraform", "variable"];

const why: Readonly<Record<string, string>> = {
  module: "a module, whose content is not on this page",
  import: "takes over what is there already",
  removed: "makes Terraform forget what is there",
  moved: "gives what is there another address",
  action: "an action, which runs beside the resources",
  ephemeral: "an ephemeral resource, which is asked at every plan and apply",
};

/** Blocks of a kind that the constructs do not write. */
const ofBlocks = (stack: Stack): Addition[] =>
  Object.keys(stack)
    .filter((name) => !sections.includes(name))
    .sort()
    .map((name) => ({
      title: `Block ${code(name)}: ${codes(Array.isArray(stack[name]) ? [] : entriesOf(stack[name]).map(([each]) => each))}`,
      reasons:
        why[name] === undefined && name !== "locals"
          ? ["a block that this page does not know"]
          : [why[name] ?? []].flat(),
      content: bodyBlock(stack[name]),
    }));

const fromSecrets =
  /^\$\{(base64decode\()?talos_cluster_kubeconfig[.][\w-]+[.]kubernetes_client_configuration[.]\w+\)?\}$/;

/** Settings of providers that are the constructs' own, or that the page shows elsewhere. */
const ownSettings: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  helm: {
    alias: /^rendering$/,
    "kubernetes.client_certificate": fromSecrets,
    "kubernetes.client_key": fromSecrets,
    "kubernetes.cluster_ca_certificate": fromSecrets,
    "kubernetes.host": fromSecrets,
  },
  local: {},
  null: {},
  proxmox: {
    alias: /./,
    api_token: /^\$\{var[.]\w+\}$/,
    auth_ticket: /^\$\{var[.]\w+\}$/,
    csrf_prevention_token: /^\$\{var[.]\w+\}$/,
    endpoint: /^https:\/\//,
    insecure: /./,
    password: /^\$\{var[.]\w+\}$/,
    username: /./,
  },
  talos: { image_factory_url: /./ },
};

const whySetting: readonly (readonly [RegExp, string])[] = [
  [/^proxmox[.]endpoint/, "a connection that is not encrypted"],
  [/^proxmox[.]ssh/, "commands on the Proxmox host, over SSH"],
  [/^proxmox[.](password|api_token|auth_ticket)/, "a secret in the stack itself"],
  [/^helm[.]kubernetes[.](config|exec)/, "another cluster than this stack's, or a program of this machine"],
  [/^helm[.]kubernetes[.]/, "another cluster than this stack's, or TLS that is not checked"],
  [/^helm[.]/, "settings of Helm on this machine"],
  [/^talos[.]/, "settings of the Talos provider"],
];

const ofProviders = (stack: Stack): Addition[] =>
  entriesOf(stack.provider).flatMap(([name, blocks]) =>
    blocksOf(blocks).flatMap((provider): Addition[] => {
      const own = ownSettings[name];
      const strange = leavesOf(provider).filter(
        ({ path, value }) => value !== null && !own?.[path]?.test(String(value)),
      );
      if (own !== undefined && strange.length === 0) return [];
      const reasons = strange.flatMap(({ path }) => whySetting.find(([of]) => of.test(`${name}.${path}`))?.[1] ?? []);
      return [
        {
          title: `Provider ${code(name)}: ${codes([...new Set(strange.map(({ path }) => path))])}`,
          reasons: [...new Set([...(own === undefined ? ["a provider that is not of this project"] : []), ...reasons])],
          content: bodyBlock(provider),
        },
      ];
    }),
  );

/** Settings of Terraform itself. */
const ofTerraform = ({ terraform }: Stack): Addition[] =>
  entriesOf(terraform)
    .filter(([name]) => !["backend", "required_providers", "required_version", "cloud", "encryption"].includes(name))
    .map(([name, body]) => ({
      title: `Terraform: ${code(name)}`,
      reasons: ["a setting of Terraform that this page does not know"],
      content: bodyBlock(body),
    }));

/** Defaults: values that are in the stack although something else was meant to give them. */
const ofVariables = (stack: Stack): Addition[] =>
  entriesOf(stack.variable).flatMap(([name, variable]): Addition[] => {
    const body = objectOf(variable);
    if (body.default === undefined || body.default === null) return [];
    if (body.sensitive === true)
      return [
        {
          title: `Variable ${code(name)}`,
          reasons: ["a sensitive variable with a default, which is in the stack in plaintext"],
        },
      ];
    return [
      { title: `Variable ${code(name)} has a default`, reasons: [], content: bodyBlock({ default: body.default }) },
    ];
  });

/** Programs that an operator would paste, and what joins them. */
const command = /[|;`]|&&|\$\(|\b(curl|wget|bash|eval|base64|nc|python3?|perl|ssh|scp|sudo)\b/;

const ofOutputs = (stack: Stack): Addition[] =>
  entriesOf(stack.output).flatMap(([name, output]): Addition[] => {
    const { sensitive, value } = objectOf(output);
    const reasons = [
      ...(sensitive !== true && secretSourcesIn(stack, value).length > 0 ? ["prints a secret"] : []),
      ...(/\b(nonsensitive|file|filebase64|templatefile|fileset)\(/.test(JSON.stringify(value) ?? "")
        ? ["shows what is secret, or a file of this machine"]
        : []),
      ...(leavesOf(value).some(isCommand) ? ["a command for whoever reads it"] : []),
    ];
    return reasons.length === 0 ? [] : [{ title: `Output ${code(name)}`, reasons, content: bodyBlock({ value }) }];
  });

const ownCommand =
  /^(export KUBECONFIG=|kubectl |talosctl |NODE=)[\w =./:@,'"\\{}$-]*(\nkubectl get nodes\ntalosctl --nodes [\w.:]+ dashboard)?$/;

const isCommand = ({ value }: Leaf): boolean => {
  const text = String(value);
  return !text.startsWith("apiVersion:") && !text.startsWith("${") && command.test(text) && !ownCommand.test(text);
};

/** Functions that read this machine, wherever they are. */
const reading = /\b(file|filebase64|templatefile|fileset|filesha256|pathexpand)\(\s*"/;

const ofFiles = (stack: Stack): Addition[] => {
  const places = (["resource", "data", "provider", "module", "locals"] as const).flatMap((kind) =>
    leavesOf(stack[kind] ?? {}).filter(
      ({ value }) => typeof value === "string" && value.includes("${") && reading.test(value),
    ),
  );
  return places.length === 0
    ? []
    : [
        {
          title: `${count(places.length, "expression")} in ${codes([...new Set(places.map(({ path }) => path))])}`,
          reasons: ["reads a file of this machine"],
          content: bodyBlock(places.map(({ value }) => value)),
        },
      ];
};

/** Data that a check asks for has no address of its own. */
const ofChecks = (stack: Stack): Addition[] =>
  entriesOf(stack.check).flatMap(([name, check]): Addition[] => {
    const strange: Json = Object.fromEntries(entriesOf(check).filter(([key]) => key !== "assert"));
    return Object.keys(strange).length === 0
      ? []
      : [{ title: `Check ${code(name)}`, reasons: ["asks for something by itself"], content: bodyBlock(strange) }];
  });

/** What a stack has beside resources and data sources that the constructs do not write by themselves. */
export const stackAdditions = (stack: Stack): Addition[] => [
  ...ofBlocks(stack),
  ...ofProviders(stack),
  ...ofTerraform(stack),
  ...ofVariables(stack),
  ...ofOutputs(stack),
  ...ofFiles(stack),
  ...ofChecks(stack),
];
