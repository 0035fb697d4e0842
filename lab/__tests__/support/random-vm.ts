import fc from "fast-check";
import type { ProxmoxGpuVmProps } from "../../../constructs";
import { cpuTypes } from "../../../constructs/proxmox/vm/cpu";

/** What a random VM has of its own, so that it shares nothing with the others of its stack. */
export interface Own {
  readonly vmId: number;
  /** Addresses of graphics cards. */
  readonly cards: readonly string[];
}

type Props = Partial<ProxmoxGpuVmProps>;

const among = fc.constantFrom;

/** An object of which any field may be left out. */
const partly = <Value>(fields: { [Name in keyof Value]: fc.Arbitrary<Value[Name]> }) =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<Value>>;

/** The text, with blanks and line ends around it and in it, or none at all. */
const loose = (...texts: string[]) =>
  fc
    .tuple(among("", " ", "\n", "\r\n", "\t"), among("", ...texts), among("", " ", "\n", "\n\n", "\r\n", " \n "))
    .map((parts) => parts.join(""));

const bit = fc.boolean();

const disk = partly({
  size: among(10, 11, 20, 100),
  datastore: among("local-lvm", "tank", "files"),
  interface: among("scsi0", "scsi1", "scsi30", "virtio0", "virtio15", "sata5", "ide3"),
  cache: among("none", "directsync", "writethrough", "writeback", "unsafe"),
  discard: among("on", "ignore"),
  ssd: bit,
  backup: bit,
});

const networkDevice = partly({
  bridge: among("vmbr0", "vmbr1"),
  model: among("virtio", "e1000", "e1000e", "rtl8139", "vmxnet3"),
  macAddress: fc.stringMatching(/^[0-9a-fA-F][02468ACEace](:[0-9a-fA-F]{2}){5}$/),
  vlanId: among(1, 4094),
  mtu: among(1, 576, 1500),
  firewall: bit,
});

const ipv6Config = fc.record(
  { address: among("2001:db8:VMID::60/64", "dhcp", "auto"), gateway: among("2001:db8:VMID::1", "fe80::1") },
  { requiredKeys: ["address"] },
);
const ipConfig = fc.oneof(
  fc.record(
    { address: among("10.OCTETS/8"), gateway: among("10.0.0.1"), ipv6: ipv6Config },
    { requiredKeys: ["address"] },
  ),
  fc.record(
    { address: among("2001:DB8:VMID::51/64"), gateway: among("2001:db8:VMID::1") },
    { requiredKeys: ["address"] },
  ),
  fc.record({ address: among("dhcp") }),
  fc.record({ ipv6: ipv6Config }),
);

const initialization = fc.record(
  {
    ipConfigs: fc.array(ipConfig, { maxLength: 3 }),
    dnsServers: fc.array(among("192.168.1.1", "1.1.1.1", "2001:db8::1", "2001:DB8:0::2"), { maxLength: 3 }),
    datastore: among("local-lvm", "tank", "files"),
  },
  { requiredKeys: ["ipConfigs"] },
);

const gpuOptions = { pcie: bit, rombar: bit, xvga: bit, romFile: among("gpu.rom", "") };
const gpu = fc.oneof(
  partly({ ...gpuOptions, address: among("CARD"), functions: among("all", [0], [0, 1], [1, 0], []) }),
  partly({
    ...gpuOptions,
    mapping: partly({ name: among("MAPPING"), address: among("CARD", "CARD.0"), alternatives: among([], undefined) }),
  }),
);

const boot = fc.oneof(
  partly({ image: among({ fileId: "local:import/talos.qcow2", guestAgent: true }) }),
  partly({ iso: among({ fileId: "local:iso/talos.iso" }) }),
  fc.record({
    clone: fc.record(
      { id: among(9000), full: bit, scsiHardware: among("virtio-scsi-pci"), bios: among("ovmf") },
      { requiredKeys: ["id"] },
    ),
  }),
);

/** The connection and the node are the test's, `own` has the id, pool and firewall have to be on the host, and no VM is replaced. */
type NotDrawn = "connection" | "node" | "vmId" | "pool" | "firewall" | "replaceable";
type Drawn = Readonly<Record<Exclude<keyof ProxmoxGpuVmProps, NotDrawn>, fc.Arbitrary<unknown>>>;

/** A VM with any of its props, many of them empty; not all of them are accepted. */
export function randomVm(own: Own): fc.Arbitrary<Props> {
  const drawn = {
    boot,
    name: among("a", "talos-gpu", "Node-1.example"),
    guest: among("talos", "linux"),
    gpus: fc.array(gpu, { maxLength: own.cards.length }),
    usb: fc.array(among({ mapping: "key" }, { host: "1050:0407" }, { host: "1-2.3" }), { maxLength: 4 }),
    cpu: partly({ cores: among(2, 3, 8), sockets: among(1, 2), type: among("host", ...cpuTypes) }),
    memory: partly({ dedicated: among(2048, 4096), floating: among(0, 2048) }),
    disks: fc.array(disk, { maxLength: 4 }),
    efiDisk: fc.oneof(
      among(false),
      partly({ datastore: among("local-lvm", "tank", "files"), type: among("4m", "2m"), preEnrolledKeys: bit }),
    ),
    networkDevices: fc.array(networkDevice, { maxLength: 3 }),
    initialization,
    agent: partly({ enabled: bit, trim: bit, type: among("virtio", "isa"), timeout: among("5s", "1m30s", "") }),
    bios: among("ovmf", "seabios"),
    machine: among("q35", "pc", "pc-q35-9.2", "pc-i440fx-9.0", "q35,viommu=intel", ""),
    scsiHardware: among("virtio-scsi-pci", "virtio-scsi-single", "lsi", "lsi53c810", "megasas", "pvscsi"),
    serialDevices: fc.array(among("socket", "/dev/ttyS0", ""), { maxLength: 4 }),
    vga: partly({
      type: among("std", "none", "serial0", "serial3", "virtio", "virtio-gl", "qxl", "qxl4", "vmware", "cirrus"),
      memory: among(4, 16, 512),
    }),
    startup: fc.record(
      { order: among(0, 3), upDelay: among(0, 10), downDelay: among(0, 20) },
      { requiredKeys: ["order"] },
    ),
    backup: fc.record(
      {
        datastore: among("local"),
        schedule: among("02:30", "sat 04:00", "Mon..Fri 22:00", ""),
        keep: partly({ last: among(1, 3), daily: among(7), weekly: among(4), yearly: among(1) }),
      },
      { requiredKeys: ["datastore", "keep"] },
    ),
    onBoot: bit,
    tags: fc.array(among("gpu", "GPU", "talos_1.13", "_x", "a+b", "A.b", ""), { maxLength: 4 }),
    disksManagedElsewhere: bit,
    description: fc.oneof(
      loose("0", "a node", "# a node\n\n- one\r\n- two", "${x} %{y} 100%:", "ä €"),
      fc.string({ unit: "grapheme", maxLength: 30 }),
    ),
  } satisfies Drawn;
  return partly(drawn).map((props) => placed(props, own));
}

/** The props with the VM's own devices and addresses in place of their names. */
function placed(props: object, { vmId, cards }: Own): Props {
  const left = [...cards];
  const cardOf = new Map<object, string>();
  const place = function (this: object, _: string, value: unknown) {
    if (typeof value !== "string") return value;
    if (value === "MAPPING") return `gpu-${vmId}-${left.length}`;
    if (value.startsWith("CARD")) cardOf.set(this, cardOf.get(this) ?? left.shift() ?? "");
    return value
      .replace("CARD", cardOf.get(this) ?? "")
      .replace("OCTETS", `1.${Math.floor(vmId / 200)}.${vmId % 200}`)
      .replace("VMID", `${vmId}`);
  };
  const { agent, ...others }: Props = JSON.parse(JSON.stringify(props), place);
  return { ...others, agent: { timeout: "5s", ...agent }, vmId };
}
