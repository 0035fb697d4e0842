import { Lazy } from "cdktf";
import type { Construct } from "constructs";
import { VirtualEnvironmentFirewallIpset } from "../../../.gen/providers/proxmox/virtual-environment-firewall-ipset";
import { VirtualEnvironmentFirewallOptions } from "../../../.gen/providers/proxmox/virtual-environment-firewall-options";
import { VirtualEnvironmentFirewallRules } from "../../../.gen/providers/proxmox/virtual-environment-firewall-rules";
import type { VirtualEnvironmentVm } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { rangeOf } from "../../network/address-order";
import { isCidr, normalAddress, withoutPrefix } from "../../network/ip-address";
import { checkEachSubnet } from "../../network/subnet";
import { isInvalid, listOf, nonEmptyListOf, objectOf, string } from "../../props/schema";
import { equal, isUnknown, not, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { type Check, ifSet, type Rule } from "../../rules/rule";
import { resourceAddress, withLogicalId } from "../../terraform/logical-id";
import { addressesOf, type Initialization } from "./initialization";
import type { NetworkDevice } from "./network-device";

/**
 * Proxmox's firewall of a VM. Its IP filter drops what the VM sends from addresses that are not its own. It takes
 * effect only while the firewall of the datacenter is enabled, which is up to an administrator of Proxmox.
 */
export interface VmFirewall {
  /**
   * IP addresses, or subnets, that the VM may send from besides those of `initialization`. A cluster adds its virtual IP, and
   * `CiliumInstall` its LoadBalancer IPs.
   *
   * @default - none
   */
  readonly addresses?: readonly string[];

  /**
   * IP addresses, or subnets, that reach the APIs of Talos and Kubernetes on the VM. The machine that deploys has to be in one
   * of them. A cluster adds its nodes.
   *
   * @default - all
   */
  readonly management?: readonly string[];
}

export const schema = objectOf<VmFirewall>({
  addresses: listOf(string),
  management: nonEmptyListOf(string, '"192.168.20.0/24"'),
});

/** Those of etcd, the Kubernetes API, the kubelet, and Talos. */
const managementPorts = "2379:2380,6443,10250,50000:50001";

const isFiltered = ({ firewall }: NetworkDevice): boolean => firewall !== false;

/** Network devices, to which the firewall applies unless their props say otherwise. */
export const withFirewall = (devices: readonly NetworkDevice[], firewall: VmFirewall | undefined) =>
  firewall && !isInvalid(devices)
    ? devices.map((device) => ({ ...device, firewall: device.firewall ?? true }))
    : devices;

/** The addresses of a network device that the VM's props tell. */
const ownAddresses = (initialization: Initialization | undefined, device: number): string[] =>
  addressesOf(initialization)
    .filter(({ path }) => path.startsWith(`initialization.ipConfigs[${device}].`))
    .map(({ address }) => address);

export interface Filtered {
  readonly firewall?: VmFirewall;
  readonly networkDevices: readonly NetworkDevice[];
  readonly initialization?: Initialization;
}

const source = "https://pve.proxmox.com/pve-docs/chapter-pve-firewall.html#pve_firewall_ipfilter_section";

/** Checks that the stack knows the addresses of the device: the filter drops all others. */
function checkKnown({ firewall, initialization }: Filtered, device: number): Check[] {
  const { address, ipv6, reservedAddress } = initialization?.ipConfigs[device] ?? {};
  const isKnown = firewall?.addresses !== undefined && firewall.addresses.length > 0;
  if (isKnown) return [];
  const advice = `write the addresses that it gets in firewall.addresses, or firewall: false in networkDevices[${device}]`;
  const unknown = (value: string | undefined, ...words: string[]): Check[] =>
    ifSet(value, (value) => ({
      condition: not(or(...words.map((word) => equal(value, word)))),
      message: `firewall is set, and initialization.ipConfigs[${device}] has ${formatValue(value)}: Proxmox would drop all that the VM sends from there; ${advice}`,
    }));
  if (address === undefined && ipv6 === undefined) {
    return [
      {
        condition: false,
        message: `firewall is set, and networkDevices[${device}] has no IP address in initialization: Proxmox would drop all that it sends; ${advice}`,
      },
    ];
  }
  return [
    ...(reservedAddress === undefined ? unknown(address, "dhcp") : []),
    ...unknown(ipv6?.address, "dhcp", "auto"),
  ];
}

export const rules: readonly Rule<Filtered>[] = [
  {
    id: "firewall-addresses",
    requirement: "Proxmox's firewall knows every IP address that a VM sends from, and the subnets that manage it",
    reason: "its IP filter drops everything else, so the VM would be unreachable",
    source,
    checks: (vm) =>
      ifSet(vm.firewall, ({ addresses, management }) => [
        ...checkEachSubnet("firewall.addresses", addresses),
        ...checkEachSubnet("firewall.management", management),
        ...vm.networkDevices.flatMap((device, index) => (isFiltered(device) ? checkKnown(vm, index) : [])),
      ]),
  },
];

/** As Proxmox keeps it: a subnet with its first address, a single address without prefix length. */
function asKept(address: string): string {
  if (isUnknown(address) || isCidr(address) !== true) return normalAddress(address);
  const [first, last] = rangeOf(address);
  return first === last ? first : `${first}/${address.split("/")[1]}`;
}

/** A set of addresses that grows until the stack is written. */
class Addresses {
  private readonly all = new Set<string>();

  constructor(addresses: readonly string[]) {
    for (const address of addresses) this.add(address);
  }

  add(address: string): void {
    this.all.add(asKept(address));
  }

  get sorted(): string[] {
    return [...this.all].sort();
  }
}

/**
 * The firewall of a VM. The set of the IP filter filters by being there, so that the filter goes with it: the provider leaves
 * the options as they are when their resource is destroyed.
 */
export class Firewall {
  private readonly senders: Addresses[] = [];
  private readonly managers?: Addresses;

  constructor(scope: Construct, vm: VirtualEnvironmentVm, { firewall = {}, networkDevices, initialization }: Filtered) {
    const { addresses = [], management } = firewall;
    const id = scope.node.id;
    const ofVm = {
      provider: vm.provider,
      nodeName: vm.nodeName,
      vmId: vm.vmId,
      // Proxmox removes the firewall together with the VM.
      lifecycle: { replaceTriggeredBy: [`${resourceAddress(vm)}.id`] },
    };
    withLogicalId(id, new VirtualEnvironmentFirewallOptions(scope, "FirewallOptions", { ...ofVm, ...options }));
    for (const [index, device] of networkDevices.entries()) {
      if (!isFiltered(device)) continue;
      const own = new Addresses([...ownAddresses(initialization, index).map(withoutPrefix), ...addresses]);
      this.senders.push(own);
      const name = `net${index}`;
      const set = new VirtualEnvironmentFirewallIpset(scope, `IpFilter ${name}`, {
        ...ofVm,
        name: `ipfilter-${name}`,
        cidr: Lazy.anyValue({ produce: () => own.sorted.map((name) => ({ name })) }),
      });
      withLogicalId(`${id}_${name}`, set);
    }
    if (management === undefined) return;
    const managers = new Addresses(management);
    this.managers = managers;
    const rule = Lazy.anyValue({ produce: () => rulesFor(managers.sorted) });
    withLogicalId(id, new VirtualEnvironmentFirewallRules(scope, "FirewallRules", { ...ofVm, rule }));
  }

  /** Lets the VM send from an IP address, or a subnet, that is not its own. */
  addSender(address: string): void {
    for (const addresses of this.senders) addresses.add(address);
  }

  /** Lets an IP address, or a subnet, reach the APIs of Talos and Kubernetes on the VM. */
  addManager(address: string): void {
    this.managers?.add(address);
  }
}

const options = {
  enabled: true,
  inputPolicy: "ACCEPT",
  outputPolicy: "ACCEPT",
  macfilter: true,
  dhcp: true,
  ndp: true,
  radv: false,
};

/** Attributes of blocks as Terraform has them: cdktf does not translate what it learns last. */
const rulesFor = (managers: readonly string[]) => {
  const ofManagement = { type: "in", proto: "tcp", dport: managementPorts };
  return [
    ...managers.map((source) => ({ ...ofManagement, action: "ACCEPT", source })),
    { ...ofManagement, action: "DROP" },
  ];
};
