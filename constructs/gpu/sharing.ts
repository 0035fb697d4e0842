import { type ChartValues, formatAtPlan, isMissing, valueAt } from "../helm/values";
import { number, objectOf, required, unchecked } from "../props/schema";
import { equal, or, wholeNumber } from "../rules/condition";
import { formatUnlessVariable, formatValue } from "../rules/format-value";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { asYaml } from "../terraform/document";

export const strategies = ["time-slicing", "mps", "shared"] as const;
/** How several pods use one GPU. */
export type SharingStrategy = (typeof strategies)[number];

/** Several pods per GPU. */
export interface GpuSharing {
  /**
   * In turn, with all of the memory for each (`time-slicing`), or at the same time with a part of it (`mps`); with Intel, as the
   * driver divides it (`shared`). What the plugin's configuration and the node's labels are called depends on it, so it cannot
   * be a Terraform variable.
   */
  readonly strategy: SharingStrategy;

  /** How many pods may have each GPU, 2 or more. */
  readonly replicas: number;
}

export const schema = objectOf<GpuSharing>({ strategy: required(unchecked()), replicas: required(number) });

/** The configuration file of the device plugin. */
export const configuration = ({ strategy, replicas }: GpuSharing): string =>
  asYaml({
    version: "v1",
    sharing: {
      [strategy === "mps" ? "mps" : "timeSlicing"]: { resources: [{ name: "nvidia.com/gpu", replicas }] },
    },
  });

export const rules: readonly Rule<{
  readonly sharing?: GpuSharing;
  /** Strategies of the vendor's plugin, whose title is for messages. */
  readonly strategies: readonly SharingStrategy[];
  readonly title: string;
  readonly method: string;
  readonly values: ChartValues;
}>[] = [
  {
    id: "gpu-sharing",
    requirement:
      "a GPU is shared by two pods or more, by the device plugin, with a strategy that is not a variable, and with MPS only if MIG does not divide it",
    reason:
      "with one there is nothing to share, each DRA claim names one device, each strategy has its own label and configuration, and MPS does not run beside MIG",
    source: "https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-sharing.html",
    checks: ({ sharing, strategies, title, method, values }) =>
      ifSet(sharing, ({ strategy, replicas }): Check[] => [
        {
          condition: strategies.length > 0,
          message: `sharing is set, but the plugin of ${title} gives each GPU to one pod; leave sharing out`,
        },
        ...ifSet(strategies.length > 0 ? strategy : undefined, (strategy) => ({
          condition: strategies.includes(strategy),
          message: `sharing.strategy is ${formatUnlessVariable(strategy)}; write ${strategies.map(formatValue).join(" or ")}`,
        })),
        {
          condition: wholeNumber(replicas, 2),
          message: `sharing.replicas is ${formatValue(replicas)}; write a whole number, 2 or more, or leave sharing out`,
        },
        {
          condition: method !== "dra",
          message:
            'sharing goes with a device plugin, not with method "dra"; leave sharing out, or choose another method',
        },
        ...[["migStrategy"], ["mig", "strategy"]].map((path) => {
          const mig = valueAt(values, path);
          return {
            condition: or(strategy !== "mps", isMissing(mig), equal(mig, "none")),
            message: `sharing.strategy "mps" does not go with values.${path.join(".")} ${formatAtPlan(mig)}; write "time-slicing", or leave ${path.join(".")} out`,
          };
        }),
      ]),
  },
];
