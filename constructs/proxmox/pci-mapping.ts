import { Fn, Lazy, Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { HardwareMappingPci } from "../../.gen/providers/proxmox/hardware-mapping-pci";
import { claim, type EarlierClaim } from "../rules/claims";
import { and, asArgument, equal, isUnknown, matches, not, or, wholeNumber } from "../rules/condition";
import { type Check, enforce, given, lifecycleWith, type Rule } from "../rules/rule";
import { fitProps, instanceOf, number, required, type Shape, text } from "../rules/shape";
import { shown } from "../rules/shown";
import { at } from "../terraform/logical-id";
import { ProxmoxConnection, useRules } from "./connection";
import { isMappingName, mappingName } from "./mapping-name";
import { isNode, proxmoxName } from "./name";
import { inFull, isPciAddress, PciAddress, pciAddressFormat } from "./pci-address";
import { isOther, pciDeviceOnce, type TakenDevice, takeDevice } from "./taken-device";

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
  /** The Proxmox API. */
  readonly connection: ProxmoxConnection;

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
export const shape: Shape<PciMappingProps> = {
  ...deviceShape,
  connection: required(instanceOf(ProxmoxConnection)),
  node: required(text),
};

const mappingSource = "https://pve.proxmox.com/pve-docs/chapter-qm.html#resource_mapping";

/** What a mapping's name is known for: the mapping, or a GPU that uses it. */
export interface NamedMapping {
  readonly name: string;
  readonly made?: PciMapping;
  /** Whether the GPU is a mediated device of the mapped one. */
  readonly isMediated?: boolean;
}

/** Claims what the name is known for in the cluster. */
export const nameMapping = ({ cluster }: ProxmoxConnection, named: NamedMapping, by: Construct) =>
  claim(`PCI mappings of ${cluster}`, named.name, named, by);

/** Checks that two GPUs of one mapping, which is of one device, leave room for each other. */
export function areTogether(
  what: string,
  mapping: string,
  one: NamedMapping,
  other: EarlierClaim<Omit<NamedMapping, "made">>,
): { readonly once: Check; readonly alike: Check } {
  const differ = not(and(equal(mapping, one.name), equal(mapping, other.value.name)));
  return {
    once: {
      holds: or(one.isMediated || other.value.isMediated || false, differ),
      problem: `${what} is the mapping of one device, already passed through by ${other.by}; choose another device`,
    },
    alike: {
      holds: or(one.isMediated === other.value.isMediated, differ),
      problem: `${what} is used ${one.isMediated ? "with" : "without"} mdev, and ${one.isMediated ? "without" : "with"} it by ${other.by}; write mdev for all of them or for none`,
    },
  };
}

export const mappingMediated: Omit<Rule<unknown>, "checks"> = {
  id: "mapping-mediated",
  demands: "the GPUs of a mapping that is made are all mediated devices, with `mdev`, or none is",
  because: "the mapping says which they are, and Proxmox refuses to start a VM that uses it otherwise",
  source: mappingSource,
};

/** A mapping, with what the app knows of its device and of its name. */
interface Mapped extends PciMappingDevice {
  readonly node: string;
  readonly device?: TakenDevice;
  readonly earlierDevices: readonly EarlierClaim<TakenDevice>[];
  readonly earlierNamed: readonly EarlierClaim<NamedMapping>[];
}

/** The GPUs that use the name, two by two. */
const usesTogether = ({ name, earlierNamed }: Mapped) => {
  const uses = earlierNamed.filter(({ value }) => value.made === undefined);
  return uses.flatMap((use, place) =>
    uses.slice(0, place).map((other) => areTogether(`name ${shown(name)}, of ${use.by},`, name, use.value, other)),
  );
};

export const rules: readonly Rule<Mapped>[] = [
  { ...mappingName, checks: ({ name }) => [isMappingName("name", name)] },
  { ...proxmoxName, checks: ({ node }) => [isNode("node", node)] },
  {
    id: "mapping-iommu-group",
    demands: "an IOMMU group is a whole number from 0 on",
    because: "Proxmox counts the groups so, and refuses anything else when the mapping is created",
    source: mappingSource,
    checks: ({ iommuGroup }) =>
      given(iommuGroup, (group) => ({
        holds: wholeNumber(group, 0, 2_147_483_647),
        problem: `iommuGroup is ${shown(group)}; write the whole number that \`pvesh get /nodes/<node>/hardware/pci\` shows`,
      })),
  },
  { ...pciAddressFormat, checks: ({ address }) => [isPciAddress("address", address)] },
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
  {
    id: "mapping-once",
    demands: "a mapping of a name is made once in a Proxmox cluster",
    because: "Proxmox refuses a second one",
    source: mappingSource,
    checks: ({ name, earlierNamed }) =>
      earlierNamed.flatMap(({ value, by }) =>
        given(value.made, () => ({
          holds: not(equal(name, value.name)),
          problem: `name ${shown(name)} is that of the mapping ${by} already; choose another one, or use that mapping by its name`,
        })),
      ),
  },
  {
    ...pciDeviceOnce,
    checks: (mapped) => [
      ...given(mapped.device, (device) =>
        mapped.earlierDevices
          // That one is named twice is told already.
          .filter(({ value }) => equal(value.mapping, mapped.name) !== true)
          .map((other) => isOther(`address ${shown(`${device.address}`)}`, device, other)),
      ),
      ...usesTogether(mapped).map(({ once }) => once),
    ],
  },
  { ...mappingMediated, checks: (mapped) => usesTogether(mapped).map(({ alike }) => alike) },
];

/** The mappings of an app by the references to their names. */
const byReference = new WeakMap<IConstruct, Map<string, PciMapping>>();

/** The mapping whose name, as Terraform knows it, is this. */
export const mappingNamed = (scope: Construct, name: string): PciMapping | undefined =>
  byReference.get(scope.node.root)?.get(name);

/**
 * A physical PCI device under a name. VMs that refer to it by name may be managed with an API token; a raw address needs
 * root's password. The id is its address in Terraform.
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#resource_mapping
 */
export class PciMapping extends Construct {
  readonly resource: HardwareMappingPci;
  /** Name to give to a VM; using it makes the VM wait for the mapping. */
  readonly name: string;
  /** The name as it was given, to be compared with others. */
  readonly givenName: string;
  /** What it maps; undefined where the address is none. */
  readonly address?: PciAddress;

  private isMediated = false;

  constructor(scope: Construct, id: string, props: PciMappingProps) {
    super(scope, id);
    const fitted = fitProps(this, props, shape);
    const { connection, name, node, address, deviceId, subsystemId, iommuGroup } = fitted.props;
    this.givenName = name;
    this.address = PciAddress.parse(address);

    const device = this.address && { address: this.address, mapping: name, isMediated: false };
    const earlierDevices = connection && device ? takeDevice(connection, node, device, this) : [];
    const earlierNamed = connection ? nameMapping(connection, { name, made: this }, this) : [];
    for (const { value } of earlierNamed) if (equal(name, value.name) === true) this.useFor(value);
    const preconditions = [
      ...(connection?.preconditions ?? []),
      ...fitted.preconditions,
      ...enforce(this, useRules, { connection, user: this }),
      ...enforce(this, rules, { ...fitted.props, device, earlierDevices, earlierNamed }),
    ];
    this.resource = at(
      id,
      new HardwareMappingPci(this, "Resource", {
        provider: connection?.provider,
        name,
        // Whether there are mediated devices is known when all GPUs are.
        mediatedDevices: Lazy.anyValue({ produce: () => this.isMediated || undefined }),
        map: [
          {
            nodeAttribute: node,
            path: inFull(address),
            // Proxmox compares the ids with the hardware in lower case.
            id: lowerCase(deviceId),
            subsystemId: subsystemId === undefined ? undefined : lowerCase(subsystemId),
            iommuGroup,
          },
        ],
        lifecycle: lifecycleWith(preconditions),
      }),
    );

    this.name = this.resource.name;
    const references = byReference.get(this.node.root) ?? new Map<string, PciMapping>();
    byReference.set(this.node.root, references.set(this.name, this));
  }

  /** Makes the mapping fit for the use that a GPU has for it. */
  useFor({ isMediated = false }: NamedMapping): void {
    this.isMediated ||= isMediated;
  }
}

const lowerCase = (text: string): string =>
  isUnknown(text) ? Token.asString(Fn.lower(asArgument(text))) : text.toLowerCase();
