import type { EarlierClaim } from "../rules/claims";
import { type Condition, equal, isUnknown, not, or } from "../rules/condition";
import { isAddress, isCidr, isInNetwork, isTakenInNetwork, sameFamily, withoutPrefix } from "../rules/ip-address";
import { ipAddressOnce } from "../rules/network-once";
import { type Check, given, type Rule } from "../rules/rule";
import { isStandIn } from "../rules/shape";
import { shown } from "../rules/shown";
import { isTrueOrFalse } from "../rules/true-or-false";
import type { Member } from "./node";

/** What no other machine of the cluster may have. */
export interface Own {
  /** Where the props say so, for messages. */
  readonly path: string;
  readonly value: string;
  /** In the spelling by which it is compared. */
  readonly key: string;
  readonly earlier: readonly EarlierClaim<string>[];
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
  /** What is to be said of a virtual address that a VM of the app has. */
  readonly sameIpAddresses: readonly Check[];
}

/** Whether Terraform can have resources of the name. */
export const namesResources = (name: string): boolean => !isUnknown(name) && /^[a-zA-Z][a-zA-Z0-9-]*$/.test(name);

const controlPlanesOf = (members: readonly Member[]): number =>
  members.filter(({ role }) => role === "controlplane").length;

const vipGuide = "https://docs.siderolabs.com/talos/v1.13/networking/advanced/vip";
const productionGuide = "https://docs.siderolabs.com/talos/v1.13/getting-started/prodnotes";
const etcdQuorum = "https://etcd.io/docs/v3.6/faq/";

export const rules: readonly Rule<Members>[] = [
  {
    id: "control-planes-odd",
    demands: "the number of control planes is odd",
    because: "etcd needs more than half of them, so that one more tolerates no failure more, and is one more to fail",
    source: etcdQuorum,
    severity: "warning",
    checks: ({ members }) => {
      const count = controlPlanesOf(members);
      return [
        {
          holds: count % 2 === 1,
          problem: `controlPlanes has ${count} machines, of which no more may fail than of ${count - 1}; write ${count - 1} or ${count + 1}`,
        },
      ];
    },
  },
  {
    id: "machine-names-resources",
    demands: "the name of a machine of a cluster is known, and begins with a letter",
    because: "its resources in Terraform are named after it",
    source: "https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers",
    checks: ({ members }) =>
      members.map(({ path, machine: { name } }) => ({
        holds: isStandIn(name) || namesResources(name),
        problem: `${path}.name ${isUnknown(name) ? "is known to Terraform alone and" : shown(name)} cannot name resources; write it here, with a letter first, as in "worker-1"`,
      })),
  },
  {
    id: "machine-once",
    demands: "no two machines of a cluster have the same name or MAC address",
    because: "Kubernetes would take them for one node, or the network for one device",
    source: "https://kubernetes.io/docs/concepts/architecture/nodes/#node-name-uniqueness",
    checks: ({ own }) =>
      own.flatMap(({ path, value, key, earlier }) =>
        earlier.map((other) => ({
          holds: not(equal(key, other.value)),
          problem: `${path} ${shown(value)} is already that of ${other.by}; choose another one`,
        })),
      ),
  },
  {
    id: "talos-version-once",
    demands: "all machines of a cluster run one version of Talos",
    because: "they are upgraded together, and their configuration is of one version",
    source: "https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/lifecycle-management/upgrading-talos",
    checks: ({ members, version }) =>
      members.map(({ release: { path, talos } }) => ({
        holds: equal(talos.version, version),
        problem: `${path}.version ${shown(talos.version)} is not the cluster's, ${shown(version)}; write the same`,
      })),
  },
  {
    id: "api-address",
    demands: "the API of several control planes has an address that is none of theirs alone",
    because: "without the one machine with that address, nothing would reach the others",
    source: productionGuide,
    checks: ({ members, endpoint }) => [
      {
        holds: controlPlanesOf(members) < 2 || endpoint !== undefined,
        problem: `controlPlanes has ${controlPlanesOf(members)} machines and no common address; write a virtualAddress in their network, or the endpoint of a load balancer`,
      },
    ],
  },
  {
    id: "virtual-address",
    demands: "a virtual address is in the network of every control plane, and nobody's",
    because: "whichever control plane has it answers for it on its network, where two machines would answer",
    source: vipGuide,
    checks: ({ virtualAddress, members }) =>
      given(virtualAddress, (virtual) => {
        const form = {
          holds: isAddress(virtual),
          problem: `virtualAddress ${shown(virtual)} is not an address without prefix length; write it as in "192.168.1.60"`,
        };
        return form.holds === false ? form : [form, ...members.flatMap((member) => apart(virtual, member))];
      }),
  },
  {
    id: "address-family",
    demands: "the addresses of all nodes of a cluster are of IPv4, or all of IPv6",
    because: "each node is configured for one family, and pods of one do not reach those of the other",
    source: "https://kubernetes.io/docs/concepts/services-networking/dual-stack/",
    checks: ({ members: [first, ...others] }) =>
      given(first, (first) =>
        others.flatMap(({ path, machine: { address } }) =>
          given(address, (address) => ({
            holds: isFamilyOf(address, first.machine.address),
            problem: `${path}.address ${shown(address)} is of another family than that of ${first.path}, ${shown(first.machine.address)}; write addresses of one family for all nodes`,
          })),
        ),
      ),
  },
  { ...ipAddressOnce, checks: ({ sameIpAddresses }) => [...sameIpAddresses] },
  {
    id: "cluster-directory-known",
    demands: "the directory of a cluster of several machines is known",
    because: "a machine that leaves needs the kubeconfig in it when Terraform knows no variables any more",
    source:
      "https://developer.hashicorp.com/terraform/language/resources/provisioners/syntax#destroy-time-provisioners",
    checks: ({ outputDirectory }) => [
      {
        holds: !isUnknown(outputDirectory) || isStandIn(outputDirectory),
        problem:
          "outputDirectory, which is named after the cluster where it is left out, is known to Terraform alone; write it here",
      },
    ],
  },
  {
    id: "scheduling-on-control-planes",
    demands: "workloads run on workers, or else on control planes",
    because: "no pod but those of the nodes themselves would ever run",
    source: "https://docs.siderolabs.com/talos/v1.13/deploy-and-manage-workloads/workers-on-controlplane",
    checks: ({ schedulingOnControlPlanes: scheduling, members }) => [
      isTrueOrFalse("schedulingOnControlPlanes", scheduling),
      {
        holds: scheduling !== false || members.some(({ role }) => role === "worker"),
        problem: "schedulingOnControlPlanes is false without workers; write a worker, or leave it out",
      },
    ],
  },
];

/** Whether both are of one family; what is no address with or without prefix length another rule refuses. */
const isFamilyOf = (address: string, other = ""): Condition =>
  or(...[address, other].map((each) => not(isAddress(withoutPrefix(each)))), sameFamily(address, other));

/** Checks that the virtual address is not the machine's, nor of its router, and in its network where it may get it. */
function apart(virtual: string, { path, role, machine }: Member): Check[] {
  const { address = "", gateway, interfaces } = machine;
  const own = withoutPrefix(address);
  const gateways = new Set([gateway, ...(interfaces?.[0]?.gateways ?? [])].filter((each) => each !== undefined));
  return [
    ...(role === "controlplane" && isCidr(address) !== false
      ? [
          {
            holds: isInNetwork(virtual, address),
            problem: `virtualAddress ${shown(virtual)} is not in the network of ${path}, ${shown(address)}; write an address in that network`,
          },
          {
            holds: or(equal(virtual, own), not(isTakenInNetwork(virtual, address))),
            problem: `virtualAddress ${shown(virtual)} is the first or the last of the network of ${path}, ${shown(address)}; write another one in that network`,
          },
        ]
      : []),
    ...[own, ...gateways].map((taken) => ({
      holds: not(equal(virtual, taken)),
      problem: `virtualAddress ${shown(virtual)} is an address of ${path} or its gateway; write one that nobody has`,
    })),
  ];
}
