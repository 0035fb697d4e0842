import {
  descriptionOf,
  type ProxmoxUse,
  privilegesFor,
  proxmoxMajors,
  proxmoxUses,
  roleCommand,
} from "../constructs/proxmox/privileges";
import { blocksOf, type Json, objectOf, sorted, textOf } from "./json";
import { code, codes, commands, list, type Markdown } from "./markdown";
import { type Element, elementsOf, type Stack } from "./stack";

/** What a resource or data source of a type does on Proxmox. */
const usesOf: Readonly<Record<string, (body: Json) => ProxmoxUse[]>> = {
  proxmox_backup_job: () => ["backup"],
  proxmox_download_file: () => ["image"],
  proxmox_hardware_mapping_pci: () => ["mapping"],
  proxmox_hardware_mapping_usb: () => ["mapping"],
  proxmox_virtual_environment_vm: vmUses,
  "data.proxmox_datastores": () => ["hostFacts"],
  "data.proxmox_hardware_mappings": () => ["hostFacts"],
  "data.proxmox_hardware_pci": () => ["hostFacts"],
  "data.proxmox_version": () => [],
  "data.proxmox_virtual_environment_node": () => ["hostFacts"],
  // What it lists are the VMs that the account may see: `VM.Audit`.
  "data.proxmox_virtual_environment_vms": () => ["vm"],
};

function vmUses(body: Json): ProxmoxUse[] {
  const has = (attribute: string) => blocksOf(body[attribute]).length > 0;
  const isMapped = [...blocksOf(body.hostpci), ...blocksOf(body.usb)].some(({ mapping }) => Boolean(mapping));
  const reads = blocksOf(body.agent).some(({ enabled }) => Boolean(enabled));
  const when = (holds: boolean, use: ProxmoxUse) => (holds ? [use] : []);
  return [
    "vm",
    ...when(has("network_device"), "network"),
    ...when(has("initialization"), "cloudInit"),
    // A VM that is created takes its cloud-init drive along; a clone is given it afterwards.
    ...when(has("cdrom") || (has("clone") && has("initialization")), "cdrom"),
    ...when(reads, "guestAgent"),
    ...when(has("clone"), "clone"),
    ...when(isMapped, "mappedDevice"),
    ...when(has("startup"), "startup"),
  ];
}

const kindOf = ({ isData, type }: Element): string => `${isData ? "data." : ""}${type}`;
const ofProxmox = (stack: Stack): Element[] => elementsOf(stack).filter(({ type }) => type.startsWith("proxmox_"));

/** What the stack does on Proxmox, in the order of the table of privileges. */
export function proxmoxUsesOf(stack: Stack): ProxmoxUse[] {
  const uses = new Set(ofProxmox(stack).flatMap((element) => usesOf[kindOf(element)]?.(element.body) ?? []));
  return proxmoxUses.filter((use) => uses.has(use));
}

/** What no table of rights knows. */
export const unknownTo = (stack: Stack): string[] =>
  ofProxmox(stack)
    .filter((element) => !Object.hasOwn(usesOf, kindOf(element)))
    .map(({ address }) => address);

/** What Proxmox lets root@pam set alone, with a password: no role gives it. */
export const rootOnly = (stack: Stack): string[] =>
  sorted(
    ofProxmox(stack).flatMap(({ address, type, body }) => {
      if (type !== "proxmox_virtual_environment_vm") return [];
      const serial = blocksOf(body.serial_device).some(({ device }) => (textOf(device) ?? "socket") !== "socket");
      return [
        ...(blocksOf(body.hostpci).some(({ id }) => Boolean(id)) ? [`${address}.hostpci`] : []),
        ...(blocksOf(body.usb).some(({ host, mapping }) => Boolean(host) && !mapping) ? [`${address}.usb`] : []),
        ...(serial ? [`${address}.serial_device`] : []),
        ...(objectOf(blocksOf(body.cpu)[0]).affinity ? [`${address}.cpu.affinity`] : []),
        ...(objectOf(blocksOf(body.memory)[0]).hugepages ? [`${address}.memory.hugepages`] : []),
        ...["hook_script_file_id", "kvm_arguments"]
          .filter((name) => Boolean(body[name]))
          .map((name) => `${address}.${name}`),
      ];
    }),
  );

const role = "TerraformStack";

export function rightSection(stack: Stack): Markdown {
  if (ofProxmox(stack).length === 0) return "### Rights on Proxmox\n\nNone.";
  const uses = proxmoxUsesOf(stack);
  const roots = rootOnly(stack);
  const unknown = unknownTo(stack);
  return [
    "### Rights on Proxmox",
    "The stack, and so its account,",
    list(uses.map(descriptionOf), "does nothing that needs a right."),
    ...(roots.length === 0
      ? []
      : [`No role is enough: only ${code("root@pam")}, by password, may set ${codes(roots)}. Everything else needs:`]),
    ...proxmoxMajors.map((major) =>
      [`On Proxmox ${major}:`, commands(roleCommand(role, privilegesFor(uses, major)))].join("\n\n"),
    ),
    ...(unknown.length === 0 ? [] : [`**Unknown: what ${codes(unknown)} needs is not part of these lines.**`]),
  ].join("\n\n");
}
