import { type ChartValues, formatAtPlan, isMissing, leavesOf, valueAt } from "../helm/values";
import { isIpv6 } from "../network/ip-address";
import { and, type Condition, equal, isUnknown, matches, not, oneOf, or } from "../rules/condition";
import { expression } from "../rules/expression";
import { formatValue, toTokenString } from "../rules/format-value";
import { isPlainObject } from "../rules/kind";
import type { Check, Rule } from "../rules/rule";

/** The values of the chart, and what they are for. */
interface Judged {
  /** All values of the chart. */
  readonly values: ChartValues;
  /** Those that the user's may not change. */
  readonly required: ChartValues;
  /** Address of the nodes; undefined without a node. */
  readonly address?: string;
  /** Whether the user's patches choose the subnets of pods. */
  readonly hasOwnPodSubnets: Condition;
}

/** Questions about the values, by the path of a key such as `bpf.masquerade`. */
class Asked {
  constructor(private readonly values: ChartValues) {}

  at(path: string): unknown {
    return valueAt(this.values, path.split("."));
  }

  is(path: string, value: string | number | boolean): Condition {
    return equal(this.at(path), value);
  }

  has(path: string): Condition {
    return and(not(isMissing(this.at(path))), not(this.is(path, "")));
  }

  /** What the chart has by itself, unless the values say otherwise. */
  isByDefault(path: string, value: boolean): Condition {
    return or(isMissing(this.at(path)), this.is(path, value));
  }
}

/** Values that do not go together. */
interface Conflict {
  readonly when: (values: Asked) => Condition;
  readonly message: string;
}

/** Sources: the checks at the agent's start (`daemon/cmd`, `pkg/kpr`) and `templates/validate.yaml` of the chart. */
const conflicts: readonly Conflict[] = [
  ...(["ipv4", "ipv6"] as const).map((family): Conflict => {
    const name = family === "ipv4" ? "IPv4" : "IPv6";
    return {
      when: (values) =>
        and(
          values.is("routingMode", "native"),
          family === "ipv4" ? not(values.is("ipv4.enabled", false)) : values.is("ipv6.enabled", true),
          values.isByDefault(`enable${name}Masquerade`, true),
          not(values.is("ipMasqAgent.enabled", true)),
          not(values.has(`${family}NativeRoutingCIDR`)),
        ),
      message: `values.routingMode is "native" without ${family}NativeRoutingCIDR, which makes the agent exit; write the CIDR whose addresses are not masqueraded, such as that of the pods`,
    };
  }),
  ...["egressGateway", "ipMasqAgent"].map((key) => ({
    when: (values: Asked) => and(values.is(`${key}.enabled`, true), not(values.is("bpf.masquerade", true))),
    message: `values.${key}.enabled is true without bpf.masquerade, which makes the agent exit; write bpf: { masquerade: true, hostLegacyRouting: true }`,
  })),
  {
    when: (values) =>
      and(
        values.is("installNoConntrackIptablesRules", true),
        or(not(values.is("routingMode", "native")), not(values.is("bpf.masquerade", true))),
      ),
    message:
      'values.installNoConntrackIptablesRules is true without routingMode "native" and bpf.masquerade, which makes the agent exit; write these too, or leave it out',
  },
  ...[
    ["bandwidthManager.bbr", true] as const,
    ["bpf.datapathMode", "netkit"] as const,
    ["bpf.datapathMode", "netkit-l2"] as const,
  ].map(([path, value]) => ({
    when: (values: Asked) => and(values.is(path, value), values.is("bpf.hostLegacyRouting", true)),
    message: `values.${path} is ${formatValue(value)} beside bpf.hostLegacyRouting: true, which makes the agent exit; leave one of the two out`,
  })),
  ...["dsr", "hybrid"].map((mode) => ({
    when: (values: Asked) =>
      and(
        values.is("loadBalancer.mode", mode),
        not(values.is("routingMode", "native")),
        not(values.is("tunnelProtocol", "geneve")),
      ),
    message: `values.loadBalancer.mode is ${formatValue(mode)} over a VXLAN tunnel, which makes the agent exit; write routingMode: "native", or tunnelProtocol: "geneve" with loadBalancer.dsrDispatch: "geneve"`,
  })),
  ...["gatewayAPI", "ingressController"].map((key) => ({
    when: (values: Asked) => and(values.is(`${key}.enabled`, true), values.is("l7Proxy", false)),
    message: `values.l7Proxy is false beside ${key}.enabled, which the chart refuses; leave it out`,
  })),
  {
    when: (values) =>
      and(values.is("authentication.mutual.spire.enabled", true), values.is("authentication.enabled", false)),
    message:
      "values.authentication.enabled is false beside authentication.mutual.spire.enabled, which the chart refuses; leave one of the two out",
  },
  {
    when: (values) =>
      or(
        ...["netkit", "netkit-l2"].map((mode) =>
          and(values.is("bpf.tproxy", true), values.is("bpf.datapathMode", mode)),
        ),
      ),
    message:
      "values.bpf.tproxy is true beside bpf.datapathMode netkit, which the chart refuses; leave one of the two out",
  },
  ...[
    ["tunnel", "routingMode and tunnelProtocol"] as const,
    ["enableCiliumEndpointSlice", "ciliumEndpointSlice.enabled"] as const,
    ["encryption.secretName", "encryption.ipsec.secretName"] as const,
    ["encryption.keyFile", "encryption.ipsec.keyFile"] as const,
  ].map(([path, instead]) => ({
    when: (values: Asked) => values.has(path),
    message: `values.${path} is of an earlier version, and the chart refuses it; write ${instead}`,
  })),
  {
    when: (values) => and(values.is("autoDirectNodeRoutes", true), not(values.is("routingMode", "native"))),
    message:
      'values.autoDirectNodeRoutes is true without routingMode: "native", which makes the agent exit; write that too, or leave it out',
  },
  {
    when: (values) =>
      and(
        values.is("hostFirewall.enabled", true),
        values.is("encryption.enabled", true),
        or(isMissing(values.at("encryption.type")), values.is("encryption.type", "ipsec")),
      ),
    message:
      "values.hostFirewall.enabled is true beside IPsec, which makes the agent exit; leave one of the two out, or encrypt with WireGuard",
  },
  {
    when: (values) =>
      and(
        or(isMissing(values.at("cluster.name")), values.is("cluster.name", "default")),
        values.has("cluster.id"),
        not(values.is("cluster.id", 0)),
      ),
    message: 'values.cluster.id is set beside the name "default", which the chart refuses; write cluster.name too',
  },
  ...[
    ["operator.enabled", false, "without which no CRD is there and no node gets its addresses"] as const,
    ["operator.replicas", 0, "without which no CRD is there and no node gets its addresses"] as const,
    ["agent", false, "without which no pod has a network"] as const,
    ["cni.install", false, "without which the kubelet finds no network"] as const,
    ["nodeinit.enabled", true, "which needs a shell on the node, and Talos has none"] as const,
  ].map(([path, value, effect]) => ({
    when: (values: Asked) => values.is(path, value),
    message: `values.${path} is ${value}, ${effect}; leave it out`,
  })),
  ...["tolerations", "operator.tolerations"].map((path) => ({
    when: (values: Asked) => {
      const list = values.at(path);
      return isUnknown(list) ? expression`try(length(${list}) == 0, false)` : Array.isArray(list) && list.length === 0;
    },
    message: `values.${path} is [], with which its pods never run on a node that is not ready yet; leave it out`,
  })),
];

/** Closed lists of strings. */
const choices: readonly (readonly [path: string, choices: readonly string[]])[] = [
  ["routingMode", ["tunnel", "native", "hybrid"]],
  ["tunnelProtocol", ["vxlan", "geneve"]],
  ["underlayProtocol", ["ipv4", "ipv6", "auto"]],
  ["loadBalancer.mode", ["snat", "dsr", "hybrid"]],
  ["loadBalancer.algorithm", ["random", "maglev"]],
  ["policyEnforcementMode", ["default", "always", "never"]],
  ["encryption.type", ["ipsec", "wireguard", "ztunnel"]],
];

const checkChoices = (values: Asked): Check[] =>
  choices.map(([path, known]) => ({
    condition: or(not(values.has(path)), oneOf(values.at(path) as string, known)),
    message: `values.${path} is ${formatAtPlan(values.at(path))}, which Cilium ignores or exits on; write ${known.map(formatValue).join(" or ")}`,
  }));

/** Keys of Cilium's configuration, which the chart makes of these values, and which `extraConfig` and `extraArgs` override. */
const configurationKeys: Readonly<Record<string, readonly string[]>> = {
  "ipam.mode": ["ipam"],
  kubeProxyReplacement: ["kube-proxy-replacement"],
  "cgroup.hostRoot": ["cgroup-root"],
  "ipv4.enabled": ["enable-ipv4"],
  "ipv6.enabled": ["enable-ipv6"],
  underlayProtocol: ["underlay-protocol"],
  "gatewayAPI.enabled": ["enable-gateway-api"],
  "gatewayAPI.enableAlpn": ["enable-gateway-api-alpn"],
  "gatewayAPI.enableAppProtocol": ["enable-gateway-api-app-protocol"],
  "l2announcements.enabled": ["enable-l2-announcements"],
  "encryption.enabled": ["enable-wireguard", "enable-ipsec"],
};

/** Variables that the chart makes of these values. */
const variables: Readonly<Record<string, string>> = {
  k8sServiceHost: "KUBERNETES_SERVICE_HOST",
  k8sServicePort: "KUBERNETES_SERVICE_PORT",
};

/** Checks that what must be so is not taken back where Cilium reads it. */
function checkBypass({ values, required }: Judged): Check[] {
  const asked = new Asked(values);
  const ofVariables = leavesOf(required).flatMap(([path, value]) => {
    const variable = variables[path.join(".")];
    if (variable === undefined) return [];
    return environments.flatMap((list) =>
      checkEnvironment(list, asked.at(list), variable, String(value), path.join(".")),
    );
  });
  return [...ofVariables, ...checkConfiguration(values, required)];
}

function checkConfiguration(values: Judged["values"], required: Judged["required"]): Check[] {
  const asked = new Asked(values);
  const lists = ["extraArgs", "operator.extraArgs"];
  return leavesOf(required).flatMap(([path, value]) =>
    (configurationKeys[path.join(".")] ?? []).flatMap((key) => {
      const set = valueAt(values, ["extraConfig", key]);
      const wanted = isUnknown(value) ? toTokenString(value) : key === "enable-ipsec" ? "false" : String(value);
      return [
        {
          condition: or(isMissing(set), equal(set, wanted)),
          message: `values.extraConfig.${key} is ${formatAtPlan(set)}, which overrides values.${path.join(".")}; leave it out`,
        },
        ...lists.flatMap((list) => {
          const found = asked.at(list);
          const items = Array.isArray(found) && !isUnknown(found) ? found : [];
          return items.map((item: unknown) => ({
            condition: not(matches(String(item), new RegExp(`^--${key}(=|$)`))),
            message: `values.${list} has ${formatValue(item)}, which overrides values.${path.join(".")}; leave it out`,
          }));
        }),
        ...environments.flatMap((list) =>
          // Cilium reads each of its options from a variable of its name too, which overrides its configuration.
          checkEnvironment(
            list,
            asked.at(list),
            `CILIUM_${key.toUpperCase().replaceAll("-", "_")}`,
            wanted,
            path.join("."),
          ),
        ),
      ];
    }),
  );
}

const environments = ["extraEnv", "operator.extraEnv"];

function checkEnvironment(list: string, found: unknown, name: string, wanted: string, path: string): Check[] {
  const items = Array.isArray(found) && !isUnknown(found) ? found : [];
  return items.filter(isPlainObject).map((item) => ({
    condition: or(not(equal(item.name, name)), equal(toTokenString(item.value), wanted)),
    message: `values.${list} has ${name}, which overrides values.${path}; leave it out`,
  }));
}

/** Checks that the families of addresses are those that the node has. */
function checkFamilies({ values, address, hasOwnPodSubnets }: Judged): Check[] {
  if (address === undefined) return [];
  const asked = new Asked(values);
  const isOff = (family: "ipv4" | "ipv6") =>
    or(asked.is(`${family}.enabled`, false), equal(toTokenString(asked.at(`extraConfig.enable-${family}`)), "false"));
  const nameOff = (family: "ipv4" | "ipv6") =>
    asked.is(`${family}.enabled`, false) === false ? `values.extraConfig.enable-${family}` : `values.${family}.enabled`;
  return [
    {
      condition: or(not(isOff("ipv6")), not(isIpv6(address)), hasOwnPodSubnets),
      message: `${nameOff("ipv6")} is false, and the node has an IPv6 address; leave it out`,
    },
    ...(["ipv4", "ipv6"] as const).map((family) => ({
      condition: or(
        not(asked.is("underlayProtocol", family)),
        family === "ipv6" ? isIpv6(address) : not(isIpv6(address)),
        hasOwnPodSubnets,
      ),
      message: `values.underlayProtocol is ${formatValue(family)}, and the nodes have no address of that family to reach each other; leave it out`,
    })),
    {
      condition: or(not(asked.is("ipv6.enabled", true)), isIpv6(address), hasOwnPodSubnets),
      message:
        "values.ipv6.enabled is true, and the cluster gives pods IPv4 addresses alone, so that the agents wait for ever; write podSubnets and serviceSubnets of both families in a patch, or leave it out",
    },
    {
      condition: or(not(isOff("ipv4")), isIpv6(address), hasOwnPodSubnets),
      message: `${nameOff("ipv4")} is false, and the node has an IPv4 address; leave it out`,
    },
  ];
}

export const rules: readonly Rule<Judged>[] = [
  {
    id: "cilium-values-together",
    requirement: "values of Cilium do not contradict each other, or what Talos or an option requires",
    reason: "the agent crashes or has no effect, although the apply succeeds",
    source: "https://docs.cilium.io/en/stable/network/concepts/routing/",
    checks: (judged) => {
      const asked = new Asked(judged.values);
      const id = asked.at("cluster.id");
      return [
        ...conflicts.map(({ when, message }) => ({ condition: not(when(asked)), message })),
        ...checkChoices(asked),
        {
          condition: or(
            not(asked.has("cluster.id")),
            matches(toTokenString(id), /^([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])$/),
            and(
              asked.is("clustermesh.maxConnectedClusters", 511),
              matches(toTokenString(id), /^([0-9]|[1-9][0-9]|[1-4][0-9]{2}|50[0-9]|51[01])$/),
            ),
          ),
          message: `values.cluster.id is ${formatAtPlan(id)}; write a whole number from 0 to 255`,
        },
        ...checkFamilies(judged),
        ...checkBypass(judged),
      ];
    },
  },
];
