import type { Precondition } from "cdktf";
import { Construct } from "constructs";
import { and, type Condition, equal, matches, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { addPreconditions, enforce, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import {
  driversOf,
  type GpuDriver,
  gpuVendors,
  kernelRecordOf,
  kernelVendors,
  nvidiaOf,
  vendorDrivers,
} from "./driver";
import { type GpuGeneration, gpuGenerations, isKnownTo, isOf } from "./gpu-generation";
import { type Driven, kernelChecks, kernelVendorChecks, ofVendor } from "./kernel-driver-checks";
import type { TalosMachineDevice } from "./machine";
import type { Member } from "./node";
import { branches, type NvidiaDriver } from "./nvidia-driver";
import { hasMinor, talosMinors } from "./version";

const source = talosDocs("configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu");

const driversFor = ({ firstDriver, lastDriver, kernelModules }: GpuGeneration): string =>
  `${firstDriver} ${lastDriver} ${kernelModules}`;

/** Generations, those together that the same drivers know. */
const alike = [...new Set(gpuGenerations.map(driversFor))].map((drivers) =>
  gpuGenerations.filter((generation) => driversFor(generation) === drivers),
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

/** A Talos minor version as far as NVIDIA's drivers are concerned. */
type DriverMinor = Pick<(typeof talosMinors)[number], "nvidiaDriver" | "nvidiaOpenOnly"> & { readonly minor: string };

const isDrivenBy = (
  { nvidiaDriver, nvidiaOpenOnly }: DriverMinor,
  branch: (typeof branches)[number],
  generation: GpuGeneration,
) =>
  isKnownTo(nvidiaDriver[branch], generation) &&
  (generation.kernelModules.includes("open") || !nvidiaOpenOnly.includes(branch));

/** The branches of the version's Talos that know the generation; of a version that only Terraform knows, those of any. */
const branchesFor = (version: string, generation: GpuGeneration, minors: readonly DriverMinor[]): readonly string[] =>
  branches.filter((branch) =>
    minors.some(
      (each) =>
        matches(version, new RegExp(`^v?${each.minor.replace(".", "[.]")}([.]|$)`)) !== false &&
        isDrivenBy(each, branch, generation),
    ),
  );

function generationChecks({ devices, version, path }: Driven, nvidia: NvidiaDriver) {
  return devices.flatMap((device) =>
    alike.map((generations) => {
      const [generation] = generations;
      return {
        condition: not(
          and(
            isUnfit(nvidia, version, generation),
            device.isSuch((id) => isOf(id, generations)),
          ),
        ),
        message: `${device.path} is ${device.description}, of ${generations.map(({ name }) => name).join(", ")}, which the driver with kernelModules ${formatValue(nvidia.kernelModules)} and branch ${formatValue(nvidia.branch)} does not know; ${adviceFor(version, generation, path)}`,
      };
    }),
  );
}

/** What to write for the generation, or that the GPU has to stay with the last Talos that has a driver for it. */
export function adviceFor(
  version: string,
  generation: GpuGeneration,
  path: string,
  minors: readonly DriverMinor[] = talosMinors,
): string {
  const known = branchesFor(version, generation, minors).map(formatValue);
  const modules = generation.kernelModules.map(formatValue).join(" or ");
  if (known.length > 0) {
    return `write ${path}.nvidia with kernelModules ${modules} and branch ${known.join(" or ")}`;
  }
  const last = minors.findLast((each) => branches.some((branch) => isDrivenBy(each, branch, generation)));
  if (!last) return "Talos has no driver for it; choose another GPU";
  return `no driver of ${formatValue(version)} does, and Talos ${last.minor} is the last with one; write a version of it, with ${path}.nvidia of kernelModules ${modules}`;
}

const titles = gpuVendors.map((vendor) => vendorDrivers[vendor].title);

const isNvidia = (deviceId: string): Condition => matches(deviceId, /^10de:/i);

const gpuWithDriver: Omit<Rule<unknown>, "checks"> = {
  id: "gpu-with-driver",
  requirement: `an image has a driver of ${titles.join(", ")} exactly if the VM has a GPU of that vendor`,
  reason: "one without the other has no effect: no pod gets a GPU",
  source,
  severity: "warning",
};

/** Rules of a machine with the Talos that it runs. */
export const rules: readonly Rule<Driven>[] = [
  {
    id: "gpu-driver-generation",
    requirement: "the driver of a node's Talos image supports the GPU",
    reason:
      "each Talos minor version has one driver of each branch: no branch supports Kepler or older, 595 dropped GPUs before Turing, 535 does not support Blackwell, the open kernel modules begin with Turing, and from Blackwell on there are no others; amdgpu does not support TeraScale; i915 ends with Meteor Lake and Arc A, where xe begins",
    source,
    checks: (driven) => [
      ...(driven.nvidia ? generationChecks(driven, driven.nvidia) : []),
      ...kernelVendors.flatMap((vendor) => kernelChecks(driven, vendor)),
    ],
  },
  {
    ...gpuWithDriver,
    checks: (driven) => {
      const { devices, nvidia, drivers = [], path } = driven;
      const ofNvidia = nvidia
        ? []
        : devices.map((device) => ({
            condition: not(device.isSuch(isNvidia)),
            message: `${device.path} is ${device.description} of NVIDIA, and the image has no driver for it; write ${path}: { ${vendorDrivers.nvidia.example} }`,
          }));
      return [
        ...ofNvidia,
        ...kernelVendors
          .filter((vendor) => ofVendor(drivers, vendor).length === 0)
          // Beside NVIDIA's driver, what only the host knows is not asked: no stack of one vendor has that check.
          .flatMap((vendor) => kernelVendorChecks(driven, vendor, nvidia === undefined)),
      ];
    },
  },
  {
    id: "gpu-stuck",
    requirement: "an AMD GPU that does not reset is passed only to a VM that is not restarted",
    reason: "once such a VM has stopped, it starts with the GPU only after a reboot of its host",
    source: "https://github.com/gnif/vendor-reset",
    severity: "warning",
    checks: ({ devices, drivers = [] }) =>
      kernelVendors
        .filter((vendor) => ofVendor(drivers, vendor).length > 0)
        .flatMap((vendor) => {
          const { title, vendorId, stuckGenerations = [] } = kernelRecordOf(vendor);
          return devices.slice(0, stuckGenerations.length > 0 ? undefined : 0).map((device) => ({
            condition: not(device.isSuch((id) => isOf(id, stuckGenerations, vendorId))),
            message: `${device.path} is ${device.description} of ${title}, of ${stuckGenerations.map(({ name }) => name).join(", ")}, which does not reset when its VM stops; what helps is the module vendor-reset on the Proxmox host, romFile with the card's ROM, rombar: false, and a reboot of the host before the VM starts again`,
          }));
        }),
  },
  {
    id: "gpu-physical-function",
    requirement: "a GPU that its host has divided into virtual functions is not passed through itself",
    reason: "the host then takes its virtual functions away from all other VMs, or the VM does not start",
    source: "https://pve.proxmox.com/wiki/PCI_Passthrough#SR-IOV",
    checks: ({ devices, drivers = [] }) =>
      kernelVendors.every((vendor) => ofVendor(drivers, vendor).length === 0)
        ? []
        : devices.map((device) => ({
            condition: not(device.isDivided?.() ?? false),
            message: `${device.path} is ${device.description}, which the host has divided into virtual functions; write the address of one of these, such as "00:02.1"`,
          })),
  },
  {
    id: "gpu-virtual-function",
    requirement: "a virtual function of an Intel GPU uses the driver `xe`, and one of NVIDIA is for another guest",
    reason:
      "Talos's `i915` does not drive virtual functions in a guest, and Talos has no guest driver of NVIDIA's vGPU, so the node has no GPU",
    source: "https://github.com/strongtz/i915-sriov-dkms/issues/287",
    severity: "warning",
    checks: ({ devices, drivers = [], nvidia, path }) => {
      const own = drivers.flatMap((driver) => (driver.vendor === "intel" ? [driver] : []));
      const hasNvidia = nvidia !== undefined || ofVendor(drivers, "nvidia").length > 0;
      const ofNvidia = devices
        .filter(({ isBeyondCard }) => hasNvidia && isBeyondCard)
        .map((device) => ({
          condition: not(device.isSuch((id) => matches(id, /^10de:/))),
          message: `${device.path} is ${device.description}, a virtual function of NVIDIA's vGPU, for which Talos has no guest driver; pass through the whole GPU, or write guest: "linux"`,
        }));
      if (own.length === 0 || own.some(({ kernelModules }) => kernelModules === "xe")) return ofNvidia;
      return [
        ...ofNvidia,
        ...devices
          .filter(({ isVirtualFunction }) => isVirtualFunction)
          .map((device) => ({
            condition: not(device.isSuch((id) => matches(id, /^8086:/))),
            message: `${device.path} is ${device.description}, a virtual function, which Talos's i915 may not drive; write ${path}.driver: { vendor: "intel", kernelModules: "xe", forceProbe: [its device id] } with Talos 1.12 or later, and try it`,
          })),
      ];
    },
  },
];

/** A Talos, and the devices of each machine that runs it, as far as they are known. */
interface Release {
  readonly path: string;
  readonly nvidia?: NvidiaDriver;
  readonly drivers?: readonly GpuDriver[];
  readonly machines: readonly { readonly devices?: readonly TalosMachineDevice[] }[];
}

/** Rules of the Talos that one machine or several run. */
export const releaseRules: readonly Rule<Release>[] = [
  {
    ...gpuWithDriver,
    checks: ({ path, nvidia, drivers = [], machines }) => {
      if (!nvidia && drivers.length === 0) return [];
      const hasDevices = machines.some(({ devices }) => devices === undefined || devices.length > 0);
      const none = {
        condition: hasDevices,
        message: `${path}.${nvidia ? "nvidia" : "driver"} adds a driver to the image, but no machine with that image has a GPU; pass one through to its VM, or leave the driver out`,
      };
      return hasDevices ? [none, ...vendorsWithoutGpu(path, drivers, machines)] : [none];
    },
  },
];

/** Whether each vendor with a driver has a GPU, if the ids of all devices are written: of others only the host knows. */
function vendorsWithoutGpu(path: string, drivers: readonly GpuDriver[], machines: Release["machines"]) {
  const vendors = [...new Set(drivers.map(({ vendor }) => vendor))];
  // What a mapping or an address stands for may be of any vendor.
  const isWritten = machines.every(({ devices }) => devices?.every(({ hasId }) => hasId === true));
  return (vendors.length > 1 && isWritten ? vendors : []).map((vendor) => {
    const { title, vendorId } = vendorDrivers[vendor];
    const isOwn = (id: string) => matches(id, new RegExp(`^${vendorId}:`, "i"));
    return {
      condition: or(...machines.flatMap(({ devices = [] }) => devices.map((device) => device.isSuch(isOwn)))),
      message: `${path}.driver adds a driver of ${title} to the image, but no machine with that image has a GPU of ${title}; pass one through to its VM, or leave the driver out`,
    };
  });
}

/**
 * Holds the machines of a cluster to these rules, each where its props are.
 *
 * @returns what only Terraform can decide of machines that it does not make
 */
export function enforceDrivers(cluster: Construct, members: readonly Member[]): Precondition[] {
  for (const path of new Set(members.map(({ release }) => release.path))) {
    const running = members.filter(({ release }) => release.path === path);
    const machines = running.map(({ machine }) => ({ devices: machine.pciDevices }));
    const { nvidia, driver } = running[0]?.release.talos ?? {};
    enforce(cluster, releaseRules, { path, nvidia, drivers: driversOf({ nvidia, driver }), machines });
  }
  return members.flatMap(({ machine, release: { path, talos } }) => {
    const { pciDevices: devices = [], resource } = machine;
    const { version } = talos;
    const preconditions = enforce(Construct.isConstruct(machine) ? machine : cluster, rules, {
      devices,
      version,
      nvidia: nvidiaOf(talos),
      drivers: driversOf(talos),
      path,
    });
    if (!resource) return preconditions;
    addPreconditions(resource, preconditions);
    return [];
  });
}
