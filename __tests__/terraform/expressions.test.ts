import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TerraformOutput, TerraformVariable, Token } from "cdktf";
import { parse } from "yaml";
import { PciAddress } from "../../constructs";
import { notAfter, overlap } from "../../constructs/network/address-order";
import { withoutSecrets } from "../../constructs/network/https-endpoint";
import { isInSubnet, withoutPrefix } from "../../constructs/network/ip-address";
import * as hostMemory from "../../constructs/proxmox/host/host-memory";
import { inFull } from "../../constructs/proxmox/pci/pci-address";
import * as tags from "../../constructs/proxmox/vm/tags";
import { isUnknown } from "../../constructs/rules/condition";
import { expression } from "../../constructs/rules/expression";
import { escapeTemplate } from "../../constructs/rules/template";
import { asEndpoint, asNetwork } from "../../constructs/talos/node-endpoint";
import { hostnamePatch, renderPatch } from "../../constructs/talos/patch/patch";
import { talosMinors } from "../../constructs/talos/version";
import { renderDocument } from "../../constructs/terraform/document";
import { fixtures } from "../fixtures";
import { answered, type Differing, goodHost } from "../hosts";
import { checksAtPlan, synthesizedJson, withVariable } from "../stacks";

/** An expression of a stack with `var.value` in it, what the variable is, and what must come of it. */
interface Case {
  readonly name: string;
  readonly expression: string | readonly string[][];
  readonly value: unknown;
  readonly expected: unknown;
  /** What of the result to compare; all of it by default. */
  readonly read?: (result: never) => unknown;
}

const ruleCases = Object.entries(fixtures).flatMap(([id, { atPlan = {} }]) =>
  Object.entries(atPlan).flatMap(([reason, fixture]): Case[] => {
    const conditions = checksAtPlan(withVariable(fixture.build, fixture.type))
      .filter(({ message, condition }) => message.endsWith(`[${id}]`) && condition.includes("var.value"))
      .map(({ condition }) => condition.slice("${".length, -"}".length));
    const decided = (values: readonly unknown[] = [], expected: boolean) =>
      values.map((value) => ({
        name: `[${id}] where ${reason}: ${JSON.stringify(value)} ${expected ? "passes" : "fails"}`,
        expression: `\${${conditions.join(" && ")}}`,
        value,
        expected,
      }));
    return [...decided(fixture.passes, true), ...decided(fixture.fails, false)];
  }),
);

/** The expression that a function makes of a variable. */
const rendered = (of: (value: string) => unknown): string =>
  synthesizedJson((stack) => {
    const { stringValue } = new TerraformVariable(stack, "value", { type: "string" });
    new TerraformOutput(stack, "made", { value: of(stringValue) });
  }).output.made.value;

/** What a function says of a value at synth, Terraform must say of it at plan. */
const sameAsAtSynth = (name: string, of: (value: string) => unknown, values: readonly string[]): Case[] =>
  values.map((value) => ({ name: `${name} ${value}`, expression: rendered(of), value, expected: of(value) }));

/** Text that Terraform would interpolate, or that cdktf does not escape among the arguments of functions. */
const texts = [
  "echo ${HOME}",
  "$${HOME} and $$${HOME}",
  "%{ if true }100%%{ endif }",
  'a "quoted" \\ back\\slash',
  "two\nlines\n\ttabbed",
  "costs $5, or $",
  "ends in $$",
];

/** Text of a user's comes out as it was written, alone and with a variable behind it. */
const comesOutAsWritten = (
  name: string,
  of: (text: string) => unknown,
  read?: (result: string) => unknown,
  expected: (text: string) => unknown = (text) => text,
): Case[] =>
  texts.flatMap((text) => [
    {
      name: `${name} ${JSON.stringify(text)}`,
      expression: rendered(() => of(text)),
      value: "",
      expected: expected(text),
      read,
    },
    {
      name: `${name} ${JSON.stringify(text)} with a variable behind it`,
      expression: rendered((value) => of(`${text}${value}`)),
      value: "!",
      expected: expected(`${text}!`),
      read,
    },
  ]);

/** What Terraform makes of the checks on a host: the messages of those that do not hold. */
const hostCases = Object.entries(fixtures).flatMap(([id, { onHost = {} }]) =>
  Object.entries(onHost).flatMap(([reason, { build, passes, fails }]): Case[] => {
    const checks = checksAtPlan(build).filter(({ message }) => message.endsWith(` [${id}]`));
    return [...passes.map((host): [Differing, ...string[]] => [host]), ...fails].map(([host, ...problems], index) => ({
      name: `[${id}] of a host, ${reason} ${index}: ${problems.join("; ") || "passes"}`,
      expression: checks.map(({ condition, message }) => [answered(condition, host), answered(message, host)]),
      value: null,
      expected: problems.map((problem) => `${problem} [${id}]`),
      read: (results: unknown) =>
        (results as [boolean | string, string][]).filter(([holds]) => `${holds}` === "false").map(([, text]) => text),
    }));
  }),
);

/** Whether a node of 12 GiB has the memory of two VMs, of which one has 8 GiB and the other is as given. */
const hasMemory = (node: string, dedicated: number): unknown =>
  hostMemory.rules.flatMap(({ checks }) =>
    checks({
      memory: { dedicated: 8192, floating: 0 },
      gpus: [{ address: "01:00" }],
      host: { ...goodHost, memory: 12 * 1024 ** 3 },
      pinnedEarlier: [{ value: { node, dedicated }, by: "another" }],
    }).map(({ condition }) => condition),
  )[0];

/** Of IPv6, in which Terraform writes the longest row of zeros as "::", wherever it is. */
const addressesInOrder = [
  "::",
  "::2",
  "0:0:1::1:1",
  "::1:2:3:4:5:6",
  "0:5::",
  "1::",
  "2001:db8::9",
  "2001:db8::10",
  "fe80:1:2:3:4:5:6:7",
];

const cases: Case[] = [
  ...ruleCases,
  ...hostCases,
  ...sameAsAtSynth("writes the PCI address", (text) => `${PciAddress.parse(text)?.withFunction(0)}`, ["01:00"]),
  ...sameAsAtSynth("writes the PCI address", (text) => `${PciAddress.parse(text)}`, ["01:00.1", "0000:0A:1F.7"]),
  ...sameAsAtSynth("writes the whole device", (text) => `${PciAddress.parse(text)?.wholeDevice()}`, [
    "01:00.1",
    "0A:00",
  ]),
  ...sameAsAtSynth("writes the address of a mapping", inFull, ["01:00", "01:00.1", "0000:0A:00", "00010000:0A:1F.7"]),
  ...sameAsAtSynth("hides what may be secret in", withoutSecrets, [
    "https://pve.example:8006/",
    "HTTPS://root@pam:hunter2@pve.example:8006/",
    "root:hunter2@pve.example",
    "oci://user:hunter2@registry.example/charts",
  ]),
  ...sameAsAtSynth("writes among the tags b and a", (tag) => tags.block(["b", tag, "a"]), ["AB", "A"]),
  ...sameAsAtSynth("drops the prefix length of", withoutPrefix, ["192.168.1.50/24", "fd00::50/64"]),
  ...sameAsAtSynth("knows the network of", (cidr) => isInSubnet("192.168.1.1", cidr), [
    "192.168.1.50/24",
    "192.168.2.50/24",
  ]),
  ...sameAsAtSynth(
    "chooses the host name's place for",
    (version) => hostnamePatch(version, "talos-gpu"),
    talosMinors.map(({ minor }) => `v${minor}.6`),
  ),
  ...sameAsAtSynth("writes into a URL the host", asEndpoint, ["192.168.1.50", "2001:db8::50"]),
  ...sameAsAtSynth("counts the memory of another VM on", (node) => hasMemory(node, 8192), ["pve", "pve2"]),
  ...sameAsAtSynth(
    "adds to the memory of a VM",
    (text) => hasMemory("pve", isUnknown(text) ? Token.asNumber(text) : Number(text)),
    ["4096", "4097"],
  ),
  ...addressesInOrder.flatMap((address, index) =>
    sameAsAtSynth(`knows whether ${address} comes after`, (other) => notAfter(address, other), [
      ...addressesInOrder.slice(0, index + 1),
      ...addressesInOrder.slice(index + 1, index + 3),
    ]),
  ),
  ...sameAsAtSynth("knows whether 10.0.0.9 comes after", (other) => notAfter("10.0.0.9", other), [
    "9.255.255.255",
    "10.0.0.9",
    "10.0.0.10",
    "100.0.0.1",
  ]),
  ...sameAsAtSynth(
    "knows whether addresses are among those from 10.0.0.9 to 10.0.0.11 on from",
    (first) => overlap([first, "10.0.0.20"], ["10.0.0.9", "10.0.0.11"]),
    ["10.0.0.8", "10.0.0.11", "10.0.0.12", "2001:db8::1"],
  ),
  ...sameAsAtSynth("writes the network of one address,", asNetwork, ["192.168.1.50", "2001:db8::50"]),
  ...comesOutAsWritten("an attribute has", escapeTemplate),
  ...comesOutAsWritten("an expression has", (text) => Token.asString(expression`one([for text in ${[text]} : text])`)),
  ...comesOutAsWritten("a patch in YAML has", renderPatch),
  ...comesOutAsWritten(
    "a patch that is an object has",
    (text) => renderPatch({ machine: { env: { A: text } } }),
    parse,
    (text) => ({
      machine: { env: { A: text } },
    }),
  ),
  ...comesOutAsWritten(
    "a document has with null beside an unknown value",
    (text) => renderDocument({ list: [null, text, { a: null }, [null]], "any key": null }),
    parse,
    (text) => ({ list: [null, text, { a: null }, [null]], "any key": null }),
  ),
  ...comesOutAsWritten(
    "a document has beside an unknown value",
    (text) => renderDocument({ [text]: text, list: [text] }),
    parse,
    (text) => ({
      [text]: text,
      list: [text],
    }),
  ),
];

const withValue = (expression: string, value: unknown): string =>
  expression.replaceAll("var.value", JSON.stringify(value).replaceAll("${", "$${"));

/** Lets Terraform, which needs no provider for outputs, say what comes of every expression. */
function evaluated(): Record<string, { value: unknown }> {
  const directory = mkdtempSync(join(tmpdir(), "expressions-"));
  const terraform = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.env.TERRAFORM_BINARY_NAME ?? "terraform", args, {
      cwd: directory,
      encoding: "utf8",
      env: { ...process.env, TF_CLI_CONFIG_FILE: join(directory, "terraform.rc"), CHECKPOINT_DISABLE: "1" },
    });
    if (status !== 0)
      throw new Error(
        stderr
          .split("\n")
          .map((line) => line.slice(0, 200))
          .join("\n"),
      );
    return stdout;
  };
  try {
    writeFileSync(join(directory, "terraform.rc"), "");
    const output = Object.fromEntries(
      cases.map(({ expression, value }, index) => [
        `case_${index}`,
        { value: typeof expression === "string" ? withValue(expression, value) : expression },
      ]),
    );
    writeFileSync(join(directory, "main.tf.json"), JSON.stringify({ output }));
    terraform("init", "-no-color");
    terraform("apply", "-auto-approve", "-no-color");
    return JSON.parse(terraform("output", "-json"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("Terraform decides as synth does:", () => {
  const outputs = evaluated();
  for (const [index, { name, expected, read = (result: never): unknown => result }] of cases.entries()) {
    test(name, () => {
      expect(read(outputs[`case_${index}`]?.value as never)).toEqual(expected);
    });
  }
});
