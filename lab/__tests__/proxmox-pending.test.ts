import type { SimulatedProxmox } from "../proxmox/server";
import type { ApiClient, Parameters } from "./support/api-client";
import { qemu, rootOf } from "./support/simulated-proxmox";

const vm = `${qemu}/100`;

async function runningVm(
  values: Record<string, string | number> = {},
): Promise<{ proxmox: SimulatedProxmox; root: ApiClient }> {
  const lab = await rootOf();
  await lab.root.task("POST", qemu, { vmid: 100, ...values });
  expect(await lab.root.task("POST", `${vm}/status/start`)).toBe("OK");
  return lab;
}

/** What is in force, and what is to be. */
async function views(root: ApiClient, key: string): Promise<unknown[]> {
  const current = await root.call("GET", `${vm}/config`, { current: 1 });
  const wanted = await root.call("GET", `${vm}/config`);
  return [current, wanted].map(({ data }) => (data as Record<string, unknown>)[key]);
}

async function pendingOf(root: ApiClient, key: string): Promise<unknown> {
  const { data } = await root.call("GET", `${vm}/pending`);
  return (data as { key: string }[]).find((each) => each.key === key);
}

describe("a running VM", () => {
  test.each([
    ["cores", "2", "4", 2, 4],
    ["memory", "1024", "2048", "1024", "2048"],
    ["machine", "q35", "pc", "q35", "pc"],
    ["agent", "enabled=0", "enabled=1", "enabled=0", "enabled=1"],
    ["efidisk0", "local-lvm:1,efitype=4m", "local-lvm:1,efitype=2m", /disk-0,efitype=4m/, /disk-1,efitype=2m/],
    ["ide0", "none", "local-lvm:8", "none,media=cdrom", /vm-100-disk-0/],
  ])("keeps its %s until it is switched off", async (key, before, after, shownBefore, shownAfter) => {
    const { root } = await runningVm({ [key]: before });
    const matches = (value: unknown) => (value instanceof RegExp ? expect.stringMatching(value) : value);
    const reply = await root.call("PUT", `${vm}/config`, { [key]: after });
    if (key === "ide0") {
      // A disk for a CD is more than Proxmox changes in place.
      expect([reply.status, reply.errors]).toEqual([400, { ide0: "hotplug problem - unable to change media type" }]);
    } else expect(reply.status).toBe(200);
    expect(await views(root, key)).toEqual([matches(shownBefore), matches(shownAfter)]);
    expect(await pendingOf(root, key)).toEqual({ key, value: matches(shownBefore), pending: matches(shownAfter) });
    await root.task("POST", `${vm}/status/stop`);
    expect(await views(root, key)).toEqual([matches(shownAfter), matches(shownAfter)]);
    expect(await pendingOf(root, key)).toEqual({ key, value: matches(shownAfter) });
  });

  test("keeps a key that is to be removed, and says so", async () => {
    const { root } = await runningVm({ vga: "std" });
    await root.call("PUT", `${vm}/config`, { delete: "vga" });
    expect(await views(root, "vga")).toEqual(["std", undefined]);
    expect(await pendingOf(root, "vga")).toEqual({ key: "vga", value: "std", delete: 1 });
    await root.task("POST", `${vm}/status/reboot`);
    expect(await views(root, "vga")).toEqual([undefined, undefined]);
  });

  test.each([
    ["name", "before", "after"],
    ["description", "before", "after"],
    ["tags", "a", "b"],
    ["onboot", 0, 1],
    ["ipconfig0", "ip=dhcp", "ip=10.0.0.5/24"],
    ["nameserver", "1.1.1.1", "9.9.9.9"],
    ["cpuunits", 100, 200],
  ])("takes another %s at once", async (key, before, after) => {
    const { root } = await runningVm({ [key]: before });
    await root.call("PUT", `${vm}/config`, { [key]: after });
    expect(await views(root, key)).toEqual([after, after]);
  });

  test.each([
    ["reboot", "waits for what its guest does when it is asked to shut down", "enabled=1", "running", [100]],
    ["shutdown", "waits for what its guest does when it is asked to shut down", "enabled=1", "running", []],
    ["reboot", "restarts at once without an agent", "enabled=0", "stopped", [100]],
    ["stop", "is switched off at once, also with an agent", "enabled=1", "stopped", []],
  ])("on %s %s", async (way, _, agent, status, boots) => {
    const { proxmox, root } = await runningVm({ agent });
    const { host } = proxmox;
    let leave = () => {};
    host.power.on("leaving", (_vm, work) => {
      work.push(new Promise((resolve) => (leave = resolve)));
    });
    const seen: number[] = [];
    host.power.on("on", ({ id }) => seen.push(id));
    const { data: upid } = await root.call("POST", `${vm}/status/${way}`);
    const statusOf = async () => {
      const { data } = await root.call("GET", `nodes/pve/tasks/${upid}/status`);
      return data as { status: string; exitstatus?: string };
    };
    expect((await statusOf()).status).toBe(status);
    expect(host.vm(100).running).toBe(status === "running" || boots.length > 0);
    leave();
    expect(await statusOf()).toMatchObject({ status: "stopped", exitstatus: "OK" });
    expect(seen).toEqual(boots);
  });

  test("takes a disk, gives it up as an unused one, and takes a network device", async () => {
    const { proxmox, root } = await runningVm({ scsi0: "local-lvm:8" });
    await root.call("PUT", `${vm}/config`, { scsi1: "local-lvm:4", net0: "virtio,bridge=vmbr0" });
    expect(await views(root, "scsi1")).toEqual(Array(2).fill("local-lvm:vm-100-disk-1,size=4G"));
    expect((await views(root, "net0"))[0]).toMatch(/^virtio=BC:24:11.*,bridge=vmbr0$/);
    await root.call("PUT", `${vm}/config`, { delete: "scsi1" });
    expect(await views(root, "unused0")).toEqual(Array(2).fill("local-lvm:vm-100-disk-1"));
    await root.call("PUT", `${vm}/config`, { delete: "unused0" });
    expect(proxmox.host.storages.get("local-lvm").content.map(({ volid }) => volid)).toEqual([
      "local-lvm:vm-100-disk-0",
    ]);
  });

  test.each(["ide1", "sata0"])("does not take a disk at %s", async (key) => {
    const { root } = await runningVm({ [key.replace(/\d/, "3")]: "local-lvm:1" });
    await root.call("PUT", `${vm}/config`, { [key]: "local-lvm:2", delete: key.replace(/\d/, "3") });
    expect(await views(root, key)).toEqual([undefined, "local-lvm:vm-100-disk-1,size=2G"]);
    expect(await views(root, key.replace(/\d/, "3"))).toEqual(["local-lvm:vm-100-disk-0,size=1G", undefined]);
  });

  test("takes another bridge and VLAN, but not another MAC address without hot-plug of the network", async () => {
    const { root } = await runningVm({ hotplug: "disk", net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0" });
    await root.call("PUT", `${vm}/config`, { net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5" });
    expect((await views(root, "net0"))[0]).toBe("virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5");
    await root.call("PUT", `${vm}/config`, { net0: "virtio=BC:24:11:00:00:02,bridge=vmbr0,tag=5" });
    expect(await views(root, "net0")).toEqual([
      "virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5",
      "virtio=BC:24:11:00:00:02,bridge=vmbr0,tag=5",
    ]);
  });

  test("takes other limits of a disk, and not another cache", async () => {
    const { root } = await runningVm({ scsi0: "local-lvm:8" });
    const disk = "local-lvm:vm-100-disk-0";
    await root.call("PUT", `${vm}/config`, { scsi0: `${disk},iops_rd=100` });
    expect((await views(root, "scsi0"))[0]).toBe(`${disk},iops_rd=100,size=8G`);
    await root.call("PUT", `${vm}/config`, { scsi0: `${disk},cache=writethrough` });
    expect(await views(root, "scsi0")).toEqual([`${disk},iops_rd=100,size=8G`, `${disk},cache=writethrough,size=8G`]);
  });

  test("a refused change leaves what came before it, and itself pending", async () => {
    const { root } = await runningVm();
    const { status, reason, errors } = await root.call("PUT", `${vm}/config`, {
      scsi0: "local-lvm:8",
      net1: "virtio,bridge=vmbr0,mtu=9000",
    });
    expect([status, reason, errors]).toEqual([
      400,
      "Parameter verification failed.",
      { net1: "hotplug problem - netdev net1: MTU '9000' is bigger than the bridge MTU '1500'" },
    ]);
    expect((await views(root, "scsi0"))[0]).toBe("local-lvm:vm-100-disk-0,size=8G");
    expect(await pendingOf(root, "net1")).toEqual({ key: "net1", pending: expect.stringContaining("mtu=9000") });
  });

  test("going back to what is in force leaves nothing pending, and so does revert", async () => {
    const { root } = await runningVm({ cores: 2 });
    const backs: Parameters[] = [{ cores: 2 }, { revert: "cores" }];
    for (const back of backs) {
      await root.call("PUT", `${vm}/config`, { cores: 4 });
      expect(await pendingOf(root, "cores")).toEqual({ key: "cores", value: 2, pending: 4 });
      await root.call("PUT", `${vm}/config`, back);
      expect(await pendingOf(root, "cores")).toEqual({ key: "cores", value: 2 });
    }
  });
});

test("a VM that is switched off takes everything at once", async () => {
  const { root } = await rootOf();
  await root.task("POST", qemu, { vmid: 100, cores: 2, vga: "std" });
  await root.call("PUT", `${vm}/config`, { cores: 4, delete: "vga" });
  expect([await views(root, "cores"), await views(root, "vga")]).toEqual([
    [4, 4],
    [undefined, undefined],
  ]);
});

describe("the boot order", () => {
  test("is the first disk, CD drive and network device, unless one is given", async () => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100, net0: "virtio", scsi1: "local-lvm:1", ide2: "none,media=cdrom" });
    expect((await views(root, "boot"))[0]).toBe("order=scsi1;ide2;net0");
  });

  test("forgets a device that is removed, and refuses one that is not there", async () => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:1", scsi1: "local-lvm:1", boot: "order=scsi1;scsi0" });
    await root.call("PUT", `${vm}/config`, { delete: "scsi1" });
    expect((await views(root, "boot"))[0]).toBe("order=scsi0");
    const refused = await root.call("PUT", `${vm}/config`, { boot: "order=net0" });
    expect([refused.status, refused.reason]).toEqual([500, "invalid bootorder: device 'net0' does not exist'"]);
  });
});
