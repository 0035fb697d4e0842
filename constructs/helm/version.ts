import { matches, versionNumber } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check } from "../rules/rule";

/** https://semver.org, and before it a "v", as some charts have. */
const completeVersion = new RegExp(
  `^v?${versionNumber}([.]${versionNumber}){2}(-[0-9a-zA-Z.-]+)?([+][0-9a-zA-Z.-]+)?$`,
);

/** Checks that the version is one of a chart, and no range: of a range Helm takes another chart with every apply. */
export const checkChartVersion = (version: string, example: string): Check => ({
  condition: matches(version, completeVersion),
  message: `version ${formatValue(version)} is not complete; write one such as ${formatValue(example)}`,
});
