import { graphicsCard, type PciDevice } from "../proxmox/pci-device";
import type { ServerOptions } from "../proxmox/server";
import { qemu, rootOf } from "./support/simulated-proxmox";

const card = graphicsCard("0000:01:00", 14);
const virtual: PciDevice = { ...(card[0] as PciDevice), id: "0000:02:00.0", iommugroup: 20, mdev: 1 };

/** How the start of a VM with these values ends. */
async function startOf(
  values: Record<string, string | number>,
  options: ServerOptions = {},
  mapping?: Record<string, string | number | readonly string[]>,
): Promise<string> {
  const { root } = await rootOf(options);
  if (mapping) expect(await root.call("POST", "cluster/mapping/pci", mapping)).toMatchObject({ status: 200 });
  expect(await root.task("POST", qemu, { vmid: 100, machine: "q35", ...values })).toBe("OK");
  return root.task("POST", `${qemu}/100/status/start`);
}

describe("a VM does not start", () => {
  test.each([
    [
      "with more vCPUs than the host has threads",
      { cores: 17, sockets: 2 },
      "MAX 32 vcpus allowed per VM on this node",
    ],
    [
      "with an MTU above the bridge's",
      { net0: "virtio,bridge=vmbr0,mtu=1501" },
      "netdev net0: MTU '1501' is bigger than the bridge MTU '1500'",
    ],
    [
      "with an MTU that IP does not allow",
      { net0: "virtio,bridge=vmbr0,mtu=575" },
      "netdev net0: MTU '575' is smaller than the IP minimum MTU '576'",
    ],
    ["on a bridge that is not there", { net0: "virtio,bridge=vmbr9" }, "bridge 'vmbr9' does not exist"],
    [
      "with a mediated device of a whole device",
      { hostpci0: "01:00,mdev=nvidia-63" },
      "cannot use mediated device with multifunction device",
    ],
    [
      "with a mediated device of a device that has none",
      { hostpci0: "01:00.0,mdev=nvidia-63" },
      "pci device '0000:01:00.0' does not support mediated devices",
    ],
    ["with a mapping that is not there", { hostpci0: "mapping=gpu" }, "PCI device mapping not found for 'gpu'"],
  ])("%s", async (_, values, reason) => {
    expect(await startOf(values as Record<string, string | number>)).toBe(reason);
  });

  test("with a device of a host without IOMMU", async () => {
    expect(await startOf({ hostpci0: "01:00" }, { iommu: false })).toBe(
      "cannot prepare PCI pass-through, IOMMU not present",
    );
  });
});

describe("a VM starts", () => {
  test.each([
    ["with as many vCPUs as the host has threads", { cores: 16, sockets: 2 }, {}],
    ["with the bridge's own MTU", { net0: "virtio,bridge=vmbr0,mtu=1" }, {}],
    ["with the MTU of a bridge for jumbo frames", { net0: "virtio,bridge=vmbr1,mtu=9000" }, { mtu: 9000 }],
    ["with a mediated device", { hostpci0: "02:00.0,mdev=nvidia-63" }, {}],
  ])("%s", async (_, values, { mtu }: { mtu?: number }) => {
    const options = { devices: [...card, virtual], bridges: [{ name: "vmbr0" }, { name: "vmbr1", mtu }] };
    expect(await startOf(values as Record<string, string | number>, options)).toBe("OK");
  });

  test("with the first device of a pool that is free", async () => {
    const devices = [...graphicsCard("0000:01:00", 14), ...graphicsCard("0000:02:00", 15)];
    const { proxmox, root } = await rootOf({ devices });
    const entry = (slot: string, group: number) =>
      `id=10de:2684,node=pve,path=0000:${slot},iommugroup=${group},subsystem-id=1458:40bf`;
    await root.call("POST", "cluster/mapping/pci", { id: "gpus", map: [entry("01:00", 14), entry("02:00", 15)] });
    for (const vmid of [100, 101, 102]) {
      await root.task("POST", qemu, { vmid, machine: "q35", hostpci0: "mapping=gpus,pcie=1" });
    }
    const ends = [];
    for (const vmid of [100, 101, 102]) ends.push(await root.task("POST", `${qemu}/${vmid}/status/start`));
    expect(ends).toEqual(["OK", "OK", "could not find a free device for 'hostpci0'"]);
    await root.task("POST", `${qemu}/100/status/stop`);
    expect(await root.task("POST", `${qemu}/102/status/start`)).toBe("OK");
    expect(proxmox.host.vm(102).running).toBe(true);
  });
});

describe("a mapping fits the hardware", () => {
  const entry = "id=10de:2684,node=pve,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf";
  const invalid = "PCI device mapping invalid (hardware probably changed): ";

  test.each([
    ["as it is", { map: entry }, "OK"],
    [
      "but for upper case",
      { map: entry.replace("10de", "10DE") },
      `${invalid}'id' does not match for 'gpu' (10de:2684 != 10DE:2684)`,
    ],
    [
      "but for the subsystem",
      { map: entry.replace(/,subsystem-id=.*/, "") },
      `${invalid}missing expected property 'subsystem-id' for device '0000:01:00.0'`,
    ],
    ["but for mediated devices", { map: entry, mdev: 1 }, `${invalid}'mdev' does not match for 'gpu' (0 != 1)`],
    [
      "but that it is elsewhere",
      { map: entry.replace("01:00", "03:00") },
      `${invalid}pci device '0000:03:00.0' not found`,
    ],
  ])("%s", async (_, mapping, end) => {
    expect(await startOf({ hostpci0: "mapping=gpu" }, {}, { id: "gpu", ...mapping })).toBe(end);
  });

  test("that can be divided, when it says so", async () => {
    const options = { devices: [virtual] };
    const values = { hostpci0: "mapping=gpu,mdev=nvidia-63" };
    const map = entry.replace("01:00", "02:00.0").replace("14", "20");
    expect(await startOf(values, options, { id: "gpu", map, mdev: 1 })).toBe("OK");
    expect(await startOf(values, options, { id: "gpu", map })).toBe(
      `${invalid}'mdev' does not match for 'gpu' (1 != 0)`,
    );
  });
});
