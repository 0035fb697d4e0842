import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../json";
import type { Kubectl } from "../../kubectl";
import type { Lab } from "../../lab";
import { areNodePortsFree } from "../../loopback";
import type { NodeState } from "../../talos-node";
import { eventually } from "./eventually";
import { placed } from "./placed";
import { processesIn } from "./processes-in";
import { succeeded } from "./succeeded";
import { unchanged } from "./unchanged";

interface Configuration {
  readonly resource: {
    readonly proxmox_virtual_environment_vm: Readonly<
      Record<string, { readonly cpu: { cores: number }; readonly memory: { dedicated: number } }>
    >;
    readonly helm_release?: { readonly cilium: { readonly wait: boolean } };
  };
  readonly data: {
    readonly talos_machine_configuration?: Readonly<Record<string, { readonly config_patches: string[] }>>;
  };
}

/** What a user edits in the program once the cluster runs. */
export function edit(configuration: Json): void {
  const { resource, data } = configuration as never as Configuration;
  for (const vm of Object.values(resource.proxmox_virtual_environment_vm)) {
    vm.cpu.cores = 12;
    vm.memory.dedicated = 24_576;
  }
  for (const { config_patches } of Object.values(data.talos_machine_configuration ?? {})) {
    config_patches.push("machine:\n  sysctls:\n    vm.max_map_count: '262144'\n");
  }
}

/** The stack of a cluster is created, stays as it is, is updated in place and destroyed without a trace. */
export async function livesItsLife(file: string, host: Parameters<typeof placed>[1] = {}): Promise<void> {
  const { program, lab, terraform, vmid } = await placed(file, host);
  const before = traces(lab);
  const ids = program.vms.map(({ vm_id }) => Number(vm_id));
  const states = async () => Promise.all(ids.map(async (id) => (await lab.node(id)).state()));
  const expectOneBootstrap = async () => {
    const [first, ...others] = await states();
    expect(first).toMatchObject({ stage: "bootstrapped", bootstraps: 1 });
    for (const { bootstraps } of others) expect(bootstraps).toBe(0);
  };

  expect((program.configuration as never as Configuration).resource.helm_release?.cilium.wait).toBe(true);
  succeeded(await terraform.apply());
  await expectOneBootstrap();
  await ciliumRuns(await lab.kubectl(vmid), ids.length);

  program.placeIn(lab.site, edit);
  // What the first apply had left to do would be among them.
  const changes = (await terraform.changes()).map(({ address, change }) => `${change.actions} ${address}`);
  // A node shows its certificate before its configuration changes.
  const steps = program
    .namesOf("talos_machine_configuration_apply")
    .flatMap((name) => [
      `delete,create null_resource.${name}_check`,
      `delete,create terraform_data.${name}_configuration`,
    ]);
  const updates = ["proxmox_virtual_environment_vm", "talos_machine_configuration_apply"].flatMap((type) =>
    program.namesOf(type).map((name) => `update ${type}.${name}`),
  );
  expect(changes.sort()).toEqual([...steps, ...updates].sort());
  // Otherwise all of them would restart at once.
  for (const name of ids.length > 1 ? program.namesOf("proxmox_virtual_environment_vm") : []) {
    succeeded(await terraform.apply(`-target=proxmox_virtual_environment_vm.${name}`));
    await eventually(async () => expect((await states()).every(isWell)).toBe(true));
  }
  succeeded(await (ids.length > 1 ? terraform.apply() : terraform.applyPlanned()));
  await unchanged(terraform);
  const vms = lab.proxmox.cluster.vms.map(({ vm }) => vm).filter(({ id }) => ids.includes(id));
  expect(vms).toMatchObject(ids.map(() => ({ running: true, config: { cores: 12, memory: "24576" } })));
  for (const { applied } of await states()) {
    expect(applied.at(-1)?.documents[0]).toMatchObject({ machine: { sysctls: { "vm.max_map_count": "262144" } } });
  }
  await expectOneBootstrap();

  succeeded(await terraform.destroy());
  expect(await terraform.addresses()).toEqual([]);
  // The machine ends a moment after its VM.
  await eventually(async () => {
    for (const address of lab.site.addresses) expect(await areNodePortsFree(address)).toBe(true);
    expect(traces(lab)).toEqual(before);
  });
}

/** Workers, which stay configured, run no Kubernetes of their own. */
const isWell = ({ on, stage, kubernetes }: NodeState): boolean => on && (kubernetes || stage === "configured");

interface Workload {
  readonly status: { readonly numberReady?: number; readonly availableReplicas?: number };
}

/** On a single node Helm waits for none of its pods: https://github.com/helm/helm/issues/3173 */
const ciliumRuns = (kubectl: Kubectl, nodes: number): Promise<void> =>
  eventually(async () => {
    const status = async (name: string) => (await kubectl.get<Workload>(name, "--namespace=kube-system")).status;
    expect(await status("daemonset/cilium")).toMatchObject({ numberReady: nodes });
    expect(await status("deployment/cilium-operator")).toMatchObject({ availableReplicas: Math.min(nodes, 2) });
  });

/** What is on the hosts, which is VMs, volumes and mappings, and what is on this machine, which is processes and files. */
export function traces({ directory, proxmox: { cluster } }: Lab): string[] {
  return [
    ...cluster.vms.map(({ vm }) => `${vm.id} ${vm.name}`),
    ...cluster.hosts.flatMap(({ storages }) =>
      storages.all.flatMap(({ content }) => content.map(({ volid }) => volid)),
    ),
    ...cluster.mappings.all.map(({ id }) => id),
    ...processesIn(directory),
    // Snapshots of etcd outlive their cluster, for whoever destroyed it by mistake.
    ...filesIn(join(directory, "clusters")).filter((name) => !name.endsWith(".snapshot")),
    ...filesIn(join(directory, "nodes")),
  ];
}

const filesIn = (directory: string): string[] =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
    : [];
