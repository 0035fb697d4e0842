import {
  aclCommands,
  descriptionOf,
  grantsFor,
  type Paths,
  type ProxmoxUse,
  proxmoxUses,
  roleCommand,
} from "../constructs/proxmox/privileges";
import { blocksOf, isExpression, type Json, objectOf, sorted, textOf, textsOf } from "./json";
import { code, codes, commands, list, type Markdown } from "./markdown";
import { type Element, elementsOf, ofType, resourcesOf, type Stack } from "./stack";

/** What a resource or data source of a type does on Proxmox. */
const usesOf: Readonly<Record<string, (body: Json) => ProxmoxUse[]>> = {
  proxmox_acl: () => ["csi"],
  proxmox_backup_job: () => ["backup"],
  proxmox_download_file: () => ["image"],
  proxmox_hardware_mapping_pci: () => ["mapping"],
  proxmox_hardware_mapping_usb: () => ["mapping"],
  proxmox_virtual_environment_firewall_ipset: () => ["network"],
  proxmox_virtual_environment_firewall_options: () => ["network"],
  proxmox_virtual_environment_firewall_rules: () => ["network"],
  proxmox_user_token: () => ["csi"],
  proxmox_virtual_environment_role: () => ["csi"],
  proxmox_virtual_environment_user: () => ["csi"],
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
    ...when(Boolean(body.pool_id), "pool"),
    ...when(has("network_device"), "network"),
    ...when(has("initialization"), "cloudInit"),
    // A VM that is created takes its cloud-init drive along; a clone is given it afterwards.
    ...when(has("cdrom") || (has("clone") && has("initialization")), "cdrom"),
    ...when(
      volumesOf(body).some((volume) => storageOf(volume) !== undefined),
      "file",
    ),
    ...when(reads, "guestAgent"),
    ...when(has("clone"), "clone"),
    ...when(isMapped, "mappedDevice"),
    ...when(has("startup"), "startup"),
  ];
}

/** The volumes that a VM reads: its image, an ISO image, a hook script. */
const volumesOf = (body: Json): string[] => [
  ...["disk", "cdrom"].flatMap((name) =>
    blocksOf(body[name]).flatMap(({ import_from, file_id }) => [...textsOf(import_from), ...textsOf(file_id)]),
  ),
  ...textsOf(body.hook_script_file_id),
];

const storageOf = (volume: string): string | undefined => /^([^:${}]+):\w+\//.exec(volume)?.[1];

/** The paths of these names; undefined if only Terraform knows one of them. */
const pathsTo = (path: string, names: readonly string[]): string[] | undefined =>
  names.some(isExpression) ? undefined : sorted(names).map((name) => `${path}/${name}`);

/** The ACL paths of the stack by area, as far as they are known before it is planned. */
export function pathsOf(stack: Stack): Paths {
  const resources = resourcesOf(stack);
  const bodies = (type: string) => ofType(resources, type).map(({ body }) => body);
  const vms = bodies("proxmox_virtual_environment_vm");
  const inVms = (block: string, attribute: string) =>
    vms.flatMap((body) => blocksOf(body[block]).flatMap((each) => textsOf(each[attribute])));
  const pools = vms.map((body) => textOf(body.pool_id));
  // A clone's disks are where its template's are, unless it says otherwise.
  const isElsewhere = vms.some((body) => blocksOf(body.clone).some(({ datastore_id }) => datastore_id === undefined));
  const disks = ["disk", "efi_disk", "tpm_state", "initialization", "clone"].flatMap((name) =>
    inVms(name, "datastore_id"),
  );
  const mappings = (block: string, kind: string) => {
    const isMade = bodies(`proxmox_hardware_mapping_${kind}`).length > 0;
    const used = inVms(block, "mapping");
    return isMade || used.some(isExpression)
      ? [`/mapping/${kind}`]
      : sorted(used).map((name) => `/mapping/${kind}/${name}`);
  };
  return {
    vm: pools.every((pool) => pool !== undefined) ? pathsTo("/pool", pools) : undefined,
    template: pathsTo("/vms", inVms("clone", "vm_id")),
    disk: isElsewhere ? undefined : pathsTo("/storage", disks),
    image: pathsTo(
      "/storage",
      bodies("proxmox_download_file").flatMap(({ datastore_id }) => textsOf(datastore_id)),
    ),
    file: pathsTo(
      "/storage",
      vms.flatMap(volumesOf).flatMap((volume) => storageOf(volume) ?? []),
    ),
    backup: pathsTo(
      "/storage",
      bodies("proxmox_backup_job").flatMap(({ storage }) => textsOf(storage)),
    ),
    bridge: pathsTo("/sdn/zones/localnetwork", inVms("network_device", "bridge")),
    mapping: [...mappings("hostpci", "pci"), ...mappings("usb", "usb")],
    volume: pathsTo(
      "/storage",
      bodies("proxmox_acl").flatMap(({ path }) =>
        textsOf(path).flatMap((text) => /^\/storage\/(.+)$/.exec(text)?.[1] ?? []),
      ),
    ),
  };
}

const kindOf = ({ isData, type }: Element): string => `${isData ? "data." : ""}${type}`;
const ofProxmox = (stack: Stack): Element[] => elementsOf(stack).filter(({ type }) => type.startsWith("proxmox_"));

/** What the stack does on Proxmox, in the order of the table of privileges. */
export function proxmoxUsesOf(stack: Stack): ProxmoxUse[] {
  const uses = new Set(ofProxmox(stack).flatMap((element) => usesOf[kindOf(element)]?.(element.body) ?? []));
  return proxmoxUses.filter((use) => uses.has(use));
}

/** What no table of privileges has. */
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

/** Whom the lines are for; who runs them writes another. */
const account = "terraform@pve";

export function rightSection(stack: Stack): Markdown {
  if (ofProxmox(stack).length === 0) return "### Privileges on Proxmox\n\nNone.";
  const uses = proxmoxUsesOf(stack);
  const roots = rootOnly(stack);
  const unknown = unknownTo(stack);
  const paths = pathsOf(stack);
  const grants = grantsFor(uses, paths, 9);
  const roles = grants.map(roleCommand);
  const onEight = grantsFor(uses, paths, 8)
    .map(roleCommand)
    .filter((role) => !roles.includes(role));
  return [
    "### Privileges on Proxmox",
    "The stack, and so its account,",
    list(uses.map(descriptionOf), "needs no privilege."),
    ...(roots.length === 0
      ? []
      : [
          `No role is enough: only ${code("root@pam")}, by password, may set ${codes(roots)}. Everything else needs these.`,
        ]),
    "These roles on Proxmox 9:",
    commands(roles.join("\n")),
    ...(onEight.length === 0 ? [] : ["On Proxmox 8 instead:", commands(onEight.join("\n"))]),
    "On these paths, and no others:",
    commands(aclCommands(account, grants).join("\n")),
    ...(unknown.length === 0 ? [] : [`**Unknown: what ${codes(unknown)} needs is not part of these lines.**`]),
  ].join("\n\n");
}
