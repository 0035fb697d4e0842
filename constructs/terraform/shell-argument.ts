import { Fn, Token } from "cdktf";
import { isUnknown } from "../rules/condition";
import { asFunctionArgument } from "../rules/expression";

/** The text as one word of a POSIX shell, for commands that people paste. Plain words stay as they are. */
export function shellArgument(text: string): string {
  if (isUnknown(text))
    return `'${Token.asString(Fn.replace(Token.asString(asFunctionArgument(text)), "'", "'\\\\''"))}'`;
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
