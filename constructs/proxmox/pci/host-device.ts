import { Token } from "cdktf";
import { and, type Condition, equal, isUnknown, less, matches, not, or } from "../../rules/condition";
import { expression, trimmed } from "../../rules/expression";
import { formatValue, toTokenString } from "../../rules/format-value";
import { type Check, ifSet, type Rule } from "../../rules/rule";
import { includes, listed, only, some, type Values, valuesOf } from "../../terraform/rows";
import type { Host, HostDevice } from "../host/host-facts";
import type { PciAddress } from "./pci-address";

/** A device that is passed through or mapped, and where the props say so. */
export interface PlacedDevice {
  /** The prop, such as `gpus[0].address`. */
  readonly path: string;
  readonly address: PciAddress;
  /** Vendor and device id, where it is given. */
  readonly deviceId?: string;
  /** Whether a mapping that is made stands between the device and the VM, which checks the device itself. */
  readonly isMapped?: boolean;
  /** Whether no more than a mediated device of it is passed through, and the host keeps the rest. */
  readonly isMediated?: boolean;
}

const source = "https://pve.proxmox.com/wiki/PCI_Passthrough";

/** Whether it can be divided into mediated devices. */
export const isDivided = ({ mdev }: HostDevice): Condition => equal(mdev, true);

/** Whether the function is the one at the address, or one of the device that the address stands for. */
export const isAt = ({ id }: HostDevice, address: PciAddress): Condition =>
  address.functionNumber === undefined ? isInSlot(id, address) : equal(id, `${address}`);

const isInSlot = (id: string, { device }: PciAddress): Condition =>
  equal(isUnknown(id) ? Token.asString(expression`split(".", ${id})[0]`) : id.split(".")[0], device);

/** Whether it is a graphics card or another display controller. */
export const isDisplay = (device: HostDevice): Condition => matches(device.class, /^0x03/);

/** As a person knows the device: `0000:01:00.0 AD102 [GeForce RTX 4090]`. */
export const describe = ({ id, name }: HostDevice): string => trimmed(`${id} ${name}`);

/** Vendor and device id as `lspci -n` prints them: `10de:2684`. */
export const idOf = ({ vendor, device }: HostDevice): string => `${bare(vendor)}:${bare(device)}`;

const subsystemOf = ({ subsystemVendor, subsystemDevice }: HostDevice): string =>
  `${bare(subsystemVendor)}:${bare(subsystemDevice)}`;

const hasSubsystem = ({ subsystemVendor, subsystemDevice }: HostDevice): Condition =>
  and(not(equal(subsystemVendor, "")), not(equal(subsystemDevice, "")));

const bare = (id: string): string =>
  isUnknown(id) ? Token.asString(expression`trimprefix(${id}, "0x")`) : id.replace(/^0x/, "");

const groupOf = ({ iommuGroup }: HostDevice): number => iommuGroup;
const isWithoutGroup = ({ iommuGroup }: HostDevice): Condition => less(iommuGroup, 0);

/** Whether a device is in the IOMMU group of what is at the address, and in none of the slots that go with it. */
export function isInGroupOf({ devices }: Pick<Host, "devices">, address: PciAddress, slots: readonly PciAddress[]) {
  const groups = valuesOf(devices, groupOf, (device) => and(isAt(device, address), not(isWithoutGroup(device))));
  return (device: HostDevice): Condition =>
    and(includes(groups, device.iommuGroup), ...slots.map((slot) => not(isInSlot(device.id, slot))));
}

/** Whether it is a graphics card that may not reset, as many of AMD's do not. */
export const mayNotReset = (device: HostDevice): Condition => and(equal(device.vendor, amd), isDisplay(device));

const amd = "0x1002";

/** The function whose ids and group stand for all that is at the address. */
const firstFunction = (address: PciAddress): PciAddress =>
  address.functionNumber === undefined ? address.withFunction(0) : address;

/** What a mapping says of a device. */
interface Identity {
  readonly deviceId?: string;
  readonly subsystemId?: string;
  readonly iommuGroup?: number;
}

/** The device's own, as its host has it. */
export function identityAt({ devices }: Pick<Host, "devices">, address: PciAddress): Identity {
  const id = `${firstFunction(address)}`;
  const isIt = (device: HostDevice) => equal(device.id, id);
  const ids = valuesOf(devices, idOf, isIt);
  const subsystems = valuesOf(devices, subsystemOf, (device) => and(isIt(device), hasSubsystem(device)));
  const groups = valuesOf(devices, groupOf, (device) => and(isIt(device), not(isWithoutGroup(device))));
  return { deviceId: onlyText(ids), subsystemId: onlyText(subsystems), iommuGroup: onlyNumber(groups) };
}

const onlyText = (values: Values<string>): string | undefined => {
  const value = only(values);
  return isUnknown(value) ? Token.asString(value) : (value as string | undefined);
};

const onlyNumber = (values: Values<number>): number | undefined => {
  const value = only(values);
  return isUnknown(value) ? Token.asNumber(value) : (value as number | undefined);
};

/** Checks what is given of a mapped device: Proxmox compares it with the hardware when a VM starts. */
export function checkIdentity(
  { devices, name }: Host,
  address: PciAddress,
  path: string,
  { deviceId, subsystemId, iommuGroup }: Identity,
): Check[] {
  const id = `${firstFunction(address)}`;
  const isIt = (device: HostDevice) => equal(device.id, id);
  const compared = (
    prop: string,
    value: string | number,
    of: (device: HostDevice) => string | number,
    isThere: (device: HostDevice) => Condition = () => true,
  ): Check => {
    const own = valuesOf(
      devices,
      (device) => toTokenString(of(device)),
      (device) => and(isIt(device), isThere(device)),
    );
    return {
      condition: not(some(devices, (device) => and(isIt(device), not(equal(of(device), value))))),
      message: `${path}${prop} ${formatValue(value)} is not that of ${address} on node ${formatValue(name)}, which has ${listed(own, "none")}; write that, or leave it out`,
    };
  };
  return [
    ...ifSet(deviceId, (value) => compared("deviceId", value, idOf)),
    ...ifSet(subsystemId, (value) => compared("subsystemId", value, subsystemOf, hasSubsystem)),
    ...ifSet(iommuGroup, (value) => compared("iommuGroup", value, groupOf)),
  ];
}

export const gpuPresent: Omit<Rule<unknown>, "checks"> = {
  id: "gpu-present",
  requirement: "the node has a device at the address when Terraform plans",
  reason: "a card in another slot has another address, and the VM does not start: no PCI device found",
  source,
};

/** Checks that the node has the device. */
export const checkPresent = ({ path, address }: PlacedDevice, { devices, name }: Host): Check => ({
  condition: some(devices, (device) => isAt(device, address)),
  message: `${path} ${formatValue(`${address}`)} is not a device of node ${formatValue(name)}, whose GPUs are ${listed(valuesOf(devices, describe, isDisplay), "none at all")}; write the address of one that it has`,
});

export const gpuIommu: Omit<Rule<unknown>, "checks"> = {
  id: "gpu-iommu",
  requirement: "the device has an IOMMU group when Terraform plans",
  reason: "without an IOMMU nothing can be passed through: the VM does not start",
  source,
};

/** Checks that the device has an IOMMU group. */
export const checkIommuGroup = ({ path, address }: PlacedDevice, { devices, name }: Host): Check => ({
  condition: not(some(devices, (device) => and(isAt(device, address), isWithoutGroup(device)))),
  message: `${path} ${formatValue(`${address}`)} has no IOMMU group on node ${formatValue(name)}: its IOMMU is disabled; enable VT-d or AMD-Vi in the firmware, on Linux before 6.8 with Intel also "intel_iommu=on", and reboot the node`,
});

/** A VM as far as its devices are concerned, on the host that has them. */
export interface Passing {
  readonly knownDevices: readonly PlacedDevice[];
  readonly host?: Host;
}

const checkOnHost = (
  { knownDevices, host }: Passing,
  checks: (host: Host, knownDevices: readonly PlacedDevice[]) => Check[],
): Check[] => (host && knownDevices.length > 0 ? checks(host, knownDevices) : []);

const isRaw = ({ isMapped }: PlacedDevice) => !isMapped;
const isWhole = ({ isMediated }: PlacedDevice) => !isMediated;

export const rules: readonly Rule<Passing>[] = [
  {
    ...gpuPresent,
    checks: (passing) =>
      checkOnHost(passing, (host, knownDevices) => knownDevices.filter(isRaw).map((each) => checkPresent(each, host))),
  },
  {
    ...gpuIommu,
    checks: (passing) =>
      checkOnHost(passing, (host, knownDevices) =>
        knownDevices.filter(isRaw).map((each) => checkIommuGroup(each, host)),
      ),
  },
  {
    id: "gpu-mediated",
    requirement:
      "`mdev` is used with a device that is divided into mediated devices, and such a device is mapped only for them",
    reason: "the VM does not start: the device does not support mediated devices, or 'mdev' does not match",
    source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#_mediated_devices_vgpu_gvt_g",
    checks: (passing) =>
      checkOnHost(passing, ({ devices, name }, knownDevices) =>
        knownDevices.flatMap(({ path, address, isMediated, isMapped }) => {
          const first = `${firstFunction(address)}`;
          const isFirst = (device: HostDevice) => equal(device.id, first);
          const named = `${path} ${formatValue(`${address}`)} of node ${formatValue(name)}`;
          const hasMediated = {
            condition: not(some(devices, (device) => and(isFirst(device), not(isDivided(device))))),
            message: `${named} is not divided into mediated devices; leave mdev out, or choose a device that is`,
          };
          const isWhole = {
            condition: not(some(devices, (device) => and(isFirst(device), isDivided(device)))),
            message: `${named} is divided into mediated devices, so Proxmox does not map it whole; write mdev, such as "nvidia-63", or map another device`,
          };
          if (isMediated) return [hasMediated];
          return isMapped ? [isWhole] : [];
        }),
      ),
  },
  {
    id: "gpu-group-own",
    requirement: "a passed-through device is alone in its IOMMU group, except for devices that the VM gets too",
    reason: "a group is passed through as a whole: the VM does not start while the host uses another device of it",
    source,
    checks: (passing) =>
      checkOnHost(passing, ({ devices, name }, knownDevices) =>
        knownDevices.filter(isWhole).map(({ path, address }) => {
          const slots = knownDevices.map((own) => own.address);
          const isOther = isInGroupOf({ devices }, address, slots);
          return {
            condition: not(some(devices, isOther)),
            message: `${path} ${formatValue(`${address}`)} shares its IOMMU group on node ${formatValue(name)} with ${listed(valuesOf(devices, describe, isOther), "none")}; put the card into another slot, or pass those devices through to this VM too`,
          };
        }),
      ),
  },
  {
    id: "gpu-resets",
    requirement: "a passed-through GPU can be reset, which many AMD GPUs cannot",
    reason: "a restart of the VM then hangs the host until that is rebooted",
    source: `${source}#AMD_GPUs`,
    severity: "warning",
    checks: (passing) =>
      checkOnHost(passing, ({ devices, name }, knownDevices) => {
        const isOne = (device: HostDevice) =>
          and(mayNotReset(device), or(...knownDevices.map(({ address }) => isAt(device, address))));
        return [
          {
            condition: not(some(devices, isOne)),
            message: `gpus has ${listed(valuesOf(devices, describe, isOne), "none")} of AMD on node ${formatValue(name)}, which may fail to reset: restart the VM once at a time when the host may hang, or choose another GPU`,
          },
        ];
      }),
  },
];
