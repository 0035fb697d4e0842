import { familiesOf, literalOf } from "./fact";
import { blocksOf, isExpression, type Json, objectOf, textOf, textsOf } from "./json";
import { code, codes, type Markdown, nextLine, none, table } from "./markdown";
import { dataOf, ofType, resourcesOf, type Stack } from "./stack";

export const vmsOf = (stack: Stack) => ofType(resourcesOf(stack), "proxmox_virtual_environment_vm");

const lines = (cells: readonly (Markdown | undefined)[]): Markdown =>
  cells.filter((cell) => cell !== undefined && cell !== "").join(nextLine) || none;

const shown = (value: unknown): Markdown => code(textOf(value) ?? String(value ?? ""));

function processor({ cpu, memory }: Json): Markdown {
  const { cores, sockets, type } = objectOf(blocksOf(cpu)[0]);
  const { dedicated } = objectOf(blocksOf(memory)[0]);
  return lines([
    cores === undefined
      ? undefined
      : `${textOf(cores)} cores${sockets === undefined || sockets === 1 ? "" : ` × ${textOf(sockets)}`}`,
    type === undefined ? undefined : `type ${shown(type)}`,
    dedicated === undefined ? undefined : `${textOf(dedicated)} MiB`,
  ]);
}

function start(stack: Stack, { bios, machine, on_boot, started, clone }: Json): Markdown {
  const firmware = bios === undefined ? "firmware of the provider's choice" : shown(bios);
  const [cloned] = blocksOf(clone);
  return lines([
    firmware,
    machine === undefined ? undefined : shown(machine),
    on_boot === true ? "starts with its host" : "**does not start with its host**",
    started === false ? "**is not started**" : undefined,
    cloned === undefined ? undefined : `a clone of ${templateOf(stack, cloned)}`,
  ]);
}

/** A template by its id, or by what is asked for to find it. */
function templateOf(stack: Stack, { vm_id }: Json): Markdown {
  const [, name] = /data[.]proxmox_virtual_environment_vms[.]([\w-]+)[.]/.exec(textOf(vm_id) ?? "") ?? [];
  const query = ofType(dataOf(stack), "proxmox_virtual_environment_vms").find((each) => each.name === name);
  const wanted = blocksOf(query?.body.filter).flatMap(({ values }) => textsOf(values));
  return query === undefined ? `the template ${shown(vm_id)}` : `the template that is ${codes(wanted)}`;
}

/** The devices behind a mapping of this stack, with their nodes. */
function mapped(stack: Stack, mapping: unknown): Markdown {
  const name = literalOf(stack, mapping);
  const resource = resourcesOf(stack).find(
    ({ type, body }) => type.startsWith("proxmox_hardware_mapping_") && body.name === name,
  );
  const places = blocksOf(resource?.body.map).map(({ node, path, id }) => {
    // What the host says is no news.
    const isWritten = path !== undefined && !isExpression(textOf(id) ?? "");
    return `${textOf(path ?? id)} on ${textOf(node)}${isWritten ? ` (${textOf(id)})` : ""}`;
  });
  return `${shown(name)}${places.length === 0 ? "" : `, which is ${codes(places)}`}`;
}

function disks({ disk, efi_disk, tpm_state, cdrom }: Json): Markdown {
  const of = (name: string, block: unknown): Markdown[] =>
    blocksOf(block).map(({ datastore_id, file_id, size, interface: at }) =>
      [
        shown(at ?? name),
        ...(size === undefined ? [] : [`${textOf(size)} GiB`]),
        ...(datastore_id === undefined ? [] : [`on ${shown(datastore_id)}`]),
        ...(file_id === undefined ? [] : [`from ${shown(file_id)}`]),
      ].join(" "),
    );
  return lines([...of("disk", disk), ...of("EFI", efi_disk), ...of("TPM", tpm_state), ...of("cdrom", cdrom)]);
}

/** The network devices in the order of the addresses that cloud-init gives them. */
function network({ network_device, initialization }: Json): Markdown {
  const [cloudInit] = blocksOf(initialization);
  const configs = blocksOf(cloudInit?.ip_config);
  const devices = blocksOf(network_device);
  const servers = blocksOf(cloudInit?.dns).flatMap((dns) => textsOf(dns.servers));
  const all = Array.from({ length: Math.max(devices.length, configs.length) }, (_, index) => [
    ...deviceLines(devices[index]),
    ...familiesOf(configs[index] ?? {}).map(({ address, gateway }) =>
      [address === undefined ? none : shown(address), ...(gateway === undefined ? [] : [`via ${shown(gateway)}`])].join(
        " ",
      ),
    ),
  ]).flat();
  return lines([...all, servers.length === 0 ? undefined : `DNS ${codes(servers)}`]);
}

function deviceLines(device: Json | undefined): Markdown[] {
  if (device === undefined) return [];
  const { bridge, vlan_id, mac_address, model, firewall } = device;
  const vlan = vlan_id === undefined || vlan_id === null ? "no VLAN" : `VLAN ${textOf(vlan_id)}`;
  return [
    `${shown(bridge)}, ${vlan}${model === undefined || model === "virtio" ? "" : `, ${shown(model)}`}`,
    `MAC ${mac_address === undefined || mac_address === null ? "by Proxmox" : shown(mac_address)}${firewall === true ? ", firewall" : ""}`,
  ];
}

const devices = (stack: Stack, { hostpci, usb }: Json): Markdown =>
  lines([
    ...blocksOf(hostpci).map(
      ({ id, mapping }) => `PCI ${id === undefined || id === null ? mapped(stack, mapping) : shown(id)}`,
    ),
    ...blocksOf(usb).map(
      ({ host, mapping }) => `USB ${host === undefined || host === null ? mapped(stack, mapping) : shown(host)}`,
    ),
  ]);

export const machineSection = (stack: Stack): Markdown =>
  [
    "## Machines",
    table(
      ["VM", "processor, memory", "start", "disks", "network", "devices"],
      vmsOf(stack).map(({ body }) => [
        lines([shown(body.name), `id ${shown(body.vm_id ?? "free")}`, `on ${shown(body.node_name)}`]),
        processor(body),
        start(stack, body),
        disks(body),
        network(body),
        devices(stack, body),
      ]),
      "No VM.",
    ),
  ].join("\n\n");
