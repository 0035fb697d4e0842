import type { VirtualEnvironmentVmUsb } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { string, unionOf } from "../../props/schema";
import { matches } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import type { ProxmoxConnection } from "../connection";
import { checkMappingName, mappingName } from "../pci/mapping-name";
import { checkRoot, permissionSource } from "../root-only";

/** A USB device of the host. Only root@pam with a password or ticket may pass it through. */
export interface UsbAtHost {
  /**
   * Vendor and product id as `lsusb` prints them, such as `1050:0407`, for such a device at any port; or bus and
   * port as `lsusb -t` prints them, such as `1-2.3`, for any device at that port.
   */
  readonly host: string;

  readonly mapping?: never;
}

/** A USB device by the name of a resource mapping, which an API token with `Mapping.Use` may pass through. */
export interface UsbByMapping {
  /** Name of an existing mapping. */
  readonly mapping: string;

  readonly host?: never;
}

/**
 * A USB device to pass through.
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_usb_passthrough
 */
export type Usb = UsbAtHost | UsbByMapping;

export const schema = unionOf<Usb>({ host: string, mapping: string }, "mapping", "host");

export const withDefaults = (devices: readonly Usb[] = []): readonly Usb[] => devices;

const passthroughSource = "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_usb_passthrough";

/** Proxmox has 14 slots; of those the provider reads back so many. */
const mostSlots = 4;

export const rules: readonly Rule<{ readonly usb: readonly Usb[]; readonly connection?: ProxmoxConnection }>[] = [
  {
    id: "usb-host-or-mapping",
    requirement: "a USB device has exactly one of `host` and `mapping`",
    reason: "with neither the apply fails, with both the VM does not start",
    source: passthroughSource,
    checks: ({ usb }) =>
      usb.map(({ host, mapping }, slot) => ({
        condition: (host === undefined) !== (mapping === undefined),
        message:
          host === undefined
            ? `usb[${slot}] has neither host nor mapping; write one, such as host: "1050:0407"`
            : `usb[${slot}] has both host ${formatValue(host)} and mapping ${formatValue(mapping)}; write one of them`,
      })),
  },
  {
    id: "usb-host",
    requirement: "a USB device of the host is named by vendor and product id, or by bus and port",
    reason: "Proxmox refuses anything else, but only when the VM is created",
    source: passthroughSource,
    checks: ({ usb }) =>
      usb.flatMap(({ host }, slot) =>
        ifSet(host, (host) => ({
          condition: matches(host, /^((0x)?[0-9a-fA-F]{4}:(0x)?[0-9a-fA-F]{4}|[0-9]+-[0-9]+([.][0-9]+)*)$/),
          message: `usb[${slot}].host ${formatValue(host)} is not a USB device; write vendor and product as \`lsusb\` prints them, such as "1050:0407", or bus and port, such as "1-2.3"`,
        })),
      ),
  },
  {
    ...mappingName,
    checks: ({ usb }) =>
      usb.flatMap(({ mapping }, slot) =>
        ifSet(mapping, (mapping) => checkMappingName(`usb[${slot}].mapping`, mapping)),
      ),
  },
  {
    id: "usb-host-needs-root-password",
    requirement: "a USB device without a mapping needs root@pam's password or ticket",
    reason: "Proxmox lets only root set it, and API tokens never qualify as root, not even root's",
    source: permissionSource,
    checks: ({ usb, connection }) =>
      usb.flatMap(({ host }, slot) =>
        ifSet(host, (host) =>
          checkRoot(connection, `usb[${slot}].host ${formatValue(host)} is raw`, "or give the device by mapping"),
        ),
      ),
  },
  {
    id: "usb-slots",
    requirement: `a VM has at most ${mostSlots} USB devices`,
    reason: "the provider reads no more of them back, so that every plan would add the next one again",
    source: "https://github.com/bpg/terraform-provider-proxmox/blob/v0.112.0/proxmoxtf/resource/vm/vm.go#L7544-L7553",
    checks: ({ usb }) => [
      {
        condition: usb.length <= mostSlots,
        message: `usb has ${usb.length} entries; pass through ${mostSlots} devices at most, or a whole USB controller as a PCI device`,
      },
    ],
  },
];

export const block = ({ host, mapping }: Usb): VirtualEnvironmentVmUsb => ({ host, mapping });
