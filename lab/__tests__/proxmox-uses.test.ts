import type { TerraformStack } from "cdktf";
import type { ProxmoxConnection } from "../../constructs/proxmox/connection";
import type { ProxmoxGpuVm } from "../../constructs/proxmox/gpu-vm";
import type { ProxmoxGpuVmProps } from "../../constructs/proxmox/gpu-vm-props";
import { type ProxmoxUse, privilegesFor } from "../../constructs/proxmox/privileges";
import { CsiAccount } from "../../constructs/storage/csi-account";
import { inParallel } from "../in-parallel";
import type { Lab } from "../lab";
import { gibibyte } from "../proxmox/size";
import { root, tokenWithRole } from "./support/accounts";
import { ApiClient } from "./support/api-client";
import { deployVm, gpuVm, provideImage, vmStack } from "./support/gpu-vm";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

type Props = Partial<ProxmoxGpuVmProps>;

/** A use, with a VM that has it and what is changed of that VM. */
interface Case {
  readonly use: ProxmoxUse;
  readonly props: (lab: Lab) => Props;
  readonly changed: (lab: Lab) => Props;
  /** What the stack has beside the VM. */
  readonly beside?: (stack: TerraformStack, vm: ProxmoxGpuVm) => void;
}

const addresses = (server: string) => (lab: Lab) => ({
  initialization: {
    ipConfigs: [{ address: `${lab.written(lab.address)}/24`, gateway: lab.written(lab.gateway) }],
    dnsServers: [server],
  },
});

const cases: readonly Case[] = [
  { use: "vm", props: () => ({}), changed: () => ({ disks: [{ size: 120 }], cpu: { cores: 6 } }) },
  { use: "network", props: () => ({}), changed: () => ({}) },
  { use: "mappedDevice", props: () => ({}), changed: () => ({}) },
  { use: "cloudInit", props: addresses("192.0.2.1"), changed: addresses("192.0.2.2") },
  {
    use: "clone",
    props: () => ({ boot: { clone: { name: "golden", guestAgent: false } } }),
    changed: () => ({ boot: { clone: { name: "golden", guestAgent: false } }, cpu: { cores: 6 } }),
  },
  {
    use: "cdrom",
    props: () => ({ boot: { iso: { fileId: "local:iso/first.iso" } } }),
    changed: () => ({ boot: { iso: { fileId: "local:iso/second.iso" } } }),
  },
  { use: "hostFacts", props: () => ({}), changed: () => ({}) },
  {
    use: "backup",
    props: () => ({ backup: { datastore: "local", keep: { last: 3 } } }),
    changed: () => ({ backup: { datastore: "local", schedule: "sat 04:00", keep: { last: 3 } } }),
  },
  {
    use: "csi",
    props: () => ({}),
    changed: () => ({ cpu: { cores: 6 } }),
    beside: (stack, vm) =>
      void new CsiAccount(stack, {
        name: "csi",
        connection: stack.node.findChild("proxmox") as ProxmoxConnection,
        account: "csi-lab",
        vms: [vm],
        storages: ["local-lvm"],
      }),
  },
  { use: "startup", props: () => ({ startup: { order: 1 } }), changed: () => ({ startup: { order: 2 } }) },
];

/** What every VM here does. */
const always: readonly ProxmoxUse[] = ["vm", "network", "mappedDevice"];

describe.each(cases)("a stack that has $use", (each) => {
  const role = privilegesFor([...always, each.use], 9);

  test("lives with the privileges of its uses", async () => {
    expect(await life(each, role)).toBeUndefined();
  });

  test("does not live without one of its own", async () => {
    const own = privilegesFor([each.use], 9);
    const ends = await inParallel(own, async (privilege) => {
      const others = role.filter((other) => other !== privilege);
      return [privilege, (await life(each, others)) ?? "lives"] as const;
    });
    expect(ends.filter(([, end]) => !/^Permission check failed|clone-source-once|^Cannot add role/.test(end))).toEqual(
      [],
    );
    expect(ends.map(([privilege]) => privilege)).toEqual(own);
  });
});

/** What ends the life of a VM under this role: it is created, changed and destroyed. */
async function life({ use, props, changed, beside }: Case, privileges: readonly string[]): Promise<string | undefined> {
  const account = tokenWithRole(privileges);
  const lab = await startLab({ accounts: [root, account] });
  await provide(lab);
  const vm = (own: Props) => (stack: TerraformStack) => {
    const make = gpuVm(
      lab,
      { gpus: [{ mapping: "gpu" }], ...silent, ...own },
      { credentials: "api-token", checkHost: use === "hostFacts" },
    );
    const made = make(stack);
    beside?.(stack, made);
  };
  const environment = { TF_VAR_proxmox_api_token: `${account.id}=${account.secret}` };
  const terraform = await deployVm(lab, vm(props(lab)), environment);
  const steps = [
    () => terraform.apply(),
    () => {
      lab.synthesize(vmStack(vm(changed(lab))));
      return terraform.apply();
    },
    () => terraform.destroy(),
  ];
  for (const step of steps) {
    const { code, output } = await step();
    if (code === 0) continue;
    return (
      /Permission check failed( \([^)]*\))?|clone-source-once|Cannot add role/.exec(unwrapped(output))?.[0] ?? output
    );
  }
  return undefined;
}

/** The agent is another use. */
const silent: Props = { boot: { image: { fileId: "local:import/talos.qcow2", guestAgent: false } } };

/** What an operator has made ready: an image, ISO images, a template, a mapping. */
async function provide(lab: Lab): Promise<void> {
  provideImage(lab);
  const local = lab.proxmox.host.storages.get("local");
  for (const name of ["first", "second"]) {
    local.add({ volid: `local:iso/${name}.iso`, content: "iso", format: "iso", size: gibibyte });
  }
  const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
  const map = "id=10de:2684,node=pve,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf";
  await client.call("POST", "cluster/mapping/pci", { id: "gpu", map });
  const efidisk0 = "local-lvm:1,efitype=4m,pre-enrolled-keys=0";
  const template = { name: "golden", machine: "q35", bios: "ovmf", scsi0: "local-lvm:8", efidisk0 };
  await client.task("POST", "nodes/pve/qemu", { vmid: 900, ...template });
  await client.task("POST", "nodes/pve/qemu/900/template");
}
