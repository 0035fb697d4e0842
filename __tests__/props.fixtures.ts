import { certificate } from "./certificate";
/** Props of the constructs with a value for every scalar; those that exclude each other come from the tests that need them. */
export const vmProps = {
  firewall: { addresses: ["192.168.1.60"], management: ["192.168.20.0/24"] },
  name: "talos-gpu",
  node: "pve",
  vmId: 100,
  boot: { clone: { id: 9000, node: "pve", full: true, guestAgent: true } },
  gpus: [
    { address: "01:00", functions: [0], pcie: true, rombar: true, xvga: false, romFile: "gpu.rom", mdev: "nvidia-63" },
  ],
  usb: [{ host: "1050:0407" }],
  cpu: { cores: 4, sockets: 1, type: "host" },
  memory: { dedicated: 4096, floating: 0 },
  disks: [
    { size: 20, datastore: "local-lvm", interface: "scsi0", cache: "none", discard: "on", ssd: true, backup: true },
  ],
  efiDisk: { datastore: "local-lvm", type: "4m", preEnrolledKeys: false },
  networkDevices: [
    { bridge: "vmbr0", model: "virtio", macAddress: "BC:24:11:00:00:01", vlanId: 5, mtu: 1500, firewall: false },
  ],
  initialization: {
    ipConfigs: [
      {
        address: "192.168.1.50/24",
        gateway: "192.168.1.1",
        ipv6: { address: "2001:db8::50/64", gateway: "fe80::1" },
      },
    ],
    dnsServers: ["192.168.1.1"],
    datastore: "local-lvm",
  },
  agent: { enabled: true, trim: true, type: "virtio", timeout: "5m" },
  bios: "ovmf",
  machine: "q35",
  scsiHardware: "virtio-scsi-pci",
  serialDevices: ["socket"],
  vga: { type: "std", memory: 16 },
  startup: { order: 1, upDelay: 5, downDelay: 5 },
  backup: {
    datastore: "local",
    schedule: "02:00",
    keep: { last: 3, hourly: 1, daily: 7, weekly: 4, monthly: 6, yearly: 1 },
  },
  onBoot: true,
  tags: ["gpu"],
  description: "a node",
};

export const nodeProps = {
  firewall: { management: ["192.168.20.0/24"] },
  clusterName: "talos-gpu",
  machine: {
    name: "talos-gpu",
    address: "192.168.1.50/24",
    gateway: "192.168.1.1",
    dnsServers: ["192.168.1.1"],
    macAddress: "BC:24:11:00:00:01",
    installDisk: "/dev/sda",
  },
  talos: {
    version: "v1.13.9",
    installer: "factory.talos.dev/nocloud-installer/schematic:v1.13.9",
    nvidia: { kernelModules: "open", branch: "lts" },
  },
  endpoint: "https://192.168.1.50:6443",
  kubernetesVersion: "1.35.4",
  installDisk: "/dev/sda",
  timeServers: ["time.example"],
  registries: {
    mirrors: [{ registry: "docker.io", endpoints: ["https://mirror.example"], overridePath: true, fallback: false }],
    certificateAuthorities: [certificate],
  },
  outputDirectory: "access",
  readyTimeout: 600,
};

const { machine: onlyMachine, installDisk: _, ...ofBoth } = nodeProps;
export const machine = onlyMachine;
export const clusterProps = {
  ...ofBoth,
  controlPlanes: [{ ...machine, name: "control-1", macAddress: "BC:24:11:00:00:03" }],
  workers: [{ ...machine, name: "worker-1", address: "192.168.1.61/24", macAddress: "BC:24:11:00:00:02" }],
  virtualAddress: "192.168.1.60",
};

export const ciliumProps = {
  version: "1.18.12",
  hubble: { relay: true, ui: true },
  gatewayApi: true,
  gatewayApiDefinitions: "https://mirror.example/standard-install.yaml",
  l2Announcements: {
    addressPools: [{ name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] }],
    interfaces: ["eth0"],
  },
  encryption: "wireguard",
  repository: "https://helm.cilium.io/",
  timeout: 900,
};
