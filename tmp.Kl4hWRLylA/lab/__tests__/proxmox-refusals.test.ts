import { proxmoxVersions } from "../proxmox/interface/refusals";
import { qemu, rootOf } from "./support/simulated-proxmox";

const vm = `${qemu}/100`;
const image = { content: "import", filename: "x.qcow2", url: "https://factory.talos.dev/x.qcow2" };
const download = "nodes/pve/storage/local/download-url";

describe.each(proxmoxVersions)("Proxmox %s", (version) => {
  test("refuses what its schema refuses, with the reason by parameter, and does nothing", async () => {
    const { proxmox, root } = await rootOf({ version });
    const reply = await root.call("POST", qemu, { vmid: 100, cores: "x", net0: "virtio,tag=4095" });
    expect([reply.status, reply.reason, reply.errors]).toEqual([
      400,
      "Parameter verification failed.",
      {
        cores: "type check ('integer') failed - got 'x'",
        net0: "invalid format - format error\nnet0.tag: value must have a maximum value of 4094\n",
      },
    ]);
    expect(proxmox.host.vms.size).toBe(0);
  });

  test("says which it is", async () => {
    const { root } = await rootOf({ version });
    expect((await root.call("GET", "version")).data).toMatchObject({ version });
  });
});

test("the versions refuse different things", async () => {
  const allowKsm = async (version: (typeof proxmoxVersions)[number]) =>
    (await (await rootOf({ version })).root.call("POST", qemu, { vmid: 100, "allow-ksm": 0 })).status;
  expect([await allowKsm("8.4.10"), await allowKsm("9.2.6")]).toEqual([400, 200]);
});

describe("a mapping that is not there", () => {
  test("is not found, cannot be changed, and is removed already", async () => {
    const { root } = await rootOf();
    const got = await root.call("GET", "cluster/mapping/pci/gpu");
    expect([got.status, got.reason]).toEqual([500, "mapping 'gpu' not found"]);
    const changed = await root.call("PUT", "cluster/mapping/pci/gpu", { mdev: 1 });
    expect([changed.status, changed.reason]).toEqual([
      500,
      "update hardware mapping failed: pci ID 'gpu' does not exist",
    ]);
    expect(await root.call("DELETE", "cluster/mapping/pci/gpu")).toMatchObject({ status: 200, data: null });
  });

  test("is created once, and changed key by key", async () => {
    const { root } = await rootOf();
    const map = ["id=10de:2684,node=pve,path=0000:01:00"];
    await root.call("POST", "cluster/mapping/pci", { id: "gpu", map, description: "card" });
    const again = await root.call("POST", "cluster/mapping/pci", { id: "gpu", map });
    expect(again.reason).toBe("create hardware mapping failed: pci ID 'gpu' already defined");
    await root.call("PUT", "cluster/mapping/pci/gpu", { mdev: 1, delete: "description" });
    const { data } = await root.call("GET", "cluster/mapping/pci/gpu");
    expect(data).toEqual({ id: "gpu", type: "pci", map, mdev: 1, digest: expect.any(String) });
  });
});

describe("at once, without a task", () => {
  test("destroying a VM that runs or is protected is refused", async () => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100, protection: 1 });
    const guarded = await root.call("DELETE", vm);
    expect([guarded.status, guarded.reason]).toEqual([500, "can't remove VM 100 - protection mode enabled"]);
    await root.call("PUT", `${vm}/config`, { protection: 0 });
    await root.task("POST", `${vm}/status/start`);
    const running = await root.call("DELETE", vm);
    expect([running.status, running.reason]).toEqual([500, "VM 100 is running - destroy failed"]);
  });

  test("a template is made of no VM that runs, and of no template", async () => {
    const { proxmox, root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:8" });
    await root.task("POST", `${vm}/status/start`);
    const running = await root.call("POST", `${vm}/template`);
    expect([running.status, running.reason]).toEqual([500, "you can't convert a VM to template if VM is running"]);
    await root.task("POST", `${vm}/status/stop`);
    expect(await root.task("POST", `${vm}/template`)).toBe("OK");
    expect(proxmox.host.vm(100).config.scsi0).toBe("local-lvm:base-100-disk-0,size=8G");
    expect((await root.call("POST", `${vm}/template`)).reason).toBe("you can't convert a template to a template");
    expect(await root.task("POST", `${vm}/status/start`)).toBe("you can't start a vm if it's a template");
  });
});

describe("files", () => {
  test("one that is there already fails the task of its download", async () => {
    const { root } = await rootOf();
    expect(await root.task("POST", download, image)).toBe("OK");
    expect(await root.task("POST", download, image)).toBe(
      "refusing to override existing file '/var/lib/vz/import/x.qcow2'",
    );
  });

  test("are removed by a task, also when they are not there", async () => {
    const { proxmox, root } = await rootOf();
    await root.task("POST", download, image);
    const volume = `nodes/pve/storage/local/content/${encodeURIComponent("local:import/x.qcow2")}`;
    expect(await root.task("DELETE", volume)).toBe("OK");
    expect(proxmox.host.storages.get("local").content).toEqual([]);
    expect(await root.task("DELETE", volume)).toBe("OK");
  });

  test.each([
    [
      "of another kind than the storage takes",
      { content: "vztmpl", filename: "a.iso" },
      { filename: "wrong file extension" },
    ],
    [
      "of a kind that Proxmox does not know",
      { filename: "x.qcow2.xz" },
      { filename: "invalid filename or wrong extension" },
    ],
    ["with a blank in the name", { filename: "x y.qcow2" }, { filename: "invalid filename or wrong extension" }],
    ["from anywhere but the web", { url: "file:///etc/shadow" }, { url: "value does not match the regex pattern" }],
  ])("%s are refused", async (_, values, errors) => {
    const { root } = await rootOf();
    const reply = await root.call("POST", download, { ...image, ...values });
    expect([reply.status, reply.errors]).toEqual([400, errors]);
  });

  test("are for storages that hold files, of the kinds that are switched on", async () => {
    const storages = [
      { name: "local", type: "dir", content: ["iso"], capacity: 1e9 },
      { name: "local-lvm", type: "lvmthin", content: ["images"], capacity: 1e9 },
    ] as const;
    const { root } = await rootOf({ storages });
    expect((await root.call("POST", download, image)).reason).toBe(
      "storage 'local' is not configured for content-type 'import'",
    );
    expect((await root.call("POST", download.replace("local", "local-lvm"), image)).reason).toBe(
      "can't upload to storage type 'lvmthin', not a file based storage!",
    );
  });
});

describe("a disk", () => {
  test.each([
    [
      "imported from an ISO image",
      { scsi0: "local-lvm:0,import-from=local:iso/x.iso" },
      { scsi0: "local:iso/x.iso has wrong type 'iso' - needs to be 'images' or 'import'" },
    ],
    [
      "imported with a size",
      { scsi0: "local-lvm:8,import-from=local:import/x.qcow2" },
      { scsi0: "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>" },
    ],
    [
      "that is an ISO image",
      { scsi0: "local:iso/x.iso" },
      { scsi0: "explicit 'media=cdrom' is required for iso images" },
    ],
    [
      "that is a downloaded image",
      { scsi0: "local:import/x.qcow2" },
      { scsi0: "content type needs to be 'images' or 'iso'" },
    ],
  ])("%s is refused", async (_, values, errors) => {
    const { root } = await rootOf();
    const reply = await root.call("POST", qemu, { vmid: 100, ...values });
    expect([reply.status, reply.errors]).toEqual([400, errors]);
  });

  test("is refused on a storage without disks", async () => {
    const storages = [{ name: "local", type: "dir", content: ["iso"], capacity: 1e12 }] as const;
    const { root } = await rootOf({ storages });
    const reply = await root.call("POST", qemu, { vmid: 100, scsi0: "local:8" });
    expect(reply.errors).toEqual({ storage: "storage 'local' does not support vm images" });
  });

  test.each([
    ["as qcow2 on LVM-thin", "local-lvm:8,format=qcow2", "unsupported format 'qcow2'"],
    [
      "from an image that is not there",
      "local-lvm:0,import-from=local:import/x.qcow2",
      "cannot import from 'local:import/x.qcow2' - could not get size of local:import/x.qcow2",
    ],
    ["on a volume that is not there", "local-lvm:vm-100-disk-7", "volume local-lvm:vm-100-disk-7 does not exist"],
  ])("%s fails the task", async (_, scsi0, reason) => {
    const { root } = await rootOf();
    expect(await root.task("POST", qemu, { vmid: 100, scsi0 })).toBe(`unable to create VM 100 - ${reason}`);
  });

  test("as qcow2 is a file where there are files, and an imported one keeps its format there", async () => {
    const { proxmox, root } = await rootOf();
    await root.task("POST", download, image);
    const imported = "local:0,import-from=local:import/x.qcow2";
    await root.task("POST", qemu, {
      vmid: 100,
      scsi0: "local:8,format=qcow2",
      scsi1: imported,
      scsi2: "local:1",
      ide2: "local:cloudinit",
    });
    expect(proxmox.host.vm(100).config).toMatchObject({
      scsi0: "local:100/vm-100-disk-0.qcow2,size=8G",
      scsi1: "local:100/vm-100-disk-1.qcow2,size=4G",
      scsi2: "local:100/vm-100-disk-2.raw,size=1G",
      ide2: "local:100/vm-100-cloudinit.qcow2,media=cdrom",
    });
  });

  test("for cloud-init is there once", async () => {
    const { root } = await rootOf();
    const values = { vmid: 100, ide0: "local-lvm:cloudinit", ide2: "local-lvm:cloudinit" };
    expect(await root.task("POST", qemu, values)).toBe(
      "unable to create VM 100 - ide2 - cloud-init drive is already attached at 'ide0'",
    );
  });
});

describe("the configuration as it is read back", () => {
  test("has tags each once, in lower case, sorted", async () => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100, tags: "Talos;gpu,talos" });
    expect((await root.call("GET", `${vm}/config`)).data).toMatchObject({ tags: "gpu;talos" });
    await root.call("PUT", `${vm}/config`, { tags: "Z;a" });
    expect((await root.call("GET", `${vm}/config`)).data).toMatchObject({ tags: "a;z" });
  });

  test("has no SCSI controller that nobody gave, and neither has a clone", async () => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:8" });
    await root.task("POST", `${vm}/template`);
    await root.task("POST", `${vm}/clone`, { newid: 101, full: 1 });
    expect((await root.call("GET", `${qemu}/101/config`)).data).not.toHaveProperty("scsihw");
  });

  test("changes its digest with every change", async () => {
    const { root } = await rootOf();
    await root.task("POST", qemu, { vmid: 100 });
    const digest = async () => ((await root.call("GET", `${vm}/config`)).data as { digest: string }).digest;
    const before = await digest();
    await root.call("PUT", `${vm}/config`, { cores: 2 });
    expect(await digest()).not.toBe(before);
  });
});

test.each([
  [{ delete: "gpu" }, { delete: "unknown option 'gpu'" }],
  [{ delete: "cores", cores: 2 }, { delete: "you can't use '-cores' and -delete cores' at the same time" }],
])("changing %j is refused", async (values, errors) => {
  const { root } = await rootOf();
  await root.task("POST", qemu, { vmid: 100 });
  const reply = await root.call("PUT", `${vm}/config`, values);
  expect([reply.status, reply.errors]).toEqual([400, errors]);
});
