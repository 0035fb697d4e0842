import type { TerraformStack } from "cdktf";
import { NvidiaInstall, type TalosClusterProps, type TalosPatch, type TalosSingleNodeProps } from "../constructs";
import type { RuleFixtures } from "./rules.fixtures";
import { clusterIn, controlPlanes, machine, nodeIn, workers } from "./stacks";

const node =
  (...configPatches: unknown[]) =>
  (stack: TerraformStack): void =>
    void nodeIn(stack, { configPatches: configPatches as TalosPatch[] });
const nodeWith =
  (props: Partial<TalosSingleNodeProps>, ...configPatches: unknown[]) =>
  (stack: TerraformStack): void =>
    void nodeIn(stack, { ...props, configPatches: configPatches as TalosPatch[] });
const cluster =
  (props: Partial<TalosClusterProps>) =>
  (stack: TerraformStack): void =>
    void clusterIn(stack, props);
const driver = { version: "v1.13.9", nvidia: { kernelModules: "open", branch: "production" } } as const;
const gpuNode =
  (patch: TalosPatch) =>
  (stack: TerraformStack): void => {
    const gpu = nodeIn(stack, { talos: driver, configPatches: [patch] });
    new NvidiaInstall(stack, "nvidia", { node: gpu, smokeTest: false });
  };

const etcd = { cluster: { etcd: { extraArgs: { "listen-metrics-urls": "http://0.0.0.0:2381" } } } };
const apiAccess = { machine: { features: { kubernetesTalosAPIAccess: { enabled: true } } } };

/** Rules of what patches do to the rest of the machine configuration. */
export const patchFixtures: Readonly<Record<string, RuleFixtures>> = {
  "config-patch-settings": {
    valid: {
      "what is beside the settings": nodeWith(
        { machine: { ...machine, dnsServers: ["192.168.1.1"] }, timeServers: ["192.168.1.1"] },
        {
          machine: {
            network: {
              nameservers: ["1.1.1.1"],
              interfaces: [{ deviceSelector: { physical: true }, mtu: 9000, dhcp: true, addresses: ["10.0.0.5/24"] }],
            },
            time: { servers: ["time.example"] },
            kubelet: { nodeIP: { validSubnets: ["2001:db8::/64"] }, extraArgs: { "max-pods": "250" } },
            nodeTaints: { dedicated: "gpu:PreferNoSchedule" },
          },
          cluster: {
            allowSchedulingOnControlPlanes: true,
            controlPlane: { localAPIServerPort: 6443 },
            network: { podSubnets: ["10.42.0.0/16"] },
          },
        },
      ),
      "the same versions of another registry": node({
        machine: { kubelet: { image: "mirror.example/kubelet:v1.35.4" } },
        cluster: { apiServer: { image: "mirror.example/kube-apiserver:v1.35.4@sha256:0a" } },
      }),
      "the endpoint's port": nodeWith(
        { endpoint: "https://192.168.1.50:8443" },
        { cluster: { controlPlane: { localAPIServerPort: 8443 } } },
      ),
      "modules and labels beside the driver's": gpuNode({
        machine: {
          kernel: {
            modules: [{ name: "nvidia", parameters: ["NVreg_OpenRmEnableUnsupportedGpus=1"] }, { name: "nbd" }],
          },
          nodeLabels: { room: "lab", "nvidia.com/gpu.present": "true" },
        },
      }),
      "a later patch that sets it right again": node(
        { machine: { kubelet: { registerWithFQDN: false } } },
        "machine: {nodeTaints: {}}",
      ),
    },
    invalid: {
      "a taint of the kubelet's own": [
        nodeWith({}, { machine: { kubelet: { extraArgs: { "register-with-taints": "a=b:NoSchedule" } } } }),
        'configPatches[0] has machine.kubelet.extraArgs.register-with-taints "a=b:NoSchedule"; leave it out: the only node runs the pods',
      ],
      "no registration, by another key": [
        nodeWith({}, { machine: { kubelet: { extraConfig: { registerNode: false } } } }),
        "configPatches[0] has machine.kubelet.extraConfig.registerNode false; leave it out: the node is waited for",
      ],
      "no registration, by an argument": [
        nodeWith({}, { machine: { kubelet: { extraArgs: { "register-node": false } } } }),
        "configPatches[0] has machine.kubelet.extraArgs.register-node false; leave it out: the node is waited for",
      ],
      "what Talos sets for the kubelet": [
        nodeWith({}, { machine: { kubelet: { extraConfig: { resolvConf: "/etc/resolv.conf" } } } }),
        'configPatches[0] has machine.kubelet.extraConfig.resolvConf "/etc/resolv.conf"; leave it out: Talos sets it, and refuses another',
      ],
      "another port of the API, by an argument": [
        nodeWith({}, { cluster: { apiServer: { extraArgs: { "secure-port": "7443" } } } }),
        'configPatches[0] has cluster.apiServer.extraArgs.secure-port "7443"; leave it out: the API is asked at port 6443',
      ],
      "other services, by an argument": [
        nodeWith({}, { cluster: { apiServer: { extraArgs: { "service-cluster-ip-range": "10.43.0.0/16" } } } }),
        'configPatches[0] has cluster.apiServer.extraArgs.service-cluster-ip-range "10.43.0.0/16"; write cluster.network.serviceSubnets',
      ],
      "no pod would run": [
        node({ machine: { nodeTaints: { dedicated: "gpu:NoSchedule" } } }),
        "configPatches[0] has machine.nodeTaints; leave it out: the only node runs the pods",
      ],
      "no pod would run after the node has joined": [
        node({
          machine: {
            kubelet: { extraConfig: { registerWithTaints: [{ key: "a", value: "b", effect: "NoExecute" }] } },
          },
        }),
        "configPatches[0] has machine.kubelet.extraConfig.registerWithTaints; leave it out: the only node runs the pods",
      ],
      "no pod would be scheduled": [
        node("machine: {controlPlane: {scheduler: {disabled: true}}}"),
        "configPatches[0] has machine.controlPlane.scheduler.disabled true; leave it out: the only node runs the pods",
      ],
      "the API on another port": [
        node({ cluster: { controlPlane: { localAPIServerPort: 7443 } } }),
        "configPatches[0] has cluster.controlPlane.localAPIServerPort 7443; leave it out: the API is asked at port 6443",
      ],
      "another version of the kubelet": [
        node({ machine: { kubelet: { image: "ghcr.io/siderolabs/kubelet:v1.34.1" } } }),
        'configPatches[0] has machine.kubelet.image "ghcr.io/siderolabs/kubelet:v1.34.1"; write an image with the tag v1.35.4, or another kubernetesVersion',
      ],
      "another version of the API server": [
        node("cluster: {apiServer: {image: 'registry.k8s.io/kube-apiserver:v1.36.0'}}"),
        'configPatches[0] has cluster.apiServer.image "registry.k8s.io/kube-apiserver:v1.36.0"; write an image with the tag v1.35.4, or another kubernetesVersion',
      ],
      "the kubelet's own version": [
        node({ machine: { kubelet: { image: { $patch: "delete" } } } }),
        "configPatches[0] deletes machine.kubelet.image; leave that out",
      ],
      "the node under another name": [
        node({ machine: { kubelet: { extraArgs: { "hostname-override": "other" } } } }),
        'configPatches[0] has machine.kubelet.extraArgs.hostname-override "other"; leave it out: the node registers with its machine\'s name',
      ],
      "the node at another address": [
        node({ machine: { kubelet: { nodeIP: { validSubnets: ["10.0.0.0/24"] } } } }),
        'configPatches[0] has machine.kubelet.nodeIP.validSubnets ["10.0.0.0/24"]; leave it out: the node registers with its machine\'s address',
      ],
      "the node without its network device": [
        node("machine: {network: {interfaces: {$patch: delete}}}"),
        "configPatches[0] deletes machine.network.interfaces; leave that out",
      ],
      "one module of the driver": [
        gpuNode("machine: {kernel: {modules: [{name: nvidia_uvm, $patch: delete}]}}"),
        "configPatches[0] has machine.kernel.modules; leave it out: the constructs rely on theirs",
      ],
      "another token": [
        node({ machine: { token: "abcdef.0123456789abcdef" } }),
        'configPatches[0] has machine.token "abcdef.0123456789abcdef"; leave it out: talos_machine_secrets makes it',
      ],
      "another certificate authority": [
        node({ cluster: { ca: { crt: "a", key: "b" } } }),
        "configPatches[0] has cluster.ca; leave it out: talos_machine_secrets makes it",
      ],
      "the registry that Kubernetes refuses": [
        node("cluster: {discovery: {registries: {kubernetes: {disabled: false}}}}"),
        "configPatches[0] has cluster.discovery.registries.kubernetes.disabled false; leave it out: the constructs rely on theirs",
      ],
      "no time at all": [
        nodeWith({ timeServers: ["192.168.1.1"] }, { machine: { time: { disabled: true } } }),
        "configPatches[0] has machine.time.disabled true; leave out this or timeServers",
      ],
      "no time servers": [
        nodeWith({ timeServers: ["192.168.1.1"] }, "machine: {time: {servers: {$patch: delete}}}"),
        "configPatches[0] deletes machine.time.servers; leave that out",
      ],
      "no DNS servers": [
        nodeWith({ machine: { ...machine, dnsServers: ["192.168.1.1"] } }, "machine: {network: {$patch: delete}}"),
        "configPatches[0] deletes machine.network, and machine.network.interfaces with it; leave that out",
      ],
      "the driver's modules": [
        gpuNode({ machine: { kernel: { $patch: "delete" } } }),
        "configPatches[0] deletes machine.kernel, and machine.kernel.modules with it; leave that out",
      ],
      "the plugin's label": [
        gpuNode("machine: {nodeLabels: {nvidia.com/gpu.present: 'false'}}"),
        'configPatches[0] has machine.nodeLabels.nvidia.com/gpu.present "false"; leave it out: the constructs rely on theirs',
      ],
      "the plugin's label, by a later call": [
        (stack) => {
          const gpu = nodeIn(stack, { talos: driver });
          new NvidiaInstall(stack, "nvidia", { node: gpu, smokeTest: false });
          gpu.addConfigPatch({ machine: { nodeLabels: { "nvidia.com/gpu.present": "false" } } });
        },
        'patch 1 of addConfigPatch has machine.nodeLabels.nvidia.com/gpu.present "false"; leave it out: the constructs rely on theirs',
      ],
    },
    atPlan: {
      "the patch is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { configPatches: [value] }),
        passes: ["machine: {env: {A: b}}"],
        fails: ["cluster: {discovery: {registries: {kubernetes: {disabled: false}}}}"],
      },
      "the image is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void nodeIn(stack, { configPatches: [{ machine: { kubelet: { image: value } } }] }),
        passes: ["mirror.example/kubelet:v1.35.4"],
        fails: ["mirror.example/kubelet:v1.34.1"],
      },
      "the taint is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void nodeIn(stack, { configPatches: [{ machine: { nodeTaints: { a: value } } }] }),
        passes: ["b:PreferNoSchedule"],
        fails: ["b:NoSchedule"],
      },
    },
  },
  "config-patch-role": {
    valid: {
      "patches of control planes": cluster({ controlPlanePatches: [etcd, apiAccess] }),
      "of one control plane": cluster({
        controlPlanes: [...controlPlanes.slice(0, 2), { machine: controlPlanes[2] as never, configPatches: [etcd] }],
      }),
      "what does not reach the workers": cluster({ configPatches: [etcd, apiAccess] }),
      "patches of workers": cluster({
        workerPatches: [{ machine: { sysctls: { "vm.nr_hugepages": "1024" } } }],
        workers: [{ machine: workers[0] as never, configPatches: ["machine: {nodeLabels: {room: lab}}"] }],
      }),
    },
    invalid: {
      "etcd on workers": [
        cluster({ workerPatches: [etcd] }),
        "workerPatches[0] has cluster.etcd, which only control planes have; write it in controlPlanePatches",
      ],
      "the API server on one worker": [
        cluster({
          workers: [
            { machine: workers[0] as never, configPatches: ["cluster: {apiServer: {disablePodSecurityPolicy: true}}"] },
          ],
        }),
        "workers[0].configPatches[0] has cluster.apiServer, which only control planes have; write it in controlPlanePatches",
      ],
      "by a call": [
        (stack) => clusterIn(stack).nodes[3]?.addConfigPatch(apiAccess),
        "patch 1 of addConfigPatch has machine.features.kubernetesTalosAPIAccess, which only control planes have; write it in controlPlanePatches",
      ],
    },
    atPlan: {
      "the patch is a variable": {
        type: "string",
        build: (stack, value: never) => void clusterIn(stack, { workerPatches: [value] }),
        passes: ["machine: {env: {A: b}}"],
        fails: ["cluster: {etcd: {extraArgs: {a: b}}}"],
      },
      "the patch for all machines is a variable": {
        type: "string",
        build: (stack, value: never) => void clusterIn(stack, { configPatches: [value] }),
        passes: ["machine: {env: {A: b}}"],
      },
    },
  },
};
