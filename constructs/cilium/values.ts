import { Token } from "cdktf";
import {
  checkReplacesPods,
  checkUnchanged,
  follow,
  formatAtPlan,
  isMissing,
  leavesOf,
  messageAt,
  valueAt,
} from "../helm/values";
import { isIpv6 } from "../network/ip-address";
import { type Condition, equal, isUnknown, not, or } from "../rules/condition";
import { expression } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";
import { byFamily } from "../talos/node-endpoint";
import { kubePrismPort } from "../talos/patch/patch";
import { mergeValues } from "../terraform/document";
import { byCiliumMinor } from "./version";

/** Values of the Cilium chart. */
export type CiliumValues = Readonly<Record<string, unknown>>;

/**
 * What Talos requires of Cilium.
 *
 * @see https://docs.siderolabs.com/kubernetes-guides/cni/deploying-cilium
 */
export const talosValues: CiliumValues = {
  ipam: { mode: "kubernetes" },
  kubeProxyReplacement: true,
  k8sServiceHost: "localhost",
  k8sServicePort: kubePrismPort,
  cgroup: { autoMount: { enabled: false }, hostRoot: "/sys/fs/cgroup" },
};

/** What the agent's chart asks for, without SYS_MODULE: Talos lets no container load kernel modules. */
const agentCapabilities = [
  "CHOWN",
  "KILL",
  "NET_ADMIN",
  "NET_RAW",
  "IPC_LOCK",
  "SYS_ADMIN",
  "SYS_RESOURCE",
  "DAC_OVERRIDE",
  "FOWNER",
  "SETGID",
  "SETUID",
];

/** @see https://github.com/siderolabs/talos/blob/v1.13.9/pkg/machinery/constants/constants.go */
const droppedByTalos = ["SYS_MODULE", "SYS_BOOT"];

const capabilitiesOf = (version: string): CiliumValues => {
  const ciliumAgent = byCiliumMinor(version, ({ syslog }) => [...agentCapabilities, ...(syslog ? ["SYSLOG"] : [])]);
  return {
    securityContext: {
      capabilities: {
        ciliumAgent: isUnknown(version) ? Token.asList(ciliumAgent) : ciliumAgent,
        cleanCiliumState: ["NET_ADMIN", "SYS_ADMIN", "SYS_RESOURCE"],
      },
    },
  };
};

/** What the chart's operator tolerates, whose list ours replaces, and the taint of nodes with GPUs. */
const operatorTolerations = [
  "node-role.kubernetes.io/control-plane",
  "node-role.kubernetes.io/master",
  "node.kubernetes.io/not-ready",
  "node.cloudprovider.kubernetes.io/uninitialized",
  "nvidia.com/gpu",
].map((key) => ({ key, operator: "Exists" }));

/**
 * Two operators never share a node. On a single one the second would wait for ever; of two, each takes one, and no upgrade ends
 * if one of them has a taint that the operator does not tolerate.
 */
export const operatorValues = (nodes: number): CiliumValues => ({
  operator: nodes > 1 ? { replicas: 2, tolerations: operatorTolerations } : { replicas: 1 },
});

/**
 * Agent, operator, Envoy and Hubble read their ConfigMaps when they start. With these values the chart writes a checksum of the
 * ConfigMap into the pod template, so that a change of the configuration replaces the pods.
 *
 * @see https://github.com/cilium/cilium/blob/v1.20.2/install/kubernetes/cilium/values.yaml
 */
export const rollOutValues: CiliumValues = {
  rollOutCiliumPods: true,
  operator: { rollOutPods: true },
  envoy: { rollOutPods: true },
  hubble: { relay: { rollOutPods: true }, ui: { rollOutPods: true } },
};

/** Rendered manifests must come out the same every time, so the certificates are made in the cluster. */
export const inlineManifestValues: CiliumValues = { hubble: { tls: { auto: { method: "cronJob" } } } };

/** Cilium's own choice is IPv4, of which a node with an IPv6 address has nothing; up to 1.19 also for the tunnel between nodes. */
export const familyValues = (address: string): CiliumValues =>
  isIpv6(address) === false
    ? {}
    : {
        ipv4: { enabled: byFamily(address, { ipv6: false, ipv4: true }) },
        ipv6: { enabled: byFamily(address, { ipv6: true, ipv4: false }) },
        underlayProtocol: byFamily(address, { ipv6: "ipv6", ipv4: "ipv4" }),
      };

export const defaultValues = (version: string): CiliumValues =>
  mergeValues(talosValues, rollOutValues, capabilitiesOf(version));

interface Judged {
  /** All values of the chart. */
  readonly values: CiliumValues;
  /** Those of the user. */
  readonly further: CiliumValues;
  /** Those that the user's may not change. */
  readonly required: CiliumValues;
  /** Whether the node answers its pods' DNS queries itself, as Talos does by default. */
  readonly nodeForwardsDns: Condition;
}

export const rules: readonly Rule<Judged>[] = [
  {
    id: "cilium-talos-values",
    requirement:
      "values that Talos or an option requires, and those that restart pods after a change, are not changed, and switches among them are true or false",
    reason: "with other values Cilium does not start, takes the node's network down, or lacks the option",
    source: "https://docs.siderolabs.com/kubernetes-guides/cni/deploying-cilium",
    checks: ({ values, further, required, nodeForwardsDns }) => {
      const [masquerade, legacyRouting] = ["masquerade", "hostLegacyRouting"].map((key) =>
        valueAt(values, ["bpf", key]),
      );
      const encryption = (...path: string[]) => valueAt(values, ["encryption", ...path]);
      const type = encryption("type");
      // The chart's own choice.
      const isIpsec = or(isMissing(type), equal(type, "ipsec"));
      return [
        ...checkUnchanged(values, required),
        ...updateStrategies.map((path) => checkReplacesPods(further, path)),
        ...switches.map((path) => checkSwitch(further, path)),
        ...checkCapabilities(values, further),
        {
          // https://docs.cilium.io/en/stable/installation/k8s-install-helm/ names the fault: Talos forwards DNS on the host.
          condition: or(not(equal(masquerade, true)), equal(legacyRouting, true), not(nodeForwardsDns)),
          message:
            "values.bpf.masquerade is true, which breaks Talos's DNS; write bpf.hostLegacyRouting: true too, or machine.features.hostDNS.forwardKubeDNSToHost: false in a patch of the node",
        },
        {
          condition: or(
            not(equal(encryption("enabled"), true)),
            not(isIpsec),
            not(isMissing(encryption("ipsec", "secretName"))),
          ),
          message:
            'values.encryption is of type "ipsec", whose key no secret holds; write encryption: "wireguard" of the construct, or ipsec.secretName of a secret that is there before Cilium',
        },
      ];
    },
  },
  {
    id: "hubble-ui-needs-relay",
    requirement: "Hubble's UI needs the relay, and the relay needs Hubble",
    reason: "the chart refuses one without the other, at the last step of the apply",
    source: "https://docs.cilium.io/en/stable/observability/hubble/hubble-ui/",
    checks: ({ values }) => {
      const enabled = (...path: string[]) => equal(valueAt(values, ["hubble", ...path, "enabled"]), true);
      return [
        {
          condition: or(not(enabled("ui")), enabled("relay"), enabled("ui", "standalone")),
          message:
            "hubble.ui is true without hubble.relay, where it gets its flows from; write hubble: { relay: true, ui: true }",
        },
        {
          condition: or(not(enabled("relay")), not(equal(valueAt(values, ["hubble", "enabled"]), false))),
          message: "values.hubble.enabled is false beside hubble.relay; leave it out",
        },
      ];
    },
  },
];

/** Of the DaemonSets; those of Deployments have no other than to replace pods. */
const updateStrategies = [
  ["updateStrategy", "type"],
  ["envoy", "updateStrategy", "type"],
];

/**
 * What these rules read, of which the chart's schema takes true and false alone, and no text.
 *
 * @see https://github.com/cilium/cilium/blob/v1.18.12/install/kubernetes/cilium/values.schema.json
 */
const switches = [
  ["bpf", "masquerade"],
  ["bpf", "hostLegacyRouting"],
  ["encryption", "enabled"],
  ["hubble", "enabled"],
  ["hubble", "relay", "enabled"],
  ["hubble", "ui", "enabled"],
];

function checkSwitch(further: CiliumValues, path: readonly string[]): Check {
  const { at, found, rest } = follow(further, path);
  if (rest.length > 0 && found !== undefined && !isUnknown(found)) {
    return { condition: false, message: `${at} is ${formatValue(found)}; write an object or leave it out` };
  }
  const value = valueAt(further, path);
  return {
    condition: or(isMissing(value), equal(value, true), equal(value, false)),
    message: `values.${path.join(".")} is ${formatAtPlan(value)}; write true or false, or leave it out`,
  };
}

/** Those without which the agent and what comes before it can do nothing. */
const neededCapabilities = ["ciliumAgent", "cleanCiliumState"].map((container) => [
  "securityContext",
  "capabilities",
  container,
]);

function checkCapabilities(values: CiliumValues, further: CiliumValues): Check[] {
  const needed = further.securityContext === undefined ? [] : neededCapabilities;
  const own = leavesOf(further).flatMap(([path]) => (path.includes("capabilities") ? [path] : []));
  const lists = new Map([...needed, ...own].map((path) => [path.join("."), valueAt(values, path)]));
  return [
    ...needed.map((path) => ({
      condition: isFilledList(valueAt(values, path)),
      message: messageAt(values, path, "a list of capabilities"),
    })),
    ...[...lists].flatMap(([path, list]) =>
      droppedByTalos.map((dropped) => ({
        condition: not(contains(list, dropped)),
        message: `values.${path} has ${dropped}, which Talos grants to no container; leave it out`,
      })),
    ),
  ];
}

const isFilledList = (value: unknown): Condition =>
  isUnknown(value) ? expression`can(element(tolist(${value}), 0))` : Array.isArray(value) && value.length > 0;

/** Whether the list has the item, or is the item. */
const contains = (list: unknown, item: string): Condition =>
  isUnknown(list)
    ? expression`contains(flatten([${list}]), ${item})`
    : or(...[list].flat().map((each) => equal(each, item)));
