import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TerraformOutput, TerraformVariable } from "cdktf";
import { PciAddress } from "../../constructs";
import { isInNetwork, withoutPrefix } from "../../constructs/rules/ip-address";
import { hostnamePatch } from "../../constructs/talos/patch";
import { talosMinors } from "../../constructs/talos/version";
import { fixtures } from "../rules.fixtures";
import { checksAtPlan, synthesizedJson, withVariable } from "../stacks";

/** An expression of a stack with `var.value` in it, what the variable is, and what must come of it. */
interface Case {
  readonly name: string;
  readonly expression: string;
  readonly value: unknown;
  readonly expected: unknown;
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

const cases: Case[] = [
  ...ruleCases,
  ...sameAsAtSynth("writes the PCI address", (text) => `${PciAddress.parse(text)?.withFunction(0)}`, ["01:00"]),
  ...sameAsAtSynth("writes the PCI address", (text) => `${PciAddress.parse(text)}`, ["01:00.1", "0000:0A:1F.7"]),
  ...sameAsAtSynth("writes the whole device", (text) => `${PciAddress.parse(text)?.wholeDevice()}`, [
    "01:00.1",
    "0A:00",
  ]),
  ...sameAsAtSynth("drops the prefix length of", withoutPrefix, ["192.168.1.50/24", "fd00::50/64"]),
  ...sameAsAtSynth("knows the network of", (cidr) => isInNetwork("192.168.1.1", cidr), [
    "192.168.1.50/24",
    "192.168.2.50/24",
  ]),
  ...sameAsAtSynth(
    "chooses the host name's place for",
    (version) => hostnamePatch(version, "talos-gpu"),
    talosMinors.map(({ minor }) => `v${minor}.6`),
  ),
];

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
        { value: expression.replaceAll("var.value", JSON.stringify(value).replaceAll("${", "$${")) },
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
  for (const [index, { name, expected }] of cases.entries()) {
    test(name, () => {
      expect(outputs[`case_${index}`]?.value).toEqual(expected);
    });
  }
});
