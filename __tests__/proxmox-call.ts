import type { TerraformJson } from "./stacks";

type Parameters = Record<string, string>;

/**
 * The parameters with which the provider creates a VM, of the attributes that the constructs write. What the real provider
 * sends for the default stack is held to the same function in the lab.
 *
 * @see https://github.com/bpg/terraform-provider-proxmox/blob/v0.112.0/proxmoxtf/resource/vm/vm.go
 */
export function createParameters(vm: TerraformJson): Parameters {
  const { agent, cdrom, cpu, efi_disk: efi, initialization, memory, startup, vga } = vm;
  const { dns, ip_config: ipConfigs = [] } = initialization ?? {};
  return withoutUnset({
    acpi: "1",
    agent: list({ enabled: bit(agent.enabled), fstrim_cloned_disks: bit(agent.trim), type: agent.type }),
    balloon: memory.floating,
    bios: vm.bios,
    boot: vm.boot_order && `order=${vm.boot_order.join(";")}`,
    cores: cpu.cores,
    cpu: cpu.type,
    description: vm.description,
    efidisk0:
      efi &&
      list({
        file: `${efi.datastore_id}:1`,
        format: "raw",
        efitype: efi.type,
        "pre-enrolled-keys": bit(efi.pre_enrolled_keys),
      }),
    ...(initialization && { ide2: `${list({ file: `${initialization.datastore_id}:cloudinit` })},` }),
    ...(cdrom && { [cdrom.interface]: `${list({ file: cdrom.file_id, media: "cdrom" })},` }),
    keyboard: "en-us",
    machine: vm.machine,
    memory: memory.dedicated,
    name: vm.name,
    nameserver: dns?.servers.join(" "),
    numa: "0",
    onboot: bit(vm.on_boot),
    ostype: vm.operating_system.type,
    pool: vm.pool_id,
    protection: "0",
    scsihw: vm.scsi_hardware,
    sockets: cpu.sockets,
    startup: startup && list({ order: startup.order, up: startup.up_delay, down: startup.down_delay }),
    tablet: "1",
    tags: vm.tags?.join(";"),
    template: "0",
    vga: vga && list({ memory: vga.memory ?? 16, type: vga.type ?? "std" }),
    vmid: vm.vm_id ?? 100,
    ...Object.fromEntries((vm.disk ?? []).map((disk: TerraformJson) => [disk.interface, diskText(disk)])),
    ...numbered("hostpci", vm.hostpci, hostpciText),
    ...numbered("ipconfig", ipConfigs, ({ ipv4, ipv6 }) =>
      list({ gw: ipv4?.gateway, gw6: ipv6?.gateway, ip: ipv4?.address, ip6: ipv6?.address }),
    ),
    ...numbered("net", vm.network_device, (device) =>
      list({
        model: device.model,
        bridge: device.bridge,
        firewall: bit(device.firewall ?? false),
        macaddr: device.mac_address,
        tag: device.vlan_id,
        mtu: device.mtu,
      }),
    ),
    ...numbered("serial", vm.serial_device, ({ device }) => device),
    ...numbered("usb", vm.usb, ({ host, mapping }) => list({ host, mapping, usb3: "0" })),
  });
}

const hostpciText = (device: TerraformJson): string =>
  list({
    host: device.id,
    mapping: device.mapping,
    mdev: device.mdev,
    pcie: bit(device.pcie),
    rombar: bit(device.rombar),
    romfile: device.rom_file,
    "x-vga": bit(device.xvga),
  });

/** The parameters with which the provider clones a template; a configuration like that of a new VM comes after it. */
export const cloneParameters = ({ clone, description, name, vm_id }: TerraformJson): Parameters =>
  withoutUnset({ description, full: bit(clone.full), name, newid: vm_id ?? 100 });

/** The parameters with which the provider creates a mapping. */
export function mappingParameters({
  name,
  mediated_devices: mediated,
  map,
}: TerraformJson): Record<string, string | string[]> {
  const devices = map.map(({ id, node, path, iommu_group: iommugroup, subsystem_id: subsystem }: TerraformJson) =>
    list({ id, node, path, iommugroup, "subsystem-id": subsystem }),
  );
  return { ...withoutUnset({ id: name, mdev: mediated && bit(mediated) }), map: devices };
}

/** The parameters with which the provider has a file downloaded. */
export const downloadParameters = (file: TerraformJson): Parameters =>
  withoutUnset({
    content: file.content_type,
    filename: file.file_name,
    node: file.node_name,
    storage: file.datastore_id,
    url: file.url,
    "verify-certificates": "1",
  });

/** The parameters with which the provider creates the backup job of VM 100. */
export const backupParameters = (job: TerraformJson): Parameters =>
  withoutUnset({
    id: "vm-100",
    vmid: "100",
    storage: job.storage,
    schedule: job.schedule,
    compress: job.compress,
    "prune-backups": list(job.prune_backups),
  });

function diskText(disk: TerraformJson): string {
  const { interface: bus, datastore_id: storage, import_from: image, size } = disk;
  return list({
    file: `${storage}:${image ? 0 : size}`,
    "import-from": image,
    size: size * 1024 ** 3,
    aio: "io_uring",
    backup: bit(disk.backup),
    iothread: /^(sata|ide)/.test(bus) ? undefined : "0",
    ssd: bus.startsWith("virtio") ? undefined : bit(disk.ssd ?? false),
    discard: disk.discard,
    cache: disk.cache,
    replicate: "1",
  });
}

const bit = (value: boolean): string => (value ? "1" : "0");

/** A property string, without what is not set. */
const list = (properties: Record<string, unknown>): string =>
  Object.entries(withoutUnset(properties))
    .map(([name, value]) => `${name}=${value}`)
    .join(",");

const withoutUnset = (values: Record<string, unknown>): Parameters =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined || value === null || value === "" ? [] : [[name, String(value)]],
    ),
  );

const numbered = (name: string, blocks: TerraformJson[] = [], text: (block: TerraformJson) => string): Parameters =>
  Object.fromEntries(blocks.map((block, index) => [`${name}${index}`, text(block)]));
