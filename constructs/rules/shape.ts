import { Lazy, type Precondition, Token, Tokenization } from "cdktf";
import { Construct } from "constructs";
import { type Condition, isUnknown, oneOf } from "./condition";
import { enforce, type Rule } from "./rule";
import { shown, shownForObject } from "./shown";
import { isTrueOrFalse } from "./true-or-false";

type Scalar = "string" | "number" | "boolean";

/** Told of a value: whether it fits, and if not, what to write instead. */
export type Report = (fits: Condition, problem: string) => void;

/** What a prop may hold. Values that only Terraform knows fit every scalar. */
export interface Field<Value = unknown> {
  readonly required?: boolean;
  /** The type of a scalar, for which a Terraform variable may stand. */
  readonly scalar?: Scalar;
  /** The fields of an object, or of the objects in a list. */
  readonly fields?: Readonly<Record<string, Field>>;
  readonly list?: boolean;
  /** The value as far as it fits; what does not is reported, and its place is taken by what `standIn` gives. */
  readonly fit: (value: unknown, path: string, report: Report) => Value;
  /** What stands for a value that is missing or wrong, so that no rule judges what is reported already. */
  readonly standIn: () => Value;
}

export interface RequiredField<Value> extends Field<Value> {
  readonly required: true;
}

/** The fields of all props of an interface, so that none is forgotten; each of the prop's own type. */
export type Shape<Props> = {
  readonly [Name in keyof Required<Props>]: undefined extends Props[Name]
    ? Field<NonNullable<Props[Name]>>
    : RequiredField<Props[Name]>;
};

/** Props after `fitProps`. A construct that is required may be missing all the same: nothing can stand in for it. */
export type Fitted<Props> = {
  readonly [Name in keyof Props]: Props[Name] extends Construct ? Props[Name] | undefined : Props[Name];
};

/** A variable's `value` as the prop's type has it. */
const encoded = { string: Token.asString, number: Token.asNumber, boolean: (value: unknown) => value };

const standIns = new WeakSet<object>();
const empty = { string: "", number: 0, boolean: false };

/** A scalar of which nothing is known. */
const unknownScalar = (type: Scalar) => () => {
  const standIn = Lazy.anyValue({ produce: () => empty[type] });
  standIns.add(standIn);
  return encoded[type](standIn);
};

/** Whether the value, or a part of it, stands for one that is reported already, and not for a variable. */
export const isStandIn = (value: unknown): boolean =>
  Array.isArray(value) ? standIns.has(value) : Tokenization.reverse(value).some((token) => standIns.has(token));

const scalar = <Value>(type: Scalar): Field<Value> => {
  const standIn = unknownScalar(type) as () => Value;
  return {
    scalar: type,
    standIn,
    fit: (value, path, report) => {
      if (typeof value === type) return value as Value;
      if (isUnknown(value)) return encoded[type](value) as Value;
      report(false, `${path} is ${shown(value)}; write a ${type}`);
      return standIn();
    },
  };
};

export const text = scalar<string>("string");
export const number = scalar<number>("number");
// biome-ignore lint/suspicious/noExplicitAny: true, false, or what stands for it, as the prop's type has it
export const flag = scalar<any>("boolean");

/** One of the texts, which are the members of the prop's type. */
export const choice = <const Choice extends string>(choices: readonly Choice[]): Field<Choice> => ({
  scalar: "string",
  standIn: () => text.standIn() as Choice,
  fit: (value, path, report) => {
    report(oneOf(value, choices), `${path} is ${shown(value)}; write ${alternatives(choices)}`);
    if (isUnknown(value)) return text.fit(value, path, report) as Choice;
    return choices.includes(value as Choice) ? (value as Choice) : (text.standIn() as Choice);
  },
});

const alternatives = (choices: readonly string[]): string => {
  const quoted = choices.map(shown);
  const last = quoted.pop();
  return quoted.length > 0 ? `${quoted.join(", ")} or ${last}` : `${last}`;
};

/** A scalar that a rule of its own judges, its type included. */
export const ruled = <Value>(type: Scalar): Field<Value> => ({
  scalar: type,
  standIn: unknownScalar(type) as () => Value,
  fit: (value) => (isUnknown(value) ? encoded[type](value) : value) as Value,
});

/** True or false, and no variable: it decides what there is in a stack. */
export const decision: Field<boolean> = {
  standIn: () => false,
  fit: (value, path, report) => {
    if (typeof value === "boolean") return value;
    const { holds, problem } = isTrueOrFalse(path, value);
    report(holds, problem);
    return false;
  },
};

/** What decides which resources there are, so that no variable can stand for it; a rule of its own judges it. */
export const literal = <Value>(): Field<Value> => ({
  standIn: () => undefined as Value,
  fit: (value) => value as Value,
});

/** A string, or an object with the shape. */
export const textOr = <Value>(object: Field<Value>): Field<string | Value> => ({
  ...object,
  scalar: "string",
  standIn: text.standIn,
  fit: (value, path, report) =>
    (typeof value === "object" && !isUnknown(value) ? object : text).fit(value, path, report),
});

/** An object of one of the classes. */
export const instanceOf = <Value>(...types: readonly (abstract new (...args: never[]) => Value)[]): Field<Value> => {
  const standIn = () => undefined as Value;
  return {
    standIn,
    fit: (value, path, report) => {
      if (types.some((type) => value instanceof type)) return value as Value;
      const names = types.map(({ name }) => name);
      const made = names.map((name) => `new ${name}(…)`);
      report(false, `${path} is not a ${names.join(" or ")}; write one made with ${made.join(" or ")}`);
      return standIn();
    },
  };
};

export const required = <Value>(field: Field<Value>): RequiredField<Value> => ({ ...field, required: true });

/** The literal, such as `false` for nothing of it, or the field. */
export const literalOr = <const Literal, Value>(literal: Literal, field: Field<Value>): Field<Literal | Value> => ({
  ...field,
  fit: (value, path, report) => (value === literal ? literal : field.fit(value, path, report)),
});

export function listOf<Value>(item: Field<Value>): Field<Value[]> {
  const standIn = () => {
    const nothing: Value[] = [];
    standIns.add(nothing);
    return nothing;
  };
  return {
    scalar: item.scalar,
    fields: item.fields,
    list: true,
    standIn,
    fit: (value, path, report) => {
      if (isUnknown(value)) {
        report(false, `${path} is a variable; write a list, whose items may be variables`);
        return standIn();
      }
      // Array.from, because map passes over what a sparse list lacks.
      if (Array.isArray(value)) return Array.from(value, (each, index) => item.fit(each, `${path}[${index}]`, report));
      report(false, `${path} is ${shown(value)}; write a list`);
      return standIn();
    },
  };
}

/** A list that has to have something in it; the advice says what to write. */
export function filledListOf<Value>(item: Field<Value>, advice: string): Field<Value[]> {
  const list = listOf(item);
  return {
    ...list,
    fit: (value, path, report) => {
      if (Array.isArray(value)) report(value.length > 0, `${path} is empty; write ${advice}`);
      return list.fit(value, path, report);
    },
  };
}

/** An object for its fields, of a class or not; no list, no Map or Date, whose content is in none. */
const isPlain = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === "[object Object]" && !isUnknown(value);

/** A plain object with these fields, or a construct, whose class answers for it. */
export const objectOf = <Props>(shape: Shape<Props>): Field<Props> =>
  objectWith(shape, (name) => shape[name].required === true);

/** The object, for which one with the fields of these names stands in. */
function objectWith<Props>(shape: Shape<Props>, standsIn: (name: keyof Props) => boolean): Field<Props> {
  const fields: Readonly<Record<string, Field>> = shape;
  const named = Object.entries(fields);
  const names = Object.keys(fields).join(", ");
  const standIn = () =>
    Object.fromEntries(
      named.flatMap(([name, field]) => (standsIn(name as keyof Props) ? [[name, field.standIn()]] : [])),
    ) as Props;
  return {
    fields,
    standIn,
    fit: (value, path, report) => {
      if (Construct.isConstruct(value)) return value as Props;
      if (!isPlain(value)) {
        report(false, `${path || "the props object"} is ${shownForObject(value)}; write an object with ${names}`);
        return standIn();
      }
      const below = (name: string) => (path ? `${path}.${name}` : name);
      for (const name of Object.keys(value)) {
        if (!Object.hasOwn(fields, name)) report(false, `${below(name)} is not a prop; the props here are ${names}`);
      }
      const fitting: Record<string, unknown> = {};
      for (const [name, field] of named) {
        const given = value[name];
        if (given !== undefined && given !== null) fitting[name] = field.fit(given, below(name), report);
        else if (field.required) {
          report(false, `${below(name)} is missing`);
          fitting[name] = field.standIn();
        }
      }
      return fitting as Props;
    },
  };
}

/** All fields of the members of a union. */
type Merged<Union> = {
  readonly [Name in Union extends unknown ? keyof Union : never]?: Exclude<
    Union extends { readonly [Key in Name]?: infer Value } ? Value : never,
    undefined
  >;
};

/**
 * One of several objects; that exactly one of them is given is for a rule of its own to judge.
 *
 * @param assumed the fields of the one that stands in for what is none of them
 */
export const eitherOf = <Union>(shape: Shape<Merged<Union>>, ...assumed: (keyof Merged<Union>)[]): Field<Union> =>
  objectWith<Merged<Union>>(shape, (name) => assumed.includes(name)) as Field<unknown> as Field<Union>;

/** Props of another construct, which answers for them, but for those that it is given by this one. */
export const partOf = <Props>(ours: Readonly<Record<string, string>>): Field<Props> => ({
  standIn: () => ({}) as Props,
  fit: (value, path, report) => {
    if (!isPlain(value)) {
      report(false, `${path} is ${shownForObject(value)}; write an object`);
      return {} as Props;
    }
    const theirs = Object.entries(value).filter(([name, given]) => {
      const source = given === undefined || !Object.hasOwn(ours, name) ? undefined : ours[name];
      if (source !== undefined) report(false, `${path}.${name} comes from ${source} beside ${path}; leave it out`);
      return source === undefined;
    });
    return Object.fromEntries(theirs) as Props;
  },
});

export const propType: Rule<readonly { readonly holds: Condition; readonly problem: string }[]> = {
  id: "prop-type",
  demands: "every required prop is given, has its type or one of the values listed for it, and no prop is unknown",
  because: "plain JavaScript has no type check, and a misspelt prop would be ignored silently",
  source: "https://developer.hashicorp.com/terraform/cdktf/create-and-deploy/best-practices",
  checks: (reports) => [...reports],
};

/**
 * The props as far as they have the shape; the rest is reported when the stack is synthesized.
 *
 * @returns the props, and what only Terraform can decide of them, for the resource to have as its preconditions
 */
export function fitProps<Props>(
  construct: Construct,
  props: Props,
  shape: Shape<Props>,
): { readonly props: Fitted<Props>; readonly preconditions: Precondition[] } {
  const reports: { holds: Condition; problem: string }[] = [];
  const fitting = objectOf(shape).fit(props, "", (holds, problem) => {
    if (holds !== true) reports.push({ holds, problem });
  });
  return { props: fitting as Fitted<Props>, preconditions: enforce(construct, [propType], reports) };
}
