import type { Precondition } from "cdktf";
import { Construct } from "constructs";
import { and, type Condition, equal, matches, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { addPreconditions, enforce, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { type GpuGeneration, gpuGenerations, isKnownTo, isOf } from "./gpu-generation";
import type { TalosMachineDevice } from "./machine";
import type { Member } from "./node";
import { branches, type NvidiaDriver } from "./nvidia-driver";
import { hasMinor, talosMinors } from "./version";

/** The devices of a machine, and the Talos that runs on it. */
interface Driven {
  readonly devices: readonly TalosMachineDevice[];
  readonly version: string;
  readonly nvidia?: NvidiaDriver;
  /** Where the props describe that Talos. */
  readonly path: string;
}

const source = talosDocs("configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu");

const driversOf = ({ firstDriver, lastDriver, kernelModules }: GpuGeneration): string =>
  `${firstDriver} ${lastDriver} ${kernelModules}`;

/** Generations, those together that the same drivers know. */
const alike = [...new Set(gpuGenerations.map(driversOf))].map((drivers) =>
  gpuGenerations.filter((generation) => driversOf(generation) === drivers),
) as [GpuGeneration, ...GpuGeneration[]][];

const allModules = ["open", "proprietary"] as const;

/** Whether the driver is one that the generation does not work with. A branch that Talos does not have is refused elsewhere. */
const isUnfit = ({ kernelModules, branch }: NvidiaDriver, version: string, generation: GpuGeneration): Condition =>
  or(
    ...allModules.filter((each) => !generation.kernelModules.includes(each)).map((each) => equal(kernelModules, each)),
    ...branches.map((each) =>
      and(
        equal(branch, each),
        hasMinor(version, ({ nvidiaDriver }) => !isKnownTo(nvidiaDriver[each], generation)),
      ),
    ),
  );

/** The branches of the version's Talos that know the generation; of a version that only Terraform knows, those of any. */
const branchesFor = (version: string, generation: GpuGeneration): readonly string[] =>
  branches.filter((branch) =>
    talosMinors.some(
      (each) =>
        hasMinor(version, (minor) => minor === each) !== false && isKnownTo(each.nvidiaDriver[branch], generation),
    ),
  );

function generationChecks({ devices, version, path }: Driven, nvidia: NvidiaDriver) {
  return devices.flatMap((device) =>
    alike.map((generations) => {
      const [generation] = generations;
      const { kernelModules } = generation;
      return {
        condition: not(
          and(
            isUnfit(nvidia, version, generation),
            device.isSuch((id) => isOf(id, generations)),
          ),
        ),
        message: `${device.path} is ${device.description}, of ${generations.map(({ name }) => name).join(", ")}, which the driver with kernelModules ${formatValue(nvidia.kernelModules)} and branch ${formatValue(nvidia.branch)} does not know; write ${path}.nvidia with kernelModules ${kernelModules.map(formatValue).join(" or ")} and branch ${branchesFor(version, generation).map(formatValue).join(" or ")}`,
      };
    }),
  );
}

const isNvidia = (deviceId: string): Condition => matches(deviceId, /^10de:/i);

const gpuWithDriver: Omit<Rule<unknown>, "checks"> = {
  id: "gpu-with-driver",
  requirement: "an image has an NVIDIA driver exactly if the VM has an NVIDIA GPU",
  reason: "one without the other has no effect: no pod gets a GPU",
  source,
  severity: "warning",
};

/** Rules of a machine with the Talos that it runs. */
export const rules: readonly Rule<Driven>[] = [
  {
    id: "gpu-driver-generation",
    requirement: "the NVIDIA driver of a node's Talos image supports the GPU",
    reason:
      "each Talos minor version has one driver of each branch: 595 dropped GPUs before Turing, 535 knows no Blackwell, the open kernel modules begin with Turing, and from Blackwell on there are no others",
    source,
    checks: (driven) => (driven.nvidia ? generationChecks(driven, driven.nvidia) : []),
  },
  {
    ...gpuWithDriver,
    checks: ({ devices, nvidia, path }) =>
      nvidia
        ? []
        : devices.map((device) => ({
            condition: not(device.isSuch(isNvidia)),
            message: `${device.path} is ${device.description} of NVIDIA, and the image has no driver for it; write ${path}: { nvidia: { kernelModules: "open", branch: "production" } }`,
          })),
  },
];

/** A Talos, and the devices of each machine that runs it, as far as they are known. */
interface Release {
  readonly path: string;
  readonly nvidia?: NvidiaDriver;
  readonly machines: readonly { readonly devices?: readonly TalosMachineDevice[] }[];
}

/** Rules of the Talos that one machine or several run. */
export const releaseRules: readonly Rule<Release>[] = [
  {
    ...gpuWithDriver,
    checks: ({ path, nvidia, machines }) =>
      nvidia
        ? [
            {
              condition: machines.some(({ devices }) => devices === undefined || devices.length > 0),
              message: `${path}.nvidia puts a driver into the image, and no machine with that image has a GPU; pass one through to its VM, or leave the driver out`,
            },
          ]
        : [],
  },
];

/**
 * Holds the machines of a cluster to these rules, each where its props are.
 *
 * @returns what only Terraform can decide of machines that it does not make
 */
export function enforceDrivers(cluster: Construct, members: readonly Member[]): Precondition[] {
  for (const path of new Set(members.map(({ release }) => release.path))) {
    const running = members.filter(({ release }) => release.path === path);
    const machines = running.map(({ machine }) => ({ devices: machine.pciDevices }));
    enforce(cluster, releaseRules, { path, nvidia: running[0]?.release.talos.nvidia, machines });
  }
  return members.flatMap(({ machine, release: { path, talos } }) => {
    const { pciDevices: devices = [], resource } = machine;
    const { version, nvidia } = talos;
    const preconditions = enforce(Construct.isConstruct(machine) ? machine : cluster, rules, {
      devices,
      version,
      nvidia,
      path,
    });
    if (!resource) return preconditions;
    addPreconditions(resource, preconditions);
    return [];
  });
}
