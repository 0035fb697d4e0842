import { ApiClient } from "../../lab/__tests__/support/api-client";
import { SimulatedProxmox } from "../../lab/proxmox/server";
import { importImage, packerAccount } from "./proxmox";

// Whoever has no real plugin still wants to know that the simulated Proxmox serves it, with the role of the README.
describe("the simulated Proxmox answers the calls that packer-plugin-proxmox 1.2.4 makes", () => {
  const qemu = "nodes/pve/qemu";
  const vm = `${qemu}/9113`;
  let proxmox: SimulatedProxmox;
  let client: ApiClient;

  beforeEach(async () => {
    proxmox = await SimulatedProxmox.start({ accounts: [packerAccount] });
    importImage(proxmox, 9013);
    client = new ApiClient(proxmox, { token: `${packerAccount.id}=${packerAccount.secret}` });
  });

  afterEach(() => proxmox.stop());

  test("from the clone to the template", async () => {
    expect(await client.task("POST", `${qemu}/9013/clone`, { newid: 9113, name: "debian-13", full: 1 })).toBe("OK");
    expect((await client.call("GET", "cluster/ha/resources/9113")).reason).toBe("no such resource 'vm:9113'");
    const settings = {
      cores: 2,
      sockets: 1,
      numa: 0,
      kvm: 1,
      memory: 2048,
      sshkeys: "key",
      ciuser: "debian",
      agent: 1,
    };
    expect(await client.call("PUT", `${vm}/config`, settings)).toMatchObject({ status: 200, data: null });
    // The plugin's client asserts these types, and panics on others.
    const types = { cores: 2, sockets: 1, numa: 0, kvm: 1, memory: "2048", agent: "1" };
    expect((await client.call("GET", `${vm}/config`)).data).toMatchObject(types);
    expect((await client.call("GET", `${vm}/pending`)).data).toContainEqual({ key: "ciuser", value: "debian" });
    expect(await client.task("POST", `${vm}/status/start`)).toBe("OK");
    expect(await client.task("POST", `${vm}/config`, { delete: "ide2,ciuser,sshkeys" })).toBe("OK");
    expect(await client.task("POST", `${vm}/status/shutdown`)).toBe("OK");
    expect(await client.task("POST", `${vm}/template`)).toBe("OK");
    expect(await client.task("POST", `${vm}/config`, { ide0: "local-lvm:cloudinit" })).toBe("OK");
    const { config, running } = proxmox.host.vm(9113);
    expect(running).toBe(false);
    expect(config).toMatchObject({
      template: 1,
      name: "debian-13",
      ide0: expect.stringContaining("vm-9113-cloudinit"),
    });
    for (const key of ["ide2", "ciuser", "sshkeys"]) expect(config).not.toHaveProperty(key);
  });

  test("and those of its clean-up after a failure", async () => {
    await client.task("POST", `${qemu}/9013/clone`, { newid: 9113, name: "debian-13" });
    expect(await client.task("POST", `${vm}/status/stop`)).toBe("OK");
    expect(await client.task("DELETE", vm)).toBe("OK");
    expect([...proxmox.host.vms.keys()]).toEqual([9013]);
  });

  test("and refuses a wrong token, a source that is missing, an id that is taken", async () => {
    const guess = new ApiClient(proxmox, { token: `${packerAccount.id}=guess` });
    expect(await guess.call("GET", "cluster/resources")).toMatchObject({ status: 401 });
    expect(await client.call("GET", `${qemu}/9014/config`)).toMatchObject({
      status: 500,
      reason: "Configuration file 'nodes/pve/qemu-server/9014.conf' does not exist",
    });
    expect(await client.call("POST", `${qemu}/9013/clone`, { newid: 9013 })).toMatchObject({ status: 500 });
  });
});
