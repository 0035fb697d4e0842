import { FakeProxmox } from "./fake-proxmox";

// Whoever has no real plugin still wants to know that the Proxmox of the tests can serve it.
describe("the Proxmox of the tests answers the calls that packer-plugin-proxmox 1.2.4 makes", () => {
  let proxmox: FakeProxmox;

  beforeEach(async () => {
    proxmox = await FakeProxmox.start("packer@pve!images", "secret");
    proxmox.import(9013);
  });

  afterEach(() => proxmox.stop());

  async function call(line: string, parameters: Record<string, string> = {}, secret = "secret") {
    const [method = "", path = ""] = line.split(" ");
    const response = await fetch(proxmox.url + path, {
      method,
      headers: { authorization: `PVEAPIToken=packer@pve!images=${secret}` },
      ...(method === "GET" ? {} : { body: new URLSearchParams(parameters) }),
    });
    const { data } = (await response.json()) as { data: unknown };
    return { status: response.status, reason: response.statusText, data };
  }

  /** Makes a call that starts a task, and returns how the task ended. */
  async function task(line: string, parameters: Record<string, string> = {}): Promise<unknown> {
    const { data: upid } = await call(line, parameters);
    expect(upid).toMatch(/^UPID:pve:/);
    return (await call(`GET /nodes/pve/tasks/${encodeURIComponent(String(upid))}/status`)).data;
  }

  const ok = { status: "stopped", exitstatus: "OK" };
  const vm = "/nodes/pve/qemu/9113";

  test("from the clone to the template", async () => {
    expect(await task("POST /nodes/pve/qemu/9013/clone", { newid: "9113", name: "debian-13", full: "1" })).toEqual(ok);
    expect((await call("GET /cluster/resources?type=vm")).data).toMatchObject([
      { vmid: 9013, template: 1 },
      { vmid: 9113, template: 0, name: "debian-13" },
    ]);
    expect(await call("GET /cluster/ha/resources/9113")).toMatchObject({
      status: 500,
      reason: "no such resource 'vm:9113'",
    });
    const settings = { cores: "2", memory: "2048", sshkeys: "key", ciuser: "debian" };
    expect(await call(`PUT ${vm}/config`, settings)).toMatchObject({ status: 200, data: null });
    expect((await call(`GET ${vm}/config`)).data).toMatchObject({ cores: 2, memory: "2048", sshkeys: "key" });
    expect((await call(`GET ${vm}/pending`)).data).toEqual([]);
    expect(await task(`POST ${vm}/status/start`)).toEqual(ok);
    expect(proxmox.vms.get(9113)?.running).toBe(true);
    expect(await task(`POST ${vm}/config`, { delete: "ide2,ciuser,sshkeys" })).toEqual(ok);
    expect(await task(`POST ${vm}/status/shutdown`)).toEqual(ok);
    expect(await task(`POST ${vm}/template`)).toEqual(ok);
    expect(await task(`POST ${vm}/config`, { ide0: "local-lvm:cloudinit" })).toEqual(ok);
    expect(proxmox.vms.get(9113)).toEqual({
      running: false,
      config: {
        ...{ name: "debian-13", scsi0: "local-lvm:vm-9013-disk-1", boot: "order=scsi0", ide0: "local-lvm:cloudinit" },
        ...{ cores: 2, memory: "2048", template: 1 },
      },
    });
  });

  test("and of its clean-up after a failure", async () => {
    await task("POST /nodes/pve/qemu/9013/clone", { newid: "9113", name: "debian-13" });
    expect(await task(`POST ${vm}/status/stop`)).toEqual(ok);
    expect(await task(`DELETE ${vm}`)).toEqual(ok);
    expect([...proxmox.vms.keys()]).toEqual([9013]);
  });

  test("and refuses a wrong token, a source that is missing, an id that is taken, a task that was told to fail", async () => {
    expect(await call("GET /cluster/resources", {}, "guess")).toMatchObject({ status: 401 });
    expect(await call("GET /nodes/pve/qemu/9014/config")).toMatchObject({
      status: 500,
      reason: "Configuration file 'nodes/pve/qemu-server/9014.conf' does not exist",
    });
    expect(await call("POST /nodes/pve/qemu/9013/clone", { newid: "9013" })).toMatchObject({ status: 500 });
    proxmox.failingTasks.add("POST /nodes/pve/qemu/9013/clone");
    expect(await task("POST /nodes/pve/qemu/9013/clone", { newid: "9113" })).toMatchObject({
      exitstatus: "command failed",
    });
    expect(proxmox.vms.has(9113)).toBe(false);
  });
});
