import { ipAddressOnce } from "../network/address-once";
import { checkHostName } from "../network/host-name";
import { isAddress, isCidr, isInSubnet, isReservedInSubnet, sameFamily, withoutPrefix } from "../network/ip-address";
import { isInvalid } from "../props/schema";
import { checkStaticBoolean } from "../props/static-boolean";
import type { EarlierClaim } from "../rules/claims";
import { type Condition, equal, isUnknown, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { checkOnce, inWords } from "../rules/once";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { type Member, withSameMachine } from "./node";
import { isSupported } from "./version";

/** What no other machine of the cluster may have. */
export interface Own {
  /** Where the props say so, for messages. */
  readonly path: string;
  readonly value: string;
  /** In the spelling by which it is compared. */
  readonly key: string;
  readonly earlier: readonly EarlierClaim<{ readonly key: string }>[];
}

/** The machines of a cluster, and how its API is reached. */
interface Members {
  readonly members: readonly Member[];
  readonly own: readonly Own[];
  readonly version: string;
  /** The URL of the API, where it is another than that of the first machine. */
  readonly endpoint?: string;
  readonly virtualAddress?: string;
  readonly schedulingOnControlPlanes: boolean;
  readonly outputDirectory: string;
  /** The messages about a virtual IP that a VM of the app has. */
  readonly sameIpAddresses: readonly Check[];
}

/** Whether Terraform can have resources of the name. */
export const namesResources = (name: string): boolean => !isUnknown(name) && /^[a-zA-Z][a-zA-Z0-9-]*$/.test(name);

const controlPlanesOf = (members: readonly Member[]): number =>
  members.filter(({ role }) => role === "controlplane").length;

const vipGuide = talosDocs("networking/advanced/vip");
const productionGuide = talosDocs("getting-started/prodnotes");
const etcdQuorum = "https://etcd.io/docs/v3.6/faq/";

export const rules: readonly Rule<Members>[] = [
  {
    id: "control-planes-odd",
    requirement: "the number of control plane nodes is odd",
    reason: "etcd needs a majority; an even number tolerates no more failures, and has one more member that can fail",
    source: etcdQuorum,
    severity: "warning",
    checks: ({ members }) => {
      const count = controlPlanesOf(members);
      return [
        {
          condition: count % 2 === 1,
          message: `controlPlanes has ${count} machines, which tolerate no more failures than ${count - 1}; write ${count - 1} or ${count + 1}`,
        },
      ];
    },
  },
  {
    id: "machine-names-resources",
    requirement: "the name of a machine of a cluster is known, and begins with a letter",
    reason: "its resources in Terraform are named after it",
    source: "https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers",
    checks: ({ members }) =>
      members.map(({ path, machine: { name } }) => ({
        // What is no host name another rule refuses.
        condition: isInvalid(name) || checkHostName("", name).condition === false || namesResources(name),
        message: `${path}.name ${isUnknown(name) ? "is known only to Terraform and" : formatValue(name)} cannot name resources; write it here, with a letter first, as in "worker-1"`,
      })),
  },
  {
    id: "machine-once",
    requirement: "no two machines of a cluster have the same name or MAC address",
    reason: "Kubernetes would take them for one node, or the network for one device",
    source: "https://kubernetes.io/docs/concepts/architecture/nodes/#node-name-uniqueness",
    checks: ({ own, members }) => [
      ...checkEachMachineOnce(members),
      ...own.flatMap(({ path, value, key, earlier }) =>
        checkOnce(path, earlier, (other) => ({
          condition: not(equal(key, other.value.key)),
          message: `${path} ${formatValue(value)} is already used by ${other.by}; choose another one`,
        })),
      ),
    ],
  },
  {
    id: "talos-version-once",
    requirement: "all machines of a cluster run one version of Talos",
    reason: "they are upgraded together, and their configuration is of one version",
    source: talosDocs("configure-your-talos-cluster/lifecycle-management/upgrading-talos"),
    checks: ({ members, version }) =>
      members.map(({ release: { path, talos } }) => ({
        // What is no version another rule refuses.
        condition: or(
          isSupported(version) === false,
          isSupported(talos.version) === false,
          equal(talos.version, version),
        ),
        message: `${path}.version ${formatValue(talos.version)} is not the cluster's, ${formatValue(version)}; write the same`,
      })),
  },
  {
    id: "api-address",
    requirement: "a control plane of several nodes has a shared API endpoint",
    reason: "if the endpoint is one machine's address, nothing reaches the others without that machine",
    source: productionGuide,
    checks: ({ members, endpoint }) => [
      {
        condition: controlPlanesOf(members) < 2 || endpoint !== undefined,
        message: `controlPlanes has ${controlPlanesOf(members)} machines and no shared endpoint; write a virtualAddress in their subnet, or the endpoint of a load balancer`,
      },
    ],
  },
  {
    id: "virtual-address",
    requirement: "a virtual IP is an unused IP in the subnet of every control plane node",
    reason:
      "the control plane node that holds it answers in its own subnet, and for a used IP two machines would answer",
    source: vipGuide,
    checks: ({ virtualAddress, members }) =>
      ifSet(virtualAddress, (virtual) => {
        const form = {
          condition: isAddress(virtual),
          message: `virtualAddress ${formatValue(virtual)} is not an IP address without a prefix length; write it as in "192.168.1.60"`,
        };
        if (form.condition === false) return form;
        const checks = [form, ...members.flatMap((member) => checkVirtualAddress(virtual, member))];
        // One that is wrong is wrong for every machine.
        return checks.find(({ condition }) => condition === false) ?? checks;
      }),
  },
  {
    id: "address-family",
    requirement: "all node addresses of a cluster are IPv4, or all are IPv6",
    reason: "each node is configured for one family, and pods of the two families cannot reach each other",
    source: "https://kubernetes.io/docs/concepts/services-networking/dual-stack/",
    checks: ({ members: [first, ...others] }) =>
      ifSet(first, (first) =>
        others.flatMap(({ path, machine: { address, gateway } }) =>
          ifSet(address, (address) => ({
            // That its gateway is of another family is reported already.
            condition: or(
              isFamilyOf(address, first.machine.address),
              gateway !== undefined && isFamilyOf(address, gateway) === false,
            ),
            message: `${path}.address ${formatValue(address)} has another IP family than ${first.path}, ${formatValue(first.machine.address)}; write addresses of one family for all nodes`,
          })),
        ),
      ),
  },
  { ...ipAddressOnce, checks: ({ sameIpAddresses }) => [...sameIpAddresses] },
  {
    id: "cluster-directory-known",
    requirement: "the directory of a cluster of several machines is known",
    reason: "a machine that leaves needs the kubeconfig in it, at a time when Terraform knows no variables",
    source:
      "https://developer.hashicorp.com/terraform/language/resources/provisioners/syntax#destroy-time-provisioners",
    checks: ({ outputDirectory }) => [
      {
        condition: !isUnknown(outputDirectory) || isInvalid(outputDirectory),
        message:
          "outputDirectory, which by default is named after the cluster, is known only to Terraform; write it here",
      },
    ],
  },
  {
    id: "scheduling-on-control-planes",
    requirement: "workloads run on workers, or on control plane nodes",
    reason: "otherwise no node would run workloads",
    source: talosDocs("deploy-and-manage-workloads/workers-on-controlplane"),
    checks: ({ schedulingOnControlPlanes: scheduling, members }) => [
      checkStaticBoolean("schedulingOnControlPlanes", scheduling),
      {
        condition: scheduling !== false || members.some(({ role }) => role === "worker"),
        message: "schedulingOnControlPlanes is false without workers; write a worker, or leave it out",
      },
    ],
  },
];

/** Checks that no machine is given twice, in one message for each. */
function checkEachMachineOnce(members: readonly Member[]): Check[] {
  const repeated = new Map<Member, string[]>();
  for (const member of members) {
    const first = withSameMachine(members, member);
    if (first) repeated.set(first, [...(repeated.get(first) ?? []), member.path]);
  }
  return [...repeated].map(([{ path }, others]) => ({
    condition: false,
    message: `${inWords(others)} ${others.length === 1 ? "is" : "are"} the same machine as ${path}; write each machine once`,
  }));
}

/** Whether both are of one family; what is no address with or without prefix length another rule refuses. */
const isFamilyOf = (address: string, other = ""): Condition =>
  or(...[address, other].map((each) => not(isAddress(withoutPrefix(each)))), sameFamily(address, other));

/** Checks that the virtual IP is not the machine's, nor of its router, and in its network where it may get it. */
function checkVirtualAddress(virtual: string, { path, role, machine }: Member): Check[] {
  const { address = "", gateway, interfaces } = machine;
  const own = withoutPrefix(address);
  const gateways = new Set([gateway, ...(interfaces?.[0]?.gateways ?? [])].filter((each) => each !== undefined));
  return [
    ...(role === "controlplane" && isCidr(address) !== false
      ? [
          {
            condition: isInSubnet(virtual, address),
            message: `virtualAddress ${formatValue(virtual)} is not in the subnet of ${path}, ${formatValue(address)}; write an address in that subnet`,
          },
          {
            condition: or(equal(virtual, own), not(isReservedInSubnet(virtual, address))),
            message: `virtualAddress ${formatValue(virtual)} is the first or the last address of the subnet of ${path}, ${formatValue(address)}; write another one in that subnet`,
          },
        ]
      : []),
    ...[own, ...gateways].map((taken) => ({
      condition: not(equal(virtual, taken)),
      message: `virtualAddress ${formatValue(virtual)} is an address of ${path} or its gateway; write an unused one`,
    })),
  ];
}
