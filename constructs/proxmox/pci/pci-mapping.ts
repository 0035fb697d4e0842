import { Lazy } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { HardwareMappingPci, type HardwareMappingPciMap } from "../../../.gen/providers/proxmox/hardware-mapping-pci";
import { parseProps } from "../../props/schema";
import { placeInStack } from "../../rules/argument";
import { claim, type EarlierClaim } from "../../rules/claims";
import { and, equal, matches, not, or, wholeNumber } from "../../rules/condition";
import { lowerCase } from "../../rules/expression";
import { formatValue } from "../../rules/format-value";
import { checkEachOnce, checkOnce } from "../../rules/once";
import { type Check, enforce, ifSet, lifecycleWith, pairsOf, type Rule } from "../../rules/rule";
import { providerDocs } from "../../rules/source";
import { withLogicalId } from "../../terraform/logical-id";
import { type ProxmoxConnection, useRules } from "../connection";
import { type Host, hostOf } from "../host/host-facts";
import { checkNodeName, proxmoxName } from "../name";
import { type ClaimedDevice, checkNotClaimed, claimDevice, pciDeviceOnce } from "./claimed-device";
import {
  checkIdentity,
  checkIommuGroup,
  checkPresent,
  gpuIommu,
  gpuPresent,
  identityAt,
  type PlacedDevice,
} from "./host-device";
import { mappingValid } from "./host-mapping";
import { checkMappingName, mappingName } from "./mapping-name";
import { checkPciAddress, inFull, PciAddress, pciAddressFormat } from "./pci-address";
import { type AlternativeDevice, type MappedDevice, type PciMappingProps, schema } from "./pci-mapping-props";

const mappingSource = "https://pve.proxmox.com/pve-docs/chapter-qm.html#resource_mapping";

/** What a mapping's name is known for: the mapping, or a GPU that uses it. */
export interface MappingUse {
  readonly name: string;
  readonly made?: PciMapping;
  /** Proxmox node of the GPU. */
  readonly node?: string;
  /** Whether the GPU is a mediated device of the mapped one. */
  readonly isMediated?: boolean;
}

/** Claims what the name is known for in the cluster. */
export const claimMappingName = ({ cluster }: ProxmoxConnection, named: MappingUse, by: Construct) =>
  claim(`PCI mappings of ${cluster}`, named.name, named, by);

/** Checks that two GPUs of one mapping, which is of one device, leave room for each other. */
export function checkSharedUse(
  what: string,
  mapping: string,
  one: MappingUse,
  other: EarlierClaim<Omit<MappingUse, "made">>,
): { readonly once: Check; readonly alike: Check } {
  const differ = not(and(equal(mapping, one.name), equal(mapping, other.value.name)));
  return {
    once: {
      condition: or(one.isMediated || other.value.isMediated || false, differ),
      message: `${what} is the mapping of one device, already passed through by ${other.by}; choose another device`,
    },
    alike: {
      condition: or(one.isMediated === other.value.isMediated, differ),
      message: `${what} is used ${one.isMediated ? "with" : "without"} mdev, and ${one.isMediated ? "without" : "with"} it by ${other.by}; write mdev for all of them or for none`,
    },
  };
}

export const mappingMediated: Omit<Rule<unknown>, "checks"> = {
  id: "mapping-mediated",
  requirement: "the GPUs of a mapping that the stack creates all have `mdev`, or none has",
  reason: "the mapping contains that setting, and Proxmox does not start a VM that uses it otherwise",
  source: mappingSource,
};

/** A device of a mapping, and where it is. */
interface Entry extends MappedDevice {
  readonly node: string;
  /** What its props begin with: nothing, or `alternatives[0].` */
  readonly path: string;
  /** Its address; none if the text is not one. */
  readonly addresses: readonly PciAddress[];
  readonly claimedDevices: readonly TakenEntry[];
  readonly host?: Host;
}

interface TakenEntry extends ClaimedDevice {
  readonly previousClaims: readonly EarlierClaim<ClaimedDevice>[];
}

/** A mapping, with what the app knows of its device and of its name. */
interface Mapped {
  /** Its path in the app. */
  readonly path: string;
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly isPool: boolean;
  readonly earlierNamed: readonly EarlierClaim<MappingUse>[];
}

/** The GPUs that use the name of a mapping of one device, two by two. */
const usesTogether = ({ name, isPool, earlierNamed }: Mapped) => {
  if (isPool) return [];
  const uses = earlierNamed.filter(({ value }) => value.made === undefined);
  return pairsOf(uses).map(([other, use]) =>
    checkSharedUse(`name ${formatValue(name)}, of ${use.by},`, name, use.value, other),
  );
};

export const rules: readonly Rule<Mapped>[] = [
  { ...mappingName, checks: ({ name }) => [checkMappingName("name", name)] },
  {
    ...proxmoxName,
    checks: ({ entries }) => entries.map(({ path, node }) => checkNodeName(`${path}node`, node)),
  },
  {
    id: "mapping-iommu-group",
    requirement: "an IOMMU group is a whole number, 0 or more, and is set if the host is not checked",
    reason: "Proxmox refuses anything else when the mapping is created, and a mapping without it when a VM starts",
    source: mappingSource,
    checks: ({ entries }) =>
      entries.flatMap(({ path, iommuGroup, host }) => [
        ...ifSet(iommuGroup, (group) => ({
          condition: wholeNumber(group, 0, 2_147_483_647),
          message: `${path}iommuGroup is ${formatValue(group)}; write the whole number that \`pvesh get /nodes/<node>/hardware/pci\` shows`,
        })),
        {
          condition: iommuGroup !== undefined || host !== undefined,
          message: `${path}iommuGroup is missing, and with checkHost: false the host is not asked for it; write the number that \`pvesh get /nodes/<node>/hardware/pci\` shows`,
        },
      ]),
  },
  {
    id: "mapping-one-address",
    requirement: "a device of a mapping has one address",
    reason: "the provider refuses a list of addresses when it plans",
    source: providerDocs("bpg/proxmox", "/resources/hardware_mapping_pci#path"),
    checks: ({ entries }) =>
      entries.map(({ path, address }) => ({
        condition: !isList(address),
        message: `${path}address ${formatValue(address)} has several addresses; write one, without a function for the whole device, and make a mapping for each of the others`,
      })),
  },
  {
    ...pciAddressFormat,
    checks: ({ entries }) =>
      entries.flatMap(({ path, address }) => (isList(address) ? [] : checkPciAddress(`${path}address`, address))),
  },
  {
    id: "pci-device-id",
    requirement: "a device id is a vendor and a device, four hex digits each, and is set if the host is not checked",
    reason: "Proxmox compares the ids with the hardware when a VM starts",
    source: mappingSource,
    checks: ({ entries }) =>
      entries.flatMap(({ path, deviceId, subsystemId, host }) => [
        ...Object.entries({ deviceId, subsystemId }).flatMap(([name, id]) =>
          ifSet(id, (id) => ({
            condition: matches(id, /^[0-9a-f]{4}:[0-9a-f]{4}$/i),
            message: `${path}${name} ${formatValue(id)} is not a vendor and device id; write it as \`lspci -nn\` prints it, such as "10de:2684"`,
          })),
        ),
        {
          condition: deviceId !== undefined || host !== undefined,
          message: `${path}deviceId is missing, and with checkHost: false the host is not asked for it; write it as \`lspci -nn\` prints it, such as "10de:2684"`,
        },
      ]),
  },
  {
    id: "mapping-subsystem",
    requirement: "a mapped device has its subsystem id if its host is not checked",
    reason:
      "Proxmox compares it with the hardware when a VM starts, and does not start the VM if it is missing, unless the device has none",
    source: mappingSource,
    severity: "warning",
    checks: ({ entries }) =>
      entries.map(({ path, subsystemId, host }) => ({
        condition: subsystemId !== undefined || host !== undefined,
        message: `${path}subsystemId is missing, and with checkHost: false the host is not asked for it; write it as \`lspci -nnv\` prints it, such as "1458:40bf", unless the device has none`,
      })),
  },
  {
    id: "mapping-once",
    requirement: "a mapping name is used once in a Proxmox cluster",
    reason: "Proxmox refuses a second one",
    source: mappingSource,
    checks: ({ path, name, earlierNamed }) =>
      checkOnce(
        path,
        earlierNamed.filter(({ value }) => value.made !== undefined),
        ({ value, by }) => ({
          condition: not(equal(name, value.name)),
          message: `name ${formatValue(name)} is that of the mapping ${by} already; choose another one, or use that mapping by its name`,
        }),
      ),
  },
  {
    ...pciDeviceOnce,
    checks: (mapped) => [
      ...mapped.entries.flatMap(({ path, claimedDevices }) =>
        claimedDevices.flatMap((device) =>
          checkOnce(
            mapped.path,
            // That one is named twice is told already.
            device.previousClaims.filter(({ value }) => equal(value.mapping, mapped.name) !== true),
            (other) => checkNotClaimed(`${path}address ${formatValue(`${device.address}`)}`, device, other),
          ),
        ),
      ),
      ...checkEachOnce(
        placesOf(mapped),
        ({ path }) => path,
        ({ path, node, address }, { value: other, by }) => ({
          condition: not(and(equal(node, other.node), address.overlaps(other.address))),
          message: `${path} ${formatValue(`${address}`)} is already mapped by ${by}; name each device once`,
        }),
      ),
      ...usesTogether(mapped).map(({ once }) => once),
    ],
  },
  { ...mappingMediated, checks: (mapped) => usesTogether(mapped).map(({ alike }) => alike) },
  { ...gpuPresent, checks: (mapped) => checkOnHosts(mapped, (device, host) => [checkPresent(device, host)]) },
  { ...gpuIommu, checks: (mapped) => checkOnHosts(mapped, (device, host) => [checkIommuGroup(device, host)]) },
  {
    ...mappingValid,
    checks: ({ entries }) =>
      entries.flatMap((entry) => {
        const [address] = entry.addresses;
        if (!entry.host || !address) return [];
        const { deviceId, subsystemId, iommuGroup } = entry;
        return checkIdentity(entry.host, address, entry.path, {
          deviceId: deviceId && lowerCase(deviceId),
          subsystemId: subsystemId && lowerCase(subsystemId),
          iommuGroup,
        });
      }),
  },
];

/** Whether it has several addresses, as a raw GPU may. */
const isList = (address: string): boolean => address.includes(";");

/** Each device of the mapping, and where the props say so. */
const placesOf = ({ entries }: Mapped) =>
  entries.flatMap(({ path, node, addresses }) =>
    addresses.map((address) => ({ path: `${path}address`, node, address })),
  );

/** The checks of each device whose host is asked. */
const checkOnHosts = ({ entries }: Mapped, checks: (device: PlacedDevice, host: Host) => Check[]): Check[] =>
  entries.flatMap(({ path, addresses, host }) =>
    host ? addresses.flatMap((address) => checks({ path: `${path}address`, address }, host)) : [],
  );

/** The mappings of an app by the references to their names. */
const byReference = new WeakMap<IConstruct, Map<string, PciMapping>>();

/** The mapping whose name, as Terraform knows it, is this. */
export const mappingNamed = (scope: Construct, name: string): PciMapping | undefined =>
  byReference.get(scope.node.root)?.get(name);

/**
 * A physical PCI device under a name. VMs that refer to it by name may be managed with an API token; a raw address needs
 * root's password. The construct's id is its Terraform address.
 *
 * @example
 * const gpu = new PciMapping(stack, "gpu", { connection, name: "gpu", node: "pve", address: "01:00" });
 * new ProxmoxGpuVm(stack, "talos_node", { connection, name: "talos-gpu", node: "pve", boot: { image }, gpus: [{ mapping: gpu }] });
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#resource_mapping
 */
export class PciMapping extends Construct {
  /** The mapping, to set what no prop covers. */
  readonly resource: HardwareMappingPci;
  /** Name to give to a VM; using it makes the VM wait for the mapping. */
  readonly name: string;
  /** The connection that creates it. */
  readonly connection?: ProxmoxConnection;
  /** The name as it was given, to be compared with others. */
  readonly givenName: string;
  /** Mapped devices: one, or several, of which Proxmox takes a free one. Invalid addresses are left out. */
  readonly devices: readonly Pick<Entry, "node" | "addresses" | "deviceId">[];

  private isMediated = false;

  constructor(scope: Construct, id: string, props: PciMappingProps) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema);
    const { connection, name, node, alternatives = [], ...first } = parsed.props;
    this.connection = connection;
    this.givenName = name;
    const entries = [first, ...alternatives].map((device: AlternativeDevice, index): Entry => {
      const own = device.node ?? node;
      const addresses = [PciAddress.parse(device.address) ?? []].flat();
      const path = index === 0 ? "" : `alternatives[${index - 1}].`;
      const claimedDevices = addresses.map((address) => {
        const device = { address, mapping: name, isMediated: false };
        const previousClaims = connection ? claimDevice(connection, own, device, this) : [];
        return { ...device, previousClaims };
      });
      return { ...device, node: own, path, addresses, claimedDevices, host: hostOf(connection, own) };
    });
    this.devices = entries;
    const isPool = entries.length > 1;
    const earlierNamed = connection ? claimMappingName(connection, { name, made: this }, this) : [];
    for (const { value } of earlierNamed) if (equal(name, value.name) === true) this.useFor(value);
    const preconditions = [
      ...(connection?.preconditions ?? []),
      ...parsed.preconditions,
      ...enforce(this, useRules, { connection, user: this }),
      ...enforce(this, rules, { path: this.node.path, name, entries, isPool, earlierNamed }),
    ];
    this.resource = withLogicalId(
      id,
      new HardwareMappingPci(this, "Resource", {
        provider: connection?.provider,
        name,
        // Whether there are mediated devices is known when all GPUs are.
        mediatedDevices: Lazy.anyValue({ produce: () => this.isMediated || undefined }),
        map: entries.map(entryBlock),
        lifecycle: lifecycleWith(preconditions),
      }),
    );

    this.name = this.resource.name;
    const references = byReference.get(this.node.root) ?? new Map<string, PciMapping>();
    byReference.set(this.node.root, references.set(this.name, this));
  }

  /** Makes the mapping fit for the use that a GPU has for it. */
  useFor({ isMediated = false }: MappingUse): void {
    this.isMediated ||= isMediated;
  }
}

/** What is not given is the host's own. */
function entryBlock({ node, address, addresses: [first], host, ...given }: Entry): HardwareMappingPciMap {
  const { deviceId, subsystemId, iommuGroup } = given;
  const isComplete = deviceId !== undefined && subsystemId !== undefined && iommuGroup !== undefined;
  const own = host && first && !isComplete ? identityAt(host, first) : undefined;
  return {
    nodeAttribute: node,
    path: inFull(address),
    // Proxmox compares the ids with the hardware in lower case.
    id: deviceId === undefined ? (own?.deviceId ?? "") : lowerCase(deviceId),
    subsystemId: subsystemId === undefined ? own?.subsystemId : lowerCase(subsystemId),
    iommuGroup: iommuGroup ?? own?.iommuGroup,
  };
}
