import { graphicsCard, type PciDevice } from "../proxmox/pci-device";
import { HostStack } from "./support/host-stack";
import { provideVmImages, settles, type VmProps, vmOf } from "./support/vm-host";

const divided = (devices: readonly PciDevice[]): PciDevice[] => devices.map((device) => ({ ...device, mdev: 1 }));

/** A host with a card that is divided into mediated devices at 01:00, and another one at 05:00. */
async function hostWithCards(): Promise<HostStack> {
  const stack = await HostStack.start({
    devices: [...divided(graphicsCard("0000:01:00", 14)), ...graphicsCard("0000:05:00", 19)],
  });
  provideVmImages(stack);
  return stack;
}

const mapped = (address: string, props: object = {}): VmProps => ({
  gpus: [{ mapping: { name: "gpu", address }, ...props }],
});

test.each<[string, VmProps]>([
  ["is divided into mediated devices, and mapped whole", mapped("01:00")],
  ["is not divided into mediated devices, and mapped for one", mapped("05:00.0", { mdev: "nvidia-63" })],
  [
    "is one of a pool for mediated devices, and not divided",
    {
      gpus: [
        { mapping: { name: "gpu", address: "01:00.0", alternatives: [{ address: "05:00.0" }] }, mdev: "nvidia-63" },
      ],
    },
  ],
])("a device that %s is refused when Terraform plans", async (_, props) => {
  const stack = await hostWithCards();
  await stack.write((scope, connection) => void vmOf(scope, connection, "vm", props));
  expect(await stack.refusals()).toEqual([expect.stringMatching(/divided.*\[gpu-mediated\]$/s)]);
});

test("mappings that fit their devices start the VMs that use them", async () => {
  const stack = await hostWithCards();
  await settles(stack, [
    { vmId: 100, ...mapped("05:00") },
    { vmId: 101, gpus: [{ mapping: { name: "vgpu", address: "01:00.0" }, mdev: "nvidia-63" }] },
  ]);
  expect([100, 101].map((vmid) => stack.proxmox.host.vm(vmid).running)).toEqual([true, true]);
});
