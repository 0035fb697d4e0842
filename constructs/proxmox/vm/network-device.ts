import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmNetworkDevice } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { checkOther, isSameMacAddress, macAddressOnce } from "../../network/address-once";
import { checkMacAddress, checkMacAddressOfEach, macAddress, macAddressOfEach } from "../../network/mac-address";
import { boolean, enumOf, isInvalid, number, objectOf, string } from "../../props/schema";
import { equal, or, wholeNumber } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { checkEachOnce } from "../../rules/once";
import { type Check, ifSet, type Rule } from "../../rules/rule";
import { checkBridgeName, proxmoxName } from "../name";
import { type Guest, ifTalos } from "./guest";

const models = ["virtio", "e1000", "e1000e", "rtl8139", "vmxnet3"] as const;

/** A network device of a VM. */
export interface NetworkDevice {
  /**
   * Bridge of the host to connect to.
   *
   * @default "vmbr0"
   */
  readonly bridge?: string;

  /**
   * Emulated card.
   *
   * @default "virtio"
   */
  readonly model?: (typeof models)[number] | IResolvable;

  /**
   * MAC address, such as `BC:24:11:00:00:01`. A Talos guest with several network devices identifies each by it.
   *
   * @default - chosen by Proxmox
   */
  readonly macAddress?: string;

  /**
   * VLAN tag, 1 to 4094.
   *
   * @default - untagged
   */
  readonly vlanId?: number;

  /**
   * Largest packet in bytes, 576 to 65520; 1 takes that of the bridge.
   *
   * @default - 1500
   */
  readonly mtu?: number;

  /**
   * Apply the Proxmox firewall.
   *
   * @default false
   */
  readonly firewall?: boolean | IResolvable;
}

export const schema = objectOf<NetworkDevice>({
  bridge: string,
  model: enumOf(models),
  macAddress: string,
  vlanId: number,
  mtu: number,
  firewall: boolean,
});

/** The MAC addresses that are known. */
export const macAddressesOf = (networkDevices: readonly NetworkDevice[]) =>
  networkDevices.flatMap(({ macAddress }, index) =>
    macAddress === undefined ? [] : [{ path: `networkDevices[${index}].macAddress`, address: macAddress, index }],
  );

/**
 * All eleven keys, because `network_device` is an attribute: the provider demands every key, and reads null as unset.
 *
 * @see https://developer.hashicorp.com/terraform/language/attr-as-blocks
 */
export function block(device: NetworkDevice): VirtualEnvironmentVmNetworkDevice {
  const unset = null as never;
  return {
    bridge: device.bridge ?? "vmbr0",
    disconnected: unset,
    enabled: unset,
    firewall: device.firewall ?? unset,
    macAddress: device.macAddress ?? unset,
    model: (device.model as string | undefined) ?? "virtio",
    mtu: device.mtu ?? unset,
    queues: unset,
    rateLimit: unset,
    trunks: unset,
    vlanId: device.vlanId ?? unset,
  };
}

const source = "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_network_device";
const mostDevices = 32;

export const rules: readonly Rule<{
  readonly networkDevices: readonly NetworkDevice[];
  readonly initialization?: { readonly ipConfigs: readonly object[] };
  readonly guest: Guest;
  /** The messages about MAC addresses that another network device of the app has. */
  readonly sameMacAddresses: readonly Check[];
}>[] = [
  {
    ...proxmoxName,
    checks: ({ networkDevices }) =>
      networkDevices.flatMap(({ bridge }, index) =>
        ifSet(bridge, (bridge) => checkBridgeName(`networkDevices[${index}].bridge`, bridge)),
      ),
  },
  {
    id: "network-device-slots",
    requirement: `a VM has at most ${mostDevices} network devices`,
    reason: "Proxmox has the slots net0 to net31",
    source,
    checks: ({ networkDevices }) => [
      {
        condition: networkDevices.length <= mostDevices,
        message: `networkDevices has ${networkDevices.length} entries; write ${mostDevices} at most`,
      },
    ],
  },
  {
    ...macAddress,
    checks: ({ networkDevices }) =>
      networkDevices.flatMap(({ macAddress }, index) =>
        ifSet(macAddress, (macAddress) => checkMacAddress(`networkDevices[${index}].macAddress`, macAddress)),
      ),
  },
  {
    ...macAddressOfEach,
    checks: ({ networkDevices, initialization, guest }) => {
      if (networkDevices.length < 2 || initialization === undefined) return [];
      const configured = networkDevices.slice(0, initialization.ipConfigs.length);
      if (configured.some(isInvalid)) return [];
      return ifTalos(guest, ...checkMacAddressOfEach("networkDevices", configured));
    },
  },
  {
    ...macAddressOnce,
    checks: ({ networkDevices, initialization, guest, sameMacAddresses }) => {
      // Those that Talos is to tell apart have a rule of their own.
      const toldApart = guest === "linux" ? [] : networkDevices.slice(0, initialization?.ipConfigs.length ?? 0);
      const own = checkEachOnce(
        macAddressesOf(networkDevices),
        ({ path }) => path,
        ({ path, address, index }, { value, by }) =>
          index < toldApart.length
            ? { condition: true, message: "" }
            : checkOther(path, address, value.address, by, isSameMacAddress),
      );
      return [...sameMacAddresses, ...own];
    },
  },
  {
    id: "vlan-id",
    requirement: "a VLAN tag is a whole number from 1 to 4094",
    reason: "Proxmox refuses other tags when the VM is created",
    source,
    checks: ({ networkDevices }) =>
      networkDevices.flatMap(({ vlanId }, index) =>
        ifSet(vlanId, (vlanId) => ({
          condition: wholeNumber(vlanId, 1, 4094),
          message: `networkDevices[${index}].vlanId is ${formatValue(vlanId)}; write a whole number from 1 to 4094, or leave it out`,
        })),
      ),
  },
  {
    id: "mtu",
    requirement: "an MTU is 576 to 65520 bytes, or 1 for that of the bridge",
    reason: "Proxmox refuses larger ones, and IPv4 does not work with smaller ones",
    source,
    checks: ({ networkDevices }) =>
      networkDevices.flatMap(({ mtu }, index) =>
        ifSet(mtu, (mtu) => ({
          condition: or(equal(mtu, 1), wholeNumber(mtu, 576, 65_520)),
          message: `networkDevices[${index}].mtu is ${formatValue(mtu)}; write a whole number from 576 to 65520, or 1 for that of the bridge`,
        })),
      ),
  },
];
