import type { TerraformStack } from "cdktf";
import { fixtures } from "../../__tests__/fixtures";
import { ProxmoxConnection, type ProxmoxConnectionProps } from "../../constructs/proxmox/connection";
import type { ProxmoxGpuVmProps } from "../../constructs/proxmox/gpu-vm-props";
import { PciMapping } from "../../constructs/proxmox/pci/pci-mapping";
import type { Lab } from "../lab";
import { exampleHosts } from "../proxmox/example-hosts";
import { defaultStorages } from "../proxmox/host";
import { graphicsCard, graphicsCards, radeon, radeons } from "../proxmox/pci-device";
import type { ServerOptions } from "../proxmox/server";
import { gibibyte } from "../proxmox/size";
import { credentials, documentedRole, root, tokenWithRole } from "./support/accounts";
import { ApiClient } from "./support/api-client";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { deployVm, gpuVm, provideImage } from "./support/gpu-vm";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

type Driven = NonNullable<ClusterOptions["talos"]>;

const production: Driven = { nvidia: { kernelModules: "open", branch: "production" } };
const amd = graphicsCard("0000:01:00", 14).map((device) => ({
  ...device,
  vendor: "0x1002",
  device_name: "Navi 21 [Radeon RX 6800]",
}));

const valid = "id=10de:2684,node=pve,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf";

type Props = Partial<ProxmoxGpuVmProps>;
type Refusal = readonly [rule: string, what: string, host: ServerOptions, message: string];

/** What such a cluster has that asks the host for more. */
const asking: Readonly<Record<string, ClusterOptions>> = {
  "storage-backups": { vm: { backup: { datastore: "local", keep: { last: 3 } } } },
  "gpu-physical-function": {
    vm: { gpus: [{ address: "00:02" }] },
    talos: { driver: { vendor: "intel", kernelModules: "i915" } },
  },
};

/** Hosts on which the plan of a cluster fails. */
const refusals: readonly Refusal[] = [
  [
    "gpu-present",
    "no GPU",
    exampleHosts["no-gpu"],
    'gpus[0].address "0000:01:00" is not a device of node "pve", whose GPUs are none at all; write the address of one that it has',
  ],
  [
    "gpu-present",
    "its GPU in another slot",
    { devices: graphicsCard("0000:05:00", 19) },
    'gpus[0].address "0000:01:00" is not a device of node "pve", whose GPUs are 0000:05:00.0 AD102 [GeForce RTX 4090]; write the address of one that it has',
  ],
  [
    "gpu-iommu",
    "its IOMMU off",
    exampleHosts["iommu-off"],
    'gpus[0].address "0000:01:00" has no IOMMU group on node "pve": its IOMMU is disabled',
  ],
  [
    "gpu-group-own",
    "a shared group",
    exampleHosts["shared-group"],
    'gpus[0].address "0000:01:00" shares its IOMMU group on node "pve" with 0000:02:00.0 NVMe SSD Controller PM9A1/PM9A3/980PRO; put',
  ],
  [
    "gpu-driver-generation",
    "a GPU that the driver does not know",
    exampleHosts["old-gpu"],
    "gpus[0].address is 0000:01:00.0 GP104 [GeForce GTX 1070], of Maxwell, Pascal, Volta, which the driver",
  ],
  [
    "gpu-physical-function",
    "a GPU that is divided into virtual functions",
    exampleHosts["intel-gpus"],
    'gpus[0].address is 0000:00:02.0 Raptor Lake-S GT1 [UHD Graphics 770], which the host has divided into virtual functions; write the address of one of these, such as "00:02.1"',
  ],
  [
    "proxmox-version",
    "Proxmox 8.3",
    exampleHosts["proxmox-8.3"],
    "Proxmox VE 8.3.5 cannot import downloaded disk images; upgrade it to 9, or to 8.4, which is past its end of life",
  ],
  [
    "storage-imports",
    "no storage for imports",
    exampleHosts["no-import-storage"],
    'datastore "local" does not have the content type Import on node "pve"; enable it (Datacenter → Storage), or write one that has it, here: none',
  ],
  [
    "storage-imports",
    "no storage of the name",
    { storages: defaultStorages.filter(({ name }) => name !== "local") },
    'datastore "local" is not a storage of node "pve", or the account lacks Datastore.Audit on it; write one with the content type Import, here: none',
  ],
  ...(["disabled", "not online"] as const).map(
    (unusable): Refusal => [
      "storage-imports",
      `a storage that is ${unusable}`,
      { storages: defaultStorages.map((storage) => ({ ...storage, ...(storage.name === "local" && { unusable }) })) },
      'datastore "local" is disabled or not active on node "pve"; enable it, or write one with the content type Import, here: none',
    ],
  ),
  [
    "host-memory",
    "less memory than the VM is given",
    { memory: 4 * gibibyte },
    'memory.dedicated is 8192 MiB, all of which the host pins, and node "pve" has 4096, of which it needs 1024 itself; write less',
  ],
  [
    "storage-backups",
    "no storage for backups",
    {},
    'backup.datastore "local" does not have the content type Backup on node "pve"; enable it (Datacenter → Storage), or write one that has it, here: none',
  ],
];

/** Hosts for which the plan of a cluster with such a driver has a warning. */
const warnings: readonly (readonly [...Refusal, talos: Driven])[] = [
  [
    "storage-space",
    "little space",
    { storages: defaultStorages.map((storage) => ({ ...storage, capacity: gibibyte })) },
    'datastore "local" has less than 2 GiB of free space on node "pve"',
    production,
  ],
  [
    "gpu-resets",
    "a GPU of AMD",
    { devices: amd },
    "gpus has 0000:01:00.0 Navi 21 [Radeon RX 6800] of AMD on node",
    production,
  ],
  [
    "gpu-with-driver",
    "an NVIDIA GPU, and no driver in the image",
    {},
    "of NVIDIA, and the image has no driver for it",
    {},
  ],
  [
    "gpu-stuck",
    "a GPU that does not reset",
    { devices: radeon("0000:01:00", 14, radeons.rx5700) },
    "gpus[0].address is 0000:01:00.0 Navi 10 [Radeon RX 5700] of AMD, of GCN, Vega, RDNA 1, which does not reset when its VM stops; what helps is the module vendor-reset",
    { driver: { vendor: "amd" } },
  ],
];

/** Devices on which the plan of a VM with a mapping by its name fails. */
const mappingRefusals: readonly (readonly [rule: string, what: string, map: string | undefined, message: string])[] = [
  [
    "mapping-exists",
    "it is not there",
    undefined,
    'gpus[0].mapping "gpu" is not a mapping of the cluster, which has none; write',
  ],
  ["mapping-valid", "the hardware changed", valid.replace("2684", "2b85"), "does not fit node"],
  ["mapping-valid", "it is for another node", valid.replace("node=pve", "node=other"), "No mapping for node pve."],
];

/** Those of single VMs and of volumes have tests of their own: host-storages, mapped-devices, other-hosts, proxmox-csi; and two only warn. */
const elsewhere = /^(gpu-mediated|host-memory-spare|host-processors|image-on-node|proxmox-csi-.*|vm-storage.*)$/;

test("every check of a host has one here that fails it", () => {
  const rules = Object.entries(fixtures).filter(([rule, { onHost }]) => onHost && !elsewhere.test(rule));
  const failing = [...refusals, ...warnings, ...mappingRefusals].map(([rule]) => rule);
  expect([...new Set(failing)].sort()).toEqual(rules.map(([rule]) => rule).sort());
});

/** The plan of a cluster with a GPU at 01:00 on such a host. */
async function planOn(host: ServerOptions, options: ClusterOptions = {}) {
  const lab = await startLab(host);
  const terraform = await deployCluster(lab, { talos: production, ...options });
  const { code, output } = await terraform.plan();
  return { lab, code, output: unwrapped(output) };
}

describe("the plan of a cluster", () => {
  test.each([
    ["one GPU", exampleHosts["one-gpu"]],
    ["two GPUs", exampleHosts["two-gpus"]],
    ["Proxmox 8.4", exampleHosts["proxmox-8.4"]],
  ])("passes on a host with %s, without a warning", async (_, host) => {
    const { code, output } = await planOn(host);
    expect(output).not.toMatch(/Warning: Check block|Resource precondition failed/);
    expect(code).toBe(2);
  });

  test("asks the host once for each kind of fact", async () => {
    const { lab } = await planOn(exampleHosts["one-gpu"]);
    const asked = lab.proxmox.journal.entries.filter(({ method }) => method === "GET").map(({ path }) => path);
    expect(asked.sort()).toEqual([
      // The VMs, for whether the id is free.
      "/nodes",
      "/nodes/pve/hardware/pci",
      "/nodes/pve/qemu",
      "/nodes/pve/status",
      "/nodes/pve/storage",
      "/version",
    ]);
  });

  test.each(refusals)("is refused by %s on a host with %s", async (rule, _, host, message) => {
    const { code, output } = await planOn(host, asking[rule]);
    expect(output).toContain("Resource precondition failed");
    expect(output).toContain(message);
    expect(output).toContain(`[${rule}]`);
    expect(code).toBe(1);
  });

  test.each(warnings)("is warned of by %s on a host with %s", async (rule, _, host, message, talos) => {
    const { code, output } = await planOn(host, { talos });
    expect(output).toContain(message);
    expect(output).toContain(`[${rule}]`);
    expect(code).toBe(2);
  });
});

/** A VM on a host that has its image, with the rights of a token. */
async function vmOn(
  host: ServerOptions,
  props: Props,
  connection: Partial<ProxmoxConnectionProps> = { credentials: "api-token" },
) {
  const lab = await startLab(host);
  provideImage(lab);
  return { lab, terraform: await deployVm(lab, gpuVm(lab, { ...silent, ...props }, connection), credentials) };
}

const silent: Props = { boot: { image: { fileId: "local:import/talos.qcow2", guestAgent: false } } };

async function makeMapping(lab: Lab, map: string): Promise<void> {
  const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
  expect(await client.call("POST", "cluster/mapping/pci", { id: "gpu", map })).toMatchObject({ status: 200 });
}

describe("a mapping by its name", () => {
  test("passes where it is there and fits", async () => {
    const { lab, terraform } = await vmOn({}, { gpus: [{ mapping: "gpu" }] });
    await makeMapping(lab, valid);
    const { code, output } = await terraform.plan();
    expect(output).not.toContain("Error");
    expect(code).toBe(2);
  });

  test.each(mappingRefusals)("is refused by %s where %s", async (rule, _, map, message) => {
    const { lab, terraform } = await vmOn({}, { gpus: [{ mapping: "gpu" }] });
    if (map !== undefined) await makeMapping(lab, map);
    const output = unwrapped((await terraform.plan()).output);
    expect(output).toContain(message);
    expect(output).toContain(`[${rule}]`);
  });
});

describe("a mapping that is made", () => {
  test("is filled in with what the host says, and the VM starts", async () => {
    const { lab, terraform } = await vmOn({}, { gpus: [{ mapping: { name: "gpu", address: "01:00" } }] });
    expect(await terraform.apply()).toMatchObject({ code: 0 });
    expect(lab.proxmox.host.mappings.get("gpu").map).toEqual([expect.stringContaining("id=10de:2684")]);
    expect(lab.proxmox.host.vm(100).running).toBe(true);
    expect(await terraform.plan()).toMatchObject({ code: 0 });
  });

  test("has no subsystem where the device has none", async () => {
    const devices = graphicsCard("0000:01:00", 14).map(
      ({ subsystem_vendor: _, subsystem_device: __, ...device }) => device,
    );
    const { lab, terraform } = await vmOn({ devices }, { gpus: [{ mapping: { name: "gpu", address: "01:00" } }] });
    expect(await terraform.apply()).toMatchObject({ code: 0 });
    expect(lab.proxmox.host.mappings.get("gpu").map.join()).not.toContain("subsystem");
    expect(lab.proxmox.host.vm(100).running).toBe(true);
    expect(await terraform.plan()).toMatchObject({ code: 0 });
  });

  test("shows a change of the hardware in the plan", async () => {
    const host = { devices: graphicsCard("0000:01:00", 14, graphicsCards.rtx5090) };
    const { terraform } = await vmOn(host, {
      gpus: [{ mapping: { name: "gpu", address: "01:00", deviceId: "10de:2684" } }],
    });
    expect(unwrapped((await terraform.plan()).output)).toContain(
      'deviceId "10de:2684" is not that of 0000:01:00 on node "pve", which has 10de:2b85; write that, or leave it out [mapping-valid]',
    );
  });

  test("is a pool of devices of two nodes, each as its node says", async () => {
    const lab = await startLab(exampleHosts["two-nodes"]);
    const build = (stack: TerraformStack): void => {
      const { endpoint } = lab.proxmox;
      const connection = new ProxmoxConnection(stack, "proxmox", {
        endpoint,
        credentials: "api-token",
      });
      const alternatives = [{ node: "pve2", address: "03:00" }];
      new PciMapping(stack, "gpu", { connection, name: "pool", node: "pve1", address: "01:00", alternatives });
    };
    const terraform = await deployVm(lab, build, credentials);
    expect(await terraform.apply()).toMatchObject({ code: 0 });
    expect(lab.proxmox.host.mappings.get("pool").map).toEqual([
      expect.stringContaining("id=10de:2684"),
      expect.stringContaining("id=10de:2b85"),
    ]);
  });
});

describe("an account without the right to ask", () => {
  const accounts = [root, tokenWithRole(documentedRole().filter((privilege) => privilege !== "Sys.Audit"))];
  const gpus = [{ mapping: { name: "gpu", address: "01:00", deviceId: "10de:2684", iommuGroup: 14 } }];

  test("is told so", async () => {
    const { terraform } = await vmOn({ accounts }, { gpus });
    expect(unwrapped((await terraform.plan()).output)).toMatch(/Permission check failed \(\/, Sys\.Audit/);
  });

  test("plans where the host is not to be asked", async () => {
    const { terraform } = await vmOn({ accounts }, { gpus }, { credentials: "api-token", checkHost: false });
    const { code, output } = await terraform.plan();
    expect(output).not.toMatch(/data\.proxmox_(hardware|datastores|version|virtual_environment_node)/);
    expect(code).toBe(2);
  });
});
