import { type TerraformStack, TerraformVariable } from "cdktf";
import {
  NvidiaInstall,
  PciMapping,
  ProxmoxConnection,
  type ProxmoxGpuVmProps,
  type TalosClusterProps,
} from "../constructs";
import type { RuleFixtures } from "./rules.fixtures";
import { apiToken, clusterIn, controlPlanes, machineAt, nodeIn, password, vmIn, workers } from "./stacks";

const cluster =
  (props: Partial<TalosClusterProps> = {}): RuleFixtures["valid"][string] =>
  (stack) =>
    void clusterIn(stack, props);

const several = (count: number) =>
  Array.from({ length: count }, (_, index) => machineAt(`control-${index}`, 10 + index));

const talos = { version: "v1.13.9", nvidia: { kernelModules: "open", branch: "production" } } as const;
const gpuWorkers = [1, 2].map((number) => ({ machine: machineAt(`gpu-${number}`, 70 + number), talos }));

/** A VM whose devices are known. */
const gpuVm = (
  stack: TerraformStack,
  name = "gpu-0",
  at = 70,
  gpus: ProxmoxGpuVmProps["gpus"] = [{ address: "01:00" }],
) => vmIn(stack, { name, gpus, initialization: { ipConfigs: [{ address: `192.168.1.${at}/24` }] } }, password, name);
const gpuControlPlane = [{ machine: machineAt("gpu-9", 79), talos }];

const tainted =
  (props: Partial<TalosClusterProps>, taint: unknown = true): RuleFixtures["valid"][string] =>
  (stack) =>
    void new NvidiaInstall(stack, "nvidia", { node: clusterIn(stack, props), taint: taint as boolean });

/** VMs on these nodes, each with GPUs of one pool: two on pve, one on pve2. */
const pooled =
  (...vms: (readonly [node: string, gpus?: ProxmoxGpuVmProps["gpus"]])[]): RuleFixtures["valid"][string] =>
  (stack) => {
    const connection = new ProxmoxConnection(stack, "proxmox", apiToken);
    const mapping = new PciMapping(stack, "gpu", {
      connection,
      name: "gpu",
      node: "pve",
      address: "01:00",
      alternatives: [{ address: "02:00" }, { node: "pve2", address: "01:00" }],
    });
    for (const [index, [node, gpus = [{ mapping }]]] of vms.entries()) {
      vmIn(stack, { node, gpus }, undefined, `vm${index}`);
    }
  };

/** What only a cluster of several machines is held to. */
export const clusterFixtures: Readonly<Record<string, RuleFixtures>> = {
  "control-planes-odd": {
    valid: {
      one: cluster({ controlPlanes: several(1) }),
      three: cluster(),
      five: cluster({ controlPlanes: several(5) }),
    },
    invalid: {
      "two fail as one": [
        cluster({ controlPlanes: several(2) }),
        "controlPlanes has 2 machines, of which no more may fail than of 1; write 1 or 3",
      ],
      "four fail as three": [
        cluster({ controlPlanes: several(4) }),
        "controlPlanes has 4 machines, of which no more may fail than of 3; write 3 or 5",
      ],
    },
  },
  "machine-names-resources": {
    valid: { "letters, digits and hyphens": cluster() },
    invalid: {
      "a digit first": [
        cluster({ workers: [machineAt("1-worker", 61)] }),
        'workers[0].name "1-worker" cannot name resources; write it here, with a letter first, as in "worker-1"',
      ],
      "a variable": [
        (stack) =>
          void clusterIn(stack, {
            workers: [machineAt(new TerraformVariable(stack, "name", { type: "string" }).stringValue, 61)],
          }),
        'workers[0].name is known to Terraform alone and cannot name resources; write it here, with a letter first, as in "worker-1"',
      ],
    },
  },
  "machine-once": {
    valid: {
      "names and MAC addresses of their own": cluster({
        workers: workers.map((each, index) => ({ ...each, macAddress: `BC:24:11:00:00:0${index}` })),
      }),
    },
    invalid: {
      "Kubernetes knows no upper case": [
        cluster({ workers: [machineAt("Control-1", 61)] }),
        'workers[0].name "Control-1" is already that of controlPlanes[0].name; choose another one',
      ],
      "a MAC address, in another spelling": [
        cluster({
          workers: [
            machineAt("worker-1", 61, { macAddress: "BC:24:11:00:00:01" }),
            machineAt("worker-2", 62, {
              gateway: undefined,
              interfaces: [{ macAddress: "bc:24:11:00:00:01", addresses: ["192.168.1.62/24"] }],
            }),
          ],
        }),
        'workers[1].macAddress "bc:24:11:00:00:01" is already that of workers[0].macAddress; choose another one',
      ],
    },
    atPlan: {
      "a MAC address": {
        build: (stack, macAddress) =>
          void clusterIn(stack, {
            workers: [
              machineAt("worker-1", 61, { macAddress: "BC:24:11:00:00:01" }),
              machineAt("worker-2", 62, { macAddress }),
            ],
          }),
        passes: ["BC:24:11:00:00:02"],
        fails: ["BC:24:11:00:00:01"],
      },
    },
  },
  "talos-version-once": {
    valid: {
      "another schematic": cluster({
        workers: [
          {
            machine: machineAt("gpu-1", 61),
            talos: { version: "v1.13.9", installer: "factory.talos.dev/nocloud-installer/gpu:v1.13.9" },
          },
        ],
      }),
    },
    invalid: {
      "another version": [
        cluster({ workers: [{ machine: machineAt("gpu-1", 61), talos: { version: "v1.12.11" } }] }),
        'workers[0].talos.version "v1.12.11" is not the cluster\'s, "v1.13.9"; write the same',
      ],
    },
    atPlan: {
      version: {
        build: (stack, version) =>
          void clusterIn(stack, { workers: [{ machine: machineAt("gpu-1", 61), talos: { version } }] }),
        passes: ["v1.13.9"],
        fails: ["v1.13.8"],
      },
    },
  },
  "api-address": {
    valid: {
      "a virtual address": cluster(),
      "a load balancer": cluster({ virtualAddress: undefined, endpoint: "https://talos.example:6443" }),
      "one control plane": cluster({ virtualAddress: undefined, controlPlanes: controlPlanes.slice(0, 1) }),
    },
    invalid: {
      "the first could not fail": [
        cluster({ virtualAddress: undefined }),
        "controlPlanes has 3 machines and no common address; write a virtualAddress in their network, or the endpoint of a load balancer",
      ],
    },
  },
  "virtual-address": {
    valid: {
      "in the network": cluster(),
      "a worker elsewhere": cluster({
        workers: [machineAt("worker-1", 1, { address: "10.0.0.61/24", gateway: "10.0.0.1" })],
      }),
      IPv6: cluster({
        controlPlanes: [1, 2, 3].map((number) =>
          machineAt(`control-${number}`, 0, { address: `2001:db8::${number}/64`, gateway: "fe80::1" }),
        ),
        workers: [],
        virtualAddress: "2001:db8::50",
      }),
    },
    invalid: {
      "a prefix length": [
        cluster({ virtualAddress: "192.168.1.50/24" }),
        'virtualAddress "192.168.1.50/24" is not an address without prefix length; write it as in "192.168.1.60"',
      ],
      "another network": [
        cluster({ virtualAddress: "192.168.2.50" }),
        'virtualAddress "192.168.2.50" is not in the network of controlPlanes[0], "192.168.1.51/24"; write an address in that network',
      ],
      "a control plane's": [
        cluster({ virtualAddress: "192.168.1.52" }),
        'virtualAddress "192.168.1.52" is an address of controlPlanes[1] or its gateway; write an unused one',
      ],
      "a worker's": [
        cluster({ virtualAddress: "192.168.1.62" }),
        'virtualAddress "192.168.1.62" is an address of workers[1] or its gateway; write an unused one',
      ],
      ...Object.fromEntries(
        Object.entries({ network: 0, broadcast: 255 }).map(([whose, last]) => [
          `the ${whose}'s own address`,
          [
            cluster({ virtualAddress: `192.168.1.${last}` }),
            `virtualAddress "192.168.1.${last}" is the first or the last of the network of controlPlanes[0], "192.168.1.51/24"; write another one in that network`,
          ] as const,
        ]),
      ),
      "the router's": [
        cluster({ virtualAddress: "192.168.1.1" }),
        'virtualAddress "192.168.1.1" is an address of controlPlanes[0] or its gateway; write an unused one',
      ],
    },
    atPlan: {
      "the address": {
        build: (stack, virtualAddress) => void clusterIn(stack, { virtualAddress }),
        passes: ["192.168.1.50", "192.168.1.254"],
        fails: [
          "192.168.1.0",
          "192.168.1.255",
          "192.168.2.50",
          "192.168.1.51",
          "192.168.1.1",
          "talos.example",
          "192.168.1.50/24",
        ],
      },
    },
  },
  "cluster-directory-known": {
    valid: {
      "named after the cluster": cluster(),
      "of a cluster whose name is a variable": (stack) => {
        const clusterName = new TerraformVariable(stack, "name", { type: "string" }).stringValue;
        clusterIn(stack, { clusterName, outputDirectory: "../../../access" });
      },
    },
    invalid: {
      "named after a variable": [
        (stack) =>
          void clusterIn(stack, { clusterName: new TerraformVariable(stack, "name", { type: "string" }).stringValue }),
        "outputDirectory, which is named after the cluster where it is left out, is known to Terraform alone; write it here",
      ],
    },
  },
  "scheduling-on-control-planes": {
    valid: {
      "on workers alone": cluster(),
      "on all": cluster({ schedulingOnControlPlanes: true }),
      "without workers": cluster({ workers: [] }),
    },
    invalid: {
      nowhere: [
        cluster({ workers: [], schedulingOnControlPlanes: false }),
        "schedulingOnControlPlanes is false without workers; write a worker, or leave it out",
      ],
      "no boolean": [
        cluster({ schedulingOnControlPlanes: "yes" as never }),
        'schedulingOnControlPlanes is "yes"; write true or false',
      ],
    },
  },
  "node-restriction": {
    valid: {
      "labels of other domains, and those that a kubelet may set": cluster({
        workers,
        configPatches: [
          {
            machine: {
              nodeLabels: {
                room: "lab",
                "example.com/rack": "7",
                "mykubernetes.io/rack": "7",
                "topology.kubernetes.io/zone": "a",
                "extra.node.kubernetes.io/pool": "gpu",
              },
              nodeTaints: {},
              kubelet: {
                extraArgs: { "node-labels": "room=lab,node.kubernetes.io/pool=gpu,topology.kubernetes.io/zone=a" },
                extraConfig: { registerWithTaints: [{ key: "a", effect: "NoSchedule" }] },
              },
            },
          },
        ],
      }),
      "control planes, which Talos labels as an administrator": cluster({
        workers: [],
        configPatches: [
          { machine: { nodeLabels: { "node-role.kubernetes.io/gpu": "" }, nodeTaints: { a: "b:NoSchedule" } } },
        ],
      }),
    },
    invalid: {
      "a label that no kubelet registers with": [
        cluster({
          workers: [],
          configPatches: [
            { machine: { kubelet: { extraArgs: { "node-labels": "room=lab,node-role.kubernetes.io/gpu=" } } } },
          ],
        }),
        'configPatches[0] has machine.kubelet.extraArgs.node-labels "room=lab,node-role.kubernetes.io/gpu="; choose labels outside kubernetes.io and k8s.io, or write machine.nodeLabels of control planes',
      ],
      "the same of workers": [
        cluster({
          workers,
          workerPatches: [{ machine: { kubelet: { extraArgs: { "node-labels": "a.k8s.io/b=" } } } }],
        }),
        'workerPatches[0] has machine.kubelet.extraArgs.node-labels "a.k8s.io/b="; choose labels outside kubernetes.io and k8s.io, or write machine.nodeLabels of control planes',
      ],
      "a taint": [
        cluster({
          workers,
          configPatches: ["machine: {}", { machine: { nodeTaints: { dedicated: "gpu:NoSchedule" } } }],
        }),
        "configPatches[1] has machine.nodeTaints, which workers may not set; write machine.kubelet.extraConfig.registerWithTaints for workers that join, and run kubectl taint nodes for those that have joined",
      ],
      "a role": [
        cluster({ workers, configPatches: ['machine: {nodeLabels: {room: lab, node-role.kubernetes.io/worker: ""}}'] }),
        'configPatches[0] has "node-role.kubernetes.io/worker" in machine.nodeLabels, which workers may not set; choose a label outside kubernetes.io and k8s.io, or run kubectl label nodes',
      ],
      "labels of administrators": [
        cluster({
          workers,
          configPatches: [
            {
              machine: { nodeLabels: { "node-restriction.kubernetes.io/tier": "a", "example.k8s.io/x": "b", y: "c" } },
            },
          ],
        }),
        'configPatches[0] has "node-restriction.kubernetes.io/tier", "example.k8s.io/x" in machine.nodeLabels, which workers may not set; choose a label outside kubernetes.io and k8s.io, or run kubectl label nodes',
      ],
    },
    atPlan: {
      "the patch is a variable": {
        type: "string",
        build: (stack, value: never) => void clusterIn(stack, { workers, configPatches: [value] }),
        passes: [
          "machine: {nodeLabels: {room: lab, topology.kubernetes.io/zone: a}}",
          "machine: {nodeTaints: {}}",
          "machine: {nodeTaints: {a: {$patch: delete}}}",
        ],
        fails: [
          "machine: {nodeTaints: {dedicated: 'gpu:NoSchedule'}}",
          "machine: {env: {A: b}}\n---\nmachine: {nodeLabels: {node-role.kubernetes.io/worker: ''}}",
        ],
      },
      "the label's name is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void clusterIn(stack, { workers, configPatches: [{ machine: { nodeLabels: { [value]: "x" } } }] }),
        passes: ["room"],
        fails: ["node-restriction.kubernetes.io/room"],
      },
    },
  },
  "nvidia-schedulable": {
    valid: {
      "control planes that run pods": tainted(
        { controlPlanes: gpuControlPlane, workers, schedulingOnControlPlanes: true },
        false,
      ),
      "control planes alone, which run pods": tainted({ controlPlanes: gpuControlPlane, workers: [] }, false),
      "a driver in the image of all nodes, of which workers run pods": tainted({ talos, workers }, false),
      "a plugin that tolerates what keeps pods away": (stack) =>
        void new NvidiaInstall(stack, "nvidia", {
          node: clusterIn(stack, { controlPlanes: gpuControlPlane, workers }),
          values: { tolerations: [{ operator: "Exists" }] },
        }),
    },
    invalid: {
      "a driver on a control plane that runs no pods, and nowhere else": [
        tainted({ controlPlanes: gpuControlPlane, workers }, false),
        "gpu-9 has GPUs and is a control plane that runs no pods; write schedulingOnControlPlanes: true for the cluster, or give the GPUs to workers",
      ],
      "a GPU on a control plane beside one on a worker": [
        (stack) => {
          const machine = gpuVm(stack);
          const node = clusterIn(stack, { controlPlanes: [{ machine, talos }], workers: [...workers, ...gpuWorkers] });
          new NvidiaInstall(stack, "nvidia", { node });
        },
        "gpu-0 has GPUs and is a control plane that runs no pods; write schedulingOnControlPlanes: true for the cluster, or give the GPUs to workers",
      ],
    },
  },
  "nvidia-taint": {
    valid: {
      "a worker for the others": tainted({ workers: [...workers, ...gpuWorkers] }),
      "control planes for the others": tainted({ workers: gpuWorkers, schedulingOnControlPlanes: true }),
      "all nodes for all pods": tainted({ workers: gpuWorkers }, false),
      "a worker with the same image, whose VM has no GPU": (stack) =>
        void new NvidiaInstall(stack, "nvidia", {
          node: clusterIn(stack, { talos, workers: [gpuVm(stack), gpuVm(stack, "plain-1", 71, [])] }),
          taint: true,
        }),
    },
    invalid: {
      "DNS would run nowhere": [
        tainted({ workers: gpuWorkers }),
        "taint is true, and all nodes that run pods have GPUs; leave it out, or add a worker whose Talos has no driver",
      ],
      "the only node": [
        (stack) => void new NvidiaInstall(stack, "nvidia", { node: nodeIn(stack, { talos }), taint: true }),
        "taint is true, and all nodes that run pods have GPUs; leave it out, or add a worker whose Talos has no driver",
      ],
      "no boolean": [tainted({ workers: [...workers, ...gpuWorkers] }, "yes"), 'taint is "yes"; write true or false'],
    },
  },
  "mapping-devices": {
    valid: { "a device for each": pooled(["pve"], ["pve"], ["pve2"]) },
    invalid: {
      "a third of two": [
        pooled(["pve"], ["pve"], ["pve"]),
        'gpus[0].mapping "gpu" has no free device on "pve": stack/vm0 and stack/vm1 use what there is; add one to the mapping, or choose another node for the VM',
      ],
      "two of one VM": [
        pooled(["pve2", [{ mapping: "gpu" }, { mapping: "gpu" }]]),
        'gpus[1].mapping "gpu" has no free device on "pve2": gpus[0] use what there is; add one to the mapping, or choose another node for the VM',
      ],
      "none there": [
        pooled(["pve3"]),
        'gpus[0].mapping "gpu" has no device on "pve3"; add one to the mapping, or choose another node for the VM',
      ],
    },
  },
};
