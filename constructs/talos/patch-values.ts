import { isAddress, isCidr } from "../network/ip-address";
import { isPlainObject } from "../props/plain-data";
import { type Condition, isUnknown, matches, oneOf, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { directive, documentsOf } from "./patch-document";
import type { GivenPatch } from "./protected-setting";

/** The form that Talos demands of a value, which its schema calls a string. */
interface Form {
  /** Kinds of documents; the machine configuration's has none. */
  readonly kinds?: readonly string[];
  /** Keys with dots between them; `*` is any key or item, and a last `~` takes the keys themselves. */
  readonly at: string;
  readonly holds: (value: string) => Condition;
  /** What to write instead. */
  readonly write: string;
}

const like =
  (pattern: RegExp) =>
  (value: string): Condition =>
    matches(value, pattern);
const among = (...values: readonly string[]) => ({
  holds: (value: string) => oneOf(value, values),
  write: values.map(formatValue).join(" or "),
});
const subnet = { holds: isCidr, write: 'a subnet such as "10.0.0.0/8"' };
const addressOrSubnet = {
  holds: (value: string) => or(isAddress(value), isCidr(value)),
  write: 'an address such as "192.168.1.50/24"',
};
/** A `!` leaves the subnet out. */
const selected = {
  holds: (value: string) => {
    const text = isUnknown(value) ? value : value.replace(/^!/, "");
    return or(isAddress(text), isCidr(text), isUnknown(value) ? matches(value, /^!/) : false);
  },
  write: 'a subnet such as "192.168.1.0/24"',
};
const labelKey = {
  holds: like(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?[/])?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/),
  write: 'a name as Kubernetes has it, such as "example.com/room"',
};
const size = {
  holds: like(/^-?[0-9][0-9.,]* *([kKmMgGtTpPeE][iI]?)?[bB]?%?$/),
  write: 'a size such as "100GB"',
};
const volumeKinds = ["UserVolumeConfig", "RawVolumeConfig", "SwapVolumeConfig"];
const linkKinds = ["LinkConfig", "VLANConfig", "BondConfig", "BridgeConfig", "DummyLinkConfig", "WireguardConfig"];

/** Talos's own checks, as far as they say more than its schema: `Validate` of each document. */
const forms: readonly Form[] = [
  { at: "machine.nodeLabels.~", ...labelKey },
  { at: "machine.nodeAnnotations.~", ...labelKey },
  {
    at: "machine.nodeLabels.*",
    holds: like(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/),
    write: "at most 63 letters, digits, hyphens, dots and underscores",
  },
  { at: "machine.network.interfaces.*.addresses.*", ...addressOrSubnet },
  { at: "machine.network.interfaces.*.routes.*.network", ...subnet },
  { at: "machine.network.interfaces.*.routes.*.gateway", holds: isAddress, write: 'an address such as "192.168.1.1"' },
  {
    at: "machine.network.interfaces.*.bond.mode",
    ...among("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"),
  },
  {
    at: "machine.features.kubernetesTalosAPIAccess.allowedRoles.*",
    ...among("os:admin", "os:operator", "os:reader", "os:etcd:backup", "os:impersonator"),
  },
  { at: "machine.features.nodeAddressSortAlgorithm", ...among("v1", "v2") },
  { at: "machine.registries.config.*.tls.ca", holds: like(/^[A-Za-z0-9+/= \n]*$/), write: "the certificate in base64" },
  { at: "cluster.network.dnsDomain", holds: like(/^[A-Za-z0-9_.-]*$/), write: 'a domain such as "cluster.local"' },
  { at: "cluster.inlineManifests.*.name", holds: like(/./), write: "a name" },
  { at: "cluster.etcd.advertisedSubnets.*", ...selected },
  { at: "cluster.etcd.listenSubnets.*", ...selected },
  { at: "cluster.etcd.subnet", ...selected },
  { at: "cluster.apiServer.authorizationConfig.*.type", ...among("Node", "RBAC", "Webhook") },
  ...["apiServer", "controllerManager", "scheduler"].flatMap((program) =>
    ["requests", "limits"].map((which) => ({
      at: `cluster.${program}.resources.${which}.~`,
      ...among("cpu", "memory"),
    })),
  ),
  {
    at: "cluster.discovery.registries.service.endpoint",
    holds: like(/^https?:[/][/][^ ]+$/),
    write: 'a URL such as "https://discovery.talos.dev/"',
  },
  {
    kinds: volumeKinds,
    at: "name",
    holds: like(/^[A-Za-z0-9-]{1,34}$/),
    write: "at most 34 letters, digits and hyphens",
  },
  { kinds: ["VolumeConfig"], at: "name", ...among("STATE", "EPHEMERAL", "IMAGECACHE") },
  { kinds: [...volumeKinds, "VolumeConfig"], at: "provisioning.minSize", ...size },
  { kinds: [...volumeKinds, "VolumeConfig"], at: "provisioning.maxSize", ...size },
  { kinds: ["NetworkRuleConfig"], at: "ingress.*.subnet", ...subnet },
  { kinds: ["NetworkRuleConfig"], at: "ingress.*.except", ...subnet },
  {
    kinds: ["NetworkRuleConfig"],
    at: "portSelector.ports.*",
    holds: like(/^[0-9]{1,5}-[0-9]{1,5}$/),
    write: 'a port as a number, or a range such as "8000-8080"',
  },
  {
    kinds: ["KmsgLogConfig"],
    at: "url",
    holds: like(/^(tcp|udp):[/][/]/),
    write: 'a URL such as "tcp://192.168.1.9:514"',
  },
  {
    kinds: ["EventSinkConfig"],
    at: "endpoint",
    holds: like(/:[^:]+$/),
    write: 'an address and port such as "192.168.1.9:8080"',
  },
  {
    kinds: ["SideroLinkConfig"],
    at: "apiUrl",
    holds: like(/^(https|grpc):[/][/]/),
    write: 'a URL such as "https://…"',
  },
  {
    kinds: ["EnvironmentConfig"],
    at: "variables.~",
    holds: like(/^[A-Za-z_][A-Za-z0-9_]*$/),
    write: 'a name such as "HTTPS_PROXY"',
  },
  { kinds: linkKinds, at: "addresses.*.address", ...addressOrSubnet, holds: isCidr },
  {
    kinds: ["ResolverConfig"],
    at: "nameservers.*.address",
    holds: (value) => or(isAddress(value), matches(value, /%/)),
    write: 'an address such as "192.168.1.1"',
  },
  {
    kinds: ["StaticHostConfig"],
    at: "name",
    holds: isAddress,
    write: 'the address of the host, such as "192.168.1.9"',
  },
  {
    kinds: ["RegistryMirrorConfig"],
    at: "endpoints.*.url",
    holds: like(/^https?:[/][/]/i),
    write: 'a URL such as "https://mirror.example"',
  },
  {
    kinds: ["RegistryTLSConfig"],
    at: "ca",
    holds: like(/-----BEGIN CERTIFICATE-----/),
    write: "the certificate as PEM",
  },
];

export const rules: readonly Rule<{ readonly patches: readonly GivenPatch[] }>[] = [
  {
    id: "config-patch-values",
    requirement: "addresses, names, sizes and URLs in patches have the form that Talos takes",
    reason: "the node refuses the machine configuration otherwise, after its VM is created",
    source: talosDocs("reference/configuration/v1alpha1/config"),
    checks: ({ patches }) =>
      patches.flatMap(({ path, patch }) => documentsOf(patch).flatMap((document) => checkDocument(path, document))),
  },
];

function checkDocument(where: string, document: unknown): Check[] {
  if (!isPlainObject(document) || document[directive] === "delete") return [];
  const { kind } = document;
  return forms
    .filter(({ kinds }) => (kinds === undefined ? kind === undefined : kinds.includes(String(kind))))
    .flatMap(({ at, holds, write }) =>
      valuesAt(document, at.split(".")).map(({ path, value }) => ({
        condition: holds(value),
        message: `${where} has ${kind === undefined ? "" : `${kind}.`}${path} ${formatValue(value)}, which Talos refuses; write ${write}`,
      })),
    );
}

/** The strings at the keys, with their paths. */
function valuesAt(value: unknown, [key, ...rest]: readonly string[], path = ""): { path: string; value: string }[] {
  if (key === undefined) return typeof value === "string" || isUnknown(value) ? [{ path, value: value as string }] : [];
  if (typeof value !== "object" || value === null || isUnknown(value)) return [];
  const entries = Object.entries(value).filter(([name]) => name !== directive);
  if (key === "~") return entries.map(([name]) => ({ path, value: name }));
  return entries
    .filter(([name]) => key === "*" || name === key)
    .flatMap(([name, inside]) => {
      const own = Array.isArray(value) ? `[${name}]` : path === "" ? name : `.${name}`;
      return valuesAt(inside, rest, `${path}${own}`);
    });
}
