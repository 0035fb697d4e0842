import { types } from "node:util";
import { Lazy, type Precondition, TerraformVariable, Token, Tokenization } from "cdktf";
import { Construct } from "constructs";
import { type Condition, isUnknown, oneOf } from "../rules/condition";
import { formatForObject, formatValue } from "../rules/format-value";
import { isPlainObject, kindOf } from "../rules/kind";
import { setPropNames } from "../rules/prop-path";
import { enforce, type Rule } from "../rules/rule";
import { holdsSecret, holdsSecretBesideUser, secretInText } from "../rules/secret";
import { nearest } from "./nearest";
import { checkStaticBoolean } from "./static-boolean";

type Scalar = "string" | "number" | "boolean";

/** Told of a value: whether it fits, and if not, what to write instead. */
export interface Report {
  (condition: Condition, message: string): void;
  /** Told of a text at the path with a secret in it. */
  readonly secret?: (path: string) => void;
}

/** What a prop may hold. Values that only Terraform knows fit every scalar. */
export interface Field<Value = unknown> {
  readonly required?: boolean;
  /** The type of a scalar, for which a Terraform variable may stand. */
  readonly scalar?: Scalar;
  /** The fields of an object, or of the objects in a list. */
  readonly fields?: Readonly<Record<string, Field>>;
  readonly list?: boolean;
  /** The value as far as it fits; what does not is reported, and its place is taken by what `invalid` gives. */
  readonly parse: (value: unknown, path: string, report: Report) => Value;
  /** What stands for a value that is missing or wrong, so that no rule judges what is reported already. */
  readonly invalid: () => Value;
}

export interface RequiredField<Value> extends Field<Value> {
  readonly required: true;
}

/** The fields of all props of an interface, so that none is forgotten; each of the prop's own type. */
export type Schema<Props> = {
  readonly [Name in keyof Required<Props>]: undefined extends Props[Name]
    ? Field<NonNullable<Props[Name]>>
    : RequiredField<Props[Name]>;
};

/** Props after `fitProps`. A construct that is required may be missing all the same: nothing can stand in for it. */
export type Parsed<Props> = {
  readonly [Name in keyof Props]: Props[Name] extends Construct ? Props[Name] | undefined : Props[Name];
};

/** A variable's `value` as the prop's type has it. */
const encoded = { string: Token.asString, number: Token.asNumber, boolean: (value: unknown) => value };

const invalidValues = new WeakSet<object>();
const empty = { string: "", number: 0, boolean: false };

/** A scalar of which nothing is known. */
const unknownScalar = (type: Scalar) => () => {
  const invalid = Lazy.anyValue({ produce: () => empty[type] });
  invalidValues.add(invalid);
  return encoded[type](invalid);
};

/** Whether the value, or a part of it, stands for one that is reported already, and not for a variable. */
export const isInvalid = (value: unknown): boolean =>
  Array.isArray(value) || isPlainObject(value)
    ? invalidValues.has(value)
    : Tokenization.reverse(value).some((token) => invalidValues.has(token));

const scalar = <Value>(type: Scalar, isSecret: (text: string) => boolean = () => false): Field<Value> => {
  const invalid = unknownScalar(type) as () => Value;
  return {
    scalar: type,
    invalid,
    parse: (value, path, report) => {
      if (typeof value === "string" && type === "string" && isSecret(value)) {
        report.secret?.(path);
        return invalid();
      }
      if (typeof value === type) return value as Value;
      if (isScalarToken(value)) return encoded[type](value) as Value;
      report(false, notScalar(type, value, path));
      return invalid();
    },
  };
};

/** Whether a value that is no scalar stands for one that only Terraform knows; anything may have a method `resolve`. */
export const isToken = (value: unknown): boolean =>
  isUnknown(value) && (typeof value !== "object" || Array.isArray(value) || isOfCdktf(Object(value)));
/** Whether the value stands for a scalar that only Terraform knows, as far as can be seen: for a list, cdktf has lists. */
const isScalarToken = (value: unknown): boolean => isToken(value) && !Array.isArray(value);
const isOfCdktf = (value: object): boolean => "creationStack" in value || !("resolve" in value);

const notScalar = (type: Scalar, value: unknown, path: string): string =>
  value instanceof TerraformVariable
    ? `${path} is a TerraformVariable; write its ${type}Value`
    : `${path} is ${Array.isArray(value) && isUnknown(value) ? "a list" : formatValue(value)}; write a ${type}`;

/** Whether the value is one of those that any scalar is, so that a rule can judge it. */
const isScalar = (value: unknown): boolean =>
  ["string", "number", "boolean"].includes(typeof value) || isScalarToken(value);

export const string = scalar<string>("string", holdsSecret);
/** A URL; that it names a user is for a rule of its own to tell. */
export const urlString = scalar<string>("string", holdsSecretBesideUser);
/** Text whose own rule refuses a secret, and shows none. */
export const stringCheckedByRule = scalar<string>("string");
export const number = scalar<number>("number");
// biome-ignore lint/suspicious/noExplicitAny: true, false, or what stands for it, as the prop's type has it
export const boolean = scalar<any>("boolean");

/** One of the texts, which are the members of the prop's type. */
export const enumOf = <const Choice extends string>(choices: readonly Choice[]): Field<Choice> => ({
  scalar: "string",
  invalid: () => string.invalid() as Choice,
  parse: (value, path, report) => {
    if (!isScalar(value)) return string.parse(value, path, report) as Choice;
    report(oneOf(value, choices), `${path} is ${formatValue(value)}; write ${alternatives(choices)}`);
    if (isUnknown(value)) return string.parse(value, path, report) as Choice;
    return choices.includes(value as Choice) ? (value as Choice) : (string.invalid() as Choice);
  },
});

/** The same, and no variable: it decides what there is in a stack. */
export const staticEnumOf = <const Choice extends string>(choices: readonly Choice[]): Field<Choice> => ({
  invalid: () => choices[0] as Choice,
  parse: (value, path, report) => {
    const choice = choices.find((each) => each === value);
    const what = isUnknown(value)
      ? "known to Terraform alone, and decides what there is in a stack"
      : formatValue(value);
    report(choice !== undefined, `${path} is ${what}; write ${alternatives(choices)}`);
    return choice ?? (choices[0] as Choice);
  },
});

const alternatives = (choices: readonly string[]): string => {
  const quoted = choices.map(formatValue);
  const last = quoted.pop();
  return quoted.length > 0 ? `${quoted.join(", ")} or ${last}` : `${last}`;
};

/** A scalar that a rule of its own judges, its type included. */
export const checkedByRule = <Value>(type: Scalar): Field<Value> => ({
  scalar: type,
  invalid: unknownScalar(type) as () => Value,
  parse: (value, path, report) => {
    if (isScalarToken(value)) return encoded[type](value) as Value;
    if (isScalar(value)) return value as Value;
    report(false, notScalar(type, value, path));
    return unknownScalar(type)() as Value;
  },
});

/** True or false, and no variable: it decides what there is in a stack. */
export const staticBoolean: Field<boolean> = {
  invalid: () => false,
  parse: (value, path, report) => {
    if (typeof value === "boolean") return value;
    const { condition, message } = checkStaticBoolean(path, value);
    report(condition, message);
    return false;
  },
};

/** What decides which resources there are, so that no variable can stand for it; a rule of its own judges it. */
export const unchecked = <Value>(): Field<Value> => ({
  invalid: () => undefined as Value,
  parse: (value, path, report) => {
    if (isScalar(value)) return value as Value;
    report(false, `${path} is ${formatValue(value)}; write text, a number, true or false`);
    return undefined as Value;
  },
});

/** A string, or an object with the shape. */
export const stringOr = <Value>(object: Field<Value>): Field<string | Value> => ({
  ...object,
  scalar: "string",
  invalid: string.invalid,
  parse: (value, path, report) =>
    (typeof value === "object" && !isUnknown(value) ? object : string).parse(value, path, report),
});

/** An object of one of the classes. */
export const instanceOf = <Value>(...classes: readonly (abstract new (...args: never[]) => Value)[]): Field<Value> => {
  const invalid = () => undefined as Value;
  return {
    invalid,
    parse: (value, path, report) => {
      if (classes.some((type) => value instanceof type)) return value as Value;
      const names = classes.map(({ name }) => name);
      const made = names.map((name) => `new ${name}(…)`);
      report(false, `${path} is not a ${names.join(" or ")}; write one made with ${made.join(" or ")}`);
      return invalid();
    },
  };
};

/** An object of the class, or the field. */
export const orInstanceOf = <Made, Value>(
  made: abstract new (...args: never[]) => Made,
  field: Field<Value>,
): Field<Made | Value> => ({
  ...field,
  parse: (value, path, report) => (value instanceof made ? value : field.parse(value, path, report)),
});

/** A construct that has what the object needs, whose class answers for it, or the object. */
export const orConstruct = <Value>(object: Field<Value>): Field<Value> => ({
  ...object,
  parse: (value, path, report) =>
    Construct.isConstruct(value) && hasFields(value, Object.entries(object.fields ?? {}))
      ? (value as Value)
      : object.parse(value, path, report),
});

export const required = <Value>(field: Field<Value>): RequiredField<Value> => ({ ...field, required: true });

/** The literal, such as `false` for nothing of it, or the field. */
export const optionalLiteral = <const Literal, Value>(
  literal: Literal,
  field: Field<Value>,
): Field<Literal | Value> => ({
  ...field,
  parse: (value, path, report) => (value === literal ? literal : field.parse(value, path, report)),
});

/** A list with more is a mistake, which would be told item by item. */
const maxItems = 1000;

export function listOf<Value>(item: Field<Value>): Field<Value[]> {
  const invalid = () => {
    const nothing: Value[] = [];
    invalidValues.add(nothing);
    return nothing;
  };
  return {
    scalar: item.scalar,
    fields: item.fields,
    list: true,
    invalid,
    parse: (value, path, report) => {
      if (isToken(value)) {
        report(false, `${path} is a variable; write a list, whose items may be variables`);
        return invalid();
      }
      if (!Array.isArray(value)) {
        report(false, `${path} is ${formatValue(value)}; write a list`);
        return invalid();
      }
      if (value.length > maxItems) {
        report(false, `${path} has ${value.length} items; write ${maxItems} at most`);
        return invalid();
      }
      // Array.from, because map passes over what a sparse list lacks.
      return Array.from(value, (_, index) => parseSafely(item, () => value[index], `${path}[${index}]`, report));
    },
  };
}

/** A list that has to have something in it; the advice says what to write. */
export function nonEmptyListOf<Value>(item: Field<Value>, advice: string): Field<Value[]> {
  const list = listOf(item);
  return {
    ...list,
    parse: (value, path, report) => {
      if (Array.isArray(value)) report(value.length > 0, `${path} is empty; write ${advice}`);
      return list.parse(value, path, report);
    },
  };
}

/**
 * The value of a prop, as far as it fits. Whatever happens when it is read, such as in a getter, or in a value that is
 * nested without end, is a mistake in that prop.
 */
function parseSafely<Value>(field: Field<Value>, read: () => unknown, path: string, report: Report): Value {
  try {
    const value = read();
    // Another construct has reported it.
    if (isInvalid(value)) return value as Value;
    if (!types.isProxy(value) && (isToken(value) || !isUnknown(value))) return field.parse(value, path, report);
    report(false, `${path || "the props object"} is ${kindOf(value)}; write a plain value`);
  } catch {
    report(
      false,
      `${path || "the props object"} cannot be read; write a plain value, without getters and not nested without end`,
    );
  }
  return field.invalid();
}

/** An object with these fields and no others, or one of a class, but no construct, that has what is required. */
export const objectOf = <Props>(schema: Schema<Props>, instead: Instead = {}): Field<Props> =>
  objectWith(schema, (name) => schema[name].required === true, { instead });

/** What to write instead of names that people write, and which are no props. */
type Instead = Readonly<Record<string, string>>;

/** The object, for which one with the fields of these names stands in. */
function objectWith<Props>(
  schema: Schema<Props>,
  standsIn: (name: keyof Props) => boolean,
  { instead = {}, alternatives = [] }: { readonly instead?: Instead; readonly alternatives?: readonly string[] },
): Field<Props> {
  const fields: Readonly<Record<string, Field>> = schema;
  const named = Object.entries(fields);
  const invalid = () => {
    const some = named.flatMap(([name, field]) => (standsIn(name as keyof Props) ? [[name, field.invalid()]] : []));
    const object = Object.fromEntries(some) as Props & object;
    invalidValues.add(object);
    return object;
  };
  return {
    fields,
    invalid,
    parse: (value, path, report) => {
      const isOfClass = !isPlainObject(value) && !Construct.isConstruct(value) && hasFields(value, named);
      if (!isOfClass && (!isPlainObject(value) || isUnknown(value))) {
        const names = Object.keys(fields).join(", ");
        report(false, `${path || "the props object"} is ${formatForObject(value)}; write an object with ${names}`);
        return invalid();
      }
      const props = value as Readonly<Record<string, unknown>>;
      // An object of a class has what else it needs.
      const unknown = isOfClass ? [] : Object.keys(props).filter((name) => !Object.hasOwn(fields, name));
      const misspelt = reportUnknown(props, unknown, fields, instead, path, report);
      const parsed: Record<string, unknown> = {};
      for (const [name, field] of named) {
        const prop = orNothing(field, misspelt.has(name));
        const fit = parseSafely(prop, () => props[name], below(path, name), report);
        if (fit !== undefined) parsed[name] = fit;
      }
      // One of these was meant by a name that is none, and that none of them is given is no second mistake.
      if (unknown.length > 0 && alternatives.every((name) => parsed[name] === undefined)) {
        const [meant] = [...alternatives.filter((name) => misspelt.has(name)), ...alternatives];
        if (meant !== undefined) parsed[meant] = fields[meant]?.invalid();
      }
      return parsed as Props;
    },
  };
}

/** The field where something is given. */
const orNothing = (field: Field, isMisspelt: boolean): Field => ({
  ...field,
  parse: (value, path, report) => {
    if (value !== undefined && value !== null) return field.parse(value, path, report);
    if (!field.required) return undefined;
    if (!isMisspelt) report(false, `${path} is missing`);
    return field.invalid();
  },
});

const below = (path: string, name: string): string => (path ? `${path}.${name}` : name);

/** The path of a name that a user wrote, which may be any text. */
const belowAsWritten = (path: string, name: string): string =>
  /^[\w$-]{1,60}$/.test(name) ? below(path, name) : `${path}[${formatValue(name.slice(0, 60))}]`;

/** Whether an object of a class has all fields that are required, and nothing else under the names of the fields. */
function hasFields(value: unknown, fields: readonly (readonly [string, Field])[]): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isToken(value)) return false;
  const object = value as Readonly<Record<string, unknown>>;
  const given = fields.filter(([name]) => object[name] !== undefined && object[name] !== null);
  let fits = given.length > 0 && fields.every(([name, field]) => !field.required || name in object);
  for (const [name, field] of given) {
    field.parse(object[name], name, (condition) => {
      if (condition === false) fits = false;
    });
  }
  return fits;
}

/**
 * Tells of props that are none; those of something else that was given whole, all at once.
 *
 * @returns the names that were meant and are missing
 */
function reportUnknown(
  props: Readonly<Record<string, unknown>>,
  unknown: readonly string[],
  fields: Readonly<Record<string, Field>>,
  instead: Instead,
  path: string,
  report: Report,
): Set<string> {
  const names = Object.keys(fields);
  const free = names.filter((name) => !Object.hasOwn(props, name));
  const missing = free.filter((name) => fields[name]?.required);
  const known = `the props here are ${names.join(", ")}`;
  const [first, second, third, ...more] = unknown.map((name) => belowAsWritten(path, name));
  if (more.length > 0) {
    report(false, `${first}, ${second}, ${third} and ${more.length} more are no props; ${known}`);
    return new Set();
  }
  const meant = unknown.flatMap((name) => {
    const near = nearest(name, free);
    const only = near === undefined && unknown.length === 1 && missing.length === 1 ? missing[0] : undefined;
    const advice = near === undefined ? only && `, and ${only} is missing` : `; did you mean ${near}?`;
    const written = Object.hasOwn(instead, name) ? instead[name] : `${known}${advice ?? ""}`;
    report(false, `${belowAsWritten(path, name)} is not a prop; ${written}`);
    return near ?? only ?? [];
  });
  return new Set(meant);
}

/** All fields of the members of a union. */
type Merged<Union> = {
  readonly [Name in Union extends unknown ? keyof Union : never]?: Exclude<
    Union extends { readonly [Key in Name]?: infer Value } ? Value : never,
    undefined
  >;
};

/**
 * One of several objects; how many of them are given is for a rule of its own to judge.
 *
 * @param assumed the field that stands in for what is none of them
 * @param others the fields of the other ones
 */
export const unionOf = <Union>(
  schema: Schema<Merged<Union>>,
  assumed: keyof Merged<Union> & string,
  ...others: (keyof Merged<Union> & string)[]
): Field<Union> =>
  objectWith<Merged<Union>>(schema, (name) => name === assumed, {
    alternatives: [assumed, ...others],
  }) as Field<unknown> as Field<Union>;

/** Props of another construct of the shape, which checks them, except those that this one sets. */
export const childProps = <Props>(schema: Schema<Props>, ours: Readonly<Record<string, string>>): Field<Props> => {
  const { invalid, fields = {} } = objectOf(schema);
  return {
    invalid,
    parse: (value, path, report) => {
      if (!isPlainObject(value) || isUnknown(value)) {
        report(false, `${path} is ${formatForObject(value)}; write an object`);
        return invalid();
      }
      const theirs = Object.keys(value).flatMap((name) => {
        const source = Object.hasOwn(ours, name) ? ours[name] : undefined;
        const given = parseSafely(
          anything(() => fields[name]?.invalid()),
          () => value[name],
          below(path, name),
          report,
        );
        if (source === undefined || given === undefined) return [[name, given]];
        report(false, `${path}.${name} comes from ${source} beside ${path}; leave it out`);
        return [];
      });
      return Object.fromEntries(theirs) as Props;
    },
  };
};

/** What another shape judges. */
const anything = (invalid: () => unknown): Field => ({ invalid, parse: (value) => value });

/** The value as it fits the field, which another construct answers for. */
export const parseSilently = <Value>(field: Field<Value>, value: unknown): Value => field.parse(value, "", () => {});

export const propType: Rule<readonly { readonly condition: Condition; readonly message: string }[]> = {
  id: "prop-type",
  requirement: "every prop is known and has a valid type or value, and no required prop is missing",
  reason: "plain JavaScript has no type check, and a misspelt prop would be ignored silently",
  source: "https://developer.hashicorp.com/terraform/cdktf/create-and-deploy/best-practices",
  checks: (reports) => [...reports],
};

/**
 * The props as far as they have the shape; the rest is reported when the stack is synthesized.
 *
 * @param instead what to write instead of names that are no props
 * @returns the props, and what only Terraform can decide of them, for the resource to have as its preconditions
 */
export function parseProps<Props>(
  construct: Construct,
  props: Props,
  schema: Schema<Props>,
  instead: Instead = {},
): { readonly props: Parsed<Props>; readonly preconditions: Precondition[] } {
  setPropNames(construct, Object.keys(schema));
  const reports: { condition: Condition; message: string }[] = [];
  const secrets: string[] = [];
  const report = Object.assign(
    (condition: Condition, message: string) => {
      if (condition !== true) reports.push({ condition, message });
    },
    { secret: (path: string) => void secrets.push(path) },
  );
  const parsed = parseSafely(objectOf(schema, instead), () => props, "", report);
  const preconditions = [...enforce(construct, [propType], reports), ...enforce(construct, [secretInText], secrets)];
  return { props: parsed as Parsed<Props>, preconditions };
}
