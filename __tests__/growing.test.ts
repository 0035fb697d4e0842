import { TerraformStack, Testing } from "cdktf";
import {
  CiliumInstall,
  ProxmoxConnection,
  ProxmoxGpuVm,
  TalosCluster,
  type TalosClusterProps,
  TalosGpuCluster,
  type TalosGpuClusterMachine,
  type TalosGpuClusterProps,
  TalosSingleNode,
} from "../constructs";
import type { Json } from "./json";
import { newApp, problemsOf, type TerraformJson } from "./stacks";

const machine = (name: string, number: number, gpus: TalosGpuClusterMachine["gpus"] = []): TalosGpuClusterMachine => ({
  name,
  node: "pve",
  vmId: number,
  gpus,
  initialization: { ipConfigs: [{ address: `192.168.1.${number}/24`, gateway: "192.168.1.1" }] },
});

const single: TalosGpuClusterProps = {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: machine("talos-gpu", 100, [{ address: "01:00" }]),
  talos: { nvidia: { kernelModules: "open", branch: "production" } },
  cluster: { clusterName: "talos-gpu" },
  cilium: {
    l2Announcements: { addressPools: [{ name: "lan", blocks: [{ start: "192.168.1.240", stop: "192.168.1.250" }] }] },
  },
};

const stackOf = (props: Partial<TalosGpuClusterProps> = {}): TerraformJson =>
  JSON.parse(Testing.synth(new TalosGpuCluster(newApp(), "talos-gpu", { ...single, ...props }), true));

/** What Terraform compares with its state: neither the order of steps nor what a step runs is in there. */
function comparable({ resource, data }: TerraformJson): Record<string, unknown> {
  const blocks = Object.entries<Record<string, Json>>({ ...resource, ...data }).flatMap(([type, named]) =>
    Object.entries(named).map(([name, { "//": path, depends_on, provisioner, lifecycle, ...attributes }]) => [
      `${type}.${name}`,
      attributes,
    ]),
  );
  return Object.fromEntries(blocks);
}

/** The kubeconfig's server is written by name; while it is the same as before, so is the file. */
const sameServer = (stack: TerraformJson, server: string) => {
  const { content } = stack.resource.local_file.kubeconfig;
  const raw = "talos_cluster_kubeconfig.cluster.kubeconfig_raw";
  expect(content).toBe(`\${replace(${raw}, "/server: .*/", "server: ${server}")}`);
  stack.resource.local_file.kubeconfig.content = `\${${raw}}`;
  return stack;
};

test.each<[string, Partial<TalosGpuClusterProps>]>([
  ["a worker", { workers: [machine("worker-1", 101)] }],
  ["a worker with a GPU", { workers: [machine("worker-1", 101, [{ address: "02:00" }])] }],
  ["workers on other hosts", { workers: [{ ...machine("worker-1", 101), node: "pve2" }, machine("worker-2", 102)] }],
  ["no worker any more", { workers: [] }],
])("a single node that gets %s keeps all of its resources as they are", (_, props) => {
  const before = comparable(stackOf());
  const after = sameServer(stackOf(props), "https://192.168.1.100:6443");
  expect(comparable(after)).toMatchObject(before);
});

const two = [machine("control-2", 102), machine("control-3", 103)];
const virtualAddress = "192.168.1.99";

test("load balancers stay on control plane nodes, whose exclusion is deleted; workers have none that Talos could delete", () => {
  const stack = stackOf({
    controlPlanes: two,
    workers: [machine("worker-1", 101)],
    cluster: { clusterName: "talos-gpu", virtualAddress },
  });
  const configurations = Object.entries<TerraformJson>(stack.data.talos_machine_configuration);
  const excluded = ([, { config_patches }]: [string, TerraformJson]) =>
    JSON.stringify(config_patches).includes("exclude-from-external-load-balancers");
  const names = configurations.filter(excluded).map(([name]) => name);
  expect(names.sort()).toEqual(["control-2", "control-3", "node"]);
});

test("every node that announces a pool may send from it: the first one goes on with it beside workers", () => {
  const firewall = { management: ["192.168.1.0/24"] };
  const { resource } = stackOf({
    vm: { ...single.vm, firewall },
    workers: [{ ...machine("worker-1", 101), firewall }],
  });
  const sets = Object.values<TerraformJson>(resource.proxmox_virtual_environment_firewall_ipset);
  expect(sets).toHaveLength(2);
  for (const { cidr } of sets) expect(JSON.stringify(cidr)).toContain("192.168.1.240/29");
});

test("a single node that gets two control plane nodes keeps its machine, its secrets and its etcd", () => {
  const names = [
    "proxmox_virtual_environment_vm.talos_node",
    "talos_machine_secrets.cluster",
    "talos_machine_bootstrap.cluster",
  ];
  const chosen = (stack: TerraformJson) => names.map((name) => comparable(stack)[name]);
  const grown = stackOf({ controlPlanes: two, cluster: { clusterName: "talos-gpu", virtualAddress } });
  expect(chosen(grown)).toEqual(chosen(stackOf()));
  sameServer(grown, `https://${virtualAddress}:6443`);
});

test("machines without a GPU boot an image without the driver, which each Proxmox node downloads once", () => {
  const { resource } = stackOf({
    workers: [
      machine("worker-1", 101),
      machine("worker-2", 102),
      { ...machine("worker-3", 103), node: "pve2" },
      machine("worker-4", 104, [{ address: "02:00" }]),
    ],
  });
  const image = (name: string) => resource.proxmox_virtual_environment_vm[name].disk[0].import_from;
  expect(["talos_node", "worker-1", "worker-2", "worker-3", "worker-4"].map(image)).toEqual(
    ["talos", "talos_without_driver_pve", "talos_without_driver_pve", "talos_without_driver_pve2", "talos"].map(
      (name) => `\${proxmox_download_file.${name}.id}`,
    ),
  );
  const { schematic } = resource.talos_image_factory_schematic.talos_without_driver;
  expect(schematic).not.toContain("nvidia");
});

test.each<[string, Partial<TalosGpuClusterProps>, string]>([
  ["of vm", { controlPlanes: [machine("talos-gpu", 102), machine("control-3", 103)] }, "controlPlanes[0].name"],
  ["of a worker", { workers: [machine("worker-1", 101), machine("worker-1", 102)] }, "workers[1].name"],
])("a name twice, %s, is told where it is written", (_, props, path) => {
  const cluster = { clusterName: "talos-gpu", virtualAddress };
  const problems = problemsOf(
    (stack) => void new TalosGpuCluster(stack, "talos-gpu", { ...single, cluster, ...props }),
  );
  expect(problems).toEqual([
    expect.stringMatching(new RegExp(`\\] ${path.replace(/[[\]]/g, "\\$&")} .* \\[machine-once\\]$`)),
  ]);
});

test("several control plane nodes without an address for all are told which prop to write", () => {
  const problems = problemsOf(
    (stack) => void new TalosGpuCluster(stack, "talos-gpu", { ...single, controlPlanes: two }),
  );
  expect(problems).toEqual([
    expect.stringMatching(/\] controlPlanes has 3 machines and no shared endpoint; .* \[api-address\]$/),
  ]);
});

describe("a TalosSingleNode of one's own stack becomes a TalosCluster", () => {
  function ownStack(build: (stack: TerraformStack, vm: ProxmoxGpuVm) => void): TerraformJson {
    const stack = new TerraformStack(newApp(), "own");
    const connection = new ProxmoxConnection(stack, "proxmox", {
      endpoint: "https://pve.example:8006/",
      credentials: "password",
    });
    const vm = (name: string, number: number) =>
      new ProxmoxGpuVm(stack, name, {
        ...machine(name, number),
        connection,
        boot: { iso: { fileId: "local:iso/talos.iso" } },
      });
    build(stack, vm("first", 100));
    return JSON.parse(Testing.synth(stack, true));
  }
  const talos = { version: "v1.13.9", installer: "factory.talos.dev/nocloud-installer/abc:v1.13.9" };
  const before = ownStack((stack, machine) => {
    const node = new TalosSingleNode(stack, "cluster", { clusterName: "own", machine, talos });
    new CiliumInstall(stack, "cilium", { node });
  });
  const worker = { name: "worker-1", address: "192.168.1.101/24", gateway: "192.168.1.1", installDisk: "/dev/sda" };
  const grown = (props: Partial<TalosClusterProps>) =>
    ownStack((stack, machine) => {
      const node = new TalosCluster(stack, "cluster", {
        clusterName: "own",
        talos,
        controlPlanes: [machine],
        workers: [worker],
        ...props,
      });
      new CiliumInstall(stack, "cilium", { node });
    });

  test("by moved blocks, with all resources as they are", () => {
    const after = grown({ fromSingleNode: "moved" });
    const moved: { from: string; to: string }[] = after.moved;
    expect(moved).toEqual(
      expect.arrayContaining([
        { from: "talos_machine_configuration_apply.node", to: "talos_machine_configuration_apply.first" },
        { from: "terraform_data.node_configuration", to: "terraform_data.first_configuration" },
        { from: "null_resource.node_check", to: "null_resource.first_check" },
        { from: "null_resource.node_machine", to: "null_resource.first_machine" },
        { from: "null_resource.upgrade_talos", to: "null_resource.upgrade_talos_first" },
      ]),
    );
    const names = new Map(moved.map(({ from, to }) => [from, to]));
    const resources = (stack: TerraformJson) => comparable({ resource: stack.resource });
    const expected = Object.entries(resources(before)).map(([name, block]) => [
      names.get(name) ?? name,
      JSON.parse(
        JSON.stringify(block).replaceAll("talos_machine_configuration.node.", "talos_machine_configuration.first."),
      ),
    ]);
    expect(resources(sameServer(after, "https://192.168.1.100:6443"))).toMatchObject(Object.fromEntries(expected));
  });

  test("or with the names that they have", () => {
    const after = grown({ fromSingleNode: "kept" });
    expect(after.moved).toBeUndefined();
    expect(comparable(sameServer(after, "https://192.168.1.100:6443"))).toMatchObject(comparable(before));
  });
});
