import { type ChartValues, isMissing, shownAtPlan, valueAt } from "../rules/chart-values";
import { equal, or, wholeNumber } from "../rules/condition";
import { type Check, given, type Rule } from "../rules/rule";
import { literal, number, objectOf, required } from "../rules/shape";
import { shown, shownUnlessVariable } from "../rules/shown";
import { asYaml } from "../terraform/document";

const strategies = ["time-slicing", "mps"] as const;

/** Several pods at one GPU. */
export interface GpuSharing {
  /**
   * In turn, with all of the memory for each (`time-slicing`), or at the same time with a part of it (`mps`). What the
   * plugin's configuration and the node's labels are called depends on it, so it cannot be a Terraform variable.
   */
  readonly strategy: (typeof strategies)[number];

  /** How many pods may have each GPU, 2 or more. */
  readonly replicas: number;
}

export const shape = objectOf<GpuSharing>({ strategy: required(literal()), replicas: required(number) });

/** What the device plugin is told, as a document of its own. */
export const configuration = ({ strategy, replicas }: GpuSharing): string =>
  asYaml({
    version: "v1",
    sharing: {
      [strategy === "mps" ? "mps" : "timeSlicing"]: { resources: [{ name: "nvidia.com/gpu", replicas }] },
    },
  });

export const rules: readonly Rule<{
  readonly sharing?: GpuSharing;
  readonly method: string;
  readonly values: ChartValues;
}>[] = [
  {
    id: "gpu-sharing",
    demands:
      "a GPU is shared by two pods or more, by the device plugin, in a way that is no variable, and by MPS only where MIG does not divide it",
    because:
      "with one there is nothing to share, claims of DRA name a device each, each way has a label and a configuration of its own, and MPS does not run beside MIG",
    source: "https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-sharing.html",
    checks: ({ sharing, method, values }) =>
      given(sharing, ({ strategy, replicas }): Check[] => [
        ...given(strategy, (strategy) => ({
          holds: strategies.includes(strategy),
          problem: `sharing.strategy is ${shownUnlessVariable(strategy)}; write ${strategies.map(shown).join(" or ")}`,
        })),
        {
          holds: wholeNumber(replicas, 2),
          problem: `sharing.replicas is ${shown(replicas)}; write a whole number, 2 or more, or leave sharing out`,
        },
        {
          holds: method !== "dra",
          problem:
            'sharing goes with a device plugin, not with method "dra"; leave sharing out, or choose another method',
        },
        ...[["migStrategy"], ["mig", "strategy"]].map((path) => {
          const mig = valueAt(values, path);
          return {
            holds: or(strategy !== "mps", isMissing(mig), equal(mig, "none")),
            problem: `sharing.strategy "mps" does not go with values.${path.join(".")} ${shownAtPlan(mig)}; write "time-slicing", or leave ${path.join(".")} out`,
          };
        }),
      ]),
  },
];
