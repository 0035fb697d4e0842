import { Construct } from "constructs";
import { HardwareMappingPci } from "../../.gen/providers/proxmox/hardware-mapping-pci";
import { matches } from "../rules/condition";
import { enforce, given, lifecycleWith, type Rule } from "../rules/rule";
import { fitProps, number, required, type Shape, text } from "../rules/shape";
import { shown } from "../rules/shown";
import { addressed, addressRules, at } from "../terraform/address";
import { isPciAddress, PciAddress, pciAddressFormat } from "./pci-address";

/** A physical device of a Proxmox node, to be mapped under a name. */
export interface PciMappingDevice {
  /** Name by which VMs refer to the device, such as `gpu`. */
  readonly name: string;

  /** Address as `lspci` prints it, such as `01:00`; without a function it stands for the whole device. */
  readonly address: string;

  /** Vendor and device id from `lspci -nn`, such as `10de:2684`. */
  readonly deviceId: string;

  /**
   * Vendor and device id of the subsystem, from `lspci -nnv`, such as `1458:40bf`. Proxmox compares it when the VM starts.
   *
   * @default - none, which Proxmox accepts only from a device that has none
   */
  readonly subsystemId?: string;

  /**
   * IOMMU group of the device, which Proxmox compares when the VM starts.
   *
   * @default - none, which Proxmox reports as changed hardware where the device has a group
   */
  readonly iommuGroup?: number;
}

export interface PciMappingProps extends PciMappingDevice {
  /** Proxmox node that holds the device. */
  readonly node: string;
}

export const deviceShape: Shape<PciMappingDevice> = {
  name: required(text),
  address: required(text),
  deviceId: required(text),
  subsystemId: text,
  iommuGroup: number,
};
export const shape: Shape<PciMappingProps> = { ...deviceShape, node: required(text) };

const mappingSource = "https://pve.proxmox.com/pve-docs/chapter-qm.html#resource_mapping";

export const rules: readonly Rule<PciMappingProps>[] = [
  {
    ...pciAddressFormat,
    checks: ({ address }) => [isPciAddress("address", address)],
  },
  {
    id: "pci-device-id",
    demands: "a device is named by vendor and device id, four hex digits each",
    because: "Proxmox compares the ids with the hardware when a VM starts",
    source: mappingSource,
    checks: ({ deviceId, subsystemId }) =>
      Object.entries({ deviceId, subsystemId }).flatMap(([name, id]) =>
        given(id, (id) => ({
          holds: matches(id, /^[0-9a-f]{4}:[0-9a-f]{4}$/i),
          problem: `${name} ${shown(id)} is not a vendor and device id; write it as \`lspci -nn\` prints it, such as "10de:2684"`,
        })),
      ),
  },
];

/**
 * A physical PCI device under a name. VMs that refer to it by name may be managed with an API token; a raw address needs
 * root's password.
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#resource_mapping
 */
export class PciMapping extends Construct {
  readonly resource: HardwareMappingPci;

  constructor(scope: Construct, id: string, props: PciMappingProps) {
    super(scope, id);
    const fitted = fitProps(this, props, shape);
    const { name, node, address, deviceId, subsystemId, iommuGroup } = fitted.props;
    enforce(this, addressRules, addressed(this, "mappings"));
    const preconditions = [...fitted.preconditions, ...enforce(this, rules, fitted.props)];
    this.resource = at(
      id,
      new HardwareMappingPci(this, "Resource", {
        name,
        map: [
          {
            nodeAttribute: node,
            path: PciAddress.parse(address)?.toString() ?? address,
            id: deviceId,
            subsystemId,
            iommuGroup,
          },
        ],
        lifecycle: lifecycleWith(preconditions),
      }),
    );
  }

  /** Name to give to a VM; using it makes the VM wait for the mapping. */
  get name(): string {
    return this.resource.name;
  }
}
