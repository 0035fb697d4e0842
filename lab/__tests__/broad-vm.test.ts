import { createParameters } from "../../__tests__/proxmox-call";
import type { ProxmoxGpuVmProps } from "../../constructs/proxmox/gpu-vm-props";
import type { Lab } from "../lab";
import { proxmoxVersions } from "../proxmox/interface/refusals";
import { graphicsCard } from "../proxmox/pci-device";
import { gibibyte } from "../proxmox/size";
import { credentials } from "./support/accounts";
import { deployVm, gpuVm, provideImage, vmStack } from "./support/gpu-vm";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

/** A VM that has everything that a VM may have. */
const broad = (lab: Lab): Partial<ProxmoxGpuVmProps> => ({
  // Talos would want its disks on one bus, and a MAC address for each of its network devices.
  guest: "linux",
  name: "talos-gpu-1",
  description: "A node with GPUs:\n- one, with ä and =,;\n- two",
  tags: ["gpu", "talos_1.13"],
  cpu: { cores: 4, sockets: 2 },
  memory: { dedicated: 8192 },
  disks: [
    { size: 20 },
    { size: 8, interface: "scsi1", datastore: "local-lvm", cache: "writeback", discard: "ignore", ssd: false },
    { size: 8, interface: "virtio0", ssd: false, backup: false },
    { size: 8, interface: "sata5" },
  ],
  networkDevices: [
    { bridge: "vmbr0", macAddress: "BC:24:11:00:00:01", vlanId: 4094, firewall: true },
    { bridge: "vmbr1", mtu: 9000 },
    { bridge: "vmbr0", model: "e1000" },
  ],
  initialization: {
    ipConfigs: [
      { address: `${lab.written(lab.address)}/24`, gateway: lab.written(lab.gateway) },
      { address: "2001:db8::50/64" },
      { address: "dhcp" },
    ],
    dnsServers: [lab.written(lab.gateway), "2001:db8::1"],
    datastore: "local",
  },
  gpus: [
    { address: "01:00", functions: "all", xvga: true, romFile: "gpu.rom", rombar: false },
    { address: "05:00", functions: [0, 1] },
    { address: "06:00.0", mdev: "nvidia-63" },
  ],
  agent: { trim: false, type: "virtio", timeout: "5s" },
  machine: "pc-q35-9.2",
  serialDevices: ["socket", "socket"],
  vga: { type: "virtio", memory: 64 },
  startup: { order: 3, upDelay: 10, downDelay: 20 },
  onBoot: false,
});

/** The same VM after a user has changed nearly everything. */
const changed = (lab: Lab): Partial<ProxmoxGpuVmProps> => ({
  ...broad(lab),
  description: "Less",
  tags: ["gpu"],
  cpu: { cores: 2, sockets: 2 },
  memory: { dedicated: 4096 },
  disks: [{ size: 30 }, { size: 16, interface: "scsi1", cache: "none" }],
  // It loses disks.
  replaceable: true,
  networkDevices: [{ bridge: "vmbr1", macAddress: "BC:24:11:00:00:01" }, { bridge: "vmbr0" }, { bridge: "vmbr1" }],
  // The provider does not take away addresses and DNS servers, nor does it move the drive to LVM-thin.
  initialization: {
    ipConfigs: [
      { address: `${lab.written(lab.address)}/24`, gateway: lab.written(lab.gateway) },
      { address: "2001:db8::51/64" },
      { address: "dhcp" },
    ],
    dnsServers: ["2001:db8::2"],
    datastore: "local",
  },
  gpus: [{ address: "01:00.1" }],
  agent: { trim: true, timeout: "5s" },
  machine: "q35",
  serialDevices: ["socket"],
  vga: { type: "none" },
  startup: { order: 1 },
  onBoot: true,
});

test.each(proxmoxVersions)("Proxmox %s refuses nothing that the rules accept", async (version) => {
  const [mediated] = graphicsCard("0000:06:00", 16);
  const lab = await startLab({
    version,
    devices: [
      ...graphicsCard("0000:01:00", 14),
      ...graphicsCard("0000:05:00", 15),
      ...(mediated ? [{ ...mediated, mdev: 1 as const }] : []),
    ],
    bridges: [{ name: "vmbr0" }, { name: "vmbr1", mtu: 9000 }],
  });
  provideImage(lab);
  const terraform = await deployVm(lab, gpuVm(lab, broad(lab)), credentials);
  succeeded(await terraform.apply());
  expect(lab.proxmox.host.vm(100).running).toBe(true);
  // What the constructs are held to without the provider is what the provider makes of them.
  const [create] = lab.proxmox.journal.find("POST", /\/qemu$/);
  const { resource } = JSON.parse(terraform.state("cdk.tf.json"));
  expect(create?.parameters).toEqual(createParameters(resource.proxmox_virtual_environment_vm.node));
  expect(lab.proxmox.host.vm(100).config).toMatchObject({
    scsi1: expect.stringContaining("cache=writeback"),
    net1: expect.stringContaining("mtu=9000"),
    startup: "order=3,up=10,down=20",
    tags: "gpu;talos_1.13",
  });
  await unchanged(terraform);
  lab.synthesize(vmStack(gpuVm(lab, changed(lab))));
  succeeded(await terraform.apply());
  await unchanged(terraform);
  expect(lab.proxmox.host.vm(100).config).toMatchObject({ cores: 2, scsi0: expect.stringContaining("size=30G") });
  succeeded(await terraform.destroy());
  const refused = lab.proxmox.journal.entries.filter(({ status = 0, reason }) => status >= 400 && !isGone(reason));
  expect(refused).toEqual([]);
  expect(lab.proxmox.host.storages.get("local").used).toBeLessThan(gibibyte);
});

/** What the provider asks for on purpose, to see that the VM is gone. */
const isGone = (reason = ""): boolean => reason.endsWith("100.conf' does not exist");
