import type { HostDevice } from "../constructs/proxmox/host/host-facts";
import {
  identityAt,
  idOf,
  isAt,
  isDisplay,
  isDivided,
  isInGroupOf,
  mayNotReset,
} from "../constructs/proxmox/pci/host-device";
import { PciAddress } from "../constructs/proxmox/pci/pci-address";
import { type GpuDriver, kernelRecordOf, kernelVendors, vendorDrivers } from "../constructs/talos/driver";
import { generationIn, generationOf, isKnownTo } from "../constructs/talos/gpu-generation";
import { defaultTalosMinor } from "../constructs/talos/version";

/** A PCI function, as `GET /nodes/{node}/hardware/pci` lists it. */
export interface PciRow {
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
  /** 1 where it can be divided into mediated devices. */
  readonly mdev?: number;
}

/** A PCI function as the rules know it, with the name of its vendor. */
interface PciFunction extends HostDevice {
  readonly vendorName: string;
}

const functionOf = (row: PciRow): PciFunction => ({
  id: row.id,
  class: row.class,
  vendor: row.vendor,
  device: row.device,
  name: row.device_name ?? "",
  vendorName: row.vendor_name ?? "",
  subsystemVendor: row.subsystem_vendor ?? "",
  subsystemDevice: row.subsystem_device ?? "",
  iommuGroup: row.iommugroup,
  mdev: row.mdev === 1,
});

/** A graphics card of a node. */
export interface HostGpu {
  readonly name: string;
  /** As `lspci` prints it, without the function: `01:00`; with it for a virtual function: `01:00.4`. */
  readonly address: string;
  /** All functions of the card, such as `01:00.0` and the audio at `01:00.1`. */
  readonly functions: readonly string[];
  /** Vendor and device id, such as `10de:2684`. */
  readonly deviceId: string;
  readonly subsystemId?: string;
  /** Undefined if the IOMMU is disabled. */
  readonly iommuGroup?: number;
  /** What else is in the group: each with its address and name. */
  readonly otherMembers: readonly string[];
  /** Such as "Ampere, Ada or Hopper" or "RDNA 3". */
  readonly generation?: string;
  /** The driver of Talos that fits it; undefined if none is known. */
  readonly driver?: GpuDriver;
  /** Whether it is the graphics of a processor. */
  readonly isOfProcessor: boolean;
  /** Whether a VM can have it. */
  readonly isUsable: boolean;
  /** The same in words, with what to do about it. */
  readonly verdict: string;
}

/** Whether it is a GPU: a display controller, or an accelerator of AMD's such as MI300X, which is none. */
const isGpu = (device: HostDevice): boolean =>
  isDisplay(device) === true || (device.vendor === "0x1002" && device.class.startsWith("0x12"));

const short = (id: string): string => id.replace(/^0000:/, "");

/** Cards by slot, in the order of their addresses. */
export function gpusOf(rows: readonly PciRow[]): HostGpu[] {
  const devices = rows.map(functionOf).sort((one, other) => one.id.localeCompare(other.id));
  const slots = new Map(
    devices.flatMap((device) => {
      const slot = isGpu(device) ? PciAddress.parse(device.id)?.wholeDevice() : undefined;
      return slot ? [[`${slot}`, slot]] : [];
    }),
  );
  return [...slots.values()].flatMap((slot) => {
    const [card, ...virtual] = devices.filter((device) => isGpu(device) && isAt(device, slot) === true);
    const virtualFunctions = virtual.map(({ id }) => id);
    return [
      gpuAt(slot, devices, virtualFunctions),
      ...(card ? virtualFunctions : []).flatMap((id) => {
        const address = PciAddress.parse(id);
        return address ? gpuAt(address, devices) : [];
      }),
    ];
  });
}

/** @param virtualFunctions of the card, each of which is one more display beside it */
function gpuAt(slot: PciAddress, devices: readonly PciFunction[], virtualFunctions: readonly string[] = []): HostGpu {
  const all = (holds: typeof isDisplay) => devices.filter((device) => holds(device) === true);
  const card = all((device) => isAt(device, slot));
  const [main] = card.filter((device) => isGpu(device)) as [PciFunction];
  const deviceId = idOf(main);
  // Of a whole card, what else is in its slot goes with it.
  const isInGroup = isInGroupOf({ devices }, slot, slot.functionNumber === undefined ? [slot] : []);
  const facts = {
    name: nameOf(main),
    address: short(`${slot}`),
    functions: card.map(({ id }) => short(id)),
    ...identityAt({ devices }, slot),
    deviceId,
    otherMembers: all(isInGroup)
      .filter((device) => isAt(device, slot) !== true)
      .map((each) => `${short(each.id)} ${nameOf(each)}`),
    generation: generationNameOf(deviceId),
    driver: driverFor(deviceId, slot.functionNumber !== undefined),
    isOfProcessor: isOfProcessor(main),
  };
  return { ...facts, ...judged(main, facts, virtualFunctions.map(short)) };
}

const nameOf = (device: PciFunction): string =>
  [device.vendorName, device.name].filter(Boolean).join(" ") || idOf(device);

/** The graphics of Intel's processors are on bus 0; AMD's have device ids below those of cards. */
const isOfProcessor = ({ id, vendor, device }: HostDevice): boolean =>
  (vendor === "0x8086" && id.startsWith("0000:00:")) || (vendor === "0x1002" && /^0x(1|98|99)/.test(device));

/** A vendor with a driver in the kernel, and its generation that the id is of. */
const ofKernel = (deviceId: string) =>
  kernelVendors.flatMap((vendor) => {
    const record = kernelRecordOf(vendor);
    const generation = generationIn(record.generations, deviceId, record.vendorId);
    return generation ? [{ record, generation }] : [];
  })[0];

const generationNameOf = (deviceId: string): string | undefined =>
  generationOf(deviceId)?.name ?? ofKernel(deviceId)?.generation.name;

/**
 * The driver of the default Talos that knows the GPU: of NVIDIA, the open kernel modules and the production branch wherever
 * they do. A virtual function of Intel's takes `xe`, which has to be told of one that `i915` knows.
 */
function driverFor(deviceId: string, isVirtual: boolean): GpuDriver | undefined {
  const generation = generationOf(deviceId);
  if (!generation) {
    const { record, generation: own } = ofKernel(deviceId) ?? {};
    return own && record?.driverFor(own, deviceId, isVirtual);
  }
  const branch = (["production", "lts"] as const).find((each) =>
    isKnownTo(defaultTalosMinor.nvidiaDriver[each], generation),
  );
  return (
    branch && {
      vendor: "nvidia",
      kernelModules: generation.kernelModules.includes("open") ? "open" : "proprietary",
      branch,
    }
  );
}

/** Vendors that Talos has drivers of: others make chips for a board's own display. */
const makers = Object.values(vendorDrivers).map(({ vendorId }) => `0x${vendorId}`);

/** Whether a VM can have it, with the reason. */
function judged(
  main: HostDevice,
  { iommuGroup, otherMembers, driver, generation, isOfProcessor, address }: Omit<HostGpu, "isUsable" | "verdict">,
  virtualFunctions: readonly string[],
): Pick<HostGpu, "isUsable" | "verdict"> {
  const no = (verdict: string) => ({ isUsable: false, verdict });
  const yes = (verdict: string) => ({ isUsable: true, verdict });
  if (!makers.includes(main.vendor)) return no("the board's own display chip; it stays with the host");
  const isVirtual = address.includes(".");
  if (main.vendor === "0x10de" && (virtualFunctions.length > 0 || isVirtual)) {
    return no(
      isVirtual
        ? "a virtual function of NVIDIA's vGPU, for which Talos ships no guest driver"
        : "is divided into virtual functions by NVIDIA's vGPU driver, and Talos ships no guest driver for these; remove that driver from the host to pass the whole card",
    );
  }
  if (virtualFunctions.length > 0) {
    return no(
      `is divided into virtual functions, and the host keeps the card; pass one of them: ${virtualFunctions.join(", ")}`,
    );
  }
  if (isDivided(main) === true) {
    return no("is divided into mediated devices by a driver of the host; pass one of these, with mdev");
  }
  if (iommuGroup === undefined) return no("cannot be passed through: it has no IOMMU group, as the IOMMU is disabled");
  if (otherMembers.length > 0) {
    return no(
      `cannot be passed through: IOMMU group ${iommuGroup} has ${otherMembers.join(" and ")} too, which the host could no longer use; move the card to a CPU-attached slot`,
    );
  }
  const known =
    generation === undefined
      ? "; its generation is not known, it needs a driver that fits"
      : `; ${generation}: ${driver ? writtenDriver(driver) : "Talos has no driver for it"}`;
  if (mayNotReset(main) === true) {
    const rom = isOfProcessor ? ", the processor's graphics need a romFile and all their functions" : "";
    return yes(
      `can be passed through, but many of AMD's do not reset: a restart of the VM may hang the host; try it first${rom}${known}`,
    );
  }
  if (main.vendor === "0x8086") {
    return yes(
      isVirtual
        ? `a virtual function, which one VM can have${known}`
        : `can be passed through, if the host needs no display of its own${known}`,
    );
  }
  return yes(`can be passed through${known}`);
}

/** The driver in words. */
function writtenDriver(driver: GpuDriver): string {
  if (driver.vendor === "nvidia") return `${driver.kernelModules} kernel modules, branch ${driver.branch}`;
  if (driver.vendor === "amd") return "driver amdgpu";
  return `driver ${driver.kernelModules}${driver.forceProbe ? `, told to drive ${driver.forceProbe.join(", ")}` : ""}`;
}
