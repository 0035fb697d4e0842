// What a schema of props is written with.
export { enumOf, staticEnumOf } from "./enum";
export {
  type Field,
  isInvalid,
  isToken,
  type Parsed,
  type Report,
  type RequiredField,
  required,
  type Schema,
} from "./field";
export { instanceOf, optionalLiteral, orConstruct, orInstanceOf, stringOr } from "./instance";
export { listOf, nonEmptyListOf } from "./list";
export { childProps, objectOf, unionOf } from "./object";
export { parseProps, parseSilently, propType } from "./parse-props";
export {
  boolean,
  checkedByRule,
  number,
  staticBoolean,
  string,
  stringCheckedByRule,
  unchecked,
  urlString,
} from "./scalar";
