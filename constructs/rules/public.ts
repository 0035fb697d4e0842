// What a rule of one's own is written with: `rules.and`, `rules.matches`.
export { and, equal, isBoolean, isUnknown, matches, not, oneOf, or, wholeNumber } from "./condition";
export { formatValue } from "./format-value";
