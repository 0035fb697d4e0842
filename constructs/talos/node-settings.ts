import { Fn } from "cdktf";
import { isIpv6 } from "../network/ip-address";
import { type Condition, equal, isUnknown, matches, not, or } from "../rules/condition";
import { toTokenString } from "../rules/format-value";
import { talosDocs } from "../rules/source";
import { hasUnknown } from "../terraform/document";
import { generated } from "./generated-configuration";
import { kubeletLabels, mayBeLabels } from "./node-restriction";
import type { ProtectedSetting, Protection, RuleDescription } from "./patch/protected-setting";
import { hasMinor } from "./version";

const reference = talosDocs("reference/configuration/v1alpha1/config");

/** What a prop says. */
export const propsRule: RuleDescription = {
  id: "config-patch-props",
  requirement:
    "no patch changes what a prop sets: the machine's name, type, install disk, installer, the cluster's name and endpoint",
  reason: "rules check the prop and outputs show it; a patch would bypass both",
  source: reference,
};

/** What the constructs rely on. */
export const settingsRule: RuleDescription = {
  id: "config-patch-settings",
  requirement:
    "the machine configuration with all patches still has what the constructs set: addresses, DNS and time servers, scheduling, the API's port, versions of Kubernetes, secrets, the driver's modules, labels of GPU nodes",
  reason: "the apply would wait for a node that is not where, or not what, the props say",
  source: talosDocs("configure-your-talos-cluster/system-configuration/patching"),
};

/** What the patches of a node's own constructs set. */
export const ownSettings: Protection = { rule: settingsRule, advice: "leave it out: the constructs rely on theirs" };

/** What the patch of the network devices says of them; a DHCP server may give them further addresses. */
export const ownNetwork: Protection = { ...ownSettings, but: ["dhcp", "dhcpOptions"] };

/** A node, as its props describe it. */
export interface DescribedNode {
  readonly name: string;
  readonly role: "controlplane" | "worker";
  readonly installDisk: string;
  readonly installer?: string;
  readonly version: string;
  readonly clusterName: string;
  readonly endpoint: string;
  readonly kubernetesVersion: string;
  readonly schedulingOnControlPlanes: boolean;
  /** Address, without prefix length. */
  readonly address: string;
  readonly timeServers?: readonly string[];
  /** How many machines the cluster has, itself included; 1 where it has no others and never will. */
  readonly isOnly: boolean;
}

/** What the props of a node say, by its place in the machine configuration. */
export function propSettings(node: DescribedNode): ProtectedSetting[] {
  const { isOnly, version, clusterName, endpoint } = node;
  const ofNode = "write installDisk of the node";
  const ofEach = "leave it out: each machine has its own";
  const cluster = isOnly ? "node" : "cluster";
  const install = ["machine", "install"];
  const hostName = {
    value: node.name,
    advice: isOnly ? "leave it out, and write the name of the machine" : ofEach,
  };
  const beforeDocument = hasMinor(version, ({ hostnameDocument }) => !hostnameDocument) !== false;
  return [
    {
      path: ["machine", "type"],
      value: node.role,
      advice: isOnly ? "leave it out: the only node is the control plane" : ofEach,
    },
    { path: [...install, "disk"], value: node.installDisk, advice: isOnly ? ofNode : ofEach },
    // Talos would install to what it selects instead.
    { path: [...install, "diskSelector"], value: undefined, advice: isOnly ? ofNode : ofEach },
    { path: [...install, "image"], value: node.installer, advice: "write the version or installer of talos" },
    { ...hostName, kind: "HostnameConfig", path: ["hostname"] },
    { ...hostName, kind: "HostnameConfig", path: ["auto"], value: "off" },
    // Later ones refuse it there, whatever it says.
    ...(beforeDocument ? [{ ...hostName, path: ["machine", "network", "hostname"] }] : []),
    { path: ["cluster", "clusterName"], value: clusterName, advice: `write clusterName of the ${cluster}` },
    { path: ["cluster", "controlPlane", "endpoint"], value: endpoint, advice: `write endpoint of the ${cluster}` },
    ...(node.role === "controlplane" ? [schedulingSetting(node, cluster)] : []),
  ].map((setting) => ({ ...setting, rule: propsRule }));
}

const schedulingSetting = ({ schedulingOnControlPlanes, isOnly }: DescribedNode, cluster: string) => ({
  path: ["cluster", "allowSchedulingOnControlPlanes"],
  value: schedulingOnControlPlanes,
  advice: isOnly ? "leave it out: the only node runs the pods" : `write schedulingOnControlPlanes of the ${cluster}`,
});

/** What the provider generates, and the constructs rely on. */
export function generatedSettings(node: DescribedNode): ProtectedSetting[] {
  const { role, isOnly, timeServers } = node;
  const own = "leave it out: the node registers with its machine's";
  const awaited = "leave it out: the node is waited for";
  const kubelet = (...path: string[]) => ["machine", "kubelet", ...path];
  return [
    ...imageSettings(node),
    ...(role === "controlplane" && isOnly ? [...taintSettings, ...podSettings] : []),
    ...apiPortSettings(node),
    { path: kubelet("extraArgs", "hostname-override"), value: undefined, advice: `${own} name` },
    { path: kubelet("extraArgs", "node-ip"), value: undefined, advice: `${own} address` },
    { path: kubelet("registerWithFQDN"), value: false, advice: `${own} name` },
    { path: kubelet("skipNodeRegistration"), value: false, advice: awaited },
    { path: kubelet("extraConfig", "registerNode"), value: true, advice: awaited },
    { path: kubelet("extraArgs", "register-node"), value: "true", accepts: isTrue, advice: awaited },
    ...protectedByTalos.map((field) => ({
      path: kubelet("extraConfig", field),
      value: undefined,
      advice: "leave it out: Talos sets it, and refuses another",
    })),
    ...(role === "controlplane" ? subnetSettings : []),
    { path: kubelet("extraArgs", "node-labels"), value: undefined, accepts: mayBeLabels, ...kubeletLabels },
    {
      path: kubelet("nodeIP", "validSubnets"),
      value: [],
      accepts: (subnets: unknown) => areBeside(node.address, subnets),
      advice: `${own} address`,
    },
    ...(timeServers === undefined
      ? []
      : [{ path: ["machine", "time", "disabled"], value: false, advice: "leave out this or timeServers" }]),
    ...secretSettings(role === "controlplane"),
  ].map((setting) => ({ rule: settingsRule, ...setting }));
}

/** The port is that of the endpoint, or of the load balancer's members. */
function apiPortSettings({ endpoint }: DescribedNode) {
  const port = isUnknown(endpoint) ? undefined : /:([0-9]+)$/.exec(endpoint)?.[1];
  const accepts = (value: unknown) =>
    or(
      ...[6443, ...(port === undefined ? [] : [Number(port)])].flatMap((each) => [
        equal(value, each),
        equal(value, `${each}`),
      ]),
    );
  const advice = "leave it out: the API is asked at port 6443";
  return [
    { path: ["cluster", "controlPlane", "localAPIServerPort"], value: 6443, accepts, advice },
    { path: ["cluster", "apiServer", "extraArgs", "secure-port"], value: undefined, accepts, advice },
  ];
}

/** Whether the kubelet's other subnets are none of its address's family, of which the node's own must be the only one. */
const areBeside = (address: string, subnets: unknown): boolean =>
  !Array.isArray(subnets) ||
  isUnknown(subnets) ||
  isUnknown(address) ||
  subnets.slice(1).every((subnet) => isUnknown(subnet) || isIpv6(String(subnet)) !== isIpv6(address));

const isTrue = (value: unknown): Condition => equal(toTokenString(value), "true");

/** https://github.com/siderolabs/talos/blob/v1.13.0/pkg/machinery/kubelet/kubelet.go */
const protectedByTalos = [
  "authentication",
  "authorization",
  "cgroupRoot",
  "kubeletCgroups",
  "port",
  "protectKernelDefaults",
  "resolvConf",
  "rotateCertificates",
  "seccompDefault",
  "staticPodPath",
  "systemCgroups",
];

/** Arguments that say what the subnets of the cluster say: certificates and CoreDNS follow these alone. */
const subnetSettings = [
  { part: "apiServer", argument: "service-cluster-ip-range", key: "serviceSubnets" },
  { part: "controllerManager", argument: "service-cluster-ip-range", key: "serviceSubnets" },
  { part: "controllerManager", argument: "cluster-cidr", key: "podSubnets" },
].map(({ part, argument, key }) => ({
  path: ["cluster", part, "extraArgs", argument],
  value: undefined,
  advice: `write cluster.network.${key}`,
}));

/** Taints that keep pods off the only node. */
const taintSettings = [
  { path: ["machine", "nodeTaints"], pattern: /:No(Schedule|Execute)/ },
  { path: ["machine", "kubelet", "extraArgs", "register-with-taints"], pattern: /:No(Schedule|Execute)/ },
  { path: ["machine", "kubelet", "extraConfig", "registerWithTaints"], pattern: /"effect":"No(Schedule|Execute)/ },
].map(({ path, pattern }) => ({
  path,
  value: undefined,
  accepts: (taints: unknown) =>
    not(matches(hasUnknown(taints) ? Fn.jsonencode(taints) : JSON.stringify(taints), pattern)),
  advice: "leave it out: the only node runs the pods",
}));

/** Without these, no pod is made or scheduled. */
const podSettings = ["controllerManager", "scheduler"].map((part) => ({
  path: ["machine", "controlPlane", part, "disabled"],
  value: false,
  advice: "leave it out: the only node runs the pods",
}));

function imageSettings({ role, kubernetesVersion }: DescribedNode) {
  const parts = ["apiServer", "controllerManager", "scheduler", "proxy"].map((part) => ["cluster", part]);
  return [["machine", "kubelet"], ...(role === "controlplane" ? parts : [])].map((path) => ({
    path: [...path, "image"],
    // Without proxy there is none.
    value: path.includes("proxy") ? undefined : generated,
    accepts: (image: unknown) => hasVersion(image, kubernetesVersion),
    advice: `write an image with the tag v${toTokenString(kubernetesVersion)}, or another kubernetesVersion`,
  }));
}

/** Whether the image is of the version, with a digest behind it or without; of a variable it is not judged. */
const hasVersion = (image: unknown, version: string): Condition =>
  isUnknown(version) ? true : matches(image, new RegExp(`:v?${version.replaceAll(".", "[.]")}(-[^@]*)?(@.*)?$`));

/** Keys of the cluster's secrets, and those that control plane nodes alone have. */
const secrets = {
  all: ["id", "secret", "token", "ca"],
  controlPlane: ["aggregatorCA", "serviceAccount", "secretboxEncryptionSecret"],
};

function secretSettings(isControlPlane: boolean) {
  const ofCluster = [...secrets.all, ...(isControlPlane ? secrets.controlPlane : [])].map((key) => ["cluster", key]);
  const paths = [["machine", "token"], ["machine", "ca"], ...ofCluster];
  return [
    ...paths.map((path) => ({ path, value: generated })),
    ...(isControlPlane ? [{ path: ["cluster", "etcd", "ca"], value: generated }] : []),
    { path: ["cluster", "aescbcEncryptionSecret"], value: undefined },
  ].map((setting) => ({
    ...setting,
    accepts: () => false,
    advice: "leave it out: talos_machine_secrets makes it",
  }));
}
