import type { Addition } from "./addition";
import type { Facts } from "./fact";
import { entriesOf, isObject, type Json } from "./json";
import { type Leaf, leavesOf } from "./leaf";
import { block, code, codes, type Markdown, none } from "./markdown";
import { isKnownAttribute, isKnownType, reasonOfAttribute } from "./own-attribute";
import { sortedYamlOf } from "./own-value";
import { redactedDocument } from "./redaction";
import { secretSourcesIn } from "./secret";
import { type Element, elementsOf, type Stack } from "./stack";

/** What other parts of the page show: patches, values, schematics, and commands. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  helm_release: ["values"],
  helm_template: ["values"],
  talos_image_factory_schematic: ["schematic"],
  talos_machine_configuration: ["config_patches"],
  talos_machine_configuration_apply: ["config_patches"],
};

/** Conditions are in their own section, with all that belongs to them. */
const conditions = ["precondition", "postcondition"];

function visible({ type, body }: Element): Json {
  const hidden = ["provisioner", ...(elsewhere[type] ?? [])];
  const entries = entriesOf(body).filter(([name]) => !hidden.includes(name));
  return Object.fromEntries(
    entries.map(([name, value]) =>
      name === "lifecycle" && isObject(value)
        ? [name, Object.fromEntries(entriesOf(value).filter(([inside]) => !conditions.includes(inside)))]
        : [name, value],
    ),
  );
}

/** A body as YAML: its texts stay readable, and secrets in it are not shown. */
export const bodyBlock = (body: unknown): Markdown => block(redactedDocument(sortedYamlOf(body)), "yaml");

/** What the page knows no form of: elements of other types, and other values of attributes than the constructs' own. */
export const elementAdditions = (stack: Stack, facts: Facts): Addition[] => {
  const elements = elementsOf(stack);
  return [
    ...elements.filter((element) => !isKnownType(element)).map(ofStranger),
    ...elements.filter(isKnownType).flatMap((element) => ofAttributes(stack, element, facts)),
  ];
};

/** What is read when Terraform plans, before anyone has approved the plan. */
const readers = /^(external|http|local_(sensitive_)?file|local_command|shell_script|dns_\w+|vault_\w+|aws_\w+)$/;

function ofStranger(element: Element): Addition {
  const { isData, type, address, body } = element;
  const reason = !isData
    ? "a resource that is not of this project's constructs"
    : readers.test(type)
      ? "reads or runs something on this machine, or sends a request, already when Terraform plans"
      : "a data source that is not of this project's constructs";
  return {
    title: `${isData ? "Data source" : "Resource"} ${code(address)}`,
    reasons: [reason],
    content: bodyBlock(Object.fromEntries(entriesOf(body).filter(([name]) => name !== "provisioner"))),
  };
}

/** So much of a value is shown in a line. */
const short = 80;

function ofAttributes(stack: Stack, element: Element, facts: Facts): Addition[] {
  const strange = leavesOf(visible(element)).filter(
    // Without a value, only for_each says something: a step that runs for nothing.
    (leaf) => (leaf.value !== null || leaf.path.startsWith("for_each")) && !isKnownAttribute(element, leaf, facts),
  );
  if (strange.length === 0) return [];
  const secrets = secretSourcesIn(
    stack,
    strange.map(({ value }) => value),
  );
  const reasons = new Set([
    ...strange.flatMap((leaf) => reasonOfAttribute(element, leaf) ?? []),
    ...(secrets.length > 0 ? [`what is secret is written where others may read it: ${secrets.join(", ")}`] : []),
  ]);
  const isShort =
    strange.length <= 6 && strange.every(({ value }) => String(value).length <= short && !String(value).includes("\n"));
  return [
    {
      title: `${code(element.address)}: ${isShort ? strange.map(inLine).join(", ") || none : codes([...new Set(strange.map(({ path }) => path))])}`,
      reasons: [...reasons],
      ...(!isShort && {
        content: block(redactedDocument(strange.map(({ path, value }) => `${path}: ${value}`).join("\n")), "yaml"),
      }),
    },
  ];
}

const inLine = ({ path, value }: Leaf): Markdown => code(redactedDocument(`${path}: ${value}`));
