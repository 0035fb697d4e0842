import { and, type Condition, matches, not, or } from "../rules/condition";
import { expression } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import type { Life } from "./life";
import { lives } from "./lives";
import { type Program, rangeOf } from "./verdict";

/** Versions that run together, and where the props have them. */
interface Running {
  readonly program: Program | "chart";
  /** Name of a chart. */
  readonly chart?: string;
  /** As messages name it, such as `Talos version`. */
  readonly name: string;
  readonly version: string;
  /** What it runs with; it is not asked of what comes with Kubernetes itself. */
  readonly kubernetesVersion?: string;
}

const ofMinor = (version: string, minor: string): Condition =>
  matches(version, new RegExp(`^v?${minor.replace(".", "[.]")}[.]`));

/** The check for each minor version that the version may be of. */
const eachLife = (
  { program, version, chart }: Running,
  check: (life: Life, isOf: Condition, minor: string) => Check[],
) =>
  Object.entries<Life>(lives[program]).flatMap(([minor, life]) => {
    const isOf = program === "chart" ? minor === chart : ofMinor(version, minor);
    return isOf === false ? [] : check(life, isOf, minor);
  });

/** Whether the day is not over when Terraform plans. */
const isBeforeEndOf = (day: string): Condition => expression`timecmp(plantimestamp(), ${`${day}T23:59:59Z`}) <= 0`;

const inRange = (kubernetesVersion: string, [min, max]: readonly [number, number]): Condition =>
  matches(kubernetesVersion, new RegExp(`^v?1[.](${numbers(min, max).join("|")})[.]`));

const numbers = (min: number, max: number): number[] =>
  Array.from({ length: max - min + 1 }, (_, index) => min + index);

export const rules: readonly Rule<Running>[] = [
  {
    id: "versions-tested-together",
    requirement: "versions that run together are tested together by their makers",
    reason: "an untested combination may work, but is not fixed if it does not",
    source: "https://docs.cilium.io/en/stable/network/kubernetes/compatibility/",
    severity: "warning",
    checks: (running) =>
      ifSet(running.kubernetesVersion, (kubernetesVersion) =>
        eachLife(running, ({ kubernetes, source }, isOf, minor) =>
          ifSet(kubernetes, (range) => ({
            condition: not(and(isOf, not(inRange(kubernetesVersion, range)))),
            message: `${running.name} ${formatValue(running.version)} is tested with Kubernetes ${rangeOf(range)}, and the node runs ${formatValue(kubernetesVersion)}; ${minor} may work with it, and its makers do not test that: ${source}`,
          })),
        ),
      ),
  },
  {
    id: "version-maintained",
    requirement: "versions are maintained on the day of the synthesis, or of the plan",
    reason: "faults and security holes of a version that is no longer maintained stay",
    source: talosDocs("getting-started/support-matrix"),
    severity: "warning",
    checks: (running) =>
      eachLife(running, ({ ends }, isOf, minor) =>
        ifSet(ends, ({ on, planned }) => ({
          // Of a version that Terraform alone knows, it compares the day itself.
          ...(isOf === true ? { condition: false, after: on } : { condition: or(not(isOf), isBeforeEndOf(on)) }),
          message: `${running.name} ${formatValue(running.version)} is no longer maintained: ${minor} ended on ${on}${planned ? " as it was planned" : ""}; npm run versions names what to move to`,
        })),
      ),
  },
];
