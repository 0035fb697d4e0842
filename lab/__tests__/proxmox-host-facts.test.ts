import { type ExampleHost, exampleHosts } from "../proxmox/example-hosts";
import { defaultStorages } from "../proxmox/host";
import type { SimulatedProxmox } from "../proxmox/server";
import { ApiClient } from "./support/api-client";
import { discovered } from "./support/discovered";
import { proxmoxWith, qemu, rootOf, tokenWith } from "./support/simulated-proxmox";

type Rows = readonly Readonly<Record<string, unknown>>[];

async function asked(host: ExampleHost, path: string, parameters = {}): Promise<unknown> {
  const { root } = await rootOf(exampleHosts[host]);
  const { status, data } = await root.call("GET", path, parameters);
  expect(status).toBe(200);
  return data;
}

const hardware = async (host: ExampleHost, parameters = {}) =>
  (await asked(host, "nodes/pve/hardware/pci", parameters)) as Rows;

describe("what a host tells of itself", () => {
  test.each([
    ["one-gpu", { version: "9.2.6", release: "9.2" }],
    ["proxmox-8.3", { version: "8.3.5", release: "8.3" }],
    ["proxmox-8.4", { version: "8.4.14", release: "8.4" }],
  ] as const)("its version: %s", async (host, version) => {
    expect(await asked(host, "version")).toMatchObject(version);
  });

  test.each([
    ["one-gpu", [["0000:01:00.0", "AD102 [GeForce RTX 4090]", 14]]],
    [
      "two-gpus",
      [
        ["0000:01:00.0", "AD102 [GeForce RTX 4090]", 14],
        ["0000:05:00.0", "GB202 [GeForce RTX 5090]", 19],
      ],
    ],
    ["old-gpu", [["0000:01:00.0", "GP104 [GeForce GTX 1070]", 14]]],
    ["no-gpu", []],
    ["iommu-off", [["0000:01:00.0", "AD102 [GeForce RTX 4090]", -1]]],
  ] as const)("its graphics cards: %s", async (host, cards) => {
    const devices = (await hardware(host)).filter((device) => String(device.class).startsWith("0x03"));
    expect(devices.map(({ id, device_name, iommugroup }) => [id, device_name, iommugroup])).toEqual(cards);
  });

  test("its bridges, memory controllers and processors only when they are asked for", async () => {
    const bridges = (rows: Rows) => rows.filter((device) => String(device.class).startsWith("0x06")).length;
    expect(bridges(await hardware("one-gpu"))).toBe(0);
    expect(bridges(await hardware("one-gpu", { "pci-class-blacklist": "" }))).toBe(1);
  });

  test("who shares the group of a card", async () => {
    const group = (await hardware("shared-group")).filter((device) => device.iommugroup === 14);
    expect(group.map(({ id }) => id)).toEqual(["0000:01:00.0", "0000:01:00.1", "0000:02:00.0"]);
  });

  test("its threads and memory", async () => {
    expect(await asked("one-gpu", "nodes/pve/status")).toMatchObject({
      cpuinfo: { cpus: 32 },
      memory: { total: 64 * 1024 ** 3 },
      pveversion: "pve-manager/9.2.6/0123456789abcdef",
    });
  });

  test("its storages, what they take and what is left", async () => {
    const kinds = async (host: ExampleHost) =>
      ((await asked(host, "nodes/pve/storage")) as Rows).map(({ storage, content }) => `${storage}: ${content}`);
    expect(await kinds("one-gpu")).toEqual(["local: iso,vztmpl,import,snippets,images", "local-lvm: images,rootdir"]);
    expect(await kinds("no-import-storage")).toEqual([
      "local: iso,vztmpl,snippets,images",
      "local-lvm: images,rootdir",
    ]);
    expect(await asked("one-gpu", "nodes/pve/storage", { content: "import" })).toMatchObject([
      { storage: "local", active: 1, enabled: 1, avail: 100 * 1024 ** 3 },
    ]);
  });

  test.each([
    ["disabled", { active: 0, enabled: 0, avail: 0 }],
    ["not online", { active: 0, enabled: 1, avail: 0 }],
  ] as const)("a storage that is %s, which takes nothing", async (unusable, told) => {
    const { proxmox, root } = await rootOf({
      storages: defaultStorages.map((storage) => ({ ...storage, unusable })),
    });
    expect((await root.call("GET", "nodes/pve/storage")).data).toMatchObject([told, told]);
    expect(await root.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:8" })).toContain(
      `storage 'local-lvm' is ${unusable}`,
    );
    const { printed, refusal } = await discovered(proxmox.endpoint);
    expect(printed).toContain("local (dir): iso, vztmpl, import, snippets, images; disabled or not active");
    expect(refusal).toBe("The storage local of pve is disabled or not active; enable it (Datacenter → Storage).");
  });

  test("its bridges for VMs", async () => {
    expect(await asked("one-gpu", "nodes/pve/network", { type: "any_bridge" })).toMatchObject([
      { iface: "vmbr0", type: "bridge", active: 1 },
    ]);
  });

  test("a free VM id, and whether a wanted one is free", async () => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100 });
    expect((await root.call("GET", "cluster/nextid")).data).toBe("101");
    expect((await root.call("GET", "cluster/nextid", { vmid: 100 })).errors).toEqual({ vmid: "VM 100 already exists" });
  });

  test("whether its mappings fit", async () => {
    const { root } = await rootOf();
    const entry = "id=10de:2684,node=pve,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf";
    const mappings = { good: entry, stale: entry.replace("2684", "2685"), other: entry.replace("=pve", "=pve2") };
    for (const [id, map] of Object.entries(mappings)) await root.call("POST", "cluster/mapping/pci", { id, map });
    const { data } = await root.call("GET", "cluster/mapping/pci", { "check-node": "pve" });
    expect((data as Rows).map(({ id, checks }) => [id, checks])).toEqual([
      ["good", []],
      [
        "stale",
        [
          {
            severity: "error",
            message: "Invalid configuration: 'id' does not match for 'stale' (10de:2684 != 10de:2685)\n",
          },
        ],
      ],
      ["other", [{ severity: "warning", message: "No mapping for node pve." }]],
    ]);
  });
});

describe("without the right to ask", () => {
  test.each([
    ["nodes/pve/status", "/nodes/pve, Sys.Audit"],
    ["nodes/pve/hardware/pci", "/, Sys.Audit|Sys.Modify"],
  ])("%s is refused", async (path, lacking) => {
    const { token } = await tokenWith(["VM.Audit"]);
    const { status, reason } = await token.call("GET", path);
    expect([status, reason]).toEqual([403, `Permission check failed (${lacking})`]);
  });

  test.each([
    ["nodes/pve/storage"],
    ["nodes/pve/network?type=any_bridge"],
    ["nodes/pve/qemu"],
    ["cluster/mapping/pci"],
    ["cluster/resources?type=vm"],
  ])("%s is empty", async (path) => {
    const { root, token } = await tokenWith([]);
    await root.task("POST", qemu, { vmid: 100 });
    await root.call("POST", "cluster/mapping/pci", { id: "gpu", map: "id=10de:2684,node=pve,path=0000:01:00" });
    const [name = "", query] = path.split("?");
    const parameters = Object.fromEntries(new URLSearchParams(query));
    expect((await token.call("GET", name, parameters)).data).toEqual([]);
    expect((await root.call("GET", name, parameters)).data).not.toEqual([]);
  });

  test("the version, the nodes' names and one's own rights are still told", async () => {
    const { token } = await tokenWith(["VM.Audit"]);
    expect((await token.call("GET", "version")).status).toBe(200);
    expect((await token.call("GET", "nodes")).data).toEqual([
      { node: "pve", id: "node/pve", status: "online", type: "node", level: "" },
    ]);
    expect((await token.call("GET", "access/permissions", { path: "/vms" })).data).toEqual({
      "/vms": { "VM.Audit": 1 },
    });
    expect((await token.call("GET", "access/permissions")).data).toMatchObject({ "/": { "VM.Audit": 1 } });
    const { token: stranger } = await tokenWith([]);
    expect((await stranger.call("GET", "access/permissions")).data).toEqual({});
  });
});

describe("a second factor", () => {
  const username = "root@pam";
  const logIn = (proxmox: SimulatedProxmox, values: Record<string, string>) =>
    new ApiClient(proxmox).call("POST", "access/ticket", { username, ...values });

  test("is asked for after the password, with a ticket that is good for nothing else", async () => {
    const proxmox = await proxmoxWith(exampleHosts["two-factor"]);
    const { status, data } = await logIn(proxmox, { password: "proxmox" });
    expect([status, data]).toEqual([
      200,
      expect.objectContaining({ NeedTFA: 1, username, ticket: expect.stringMatching(/^PVE:!tfa!%7B%22totp%22/) }),
    ]);
    const { ticket } = data as { ticket: string };
    const early = await new ApiClient(proxmox, { ticket }).call("GET", "version");
    expect([early.status, early.reason]).toEqual([401, "No ticket"]);
    expect(await logIn(proxmox, { password: "totp:000000", "tfa-challenge": ticket })).toMatchObject({ status: 401 });
    const done = await logIn(proxmox, { password: "totp:123456", "tfa-challenge": ticket });
    expect(done.data).not.toHaveProperty("NeedTFA");
    const client = new ApiClient(proxmox, { ticket: (done.data as { ticket: string }).ticket });
    expect((await client.call("GET", "version")).status).toBe(200);
  });

  test("may come with the password", async () => {
    const proxmox = await proxmoxWith(exampleHosts["two-factor"]);
    expect((await logIn(proxmox, { password: "proxmox", otp: "totp:123456" })).data).not.toHaveProperty("NeedTFA");
    expect((await logIn(proxmox, { password: "proxmox", otp: "totp:1" })).status).toBe(401);
  });
});

describe("a cluster of two nodes", () => {
  const host = exampleHosts["two-nodes"];

  test("has its hardware, storages and VMs by node", async () => {
    const { proxmox, root } = await rootOf(host);
    const cards = async (node: string) =>
      ((await root.call("GET", `nodes/${node}/hardware/pci`)).data as Rows)
        .filter((device) => String(device.class).startsWith("0x03"))
        .map(({ id }) => id);
    expect([await cards("pve1"), await cards("pve2")]).toEqual([["0000:01:00.0"], ["0000:03:00.0"]]);
    expect(await root.task("POST", "nodes/pve2/qemu", { vmid: 100, scsi0: "local-lvm:8" })).toBe("OK");
    expect(proxmox.cluster.hosts.map(({ vms }) => [...vms.keys()])).toEqual([[], [100]]);
    expect((await root.call("GET", "cluster/resources", { type: "vm" })).data).toMatchObject([
      { vmid: 100, node: "pve2" },
    ]);
    expect((await root.call("GET", "nodes")).data).toMatchObject([{ node: "pve1" }, { node: "pve2" }]);
    expect((await root.call("GET", "nodes/pve3/qemu")).reason).toContain("hostname lookup 'pve3' failed");
  });

  test("has each VM id once", async () => {
    const { root } = await rootOf(host);
    await root.task("POST", "nodes/pve2/qemu", { vmid: 100 });
    const again = await root.call("POST", "nodes/pve1/qemu", { vmid: 100 });
    expect(again.reason).toBe("unable to create VM 100 - VM 100 already exists on node 'pve2'");
    expect((await root.call("GET", "cluster/nextid")).data).toBe("101");
    expect((await root.call("GET", "nodes/pve1/qemu/100/config")).reason).toBe(
      "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist",
    );
  });

  test("has mappings that stand for another device on each node", async () => {
    const { proxmox, root } = await rootOf(host);
    const map = [
      "id=10de:2684,node=pve1,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf",
      "id=10de:2b85,node=pve2,path=0000:03:00,iommugroup=21,subsystem-id=1458:40bf",
    ];
    await root.call("POST", "cluster/mapping/pci", { id: "gpu", map });
    for (const [vmid, node] of [
      [101, "pve1"],
      [102, "pve2"],
    ]) {
      await root.task("POST", `nodes/${node}/qemu`, { vmid: Number(vmid), machine: "q35", hostpci0: "mapping=gpu" });
      expect(await root.task("POST", `nodes/${node}/qemu/${vmid}/status/start`)).toBe("OK");
    }
    const passed = proxmox.cluster.vms.map(({ vm }) => proxmox.host.passedTo(vm).map(({ id }) => id));
    expect(passed).toEqual([
      ["0000:01:00.0", "0000:01:00.1"],
      ["0000:03:00.0", "0000:03:00.1"],
    ]);
  });

  test("clones no VM to a node that does not see its disks", async () => {
    const { root } = await rootOf(host);
    await root.task("POST", "nodes/pve1/qemu", { vmid: 100, scsi0: "local-lvm:8" });
    const { reason } = await root.call("POST", "nodes/pve1/qemu/100/clone", { newid: 101, target: "pve2" });
    expect(reason).toBe("can't clone VM to node 'pve2' (VM uses local storage)");
  });
});
