import { type IResolvable, Token } from "cdktf";
import { type Condition, isUnknown, or } from "../rules/condition";
import { expression, rawExpression } from "../rules/expression";

/**
 * A list of records that is known now, or that Terraform reads when it plans. What is asked of it by the functions of this
 * file is asked once for both, as with conditions.
 */
export type Rows<Row> = readonly Row[] | RowsAtPlan<Row>;

/** A list that only Terraform knows. */
export class RowsAtPlan<Row> {
  constructor(
    readonly list: IResolvable,
    readonly each: Each<Row>,
  ) {}
}

/** The variable of a `for`, and the record that it stands for. */
export interface Each<Row> {
  readonly variable: string;
  readonly row: Row;
}

const typed = {
  text: Token.asString,
  number: Token.asNumber,
  /** Nothing is no number to compare with, and Terraform before 1.12 compares on both sides of an `&&`. */
  amount: (value: IResolvable) => Token.asNumber(expression`coalesce(${value}, 0)`),
  flag: Token.asAny,
  texts: Token.asList,
};

/** Types of a record's columns, each with the name that it has in Terraform. */
type Columns<Row> = { readonly [Name in keyof Row]-?: readonly [column: string, type: keyof typeof typed] };

export function eachOf<Row>(variable: string, columns: Columns<Row>): Each<Row> {
  const entries = Object.entries(columns) as [string, Columns<Row>[keyof Row]][];
  const row = entries.map(([name, [column, type]]) => [name, typed[type](rawExpression(`${variable}.${column}`))]);
  return { variable, row: Object.fromEntries(row) as Row };
}

/** A list of values, likewise. */
export type Values<Value> = readonly Value[] | IResolvable;

/** The values of those records for which the condition holds. */
export function valuesOf<Row, Value>(
  rows: Rows<Row>,
  value: (row: Row) => Value,
  where: (row: Row) => Condition,
): Values<Value> {
  if (!(rows instanceof RowsAtPlan)) return rows.filter((row) => where(row) === true).map(value);
  const { list, each } = rows;
  const variable = rawExpression(each.variable);
  return expression`[for ${variable} in ${list} : ${value(each.row)} if ${where(each.row)}]`;
}

/** Whether the condition holds for any record. */
export function some<Row>(rows: Rows<Row>, isTrue: (row: Row) => Condition): Condition {
  if (!(rows instanceof RowsAtPlan)) return or(...rows.map(isTrue));
  const { list, each } = rows;
  const condition = isTrue(each.row);
  return condition === false
    ? false
    : expression`anytrue([for ${rawExpression(each.variable)} in ${list} : ${condition}])`;
}

/** Whether the value is one of the list. */
export const includes = (values: Values<unknown>, value: unknown): Condition =>
  isUnknown(values) || isUnknown(value)
    ? expression`contains(${values}, ${value})`
    : (values as readonly unknown[]).includes(value);

/** The only value of the list; nothing where it is empty. */
export const only = <Value>(values: Values<Value>): Value | IResolvable | undefined =>
  isUnknown(values) ? expression`one(${values})` : (values as readonly Value[])[0];

/** The values for a message, or `none` in their place. */
export const listed = (values: Values<string>, none: string): string =>
  isUnknown(values)
    ? Token.asString(expression`coalesce(join(", ", ${values}), ${none})`)
    : (values as readonly string[]).join(", ") || none;
