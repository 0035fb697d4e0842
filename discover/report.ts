import { isOn } from "../constructs/proxmox/host/host-storage";
import { inOneLine } from "../constructs/rules/printable";
import type { Life } from "../constructs/versions/life";
import { lives } from "../constructs/versions/lives";
import { hasEnded, maintenanceOn } from "../constructs/versions/verdict";
import { privilegeCommands, usesOf } from "./account-privileges";
import type { HostGpu } from "./gpu";
import { type Host, majorOf, mayUseAddresses } from "./host";
import type { HostMapping } from "./mapping";
import type { HostBridge, HostNode, HostStorage } from "./node";

/** What the host has, for people; its Proxmox VE is judged on a day, such as `2026-11-30`. */
export function report(host: Host, day = new Date().toISOString().slice(0, 10)): string {
  const { endpoint, version, account, fingerprint, isTrusted, nextVmId } = host;
  return [
    inOneLine(`Proxmox VE ${version} at ${endpoint}, as ${account}`),
    ...field("certificate", [isTrusted ? "trusted by this machine" : `SHA-256 ${fingerprint}`]),
    ...field("maintenance", maintenance(version, day)),
    ...field("free VM id", [`${nextVmId}`]),
    ...field("privileges", privileges(host)),
    ...host.nodes.flatMap((node) => ["", ...nodeLines(node)]),
  ].join("\n");
}

/** A warning, if its Proxmox VE is no longer maintained. */
function maintenance(version: string, day: string): string[] {
  const life: Life = lives.proxmox["8"];
  // An earlier one is refused.
  if (!version.startsWith("8.") || !hasEnded(life, day)) return [];
  const guide = "https://pve.proxmox.com/wiki/Upgrade_from_8_to_9";
  return [`warning: Proxmox VE 8 is ${maintenanceOn(day, life)}; upgrade the host: ${guide}`];
}

const width = 14;

/** Lines of a field, of which the first has its name. */
const field = (name: string, lines: readonly string[]): string[] =>
  lines.map((line, place) => `  ${(place === 0 ? name : "").padEnd(width)}${inOneLine(line)}`);

/** The same with what it means that there are none. */
const listed = (name: string, lines: readonly string[], none: string): string[] =>
  field(name, lines.length > 0 ? lines : [none]);

function privileges(host: Host): string[] {
  const { account, lackingPrivileges, nodes, version } = host;
  if (lackingPrivileges.length === 0) return ["all that a stack needs"];
  const uses = usesOf(mayUseAddresses(host) ? "address" : "new mapping");
  return [
    `${account} lacks ${lackingPrivileges.join(", ")}; on the host, as root:`,
    ...privilegeCommands(account, nodes, uses, majorOf(version)).split("\n"),
  ];
}

function nodeLines({ name, isOnline, cpus, processor, memory, gpus, storages, bridges, mappings }: HostNode): string[] {
  if (!isOnline) return [`node ${inOneLine(name)} is offline`];
  const unknown = "not for this account to know, without Sys.Audit on /";
  const size = cpus === undefined || memory === undefined ? unknown : `${cpus} threads, ${gib(memory)}`;
  return [
    `node ${inOneLine(name)}`,
    ...field("hardware", [processor === undefined ? size : `${processor}, ${size}`]),
    ...(gpus ? listed("GPUs", gpus.flatMap(gpuLines), "none") : field("GPUs", [unknown])),
    ...listed("mappings", mappings.map(mappingLine), "none that this account sees"),
    ...listed("storages", storages.map(storageLine), "none that this account sees"),
    ...listed("bridges", bridges.map(bridgeLine), "none that this account sees"),
  ];
}

const gpuLines = ({ address, name, deviceId, subsystemId, functions, iommuGroup, verdict }: HostGpu): string[] => [
  `${address} ${name}`,
  `  ids ${deviceId}${subsystemId === undefined ? "" : `, subsystem ${subsystemId}`}; functions ${functions.join(", ")}; ${iommuGroup === undefined ? "no IOMMU group" : `IOMMU group ${iommuGroup}`}`,
  `  ${verdict}`,
];

const mappingLine = ({ name, addresses, problems }: HostMapping): string =>
  `${name}: ${addresses.join(", ") || "no device of this node"}, ${problems.length === 0 ? "valid" : problems.join("; ")}`;

const storageLine = (storage: HostStorage): string => {
  const { name, type, content, available, total } = storage;
  const room = isOn(storage) === true ? `${gib(available)} of ${gib(total)} free` : "disabled or not active";
  return `${name} (${type}): ${content.join(", ")}; ${room}`;
};

const bridgeLine = ({ name, cidr, gateway }: HostBridge): string =>
  [name, cidr, gateway && `gateway ${gateway}`].filter(Boolean).join(", ");

const gib = (bytes: number): string => `${Math.floor(bytes / 1024 ** 3)} GiB`;
