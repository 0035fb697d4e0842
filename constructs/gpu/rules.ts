import type { Construct } from "constructs";
import * as chartRepository from "../helm/repository";
import { checkTimeout } from "../helm/timeout";
import { type ChartValues, checkReplacesPods, checkUnchanged, isMissing, valueAt } from "../helm/values";
import { checkChartVersion } from "../helm/version";
import { isInvalid } from "../props/schema";
import { checkStaticBoolean } from "../props/static-boolean";
import type { EarlierClaim } from "../rules/claims";
import { and, type Condition, isUnknown, matches, not, or } from "../rules/condition";
import { formatUnlessVariable, formatValue } from "../rules/format-value";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { providerDocs, talosDocs } from "../rules/source";
import type { TalosClusterBase } from "../talos/cluster-base";
import { type GpuVendor, gpuVendors } from "../talos/driver";
import type { TalosNode } from "../talos/node";
import { hasMinor } from "../talos/version";
import { checkSameStack, partsInStack } from "../terraform/own-stack";
import type { Method } from "./method";
import { methodNames } from "./nvidia";
import { ofVendor } from "./vendor";
import { vendors } from "./vendors";

export const vendorRules: readonly Rule<{ readonly given: unknown }>[] = [
  {
    id: "gpu-vendor",
    requirement: `the vendor is one of ${gpuVendors.join(", ")}`,
    reason: "each has a driver, a plugin and a resource of its own, and there are no others",
    source: "https://github.com/siderolabs/extensions",
    checks: ({ given }) =>
      ifSet(given, (given) => ({
        condition: typeof given === "string" && gpuVendors.some((vendor) => vendor === given),
        message: `vendor is ${formatUnlessVariable(given)}; write ${gpuVendors.map(formatValue).join(" or ")}`,
      })),
  },
];

const source = talosDocs("configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu");

/** What is to be judged of an installation. */
export interface Judged {
  readonly node?: TalosClusterBase;
  readonly user: Construct;
  readonly vendor: GpuVendor;
  readonly method: string;
  readonly values: ChartValues;
  readonly needed: ChartValues;
  readonly taint: boolean;
  readonly smokeTest: boolean;
  readonly version: string;
  readonly repository?: string;
  readonly repositoryIsGiven: boolean;
  readonly insecureHttp?: boolean;
  readonly timeout: number;
  readonly earlierInstalls: readonly EarlierClaim<string>[];
}

/** The rules, with the ids that NVIDIA's installation has. */
export const rules: readonly Rule<Judged>[] = [
  { ...partsInStack, checks: ({ node, user }) => ifSet(node, (node) => checkSameStack("node", node, user)) },
  {
    id: "nvidia-method",
    requirement: `the method is one of ${methodNames.join(", ")}; for Intel device-plugin or dra, and for AMD device-plugin`,
    reason: "Terraform has to know which resources there are before it knows any variable",
    source,
    checks: ({ vendor, method, smokeTest }) => {
      const { title, methods, operator } = vendors[vendor];
      const because = String(method).includes("operator") && operator ? `, as ${title}'s operator ${operator}` : "";
      return [
        {
          condition: Object.hasOwn(methods, method),
          message: `method is ${formatUnlessVariable(method)}; write ${Object.keys(methods).map(formatValue).join(" or ")}${because}`,
        },
        checkStaticBoolean("smokeTest", smokeTest),
      ];
    },
  },
  {
    id: "nvidia-method-supported",
    requirement: "the node's Talos and Kubernetes versions support the method",
    reason: "older versions lack what the chart requires on the node, so its pods never become ready",
    source,
    checks: ({ node, vendor, method }) =>
      ifSet(node, ({ talosVersion, kubernetesVersion }) => {
        const { talos, kubernetes } = methodOf(vendor, method);
        return [
          ...ifSet(talos, (min) => ({
            condition: hasMinor(talosVersion, ({ minor }) => minorNumber(minor) >= minorNumber(min)),
            message: `method ${formatValue(method)} needs Talos ${min} or later, and the node runs ${formatValue(talosVersion)}; write "device-plugin"`,
          })),
          ...(vendor === "nvidia" ? handlerChecks(talosVersion, method) : []),
          ...ifSet(kubernetes, (min) => ({
            condition: matches(kubernetesVersion, laterThan(minorNumber(min))),
            message: `method ${formatValue(method)} needs Kubernetes ${min} or later, and the node runs ${formatValue(kubernetesVersion)}; write "device-plugin"`,
          })),
        ];
      }),
  },
  {
    id: "nvidia-needs-driver",
    requirement: "the node's Talos has a driver of the vendor",
    reason: "without it there is no GPU to advertise, whatever the chart's values are",
    source,
    checks: ({ node, vendor }) =>
      ifSet(node, ({ nodes }) => ({
        condition: nodes.some(({ drivers }) => ofVendor(drivers, vendor).length > 0),
        message: `the node's Talos has no ${vendors[vendor].title} driver; give its image ${vendors[vendor].example}`,
      })),
  },
  {
    id: "nvidia-device",
    requirement: "a machine whose Talos has a driver of the vendor has a GPU",
    reason:
      "without one NVIDIA's driver is not loaded, so its plugin does not start; with any vendor, the smoke test fails",
    source,
    checks: ({ node, vendor, smokeTest }) =>
      ifSet(node, ({ nodes }) => {
        const withDriver = nodes.filter(({ drivers }) => ofVendor(drivers, vendor).length > 0);
        const isNeeded = vendor === "nvidia" || smokeTest !== false;
        return {
          condition: !isNeeded || withDriver.length === 0 || withDriver.some((each) => hasGpus(each, vendor)),
          message: `${withDriver.map(({ name }) => name).join(", ")} ${withDriver.length === 1 ? "has a driver" : "have drivers"} of ${vendors[vendor].title}, and no GPU is passed through; write gpus for the VM, or leave the plugin out until it has one`,
        };
      }),
  },
  {
    id: "nvidia-schedulable",
    requirement: "a node with GPUs runs pods",
    reason:
      "the plugin does not run on a control plane that takes no pods, so its GPUs are never advertised, and no pod that asks for one would run there either",
    source: talosDocs("deploy-and-manage-workloads/workers-on-controlplane"),
    checks: ({ node, values, vendor, method }) =>
      ifSet(node, (node) => {
        const unused = unusedNodes(node, vendor).map(({ name }) => name);
        return {
          condition: or(unused.length === 0, not(isMissing(valueAt(values, methodOf(vendor, method).tolerations)))),
          message: `${unused.join(", ")} ${unused.length === 1 ? "has GPUs and is a control plane node that runs" : "have GPUs and are control plane nodes that run"} no pods; write schedulingOnControlPlanes: true for the cluster, or give the GPUs to workers`,
        };
      }),
  },
  {
    id: "nvidia-once",
    requirement: "one construct advertises a node's GPUs",
    reason: "two plugins would give the same GPU to two pods",
    source,
    checks: ({ earlierInstalls }) =>
      earlierInstalls.map(({ by }) => ({
        condition: false,
        message: `${by} already advertises the node's GPUs; leave one of the two out`,
      })),
  },
  {
    id: "nvidia-taint",
    requirement: "a cluster with tainted GPU nodes has another node for other pods",
    reason: "DNS and all other pods without a GPU would not be scheduled",
    source: "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#example-use-cases",
    checks: ({ node, vendor, taint }) => [
      checkStaticBoolean("taint", taint),
      ...ifSet(node, (node) => ({
        condition: taint !== true || hasNodeWithout(node, vendor),
        message:
          "taint is true, and all nodes that run pods would have the taint; leave it out, or add a worker whose Talos has no driver",
      })),
    ],
  },
  {
    id: "nvidia-values",
    requirement:
      "values that the method requires on Talos, and those that restart pods after a change, are not changed",
    reason: "the plugin would find no driver, install one that Talos refuses, or keep its old configuration",
    source,
    checks: ({ vendor, method, values, needed, repositoryIsGiven }) => {
      const { objects, updateStrategy } = methodOf(vendor, method);
      if (!objects) {
        return [...checkUnchanged(values, needed), ...ifSet(updateStrategy, (path) => checkReplacesPods(values, path))];
      }
      return [
        {
          condition: Object.keys(values).length === 0 && !repositoryIsGiven,
          message: `values and repository are of a chart, and the plugin of ${vendors[vendor].title} has none; leave them out`,
        },
      ];
    },
  },
  {
    id: "nvidia-version",
    requirement: "the chart's version is complete",
    reason: "for a range Helm installs the newest chart at every apply, even an untested one",
    source: providerDocs("hashicorp/helm", "/resources/release"),
    checks: ({ node, vendor, method, version }) => [
      checkChartVersion(version, methodOf(vendor, method).version),
      ...(vendor === "nvidia" && method === "gpu-operator"
        ? ifSet(node, ({ talosVersion }) => ({
            condition: not(and(lacksHandler(talosVersion), not(matches(version, operatorWithNri)))),
            message: `version ${formatValue(version)} of the GPU operator cannot inject devices by NRI, as Talos ${formatValue(talosVersion)} needs it; write "v26.7.0" or later`,
          }))
        : []),
    ],
  },
  ...chartRepository.rules.map((rule) => ({
    ...rule,
    checks: ({ repository, insecureHttp }: Judged) =>
      ifSet(repository, (repository) => rule.checks({ repository, insecureHttp })),
  })),
  {
    id: "nvidia-timeout",
    requirement: "the release has at least 600 seconds until all of its pods run",
    reason: "the node pulls large images first",
    source: providerDocs("hashicorp/helm", "/resources/release"),
    checks: ({ timeout }) => [checkTimeout("timeout", timeout, 600)],
  },
];

/** Versions of the GPU operator from v26.7.0 on. */
const operatorWithNri = /^v(26[.]([7-9]|1[0-9])|2[7-9][.][0-9]+|[3-9][0-9][.][0-9]+)[.]/;

/** The same for the other vendors. */
export const gpuRules: readonly Rule<Judged>[] = rules.map((rule) => ({
  ...rule,
  id: rule.id.replace(/^nvidia-/, "gpu-"),
}));

/** Whether the node has GPUs to advertise: its Talos has a driver, and its machine, as far as it is known, a device. */
const hasGpus = ({ drivers, machine }: TalosNode, vendor: GpuVendor): boolean =>
  ofVendor(drivers, vendor).length > 0 && (machine.pciDevices?.length !== 0 || isInvalid(machine.pciDevices));

/** The nodes with GPUs of the vendor; the first where there are none. */
export function nodesWith({ nodes }: TalosClusterBase, vendor: GpuVendor): readonly TalosNode[] {
  const found = nodes.filter((each) => hasGpus(each, vendor));
  return found.length > 0 ? found : [nodes[0]];
}

/** Whether pods run on a node that has no GPU of the vendor. */
function hasNodeWithout(cluster: TalosClusterBase, vendor: GpuVendor): boolean {
  const withGpus = nodesWith(cluster, vendor);
  return cluster.nodes.some((node) => cluster.runsPods(node) && !withGpus.includes(node));
}

/** Nodes whose GPUs no pod would use. A driver alone may be in the image of all nodes, as long as some of them run pods. */
function unusedNodes({ nodes, schedulingOnControlPlanes }: TalosClusterBase, vendor: GpuVendor): TalosNode[] {
  const withGpus = nodes.filter((node) => hasGpus(node, vendor));
  const withoutPods = withGpus.filter(({ role }) => role === "controlplane" && schedulingOnControlPlanes === false);
  const isOnly = withoutPods.length === withGpus.length;
  return withoutPods.filter(({ machine }) => isOnly || machine.pciDevices !== undefined);
}

/** The vendor's method of the name. An unknown name is reported, and replaced by the device plugin. */
export const methodOf = (vendor: GpuVendor, name: string, talosVersion = ""): Method => {
  const { methods } = vendors[vendor];
  const method = (Object.hasOwn(methods, name) && methods[name]) || (methods["device-plugin"] as Method);
  return vendor === "nvidia" && lacksHandler(talosVersion) === true ? { ...method, ...method.withoutHandler } : method;
};

/** Whether Talos's container runtime has no handler of NVIDIA's. */
const lacksHandler = (talosVersion: string): Condition => hasMinor(talosVersion, ({ nvidiaHandler }) => !nvidiaHandler);

/** Checks that the method works without the runtime's handler, if Talos has none; of a version in a variable the values are not known. */
function handlerChecks(talosVersion: string, method: string): Check[] {
  const { withoutHandler } = methodOf("nvidia", method);
  const others = methodNames.filter((each) => methodOf("nvidia", each).withoutHandler).map(formatValue);
  if (withoutHandler && !(withoutHandler.values && isUnknown(talosVersion))) return [];
  const advice = withoutHandler
    ? "write the version in the configuration, not in a variable"
    : `write ${others.join(" or ")}`;
  return [
    {
      condition: not(lacksHandler(talosVersion)),
      message: `method ${formatValue(method)} needs a container runtime with the handler "nvidia", and that of Talos ${formatValue(talosVersion)} has none; ${advice}`,
    },
  ];
}

const minorNumber = (version: string): number => Number(version.split(".")[1]);

/** Versions of Kubernetes of this minor or a later one. */
const laterThan = (min: number): RegExp =>
  new RegExp(`^v?1[.](${Array.from({ length: 100 - min }, (_, index) => min + index).join("|")})[.]`);
