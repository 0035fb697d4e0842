import { Resource } from "@cdktf/provider-null/lib/resource";
import type { TerraformStack } from "cdktf";
import { parse, parseAllDocuments } from "yaml";
import { Release } from "../.gen/providers/helm/release";
import { ClusterKubeconfig } from "../.gen/providers/talos/cluster-kubeconfig";
import { DataTalosClientConfiguration } from "../.gen/providers/talos/data-talos-client-configuration";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import { MachineBootstrap } from "../.gen/providers/talos/machine-bootstrap";
import { MachineConfigurationApply } from "../.gen/providers/talos/machine-configuration-apply";
import {
  CiliumInstall,
  type CiliumInstallProps,
  NvidiaInstall,
  type NvidiaInstallProps,
  type TalosClusterProps,
  type TalosMachine,
} from "../constructs";
import "./matchers";
import {
  clusterIn,
  controlPlanes,
  machineAt,
  newStack,
  problemsOf,
  synthesized,
  synthesizedJson,
  type TerraformJson,
  vmIn,
  workers,
} from "./stacks";

const cluster = (props: Partial<TalosClusterProps> = {}) => synthesized((stack) => void clusterIn(stack, props));
const json = (props: Partial<TalosClusterProps> = {}): TerraformJson =>
  synthesizedJson((stack) => void clusterIn(stack, props));
const steps = (props: Partial<TalosClusterProps> = {}): TerraformJson => json(props).resource[Resource.tfResourceType];

const names = ["control-1", "control-2", "control-3", "worker-1", "worker-2"];
const installer = "factory.example/nocloud-installer/id:v1.13.9";

/** The configurations of the machines, by their names. */
const configurations = (props: Partial<TalosClusterProps> = {}): Record<string, TerraformJson> =>
  json(props).data[DataTalosMachineConfiguration.tfResourceType];
const documents = (name: string, props: Partial<TalosClusterProps> = {}): TerraformJson[] =>
  configurations(props)[name].config_patches.flatMap((patch: string) =>
    parseAllDocuments(patch).map((document) => document.toJS()),
  );

describe("TalosCluster", () => {
  test("lets a machine have the name of anything else in the cluster", () => {
    const { node } = clusterIn(newStack(), { secretsFile: true });
    const others = node.children.map((child) => child.node.id).filter((id) => !names.includes(id));
    expect(others).toEqual(expect.arrayContaining(["kubeconfig", "secrets", "MachineSecrets", "Memberships", "Whole"]));
    const named = { secretsFile: true, workers: others.map((name, index) => machineAt(name, 100 + index)) };
    expect(Object.keys(configurations(named)).sort()).toEqual([...names.slice(0, 3), ...others].sort());
  });

  test("patches all machines, then a role, then one machine, and workers with no keys of control plane nodes", () => {
    const env = (value: string) => `machine: {env: {A: ${value}}}`;
    const [first, ...others] = workers;
    const props: Partial<TalosClusterProps> = {
      configPatches: [{ cluster: { etcd: { advertisedSubnets: ["192.168.1.0/24"] } }, machine: { env: { A: "all" } } }],
      controlPlanePatches: [env("control"), { cluster: { apiServer: { disablePodSecurityPolicy: true } } }],
      workerPatches: [env("worker")],
      workers: [{ machine: first as TalosMachine, configPatches: [env("first")] }, ...others],
    };
    const build = (stack: TerraformStack) => {
      const made = clusterIn(stack, props);
      made.nodes[1]?.addConfigPatch(env("node"));
      made.addConfigPatch(env("call"));
      new CiliumInstall(stack, "cilium", { node: made });
    };
    const made = synthesizedJson(build).data[DataTalosMachineConfiguration.tfResourceType];
    const values = (name: string) =>
      made[name].config_patches
        .flatMap((patch: string) => parseAllDocuments(patch).map((document) => document.toJS()))
        .flatMap(({ machine }: TerraformJson) => machine?.env?.A ?? []);
    expect(values("control-1")).toEqual(["call", "all", "control"]);
    expect(values("control-2")).toEqual(["node", "call", "all", "control"]);
    expect(values("worker-1")).toEqual(["call", "all", "worker", "first"]);
    expect(values("worker-2")).toEqual(["call", "all", "worker"]);
    for (const name of names) {
      const patches = JSON.stringify(made[name].config_patches);
      expect([name, /etcd|apiServer/.test(patches)]).toEqual([name, name.startsWith("control")]);
      expect(patches.indexOf("kubePrism")).toBeLessThan(patches.indexOf("A: "));
    }
  });

  test("configures each machine by its name and for its role, with the secrets of all", () => {
    const all = configurations();
    expect(Object.keys(all).sort()).toEqual(names);
    for (const [name, { machine_type, machine_secrets, cluster_endpoint }] of Object.entries(all)) {
      expect([name, machine_type]).toEqual([name, name.startsWith("control") ? "controlplane" : "worker"]);
      expect(machine_secrets).toBe("${talos_machine_secrets.cluster.machine_secrets}");
      expect(cluster_endpoint).toBe("https://192.168.1.50:6443");
    }
    const applied = json().resource[MachineConfigurationApply.tfResourceType];
    expect(Object.entries<TerraformJson>(applied).map(([name, { node }]) => [name, node])).toEqual([
      ["control-1", "192.168.1.51"],
      ["control-2", "192.168.1.52"],
      ["control-3", "192.168.1.53"],
      ["worker-1", "192.168.1.61"],
      ["worker-2", "192.168.1.62"],
    ]);
    expect(documents("worker-2")).toContainEqual(expect.objectContaining({ hostname: "worker-2" }));
  });

  test("starts etcd once, on the first control plane, which gives the kubeconfig too", () => {
    const { resource } = json();
    expect(Object.values(resource[MachineBootstrap.tfResourceType])).toEqual([
      expect.objectContaining({
        node: "192.168.1.51",
        depends_on: ["talos_machine_configuration_apply.control-1", "null_resource.bootstrap_begin"],
      }),
    ]);
    expect(cluster()).toHaveResourceWithProperties(ClusterKubeconfig, { node: "192.168.1.51" });
  });

  test("starts no second etcd where one of several control plane nodes is replaced or another one is the first", () => {
    const bootstrapOf = (count: number) => {
      const { resource } = synthesizedJson((stack) => {
        const initialization = { ipConfigs: [{ address: "192.168.1.51/24" }] };
        const first = vmIn(stack, { name: "control-1", initialization });
        clusterIn(stack, { controlPlanes: [first, ...controlPlanes.slice(1, count)] });
      });
      return resource[MachineBootstrap.tfResourceType].cluster.lifecycle;
    };
    expect(bootstrapOf(3)).toEqual({ ignore_changes: ["node"] });
    expect(bootstrapOf(1)).toEqual({ replace_triggered_by: ["proxmox_virtual_environment_vm.talos_node.id"] });
  });

  test("gives the control plane nodes the virtual IP, at the device that has their own, and nobody else", () => {
    const withAddress = (name: string) => documents(name).flatMap(({ machine }) => machine?.network?.interfaces ?? []);
    expect(withAddress("control-2")).toEqual([
      expect.objectContaining({ addresses: ["192.168.1.52/24"], vip: { ip: "192.168.1.50" } }),
    ]);
    expect(JSON.stringify(documents("worker-1"))).not.toContain("vip");
    expect(
      JSON.stringify(configurations({ virtualAddress: undefined, endpoint: "https://talos.example:6443" })),
    ).not.toContain("vip");
  });

  test("leaves the API to a load balancer where its endpoint is given", () => {
    const endpoint = "https://talos.example:6443";
    expect(configurations({ virtualAddress: undefined, endpoint })["worker-1"].cluster_endpoint).toBe(endpoint);
  });

  test("has the nodes' own addresses in talosconfig, not the one that they share", () => {
    expect(cluster()).toHaveDataSourceWithProperties(DataTalosClientConfiguration, {
      endpoints: ["192.168.1.51", "192.168.1.52", "192.168.1.53"],
      nodes: ["192.168.1.51", "192.168.1.52", "192.168.1.53", "192.168.1.61", "192.168.1.62"],
    });
  });

  test("waits for every node, at a node's own API and then at the address of all", () => {
    const wait = steps().wait_for_kubernetes;
    const [own, shared] = wait.provisioner.map((each: TerraformJson) => each["local-exec"]);
    expect(own.environment.ENDPOINT).toBe("https://192.168.1.51:6443");
    expect(own.environment.DIRECTLY).toBe("true");
    expect(shared.environment.ENDPOINT).toBe("https://192.168.1.50:6443");
    expect(shared.environment.DIRECTLY).toBeUndefined();
    for (const { environment } of [own, shared]) {
      expect(environment.RESOURCES).toBe(names.map((name) => `node/${name}`).join(" "));
    }
    expect(wait.depends_on).toEqual(names.map((name) => `talos_machine_configuration_apply.${name}`));
  });

  test("waits again where a machine comes or is replaced", () => {
    const { resource } = synthesizedJson((stack) => {
      const vm = vmIn(stack, { name: "worker-1", initialization: { ipConfigs: [{ address: "192.168.1.61/24" }] } });
      clusterIn(stack, { workers: [vm] });
    });
    expect(resource[Resource.tfResourceType].wait_for_kubernetes).toMatchObject({
      triggers: { nodes: "control-1 control-2 control-3 worker-1" },
      lifecycle: { replace_triggered_by: ["proxmox_virtual_environment_vm.talos_node.id"] },
    });
  });

  test.each<[string, Partial<TalosClusterProps>, boolean]>([
    ["only without workers", {}, false],
    ["without workers", { workers: [] }, true],
    ["where that is asked for", { schedulingOnControlPlanes: true }, true],
  ])("runs workloads on control plane nodes %s", (_, props, expected) => {
    const allowed = documents("control-1", props).some(({ cluster }) => cluster?.allowSchedulingOnControlPlanes);
    expect(allowed).toBe(expected);
    expect(steps(props).remove_control_plane_taint).toBeUndefined();
  });

  test("gives a machine the Talos of its own, and its driver to it alone", () => {
    const talos = { version: "v1.13.9", installer, nvidia: { kernelModules: "open", branch: "production" } } as const;
    const props = { workers: [workers[0] ?? machineAt("worker-1", 61), { machine: machineAt("gpu-1", 71), talos }] };
    expect(documents("gpu-1", props)).toContainEqual({ machine: { install: { disk: "/dev/sda", image: installer } } });
    expect(JSON.stringify(documents("gpu-1", props))).toContain("nvidia_uvm");
    for (const name of ["control-1", "worker-1"]) {
      expect(documents(name, props)).toContainEqual({ machine: { install: { disk: "/dev/sda" } } });
      expect(JSON.stringify(documents(name, props))).not.toContain("nvidia");
    }
  });

  test("upgrades one node after the other, control plane nodes first, and Kubernetes once after all of them", () => {
    const upgrades = steps({ talos: { version: "v1.13.9", installer } });
    const chain = names.map((name) => upgrades[`upgrade_talos_${name}`].depends_on ?? []);
    // Each comes after the check of its node.
    expect(chain).toEqual(
      names.map((name, index) => [
        ...names.slice(Math.max(0, index - 1), index).map((before) => `null_resource.upgrade_talos_${before}`),
        `terraform_data.${name}_configuration`,
      ]),
    );
    expect(upgrades.upgrade_kubernetes.depends_on).toEqual(names.map((name) => `null_resource.upgrade_talos_${name}`));
    expect(upgrades.upgrade_talos).toBeUndefined();
    for (const { depends_on } of Object.values<TerraformJson>(
      json().resource[MachineConfigurationApply.tfResourceType],
    )) {
      expect(depends_on).toEqual(["null_resource.upgrade_kubernetes"]);
    }
  });
});

test("the commands of a cluster have nothing that Terraform would interpolate", () => {
  const scripts = Object.values<TerraformJson>(steps({ talos: { version: "v1.13.9", installer } })).flatMap(
    ({ provisioner = [] }) => provisioner.map(({ "local-exec": { command } }: TerraformJson) => command),
  );
  expect(scripts.length).toBeGreaterThan(10);
  for (const script of scripts) expect(script).not.toMatch(/[$%]\{/);
});

describe("Cilium on a cluster", () => {
  const cilium = (props: Partial<TalosClusterProps> = {}, options: Partial<CiliumInstallProps> = {}): TerraformJson =>
    synthesizedJson((stack) => void new CiliumInstall(stack, "cilium", { node: clusterIn(stack, props), ...options }));
  const valuesOf = (stack: TerraformJson, release = "cilium") =>
    parse(stack.resource[Release.tfResourceType][release].values[0]);

  test.each<[number, Partial<TalosClusterProps>]>([
    [2, {}],
    [2, { controlPlanes: controlPlanes.slice(0, 1), workers: workers.slice(0, 1), virtualAddress: undefined }],
    [1, { controlPlanes: controlPlanes.slice(0, 1), workers: [], virtualAddress: undefined }],
  ])(
    "has %s operators, which never share a node, and two that tolerate the taint of GPU workers",
    (replicas, props) => {
      const { operator } = valuesOf(cilium(props));
      expect(operator.replicas).toBe(replicas);
      const tolerated = operator.tolerations?.map(({ key }: TerraformJson) => key);
      if (replicas === 1) expect(tolerated).toBeUndefined();
      else
        expect(tolerated).toEqual(expect.arrayContaining(["node-role.kubernetes.io/control-plane", "nvidia.com/gpu"]));
    },
  );

  test("gives every node what Cilium needs of it", () => {
    const { node: _, ...all } = cilium().data[DataTalosMachineConfiguration.tfResourceType];
    for (const name of names) expect(JSON.stringify(all[name].config_patches)).toMatch(/cni:.*name: none/);
  });

  const l2Announcements = { addressPools: [{ name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] }] };
  const policyOf = (stack: TerraformJson) =>
    valuesOf(stack, "cilium_load_balancer").objects.find(
      ({ kind }: TerraformJson) => kind === "CiliumL2AnnouncementPolicy",
    ).spec;
  const exclusion = "exclude-from-external-load-balancers";

  test("announces load balancers from workers", () => {
    const stack = cilium({}, { l2Announcements });
    expect(policyOf(stack).nodeSelector).toEqual({
      matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" }],
    });
    expect(JSON.stringify(stack.data)).not.toContain(exclusion);
  });

  test("announces them from control plane nodes where there is nothing else, which lose their exclusion for it", () => {
    const stack = cilium({ workers: [] }, { l2Announcements });
    expect(policyOf(stack)).not.toHaveProperty("nodeSelector");
    const machines = Object.values<TerraformJson>(stack.data[DataTalosMachineConfiguration.tfResourceType]);
    for (const { config_patches } of machines) expect(JSON.stringify(config_patches)).toContain(exclusion);
  });

  test.each([
    ["192.168.1.50/32", "the virtual IP of the control plane nodes", "192.168.1.50"],
    ["192.168.1.62/32", "the address of worker-2", "192.168.1.62"],
  ])("refuses a pool %s with %s", (cidr, what, address) => {
    const addressPools = [{ name: "lan", blocks: [{ cidr }] }];
    expect(
      problemsOf((stack) => {
        new CiliumInstall(stack, "cilium", { node: clusterIn(stack), l2Announcements: { addressPools } });
      }),
    ).toContainEqual(
      expect.stringContaining(`blocks[0] contains ${what}, "${address}"; leave that out [address-pool]`),
    );
  });
});

describe("NVIDIA's plugin on a cluster", () => {
  const talos = { version: "v1.13.9", installer, nvidia: { kernelModules: "open", branch: "production" } } as const;
  const gpuWorkers = [1, 2].map((number) => ({ machine: machineAt(`gpu-${number}`, 70 + number), talos }));
  const nvidia = (props: Partial<NvidiaInstallProps> = {}): TerraformJson =>
    synthesizedJson(
      (stack) =>
        void new NvidiaInstall(stack, "nvidia", {
          node: clusterIn(stack, { workers: [...workers, ...gpuWorkers] }),
          ...props,
        }),
    );
  const patchesOf = (stack: TerraformJson, name: string): string =>
    JSON.stringify(stack.data[DataTalosMachineConfiguration.tfResourceType][name].config_patches);

  test("goes to the machines whose Talos has the driver, and is proved anew when one of them is upgraded", () => {
    const stack = nvidia();
    for (const name of [...names, "gpu-1", "gpu-2"]) {
      expect([name, patchesOf(stack, name).includes("nvidia.com/gpu.present")]).toEqual([name, name.startsWith("gpu")]);
    }
    const { triggers, provisioner } = stack.resource[Resource.tfResourceType].gpu_smoke_test;
    expect(triggers.talos).toBe("${null_resource.upgrade_talos_gpu-1.id} ${null_resource.upgrade_talos_gpu-2.id}");
    expect(provisioner[0]["local-exec"].environment.NODE).toBe("192.168.1.71");
  });

  test("goes to no machine of which it is known that it has no GPU, whatever image it runs", () => {
    const vm = (stack: TerraformStack, name: string, at: number, gpus: { address: string }[]) =>
      vmIn(stack, { name, gpus, initialization: { ipConfigs: [{ address: `192.168.1.${at}/24` }] } }, undefined, name);
    const stack = synthesizedJson((stack) => {
      const nvidia = { kernelModules: "open", branch: "production" } as const;
      const workers = [vm(stack, "plain-1", 71, []), vm(stack, "gpu-1", 72, [{ address: "01:00" }])];
      const node = clusterIn(stack, { talos: { version: "v1.13.9", nvidia }, workers });
      new NvidiaInstall(stack, "nvidia", { node, taint: true });
    });
    expect(patchesOf(stack, "plain-1")).not.toMatch(/gpu.present|registerWithTaints/);
    expect(patchesOf(stack, "gpu-1")).toMatch(/gpu.present.*registerWithTaints/);
  });

  test("keeps other pods off them where it is told to, and the proof tolerates that", () => {
    const job = (stack: TerraformJson) =>
      stack.resource[Resource.tfResourceType].gpu_smoke_test.provisioner[0]["local-exec"].environment.JOB;
    const stack = nvidia({ taint: true });
    expect(patchesOf(stack, "gpu-2")).toContain("registerWithTaints");
    expect(patchesOf(stack, "gpu-2")).not.toContain("nodeTaints");
    expect(patchesOf(stack, "worker-1")).not.toContain("NoSchedule");
    expect(parseAllDocuments(job(stack)).at(-1)?.toJS().spec.template.spec.tolerations).toEqual([
      { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
    ]);
    expect(job(nvidia())).not.toContain("tolerations");
    expect(patchesOf(nvidia(), "gpu-2")).not.toContain("NoSchedule");
  });
});
