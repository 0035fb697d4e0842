import { Construct } from "constructs";
import { isUnknown } from "../rules/condition";
import { formatForObject } from "../rules/format-value";
import { isPlainObject } from "../rules/kind";
import { type Field, invalidValues, isToken, parseSafely, type Schema } from "./field";
import { below, type Instead, reportUnknown } from "./unknown-prop";

/** An object with these fields and no others, or one of a class, but no construct, that has what is required. */
export const objectOf = <Props>(schema: Schema<Props>, instead: Instead = {}): Field<Props> =>
  objectWith(schema, (name) => schema[name].required === true, { instead });

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
      const { misspelt, missing } = reportUnknown(props, unknown, fields, instead, path, report);
      const parsed: Record<string, unknown> = {};
      if (missing.size > 0) invalidValues.add(parsed);
      const fitOf = (name: string, field: Field): unknown => {
        const written = misspelt.get(name);
        if (written !== undefined) return asMeant(field, () => props[written]);
        if (missing.has(name)) return field.invalid();
        return parseSafely(orNothing(field), () => props[name], below(path, name), report);
      };
      for (const [name, field] of named) {
        const fit = fitOf(name, field);
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
const orNothing = (field: Field): Field => ({
  ...field,
  parse: (value, path, report) => {
    if (value !== undefined && value !== null) return field.parse(value, path, report);
    if (!field.required) return undefined;
    report(false, `${path} is missing`);
    return field.invalid();
  },
});

/** The value under a misspelt name, which is reported already: without it, other props would seem to be without this one. */
function asMeant(field: Field, read: () => unknown): unknown {
  let fits = true;
  const refuse = (condition: unknown) => {
    if (condition === false) fits = false;
  };
  const report = Object.assign(refuse, { secret: () => refuse(false) });
  const value = parseSafely(orNothing(field), read, "", report);
  return fits ? value : field.invalid();
}

/** Whether an object of a class has all fields that are required, and nothing else under the names of the fields. */
export function hasFields(value: unknown, fields: readonly (readonly [string, Field])[]): boolean {
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

/** Props of another construct, which checks them, except those that this one sets. */
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

/** A value that another schema checks. */
const anything = (invalid: () => unknown): Field => ({ invalid, parse: (value) => value });
