import { Token } from "cdktf";
import { isUnknown } from "./condition";
import { expression } from "./expression";

/** The sum, of which Terraform adds what only it knows. */
export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((one, other) =>
    isUnknown(one) || isUnknown(other) ? Token.asNumber(expression`(${one} + ${other})`) : one + other,
  );

/** The product, which Terraform works out where only it knows a factor. */
export const product = (one: number, other: number): number =>
  isUnknown(one) || isUnknown(other) ? Token.asNumber(expression`(${one} * ${other})`) : one * other;
