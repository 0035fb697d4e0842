import { placed } from "./support/placed";
import { succeeded } from "./support/succeeded";

test("what Proxmox is asked to create is what the default stack describes", async () => {
  const { lab, terraform } = await placed("examples/default.ts");
  succeeded(await terraform.apply("-target=proxmox_virtual_environment_vm.talos_node"));
  // After the templates of the lab.
  const create = lab.proxmox.journal.find("POST", /\/qemu$/).at(-1);
  const [schematic] = lab.factory.schematics.keys();
  expect(create).toMatchObject({ caller: "root@pam", status: 200 });
  expect(create?.parameters).toEqual({
    acpi: "1",
    agent: "enabled=1,fstrim_cloned_disks=1,type=virtio",
    balloon: "0",
    bios: "ovmf",
    boot: "order=scsi0",
    cores: "8",
    cpu: "host",
    efidisk0: "file=local-lvm:1,format=raw,efitype=4m,pre-enrolled-keys=0",
    hostpci0: "host=0000:01:00.0,pcie=1,rombar=0,x-vga=0",
    ide2: "file=local-lvm:cloudinit,",
    ipconfig0: `gw=${lab.gateway},ip=${lab.address}/24`,
    keyboard: "en-us",
    machine: "q35",
    memory: "16384",
    name: "talos-gpu",
    nameserver: lab.gateway,
    net0: "model=virtio,bridge=vmbr0,firewall=0",
    numa: "0",
    onboot: "1",
    ostype: "l26",
    protection: "0",
    scsi0: `file=local-lvm:0,import-from=local:import/talos-v1.14.7-${schematic}-nocloud-amd64.qcow2,size=107374182400,aio=io_uring,backup=1,iothread=0,ssd=1,discard=on,cache=writethrough,replicate=1`,
    scsihw: "virtio-scsi-pci",
    serial0: "socket",
    sockets: "1",
    tablet: "1",
    template: "0",
    vmid: "100",
  });
});
