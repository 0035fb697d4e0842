import { stages } from "../constructs/terraform/null-resource";
import type { Addition } from "./addition";
import { bodyBlock } from "./element-addition";
import { blocksOf, entriesOf, type Json, objectOf } from "./json";
import { leavesOf } from "./leaf";
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
  local: { alias: /^kubernetes$/ },
  null: { alias: new RegExp(`^(${stages.join("|")})$`) },
  proxmox: {
    alias: /./,
    api_token: /^\$\{var[.]\w+\}$/,
    auth_ticket: /^\$\{var[.]\w+\}$/,
    csrf_prevention_token: /^\$\{var[.]\w+\}$/,
    endpoint: /^(https:\/\/[\w.[\]:-]+\/?|\$\{var[.]\w+\})$/,
    insecure: /./,
    password: /^\$\{var[.]\w+\}$/,
    username: /./,
  },
  talos: { alias: /^joining$/, image_factory_url: /./ },
};

const whySetting: readonly (readonly [RegExp, string])[] = [
  [/^proxmox[.]endpoint/, "a connection that is not encrypted, or an address that is more than a host and its port"],
  [/^proxmox[.]ssh/, "commands on the Proxmox host, over SSH"],
  [/^proxmox[.](password|api_token|auth_ticket)/, "a secret in the stack itself"],
  [/^proxmox[.]/, "settings of the connection to Proxmox"],
  [/^helm[.]kubernetes[.](config|exec)/, "another cluster than this stack's, or a program of this machine"],
  [/^helm[.]kubernetes[.]/, "another cluster than this stack's, or TLS that is not checked"],
  [/^helm[.]/, "settings of Helm on this machine"],
  [/^talos[.]/, "settings of the Talos provider"],
  [/./, "settings of a provider that has none here"],
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

const unknownSetting = ([name, body]: readonly [string, unknown]): Addition => ({
  title: `Terraform: ${code(name)}`,
  reasons: ["a setting of Terraform that this page does not know"],
  content: bodyBlock(body),
});

/** Settings of Terraform itself. */
const ofTerraform = ({ terraform }: Stack): Addition[] => [
  ...entriesOf(objectOf(terraform).required_providers).flatMap(([provider, requirement]) =>
    entriesOf(requirement)
      .filter(([name]) => !["source", "version"].includes(name))
      .map(([name, body]) => unknownSetting([`required_providers.${provider}.${name}`, body])),
  ),
  ...entriesOf(terraform)
    .filter(([name]) => !["backend", "required_providers", "required_version", "cloud", "encryption"].includes(name))
    .map(unknownSetting),
];

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

/** Functions that read this machine, and those of providers, wherever they are. */
const reading = /\b((file|filebase64|templatefile|fileset|file(base64)?(md5|sha\d+)|pathexpand)\(|provider::)/;

const ofFiles = (stack: Stack): Addition[] => {
  const places = entriesOf(stack)
    .flatMap(([name, value]) => leavesOf(value, name))
    .filter(({ value }) => typeof value === "string" && value.includes("${") && reading.test(value));
  return places.length === 0
    ? []
    : [
        {
          title: `${count(places.length, "expression")} in ${codes([...new Set(places.map(({ path }) => path))])}`,
          reasons: ["reads a file of this machine, or runs a function of a provider"],
          content: bodyBlock(places.map(({ value }) => value)),
        },
      ];
};

/** Messages that Terraform prints where a condition does not hold. */
const ofMessages = (stack: Stack): Addition[] =>
  entriesOf(stack)
    .flatMap(([name, value]) => leavesOf(value, name))
    .filter(({ path, value }) => path.endsWith("error_message") && isTelling(stack, value))
    .map(({ path, value }) => ({
      title: `Message in ${code(path)}`,
      reasons: ["prints a secret"],
      content: bodyBlock(value),
    }));

const isTelling = (stack: Stack, value: unknown): boolean =>
  String(value).includes("nonsensitive(") || secretSourcesIn(stack, value).length > 0;

/** How OpenTofu encrypts state and plans, if it is not by a passphrase as `StateEncryption` has it. */
function ofEncryption({ terraform }: Stack): Addition[] {
  const { encryption } = objectOf(terraform);
  const strange = leavesOf(encryption ?? {}).filter(({ path, value }) => !ownEncryption[path]?.test(String(value)));
  if (encryption === undefined || strange.length === 0) return [];
  const runs = strange.some(({ path }) => /[.]external[.]/.test(path));
  return [
    {
      title: `Terraform: ${code("encryption")}`,
      reasons: [
        runs
          ? "runs a program of this machine at every command"
          : "another key, or less that is encrypted, than by a passphrase",
      ],
      content: bodyBlock(encryption),
    },
  ];
}

const passphraseMethod = /^(\$\{)?method[.]aes_gcm[.]passphrase\}?$/;
const ownEncryption: Readonly<Record<string, RegExp>> = {
  "key_provider.pbkdf2.passphrase.passphrase": /^\$\{var[.]\w+\}$/,
  "method.aes_gcm.passphrase.keys": /^\$\{key_provider[.]pbkdf2[.]passphrase\}$/,
  "method.unencrypted.plaintext": /^null$/,
  "state.method": passphraseMethod,
  "state.enforced": /^true$/,
  "state.fallback.method": /^(\$\{)?method[.]unencrypted[.]plaintext\}?$/,
  "plan.method": passphraseMethod,
  "plan.enforced": /^true$/,
};

/** Data that a check asks for has no address of its own. */
const ofChecks = (stack: Stack): Addition[] =>
  entriesOf(stack.check).flatMap(([name, check]): Addition[] => {
    const strange: Json = Object.fromEntries(entriesOf(check).filter(([key]) => key !== "assert"));
    return Object.keys(strange).length === 0
      ? []
      : [{ title: `Check ${code(name)}`, reasons: ["asks for something by itself"], content: bodyBlock(strange) }];
  });

/** Sections whose members have names, and those whose members have a type before it. */
const named = ["check", "output", "variable"];
const typed = ["data", "resource"];

/** What is written as a list where cdktf writes an object: Terraform reads it, and this page does not. */
const ofForms = (stack: Stack): Addition[] => {
  const inTypes = typed.flatMap((section) =>
    entriesOf(stack[section]).map(([type, members]) => [`${section}.${type}`, members]),
  );
  const inNames = [...named.map((section) => [section, stack[section]]), ...inTypes].flatMap(([section, members]) =>
    entriesOf(members).map(([name, body]) => [`${section}.${name}`, body]),
  );
  const backends = entriesOf(objectOf(stack.terraform)).filter(([name]) => name !== "required_version");
  const blocks = [...entriesOf(stack), ...inTypes, ...inNames, ...backends];
  const lists = blocks.filter(([, body]) => Array.isArray(body));
  return lists.map(([name, body]) => ({
    title: `${code(String(name))} is a list`,
    reasons: ["a form that this page does not read: what it holds is nowhere else on this page"],
    content: bodyBlock(body),
  }));
};

/** What a stack has beside resources and data sources that the constructs do not write by themselves. */
export const stackAdditions = (stack: Stack): Addition[] => [
  ...ofForms(stack),
  ...ofBlocks(stack),
  ...ofProviders(stack),
  ...ofTerraform(stack),
  ...ofVariables(stack),
  ...ofFiles(stack),
  ...ofMessages(stack),
  ...ofEncryption(stack),
  ...ofChecks(stack),
];
