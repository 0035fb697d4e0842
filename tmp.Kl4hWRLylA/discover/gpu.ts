import { generationOf } from "../constructs/nvidia/gpu-generation";
import type { NvidiaDriver } from "../constructs/talos/nvidia-driver";

/** A PCI function, as `GET /nodes/{node}/hardware/pci` lists it. */
export interface PciFunction {
  readonly id: string;
  readonly class: string;
  readonly vendor: string;
  readonly device: string;
  readonly vendor_name?: string;
  readonly device_name?: string;
  readonly subsystem_vendor?: string;
  readonly subsystem_device?: string;
  /** −1 where there is none. */
  readonly iommugroup: number;
}

/** A graphics card of a node. */
export interface HostGpu {
  readonly name: string;
  /** As `lspci` prints it, without the function: `01:00`. */
  readonly address: string;
  /** All functions of the card, such as `01:00.0` and the audio at `01:00.1`. */
  readonly functions: readonly string[];
  /** Vendor and device id, such as `10de:2684`. */
  readonly deviceId: string;
  readonly subsystemId?: string;
  /** Undefined where the IOMMU is off. */
  readonly iommuGroup?: number;
  /** What else is in the group: each with its address and name. */
  readonly otherMembers: readonly string[];
  /** Such as "Ampere, Ada or Hopper", of NVIDIA's. */
  readonly generation?: string;
  /** The driver of Talos that fits it; undefined where none is known. */
  readonly driver?: NvidiaDriver;
  /** Whether a VM can have it. */
  readonly isUsable: boolean;
  /** The same in words, with what to do about it. */
  readonly verdict: string;
}

const isDisplay = ({ class: kind }: PciFunction): boolean => kind.startsWith("0x03");
const slotOf = ({ id }: PciFunction): string => id.replace(/[.][0-7]$/, "");
const short = (id: string): string => id.replace(/^0000:/, "");
const pair = (vendor: string, device: string): string => `${vendor}:${device}`.replaceAll("0x", "").toLowerCase();

/** Cards by slot, in the order of their addresses. */
export function gpusOf(functions: readonly PciFunction[]): HostGpu[] {
  const slots = [...new Set(functions.filter(isDisplay).map(slotOf))].sort();
  return slots.map((slot) =>
    gpuOf(
      functions.filter((each) => slotOf(each) === slot),
      functions,
    ),
  );
}

function gpuOf(card: readonly PciFunction[], all: readonly PciFunction[]): HostGpu {
  const sorted = [...card].sort((one, other) => one.id.localeCompare(other.id));
  const [main] = [...sorted.filter(isDisplay), ...sorted] as [PciFunction];
  const { vendor, device, subsystem_vendor, subsystem_device, iommugroup } = main;
  const deviceId = pair(vendor, device);
  const generation = generationOf(deviceId);
  const others = iommugroup < 0 ? [] : all.filter((each) => each.iommugroup === iommugroup && !card.includes(each));
  const facts = {
    name: nameOf(main),
    address: short(slotOf(main)),
    functions: sorted.map(({ id }) => short(id)),
    deviceId,
    subsystemId: subsystem_vendor && subsystem_device ? pair(subsystem_vendor, subsystem_device) : undefined,
    iommuGroup: iommugroup < 0 ? undefined : iommugroup,
    otherMembers: others.map((each) => `${short(each.id)} ${nameOf(each)}`),
    generation: generation?.name,
    driver: driverFor(deviceId),
  };
  return { ...facts, ...judged(vendor, facts) };
}

const nameOf = ({ vendor, device, vendor_name, device_name }: PciFunction): string =>
  [vendor_name, device_name].filter(Boolean).join(" ") || pair(vendor, device);

/** The open kernel modules and the production branch wherever they know the GPU. */
function driverFor(deviceId: string): NvidiaDriver | undefined {
  const generation = generationOf(deviceId);
  if (!generation) return undefined;
  const { kernelModules, branches } = generation;
  return {
    kernelModules: kernelModules.includes("open") ? "open" : "proprietary",
    branch: branches.includes("production") ? "production" : "lts",
  };
}

const [nvidia, amd, intel] = ["0x10de", "0x1002", "0x8086"];

/** Whether a VM can have it, with the reason. */
function judged(
  vendor: string,
  { iommuGroup, otherMembers, driver, generation }: Omit<HostGpu, "isUsable" | "verdict">,
): Pick<HostGpu, "isUsable" | "verdict"> {
  const no = (verdict: string) => ({ isUsable: false, verdict });
  const yes = (verdict: string) => ({ isUsable: true, verdict });
  if (vendor !== nvidia && vendor !== amd && vendor !== intel)
    return no("the board's own display chip; it stays with the host");
  if (iommuGroup === undefined) return no("cannot be passed through: it has no IOMMU group, as the IOMMU is off");
  if (otherMembers.length > 0) {
    return no(
      `cannot be passed through: IOMMU group ${iommuGroup} has ${otherMembers.join(" and ")} too, which the host would lose; put the card into another slot, one that hangs on the processor`,
    );
  }
  if (vendor === amd) {
    return yes(
      "can be passed through, but many of AMD's do not reset: a restart of the VM may hang the host; try it first",
    );
  }
  if (vendor === intel) return yes("can be passed through, if the host needs no display of its own");
  if (!driver) return yes("can be passed through, but its generation is not known; it needs a driver that fits");
  return yes(`can be passed through; ${generation}: ${driver.kernelModules} kernel modules, branch ${driver.branch}`);
}
