import { Fn, Token } from "cdktf";
import { isUnknown } from "./condition";
import { asArgument } from "./expression";

/** The text in lower case, also where only Terraform knows it. */
export const lowerCase = (text: string): string =>
  isUnknown(text) ? Token.asString(Fn.lower(asArgument(text))) : text.toLowerCase();
