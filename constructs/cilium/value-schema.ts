import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020";
import { distance } from "fastest-levenshtein";
import type { ChartValues } from "../helm/values";
import { namesOfTypes, namesOfValues, newAjv, readable } from "../props/json-schema";
import { nearest } from "../props/nearest";
import { isPlainObject } from "../props/plain-data";
import { type Condition, isUnknown, matches, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";
import { withoutUnknown } from "../talos/patch/schema";
import { type CiliumMinor, ciliumMinors } from "./version";

/** The user's values, and the version of the chart that takes them. */
interface Judged {
  readonly further: ChartValues;
  readonly version: string;
  /** What other rules refuse of them. */
  readonly refused: readonly string[];
}

/** The parts of a schema that hold names of values. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface ChartSchema {
  readonly schema: Schema;
  readonly validate: ValidateFunction;
}

const schemas = new Map<CiliumMinor, ChartSchema>();

/** Reads the schema when it is needed first: stacks without values need none. */
function chartSchema(minor: CiliumMinor): ChartSchema {
  const known = schemas.get(minor) ?? readChartSchema(minor);
  schemas.set(minor, known);
  return known;
}

function readChartSchema(minor: CiliumMinor): ChartSchema {
  const schema = JSON.parse(readFileSync(join(__dirname, `../../schemas/charts/cilium-${minor}.json`), "utf8"));
  return { schema, validate: newAjv().compile(schema) };
}

/** What a minor version's chart refuses of the values. */
export function refusedBy(minor: CiliumMinor, values: ChartValues): string[] {
  const { validate } = chartSchema(minor);
  // Helm takes null for a value that is left out.
  validate(withoutUnknown(values));
  return (validate.errors ?? []).flatMap((error) => {
    // Of alternatives it is enough to say what the whole is not.
    const isWithinAlternative = /\/(anyOf|oneOf)\//.test(error.schemaPath);
    if (error.data === undefined || isWithinAlternative) return [];
    const instead = insteadOf(error);
    return instead === undefined
      ? []
      : [`values.${readable(error.instancePath).path} is ${formatValue(error.data)}; ${instead}`];
  });
}

function insteadOf(error: ErrorObject): string | undefined {
  const { keyword, params, schema } = error;
  if (keyword === "enum") return `write ${namesOfValues(error)}`;
  if (keyword === "type") return written(namesOfTypes([params.type].flat()));
  if (keyword !== "anyOf" && keyword !== "oneOf") return undefined;
  const alternatives = schema as readonly Schema[];
  return written(
    alternatives
      .map((each) => each.enum?.map(formatValue).join(" or ") ?? namesOfTypes([each.type ?? "object"].flat()))
      .filter((names) => names !== "")
      .join(" or "),
  );
}

/** Some values take null alone: the chart knows no other. */
const written = (names: string): string => (names === "" ? "leave it out" : `write ${names}`);

/** Names that a minor version's chart does not know, and almost the same as one that it does: it closes no object. */
function misspeltFor(minor: CiliumMinor, values: ChartValues): string[] {
  return misspeltIn(values, chartSchema(minor).schema, "values");
}

function misspeltIn(value: unknown, { properties = {}, items }: Schema, path: string): string[] {
  if (isUnknown(value)) return [];
  if (Array.isArray(value)) {
    return items === undefined ? [] : value.flatMap((each, index) => misspeltIn(each, items, `${path}[${index}]`));
  }
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([name, inside]) => {
    if (inside === undefined || isUnknown(name)) return [];
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) return misspeltIn(inside, known, `${path}.${name}`);
    const [first = "", ...others] = name.split(".");
    if (others.length > 0 && Object.hasOwn(properties, first)) {
      return [
        `${path}[${formatValue(name)}] is one name to the chart, which ignores it; write ${path}.${name} as objects`,
      ];
    }
    const meant = almost(name, Object.keys(properties));
    return meant === undefined
      ? []
      : [`${path}.${name} is not a value of the chart, which ignores it; write ${path}.${meant}`];
  });
}

/** Two letters at most; names of labels are their user's. */
function almost(name: string, known: readonly string[]): string | undefined {
  if (/[./]/.test(name)) return undefined;
  const meant = nearest(name, known);
  return meant !== undefined && distance(name.toLowerCase(), meant.toLowerCase()) <= 2 ? meant : undefined;
}

const isOf = (version: string, minor: CiliumMinor): Condition =>
  matches(version, new RegExp(`^${minor.replace(".", "[.]")}[.]`));

/** Checks of what is found for the version; where only Terraform knows that, for all minor versions, or at plan. */
function checkMinors(version: string, find: (minor: CiliumMinor) => string[]): Check[] {
  const minors = (Object.keys(ciliumMinors) as CiliumMinor[]).filter((minor) => isOf(version, minor) !== false);
  const found = minors.map((minor) => ({ minor, messages: find(minor) }));
  return [...new Set(found.flatMap(({ messages }) => messages))].map((message) => {
    const having = found.filter(({ messages }) => messages.includes(message)).map(({ minor }) => minor);
    const isAll = having.length === minors.length;
    return { condition: isAll ? false : not(or(...having.map((minor) => isOf(version, minor)))), message };
  });
}

/** Whether the message is of the same value as one of the others. */
const isTold = (message: string, others: readonly string[]): boolean => {
  const value = message.slice(0, message.indexOf(" is ") + " is ".length);
  return others.some((other) => other.startsWith(value));
};

const isGiven = (values: ChartValues): boolean => Object.keys(values).length > 0;

export const rules: readonly Rule<Judged>[] = [
  {
    id: "chart-values-schema",
    requirement: "values of Cilium match the chart's schema of their minor version",
    reason: "Helm would refuse them during the apply, after the node exists",
    source: "https://github.com/cilium/cilium/blob/v1.20.2/install/kubernetes/cilium/values.schema.json",
    checks: ({ further, version, refused }) =>
      isGiven(further)
        ? checkMinors(version, (minor) => refusedBy(minor, further)).filter(({ message }) => !isTold(message, refused))
        : [],
  },
  {
    id: "chart-value-names",
    requirement: "no name in Cilium's values is a near miss of a name that the chart knows",
    reason: "the chart ignores unknown names, although the apply succeeds",
    severity: "warning",
    source: "https://github.com/cilium/cilium/blob/v1.20.2/install/kubernetes/cilium/values.yaml",
    checks: ({ further, version }) =>
      isGiven(further) ? checkMinors(version, (minor) => misspeltFor(minor, further)) : [],
  },
];
