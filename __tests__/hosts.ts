import type { Host, HostDevice } from "../constructs/proxmox/host/host-facts";

const card = (slot: string, device: string, name: string, iommuGroup: number): HostDevice[] => {
  const common = { vendor: "0x10de", subsystemVendor: "0x1458", subsystemDevice: "0x40bf", iommuGroup, mdev: false };
  return [
    { ...common, id: `${slot}.0`, class: "0x030000", device, name },
    { ...common, id: `${slot}.1`, class: "0x040300", device: "0x22ba", name: "" },
  ];
};

export const rtx4090 = card("0000:01:00", "0x2684", "AD102 [GeForce RTX 4090]", 14);
export const rtx5090 = card("0000:05:00", "0x2b85", "GB202 [GeForce RTX 5090]", 19);
export const gtx1070 = card("0000:01:00", "0x1b81", "GP104 [GeForce GTX 1070]", 14);

/** A disk without a name or a subsystem in the IOMMU group of the card at 01:00. */
export const neighbour: HostDevice = {
  id: "0000:02:00.0",
  class: "0x010802",
  vendor: "0x144d",
  device: "0xa80a",
  name: "",
  subsystemVendor: "",
  subsystemDevice: "",
  iommuGroup: 14,
  mdev: false,
};

const gibibyte = 1024 ** 3;
export const local = {
  name: "local",
  type: "dir",
  content: ["iso", "import"],
  enabled: true,
  active: true,
  shared: false,
  available: 200 * gibibyte,
};
export const disks = { ...local, name: "local-lvm", type: "lvmthin", content: ["images"] };

/** A host that has all that the stacks of the tests ask for. */
export const goodHost = {
  name: "pve",
  devices: rtx4090,
  storages: [local, disks],
  mappings: ["gpu"],
  mappingProblems: [],
  version: "9.2.6",
  memory: 64 * gibibyte,
  cpus: 32,
} satisfies Host;

/** What differs from the good host. */
export type Differing = Partial<Host>;

const snake = {
  devices: ({
    id,
    class: kind,
    vendor,
    device,
    name,
    subsystemVendor,
    subsystemDevice,
    iommuGroup,
    mdev,
  }: HostDevice) => ({
    id,
    class: kind,
    vendor,
    device,
    device_name: name,
    subsystem_vendor: subsystemVendor,
    subsystem_device: subsystemDevice,
    iommu_group: iommuGroup,
    mdev,
  }),
  storages: ({ name, type, content, enabled, active, shared, available }: typeof local) => ({
    id: name,
    type,
    content_types: content,
    enabled,
    active,
    shared,
    space_available: available,
  }),
  problems: ({ mapping, message }: { mapping: string; message: string }) => ({ mapping_id: mapping, message }),
};

/** The text with the host's answers in place of the references to its data sources. */
export function answered(text: string, differing: Differing): string {
  const { devices, storages, mappings, mappingProblems, version, memory, cpus } = { ...goodHost, ...differing };
  const answers = {
    "proxmox_hardware_pci.host.devices": (devices as HostDevice[]).map(snake.devices),
    "proxmox_datastores.host.datastores": (storages as (typeof local)[]).map(snake.storages),
    "proxmox_hardware_mappings.host.ids": mappings,
    // The provider has null where there is none.
    "proxmox_hardware_mappings.host.checks":
      (mappingProblems as never[]).length > 0 ? (mappingProblems as never[]).map(snake.problems) : null,
    "proxmox_version.host.version": version,
    "proxmox_virtual_environment_node.host.memory_total": memory,
    "proxmox_virtual_environment_node.host.cpu_count": cpus,
  };
  // As in the first plan, which does not know the VM yet.
  const firstPlan = text
    .replace(/null_resource\.[\w-]+_identity\.triggers/g, "{ created = plantimestamp() }")
    .replace(/terraform_data\.[\w-]+_known\.input/g, "plantimestamp()")
    // Every host of a stack gives the same answers.
    .replace(/(data\.proxmox_\w+\.host)_[\w-]+\./g, "$1.");
  return Object.entries(answers).reduce(
    (result, [reference, answer]) => result.replaceAll(`data.${reference}`, JSON.stringify(answer)),
    firstPlan,
  );
}
