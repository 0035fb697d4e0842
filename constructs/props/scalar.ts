import { Lazy, TerraformVariable, Token } from "cdktf";
import { isUnknown } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { holdsSecret, holdsSecretBesideUser } from "../rules/secret";
import { type Field, invalidValues, isToken, type Scalar } from "./field";
import { checkStaticBoolean } from "./static-boolean";

/** A variable's `value` as the prop's type has it. */
const encoded = { string: Token.asString, number: Token.asNumber, boolean: (value: unknown) => value };

const empty = { string: "", number: 0, boolean: false };

/** A scalar of which nothing is known. */
const unknownScalar = (type: Scalar) => () => {
  const invalid = Lazy.anyValue({ produce: () => empty[type] });
  invalidValues.add(invalid);
  return encoded[type](invalid);
};

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

/** Whether the value stands for a scalar that only Terraform knows, as far as can be seen: for a list, cdktf has lists. */
const isScalarToken = (value: unknown): boolean => isToken(value) && !Array.isArray(value);
const notScalar = (type: Scalar, value: unknown, path: string): string =>
  value instanceof TerraformVariable
    ? `${path} is a TerraformVariable; write its ${type}Value`
    : `${path} is ${Array.isArray(value) && isUnknown(value) ? "a list" : formatValue(value)}; write a ${type}`;

/** Whether the value is one of those that any scalar is, so that a rule can judge it. */
export const isScalar = (value: unknown): boolean =>
  ["string", "number", "boolean"].includes(typeof value) || isScalarToken(value);

export const string = scalar<string>("string", holdsSecret);
/** A URL; that it names a user is for a rule of its own to tell. */
export const urlString = scalar<string>("string", holdsSecretBesideUser);
/** Text whose own rule refuses a secret, and shows none. */
export const stringCheckedByRule = scalar<string>("string");
export const number = scalar<number>("number");
// biome-ignore lint/suspicious/noExplicitAny: true, false, or what stands for it, as the prop's type has it
export const boolean = scalar<any>("boolean");

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
