import { LocalBackend, TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import { ProxmoxConnection, ProxmoxGpuVm, StrictApp } from "../constructs";

// A workstation with a GPU, cloned from a golden image of packer/: a VM for another guest than Talos, in your own stack.
const app = new StrictApp();
const stack = new TerraformStack(app, "workstation");
new LocalBackend(stack, { path: "../../../terraform.workstation.tfstate" });

const vm = new ProxmoxGpuVm(stack, "workstation", {
  connection: new ProxmoxConnection(stack, "proxmox", {
    endpoint: "https://pve.example:8006/",
    credentials: "api-token",
  }),
  name: "workstation",
  node: "pve",
  vmId: 103,
  guest: "linux",
  // Every build of packer/ has the guest agent, and this controller.
  boot: { clone: { name: "debian-13", guestAgent: true, scsiHardware: "virtio-scsi-pci" } },
  cpu: { cores: 4 },
  memory: { dedicated: 8192 },
  disks: [{ size: 50 }],
  gpus: [{ mapping: "gpu" }],
  initialization: { ipConfigs: [{ address: "dhcp" }] },
});

// Settings without a prop are set on the resource itself.
const sshKey = new TerraformVariable(stack, "ssh_public_key", { type: "string", description: "Key to log in with" });
vm.resource.initialization.putUserAccount({ username: "debian", keys: [sshKey.stringValue] });

new TerraformOutput(stack, "addresses", { value: vm.ipv4Addresses, description: "Addresses of each network device" });

app.synth();
