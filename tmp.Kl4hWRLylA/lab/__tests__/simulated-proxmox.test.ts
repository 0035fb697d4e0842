import { connect } from "node:tls";
import { graphicsCard } from "../proxmox/pci-device";
import { gibibyte } from "../proxmox/size";
import { ApiClient } from "./support/api-client";
import { proxmoxWith, qemu, rootOf } from "./support/simulated-proxmox";

describe("access", () => {
  test("refuses a wrong password in the status line", async () => {
    const client = new ApiClient(await proxmoxWith());
    const reply = await client.call("POST", "access/ticket", { username: "root@pam", password: "wrong" });
    expect([reply.status, reply.reason]).toEqual([401, "authentication failure"]);
  });

  test("writing with a ticket takes the CSRF token too, reading does not", async () => {
    const { proxmox } = await rootOf();
    const { data } = await new ApiClient(proxmox).call("POST", "access/ticket", {
      username: "root@pam",
      password: "proxmox",
    });
    const reader = new ApiClient(proxmox, { ticket: (data as { ticket: string }).ticket });
    expect((await reader.call("GET", "version")).status).toBe(200);
    const refused = await reader.call("POST", qemu, { vmid: 100 });
    expect([refused.status, refused.reason]).toEqual([401, "Permission denied - invalid csrf token"]);
  });

  test("speaks TLS 1.3 with a certificate of its own", async () => {
    const proxmox = await proxmoxWith();
    const port = Number(new URL(proxmox.endpoint).port);
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    expect([socket.getProtocol(), socket.authorized]).toEqual(["TLSv1.3", false]);
    socket.destroy();
  });
});

describe("raw PCI addresses", () => {
  const raw = "host=0000:01:00.0,pcie=1,rombar=1,x-vga=0";
  const token = { id: "root@pam!lab", secret: "s" };

  test("root's password may set one", async () => {
    const { proxmox, root } = await rootOf();
    expect(await root.task("POST", qemu, { vmid: 100, hostpci0: raw })).toBe("OK");
    expect(proxmox.host.vm(100).config.hostpci0).toBe(raw);
  });

  test("root's own API token may not, nor may it remove the one of another", async () => {
    const proxmox = await proxmoxWith({ accounts: [{ id: "root@pam", secret: "proxmox" }, token] });
    const client = new ApiClient(proxmox, { token: "root@pam!lab=s" });
    const refusal = [500, "only root can set 'hostpci0' config for non-mapped devices"];
    const created = await client.call("POST", qemu, { vmid: 100, hostpci0: raw });
    expect([created.status, created.reason]).toEqual(refusal);
    await (await ApiClient.loggedIn(proxmox)).task("POST", qemu, { vmid: 100, hostpci0: raw });
    const removed = await client.call("PUT", `${qemu}/100/config`, { delete: "hostpci0" });
    expect([removed.status, removed.reason]).toEqual(refusal);
    const replaced = await client.call("PUT", `${qemu}/100/config`, { hostpci0: "mapping=gpu" });
    expect([replaced.status, replaced.reason]).toEqual(refusal);
  });

  test("upper-case hex does not match Proxmox's schema", async () => {
    const { root } = await rootOf();
    const reply = await root.call("POST", qemu, { vmid: 100, hostpci0: "host=0000:0A:00.0" });
    expect([reply.status, reply.reason]).toEqual([400, "Parameter verification failed."]);
    expect(reply.errors?.hostpci0).toContain("hostpci0.host: value does not match the regex pattern");
  });

  test.each([
    ["without q35", { machine: "pc" }, "q35 machine model is not enabled"],
    ["of a device that is not there", { hostpci0: "host=0000:09:00" }, "no PCI device found for '0000:09:00'"],
    [
      "together with its whole device",
      { hostpci1: "host=0000:01:00" },
      "device '0000:01:00.0' assigned more than once",
    ],
    ["together with a mapping", { hostpci0: "host=0000:01:00,mapping=gpu" }, "Cannot set both 'host' and 'mapping'."],
  ])("%s keep the VM from starting", async (_, values, reason) => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100, machine: "q35", hostpci0: raw, ...values });
    expect(await root.task("POST", `${qemu}/100/status/start`)).toBe(reason);
  });

  test("a device in use starts with no other VM until it is free again", async () => {
    const { root } = await rootOf();
    for (const vmid of [100, 101]) await root.task("POST", qemu, { vmid, machine: "q35", hostpci0: "host=01:00" });
    expect(await root.task("POST", `${qemu}/100/status/start`)).toBe("OK");
    expect(await root.task("POST", `${qemu}/101/status/start`)).toBe(
      "PCI device '0000:01:00.0' already in use by VMID '100'",
    );
    await root.task("POST", `${qemu}/100/status/stop`);
    expect(await root.task("POST", `${qemu}/101/status/start`)).toBe("OK");
  });
});

describe("PCI mappings", () => {
  const entry = "id=10de:2684,node=pve,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf";

  test.each([
    ["as the hardware is", entry, "OK"],
    [
      "without the IOMMU group",
      entry.replace(",iommugroup=14", ""),
      "PCI device mapping invalid (hardware probably changed): missing expected property 'iommugroup' for device '0000:01:00.0'",
    ],
    [
      "with another group",
      entry.replace("14", "15"),
      "PCI device mapping invalid (hardware probably changed): 'iommugroup' does not match for 'gpu' (14 != 15)",
    ],
    ["of another node", entry.replace("node=pve", "node=other"), "PCI device mapping not found for 'gpu'"],
  ])("%s", async (_, map, end) => {
    const { root } = await rootOf();
    expect((await root.call("POST", "cluster/mapping/pci", { id: "gpu", map })).status).toBe(200);
    await root.task("POST", qemu, { vmid: 100, machine: "q35", hostpci0: "mapping=gpu,pcie=1" });
    expect(await root.task("POST", `${qemu}/100/status/start`)).toBe(end);
  });

  test("a token with Mapping.Use may pass one through", async () => {
    const privileges = ["VM.Allocate", "VM.Config.HWType", "Mapping.Modify"];
    const accounts = [
      { id: "a@pve!may", secret: "s", privileges: [...privileges, "Mapping.Use"] },
      { id: "a@pve!not", secret: "s", privileges },
    ];
    const proxmox = await proxmoxWith({ accounts });
    const [may, not] = accounts.map(({ id }) => new ApiClient(proxmox, { token: `${id}=s` }));
    await may?.call("POST", "cluster/mapping/pci", { id: "gpu", map: entry });
    const refused = await not?.call("POST", qemu, { vmid: 100, hostpci0: "mapping=gpu" });
    expect([refused?.status, refused?.reason]).toEqual([
      403,
      "Permission check failed (/mapping/pci/gpu, Mapping.Use)",
    ]);
    expect(await may?.task("POST", qemu, { vmid: 100, hostpci0: "mapping=gpu" })).toBe("OK");
  });
});

describe("configuration", () => {
  test("volumes get names and sizes, cards a MAC address, and the rest is kept as written", async () => {
    const { proxmox, root } = await rootOf();
    const image = { node: "pve", content: "import", filename: "x.qcow2", url: "https://factory.talos.dev/x.qcow2" };
    expect(await root.task("POST", "nodes/pve/storage/local/download-url", image)).toBe("OK");
    const imported = "file=local-lvm:0,import-from=local:import/x.qcow2,format=raw,size=42949672960,ssd=1";
    const end = await root.task("POST", qemu, {
      vmid: 100,
      efidisk0: "file=local-lvm:1,format=raw,efitype=4m,pre-enrolled-keys=0",
      scsi0: imported,
      scsi1: "file=local-lvm:8,discard=on",
      ide2: "file=local-lvm:cloudinit,",
      net0: "model=virtio,bridge=vmbr0,firewall=0",
      boot: "order=scsi0",
      memory: 2048,
      cores: 4,
    });
    expect(end).toBe("OK");
    expect(await root.task("PUT", `${qemu}/100/resize`, { disk: "scsi0", size: 40 * gibibyte })).toBe("OK");
    expect(proxmox.host.vm(100).config).toMatchObject({
      efidisk0: "local-lvm:vm-100-disk-0,efitype=4m,pre-enrolled-keys=0,size=4M",
      scsi0: "local-lvm:vm-100-disk-1,size=40G,ssd=1",
      scsi1: "local-lvm:vm-100-disk-2,discard=on,size=8G",
      ide2: "local-lvm:vm-100-cloudinit,media=cdrom",
      net0: expect.stringMatching(/^virtio=BC:24:11(:[0-9A-F]{2}){3},bridge=vmbr0,firewall=0$/),
      boot: "order=scsi0",
      memory: "2048",
      cores: 4,
    });
  });

  test("a removed disk stays as an unused one, and a destroyed VM leaves nothing", async () => {
    const { proxmox, root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:8" });
    await root.call("PUT", `${qemu}/100/config`, { delete: "scsi0" });
    expect(proxmox.host.vm(100).config).toMatchObject({ unused0: "local-lvm:vm-100-disk-0" });
    expect(await root.task("DELETE", `${qemu}/100/`, { purge: 1 })).toBe("OK");
    expect([proxmox.host.vms.size, proxmox.host.storages.get("local-lvm").used]).toEqual([0, 0]);
    const gone = await root.call("GET", `${qemu}/100/status/current`);
    expect([gone.status, gone.reason]).toEqual([
      500,
      "Configuration file 'nodes/pve/qemu-server/100.conf' does not exist",
    ]);
  });

  test("a disk moves to another storage, but not to where it is", async () => {
    const { proxmox, root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:8,ssd=1" });
    const stays = await root.call("POST", `${qemu}/100/move_disk`, { disk: "scsi0", storage: "local-lvm" });
    expect([stays.status, stays.reason]).toEqual([500, "you can't move to the same storage with same format"]);
    expect(await root.task("POST", `${qemu}/100/move_disk`, { disk: "scsi0", storage: "local", delete: 1 })).toBe("OK");
    expect(proxmox.host.vm(100).config.scsi0).toBe("local:100/vm-100-disk-0.raw,size=8G,ssd=1");
    expect(proxmox.host.storages.get("local-lvm").content).toEqual([]);
  });

  test("refuses a key that Proxmox does not know", async () => {
    const { root } = await rootOf();
    const reply = await root.call("POST", qemu, { vmid: 100, gpu: "yes" });
    expect(reply.errors?.gpu).toMatch(/property is not defined in schema/);
  });

  test("a full storage fails the task and keeps nothing of the VM", async () => {
    const { proxmox, root } = await rootOf();
    expect(await root.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:900", scsi1: "local-lvm:900" })).toMatch(
      /^unable to create VM 100 - storage 'local-lvm': not enough free space, 900G needed, 100G left$/,
    );
    expect([proxmox.host.vms.size, proxmox.host.storages.get("local-lvm").used]).toEqual([0, 0]);
  });

  test("a taken VM id is refused with Proxmox's words", async () => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100 });
    const reply = await root.call("POST", qemu, { vmid: 100 });
    expect([reply.status, reply.reason]).toEqual([
      500,
      "unable to create VM 100 - VM 100 already exists on node 'pve'",
    ]);
  });

  test("a clone of a template has volumes and MAC addresses of its own", async () => {
    const { proxmox, root } = await rootOf();
    await root.task("POST", qemu, { vmid: 900, name: "template", scsi0: "local-lvm:8", net0: "virtio,bridge=vmbr0" });
    await root.task("POST", `${qemu}/900/template`);
    expect(await root.task("POST", `${qemu}/900/clone`, { newid: 100, name: "node", full: 1 })).toBe("OK");
    const [template, node] = [proxmox.host.vm(900), proxmox.host.vm(100)];
    expect(node.config).toMatchObject({ name: "node", scsi0: "local-lvm:vm-100-disk-0,size=8G" });
    expect([template.template, node.template]).toEqual([true, false]);
    expect(node.get("net0")).not.toBe(template.get("net0"));
  });
});

test("a VM is a member of the pool it is created in, until it is destroyed", async () => {
  const { proxmox, root } = await rootOf();
  const missing = await root.call("POST", qemu, { vmid: 100, pool: "gpu" });
  expect(missing.reason).toBe("Permission check failed (pool 'gpu' does not exist)");
  proxmox.host.pools.set("gpu", { members: new Set() });
  await root.task("POST", qemu, { vmid: 100, pool: "gpu" });
  const members = async () => (await root.call("GET", "pools", { poolid: "gpu" })).data;
  expect(await members()).toMatchObject([{ poolid: "gpu", members: [{ id: "qemu/100", vmid: 100 }] }]);
  await root.task("DELETE", `${qemu}/100`);
  expect(await members()).toMatchObject([{ members: [] }]);
});

describe("the guest agent", () => {
  const values = { vmid: 100, net0: "virtio,bridge=vmbr0", ipconfig0: "ip=10.0.0.50/24,gw=10.0.0.1" };

  test("reports the address of the cloud-init drive", async () => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { ...values, agent: "enabled=1" });
    await root.task("POST", `${qemu}/100/status/start`);
    const { data } = await root.call("GET", `${qemu}/100/agent/network-get-interfaces`);
    expect(JSON.stringify(data)).toContain('"ip-address":"10.0.0.50","prefix":24');
  });

  test("does not answer when the guest has none", async () => {
    const { root } = await rootOf({ guestAgent: false });
    await root.task("POST", qemu, { ...values, agent: "enabled=1" });
    await root.task("POST", `${qemu}/100/status/start`);
    const reply = await root.call("GET", `${qemu}/100/agent/network-get-interfaces`);
    expect([reply.status, reply.reason]).toEqual([500, "QEMU guest agent is not running"]);
  });
});

describe("faults", () => {
  test("the nth call is refused, the others are not", async () => {
    const { proxmox, root } = await rootOf();
    proxmox.faults.add({
      method: "GET",
      path: /^\/version$/,
      call: 2,
      outcome: { status: 500, reason: "out of order" },
    });
    const replies = [
      await root.call("GET", "version"),
      await root.call("GET", "version"),
      await root.call("GET", "version"),
    ];
    expect(replies.map((reply) => reply.reason)).toEqual(["OK", "out of order", "OK"]);
  });

  test("a task fails without having done anything", async () => {
    const { proxmox, root } = await rootOf();
    proxmox.faults.add({ method: "POST", path: /\/qemu$/, outcome: { failTask: "lvcreate failed" } });
    expect(await root.task("POST", qemu, { vmid: 100 })).toBe("lvcreate failed");
    expect(proxmox.host.vms.size).toBe(0);
  });

  test("a connection is dropped, and nothing is done", async () => {
    const { proxmox, root } = await rootOf();
    proxmox.faults.add({ path: /\/qemu$/, outcome: { drop: true } });
    await expect(root.call("POST", qemu, { vmid: 100 })).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(proxmox.host.vms.size).toBe(0);
  });

  test("a delayed call is answered after the ones that came later", async () => {
    const { proxmox, root } = await rootOf();
    proxmox.faults.add({ path: /^\/nodes$/, outcome: { delay: 300 } });
    const order: string[] = [];
    const call = (path: string) => root.call("GET", path).then(() => order.push(path));
    await Promise.all([call("nodes"), call("version")]);
    expect(order).toEqual(["version", "nodes"]);
  });
});

test("every request is on record, with what was asked and how it ended", async () => {
  const { proxmox, root } = await rootOf({ devices: graphicsCard("0000:02:00", 3) });
  const next = proxmox.journal.next("GET", /pci$/);
  await root.call("GET", "nodes/pve/hardware/pci");
  expect(await next).toMatchObject({ path: "/nodes/pve/hardware/pci", caller: "root@pam", status: 200 });
  expect(proxmox.journal.find("POST", /ticket/)).toHaveLength(1);
  expect((await root.call("GET", "nodes/other/qemu")).reason).toContain("hostname lookup 'other' failed");
  expect((await root.call("GET", "no/such/call")).status).toBe(501);
});
