import { csiPrivileges } from "../../constructs/proxmox/privileges";
import { type ProxmoxVersion, proxmoxVersions } from "../proxmox/interface/refusals";
import { SimulatedProxmox } from "../proxmox/server";
import { ApiClient, type Parameters } from "./support/api-client";
import { proxmoxWith, qemu, rootOf, tokenWith } from "./support/simulated-proxmox";

const vm = `${qemu}/100`;
const lacking = (what: string) => [403, `Permission check failed (${what})`];

/** Options of a VM by the privilege that each takes on /vms/100. */
const options: readonly [privilege: string, values: Readonly<Record<string, string | number>>][] = [
  ["VM.Config.CPU", { cores: 2 }],
  ["VM.Config.CPU", { cpu: "host" }],
  ["VM.Config.Memory", { memory: 1024 }],
  ["VM.Config.HWType", { machine: "q35" }],
  ["VM.Config.HWType", { scsihw: "lsi" }],
  ["VM.Config.HWType", { acpi: 1 }],
  ["VM.Config.HWType", { hotplug: "0" }],
  ["VM.Config.HWType", { kvm: 1 }],
  ["VM.Config.HWType", { tablet: 1 }],
  ["VM.Config.HWType", { serial0: "socket" }],
  ["VM.Config.Options", { name: "a" }],
  ["VM.Config.Options", { bios: "ovmf" }],
  ["VM.Config.Options", { template: 0 }],
  ["VM.Config.Options", { agent: 1 }],
  ["VM.Config.Disk", { boot: "order=scsi0" }],
  ["VM.Config.Network", { net0: "virtio" }],
];

describe.each(proxmoxVersions)("creating a VM on Proxmox %s takes", (version) => {
  test("VM.Allocate, without being told so", async () => {
    const { token } = await tokenWith([], { version });
    const reply = await token.call("POST", qemu, { vmid: 100 });
    expect([reply.status, reply.reason]).toEqual([403, "Permission check failed"]);
  });

  test.each(options)("%s for %j", async (privilege, values) => {
    const { token } = await tokenWith(["VM.Allocate"], { version });
    const refused = await token.call("POST", qemu, { vmid: 100, ...values });
    expect([refused.status, refused.reason]).toEqual(lacking(`/vms/100, ${privilege}`));
    const { token: may } = await tokenWith(["VM.Allocate", privilege], { version });
    expect(await may.task("POST", qemu, { vmid: 100, ...values })).toBe("OK");
  });

  test.each([["VM.Config.Cloudinit"], ["VM.Config.Network"]])(
    "%s for cloud-init, and one is enough",
    async (privilege) => {
      const values = { vmid: 100, ipconfig0: "ip=dhcp", nameserver: "9.9.9.9", ciuser: "x" };
      const { token } = await tokenWith(["VM.Allocate"], { version });
      const refused = await token.call("POST", qemu, values);
      expect([refused.status, refused.reason]).toEqual(lacking("/vms/100, VM.Config.Cloudinit|VM.Config.Network"));
      const { token: may } = await tokenWith(["VM.Allocate", privilege], { version });
      expect(await may.task("POST", qemu, values)).toBe("OK");
    },
  );

  test("Datastore.AllocateSpace for a disk, and no VM.Config.Disk", async () => {
    const values = { vmid: 100, scsi0: "local-lvm:8", boot: "order=scsi0" };
    const { token } = await tokenWith(["VM.Allocate", "VM.Config.Disk"], { version });
    const refused = await token.call("POST", qemu, values);
    expect([refused.status, refused.reason]).toEqual(lacking("/storage/local-lvm, Datastore.AllocateSpace"));
    const { token: may } = await tokenWith(["VM.Allocate", "Datastore.AllocateSpace"], { version });
    expect(await may.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:8" })).toBe("OK");
  });

  test("SDN.Use for a bridge, and for the VLAN on it", async () => {
    const { token } = await tokenWith(["VM.Allocate", "VM.Config.Network"], { version });
    const at = async (net0: string) => (await token.call("POST", qemu, { vmid: 100, net0 })).reason;
    expect(await at("virtio,bridge=vmbr0")).toContain("(/sdn/zones/localnetwork/vmbr0, SDN.Use)");
    expect(await at("virtio,bridge=vmbr0,tag=7")).toContain("(/sdn/zones/localnetwork/vmbr0/7, SDN.Use)");
  });

  test("Sys.Modify for a place in the order of start", async () => {
    const { token } = await tokenWith(["VM.Allocate", "VM.Config.Options"], { version });
    const refused = await token.call("POST", qemu, { vmid: 100, startup: "order=1" });
    expect([refused.status, refused.reason]).toEqual(lacking("/, Sys.Modify"));
  });

  test("Mapping.Use for a mapped device of the host", async () => {
    const { root, token } = await tokenWith(["VM.Allocate", "VM.Config.HWType"], { version });
    await root.call("POST", "cluster/mapping/pci", { id: "gpu", map: "id=10de:2684,node=pve,path=0000:01:00" });
    for (const values of [{ hostpci0: "mapping=gpu" }, { usb0: "mapping=key" }] as Parameters[]) {
      const reply = await token.call("POST", qemu, { vmid: 100, ...values });
      expect(reply.reason).toMatch(/^Permission check failed \(\/mapping\/(pci\/gpu|usb\/key), Mapping\.Use\)$/);
    }
  });
});

describe("root's alone, whatever a token may, are", () => {
  test.each([
    [{ args: "-x" }, "only root can set 'args' config"],
    [{ affinity: "0-3" }, "only root can set 'affinity' config"],
    [{ hookscript: "local:snippets/x.pl" }, "only root can set 'hookscript' config"],
    [{ hugepages: "any" }, "only root can set 'hugepages' config"],
    [{ keephugepages: 1 }, "only root can set 'keephugepages' config"],
    [{ vmgenid: "1" }, "only root can set 'vmgenid' config"],
    [{ serial0: "/dev/ttyS0" }, "only root can set 'serial0' config for real devices"],
    [{ usb0: "host=1234:abcd" }, "only root can set 'usb0' config for real devices"],
    [{ hostpci0: "01:00" }, "only root can set 'hostpci0' config for non-mapped devices"],
  ] as [Parameters, string][])("%j", async (values, reason) => {
    const proxmox = await proxmoxWith({ accounts: [{ id: "root@pam!lab", secret: "s" }] });
    const reply = await new ApiClient(proxmox, { token: "root@pam!lab=s" }).call("POST", qemu, {
      vmid: 100,
      ...values,
    });
    expect([reply.status, reply.reason]).toEqual([500, reason]);
  });

  test("the file of a ROM, even of a mapped device", async () => {
    const { root, proxmox } = await rootOf({
      accounts: [
        { id: "root@pam", secret: "proxmox" },
        { id: "root@pam!lab", secret: "s" },
      ],
    });
    await root.call("POST", "cluster/mapping/pci", { id: "gpu", map: "id=10de:2684,node=pve,path=0000:01:00" });
    const token = new ApiClient(proxmox, { token: "root@pam!lab=s" });
    const reply = await token.call("POST", qemu, { vmid: 100, hostpci0: "mapping=gpu,romfile=x.rom" });
    expect([reply.status, reply.errors]).toEqual([400, { hostpci0: "only root@pam can set 'romfile' option" }]);
  });

  test("removing what only root may set, also when it is not set", async () => {
    const { root, token } = await tokenWith(["VM.Config.Options"]);
    await root.task("POST", qemu, { vmid: 100 });
    const reply = await token.call("PUT", `${vm}/config`, { delete: "args" });
    expect([reply.status, reply.reason]).toEqual([500, "only root can set 'args' config"]);
  });
});

describe("changing a VM takes", () => {
  test.each([
    ["VM.Config.Disk", { scsi0: "local-lvm:vm-100-disk-0,ssd=1" }],
    ["VM.Config.Disk", { delete: "scsi0" }],
    ["VM.Config.CDROM", { ide0: "none,media=cdrom" }],
    ["VM.Config.Cloudinit", { delete: "ide2" }],
    ["VM.Config.Options", { tags: "a" }],
  ] as [string, Parameters][])("%s for %j", async (privilege, values) => {
    const { root, token } = await tokenWith(["VM.Config.CPU"]);
    const there = { scsi0: "local-lvm:8", ide0: "none,media=cdrom", ide2: "local-lvm:cloudinit", tags: "b" };
    await root.task("POST", qemu, { vmid: 100, ...there });
    const reply = await token.call("PUT", `${vm}/config`, values);
    expect([reply.status, reply.reason]).toEqual(lacking(`/vms/100, ${privilege}`));
  });

  test("one of the privileges to configure VMs, before anything else is looked at", async () => {
    const { root, token } = await tokenWith(["VM.Audit"]);
    await root.task("POST", qemu, { vmid: 100 });
    const reply = await token.call("PUT", `${vm}/config`, { cores: "x" });
    expect(reply.reason).toMatch(/^Permission check failed \(\/vms\/100, VM\.Config\.Disk\|VM\.Config\.CDROM\|/);
  });

  test("Datastore.AllocateSpace for a larger disk", async () => {
    const { root, token } = await tokenWith(["VM.Config.Disk"]);
    await root.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:8" });
    expect(await token.task("PUT", `${vm}/resize`, { disk: "scsi0", size: "9G" })).toBe(
      "Permission check failed (/storage/local-lvm, Datastore.AllocateSpace)",
    );
  });
});

test("a mapping that is not there is no question of privileges, and keeps the VM from starting", async () => {
  const { token } = await tokenWith(["VM.Allocate", "VM.Config.HWType", "VM.PowerMgmt", "Mapping.Use"]);
  expect(await token.task("POST", qemu, { vmid: 100, hostpci0: "mapping=gpu" })).toBe("OK");
  expect(await token.task("POST", `${vm}/status/start`)).toBe("PCI device mapping not found for 'gpu'");
  expect(await token.call("PUT", `${vm}/config`, { delete: "hostpci0" })).toMatchObject({ status: 200 });
});

describe("the guest agent's answers take", () => {
  test.each([
    ["8.4.10", "VM.Monitor", "VM.Monitor"],
    ["9.2.6", "VM.GuestAgent.Audit", "VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted"],
  ] as const)("on Proxmox %s %s", async (version, privilege, named) => {
    for (const [privileges, expected] of [
      [["VM.Audit"], lacking(`/vms/100, ${named}`)],
      [
        ["VM.Audit", privilege],
        [200, "OK"],
      ],
    ] as const) {
      const { root, token } = await tokenWith(privileges, { version });
      await root.task("POST", qemu, { vmid: 100, agent: 1 });
      await root.task("POST", `${vm}/status/start`);
      const reply = await token.call("GET", `${vm}/agent/network-get-interfaces`);
      expect([reply.status, reply.reason]).toEqual(expected);
    }
  });
});

describe("images take", () => {
  const image = { content: "import", filename: "x.qcow2", url: "https://factory.talos.dev/x.qcow2" };
  const download = "nodes/pve/storage/local/download-url";
  const volume = `nodes/pve/storage/local/content/${encodeURIComponent("local:import/x.qcow2")}`;

  test.each([
    [[], "Permission check failed (/storage/local, Datastore.AllocateTemplate)"],
    [["Datastore.AllocateTemplate"], "Permission check failed"],
    [["Datastore.AllocateTemplate", "Sys.Modify"], "Permission check failed"],
    [["Datastore.AllocateTemplate", "Sys.Modify", "Sys.Audit"], "OK"],
    [["Datastore.AllocateTemplate", "Sys.AccessNetwork"], "OK"],
  ])("%j: %s", async (privileges, reason) => {
    const { token } = await tokenWith(privileges);
    expect((await token.call("POST", download, image)).reason).toBe(reason);
  });

  test("Datastore.Allocate to be removed", async () => {
    const { root, token } = await tokenWith(["Datastore.AllocateTemplate", "Datastore.AllocateSpace"]);
    await root.task("POST", download, image);
    const reply = await token.call("DELETE", volume);
    expect([reply.status, reply.reason]).toEqual(lacking("/storage/local, Datastore.Allocate"));
  });
});

test("a clone takes VM.Clone of its template, room for its disks, and its devices", async () => {
  const clone = { newid: 101, full: 1 };
  const reasons = [];
  const privileges = ["VM.Clone", "VM.Allocate", "Datastore.AllocateSpace", "Mapping.Use", "SDN.Use"];
  for (let n = 0; n <= privileges.length; n += 1) {
    const { root, token } = await tokenWith(privileges.slice(0, n));
    await root.call("POST", "cluster/mapping/pci", { id: "gpu", map: "id=10de:2684,node=pve,path=0000:01:00" });
    const values = { hostpci0: "mapping=gpu", net0: "virtio,bridge=vmbr0", scsi0: "local-lvm:8" };
    await root.task("POST", qemu, { vmid: 100, ...values });
    reasons.push((await token.call("POST", `${vm}/clone`, clone)).reason.replace("Permission check failed", "lacks"));
  }
  expect(reasons).toEqual([
    "lacks (/vms/100, VM.Clone)",
    "lacks",
    "lacks (/storage/local-lvm, Datastore.AllocateSpace)",
    "lacks (/mapping/pci/gpu, Mapping.Use)",
    "lacks (/sdn/zones/localnetwork/vmbr0, SDN.Use)",
    "OK",
  ]);
});

test("a role has only privileges that its Proxmox knows", async () => {
  const withPrivilege = (version: (typeof proxmoxVersions)[number], privilege: string) =>
    SimulatedProxmox.start({ version, accounts: [{ id: "a@pve", secret: "s", privileges: [privilege] }] });
  await expect(withPrivilege("9.2.6", "VM.Monitor")).rejects.toThrow("invalid privilege 'VM.Monitor'");
  await expect(withPrivilege("8.4.10", "VM.GuestAgent.Audit")).rejects.toThrow(
    "invalid privilege 'VM.GuestAgent.Audit'",
  );
});

const volume = "local-lvm:vm-9999-pvc-1";
const content = "nodes/pve/storage/local-lvm/content";

/** The first of the CSI driver's calls that fails on a host where its account has these privileges; nothing if none does. */
async function failureOfCsi(version: ProxmoxVersion, privileges: typeof csiPrivileges): Promise<string | undefined> {
  const account = {
    id: "csi@pve!csi",
    secret: "s",
    acl: { "/vms/100": privileges.vm, "/storage/local-lvm": privileges.storage },
  };
  const { proxmox, root } = await rootOf({
    version,
    accounts: [
      { id: "root@pam", secret: "proxmox" },
      { ...account, privileges: [] },
    ],
  });
  await root.task("POST", qemu, { vmid: 100, scsi0: "local-lvm:8", scsihw: "virtio-scsi-pci" });
  const driver = new ApiClient(proxmox, { token: `${account.id}=${account.secret}` });
  const has = async (path: string, text: string) =>
    JSON.stringify((await driver.call("GET", path)).data).includes(text);
  const done = async (method: string, path: string, values: Parameters = {}) =>
    (await driver.call(method, path, values)).status === 200;
  const calls: readonly [what: string, call: () => Promise<boolean>][] = [
    ["storage", () => has("cluster/resources", "storage/pve/local-lvm")],
    ["create", () => done("POST", content, { filename: "vm-9999-pvc-1", vmid: 9999, size: "512M" })],
    ["find", () => has(content, volume)],
    ["VM", () => has("cluster/resources", "qemu/100")],
    ["disks", () => done("GET", `${vm}/config`)],
    ["attach", () => done("POST", `${vm}/config`, { scsi1: `${volume},backup=0` })],
    ["grow", () => done("PUT", `${vm}/resize`, { disk: "scsi1", size: "1024M" })],
    ["detach", () => done("PUT", `${vm}/config`, { delete: "scsi1" })],
    ["delete", () => done("DELETE", `${content}/${encodeURIComponent(volume)}`)],
  ];
  for (const [what, call] of calls) if (!(await call())) return what;
  return undefined;
}

describe.each(proxmoxVersions)("the CSI driver on Proxmox %s", (version) => {
  test("can do all of its work with the privileges of its account", async () => {
    expect(await failureOfCsi(version, csiPrivileges)).toBeUndefined();
  });

  test.each([
    ["vm", "VM.Audit", "VM"],
    ["vm", "VM.Config.Disk", "attach"],
    ["storage", "Datastore.Audit", "storage"],
    ["storage", "Datastore.AllocateSpace", "create"],
    ["storage", "Datastore.Allocate", "find"],
  ] as const)("needs on each %s %s", async (area, privilege, failure) => {
    const less = csiPrivileges[area].filter((each) => each !== privilege);
    expect(less).toHaveLength(csiPrivileges[area].length - 1);
    expect(await failureOfCsi(version, { ...csiPrivileges, [area]: less })).toBe(failure);
  });
});
