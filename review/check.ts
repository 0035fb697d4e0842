import { blocksOf, entriesOf, type Json, objectOf, textOf } from "./json";
import { code, type Markdown, nextLine, none, table, text } from "./markdown";
import { elementsOf, type Stack } from "./stack";

/** A message of a rule ends in the rule's id. */
const ruleId = /\s*\[([a-z0-9-]+)\]\s*$/;

/** What Terraform fills in when it plans. */
const filledIn = /(?<![$])[$]\{(?:[^{}]|\{[^{}]*\})*\}/g;
const readable = (message: string): string =>
  message
    .replace(ruleId, "")
    .replace(filledIn, "…")
    .replace(/([$%])\1\{/g, "$1{");

const rowOf = (address: string, condition: Json, effect: string): Markdown[] => {
  const message = textOf(condition.error_message) ?? "";
  const id = ruleId.exec(message)?.[1];
  return [id === undefined ? none : code(id), code(address), text(readable(message)), effect];
};

/** Every condition that Terraform decides, with what it tells message if it fails. */
const rowsOf = (stack: Stack): Markdown[][] => [
  ...elementsOf(stack).flatMap(({ address, body }) => {
    const lifecycle = objectOf(blocksOf(body.lifecycle)[0]);
    return [
      ...blocksOf(lifecycle.precondition).map((condition) => rowOf(address, condition, "fails the plan")),
      ...blocksOf(lifecycle.postcondition).map((condition) => rowOf(address, condition, "fails the plan or apply")),
    ];
  }),
  ...entriesOf(stack.variable).flatMap(([name, variable]) =>
    blocksOf(objectOf(variable).validation).map((condition) => rowOf(`var.${name}`, condition, "fails the plan")),
  ),
  ...entriesOf(stack.check).flatMap(([name, check]) =>
    blocksOf(check).flatMap(({ assert }) =>
      blocksOf(assert).map((condition) => rowOf(`check.${name}`, condition, "warns")),
    ),
  ),
];

/** How many conditions Terraform decides. */
export const checkCount = (stack: Stack): number => rowsOf(stack).length;

/** The names and numbers in a message, by which those of several VMs or storages differ. */
const varying = /"[^"]*"|\b\d+\b/g;

/** One row for the same condition of several resources. Where they differ, their message has an ellipsis. */
function groupedRows(rows: readonly Markdown[][]): Markdown[][] {
  const groups = new Map<string, Markdown[][]>();
  for (const row of rows) {
    const [rule, , message = "", effect] = row;
    const key = JSON.stringify([rule, message.replace(varying, "…"), effect]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const [[rule = none, , message = "", effect = ""] = []] = group;
    const isOne = group.every((row) => row[2] === message);
    const addresses = [...new Set(group.map((row) => row[1] ?? ""))].join(`,${nextLine}`);
    return [rule, addresses, isOne ? message : message.replace(varying, "…"), effect];
  });
}

export const checkSection = (stack: Stack): Markdown =>
  [
    "## What is checked only at plan",
    "All other rules held when the stack was synthesized. These need values that only Terraform knows, and fills in at each …:",
    table(
      ["rule", "address", "message if it fails", "then"],
      groupedRows(rowsOf(stack)),
      "Nothing: all rules were checked when the stack was synthesized.",
    ),
  ].join("\n\n");
