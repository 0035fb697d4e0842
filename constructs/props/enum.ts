import { isUnknown, oneOf } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Field } from "./field";
import { isScalar, string } from "./scalar";

/** One of the strings, which are the members of the prop's type. */
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
