import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmNetworkDevice } from "../../.gen/providers/proxmox/virtual-environment-vm";
import { matches } from "../rules/condition";
import { given, type Rule } from "../rules/rule";
import { flag, number, objectOf, text } from "../rules/shape";
import { shown } from "../rules/shown";

/** A network device of a VM. */
export interface NetworkDevice {
  /**
   * Bridge of the host to connect to.
   *
   * @default "vmbr0"
   */
  readonly bridge?: string;

  /**
   * Emulated card: `virtio`, `e1000`, `e1000e`, `rtl8139` or `vmxnet3`.
   *
   * @default "virtio"
   */
  readonly model?: string;

  /**
   * MAC address, such as `BC:24:11:00:00:01`.
   *
   * @default - chosen by Proxmox
   */
  readonly macAddress?: string;

  /**
   * VLAN tag.
   *
   * @default - untagged
   */
  readonly vlanId?: number;

  /**
   * Largest packet in bytes; 1 takes that of the bridge.
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

export const shape = objectOf<NetworkDevice>({
  bridge: text,
  model: text,
  macAddress: text,
  vlanId: number,
  mtu: number,
  firewall: flag,
});

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
    model: device.model ?? "virtio",
    mtu: device.mtu ?? unset,
    queues: unset,
    rateLimit: unset,
    trunks: unset,
    vlanId: device.vlanId ?? unset,
  };
}

export const rules: readonly Rule<{ readonly networkDevices: readonly NetworkDevice[] }>[] = [
  {
    id: "mac-address",
    demands: "a MAC address is six pairs of hex digits with colons",
    because: "the provider refuses anything else when it plans",
    source:
      "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs/resources/virtual_environment_vm#mac_address",
    checks: ({ networkDevices }) =>
      networkDevices.flatMap(({ macAddress }, place) =>
        given(macAddress, (macAddress) => ({
          holds: matches(macAddress, /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i),
          problem: `networkDevices[${place}].macAddress ${shown(macAddress)} is not a MAC address; write it as in "BC:24:11:00:00:01"`,
        })),
      ),
  },
];
