import { tmpdir } from "node:os";
import { TerraformStack, Testing } from "cdktf";
import { invokeAspects } from "cdktf/lib/synthesize/synthesizer";
import type { Construct } from "constructs";
import {
  CiliumInstall,
  DownloadedImage,
  ProxmoxConnection,
  ProxmoxGpuVm,
  TalosCluster,
  TalosGpuCluster,
  TalosImage,
} from "../constructs";
import { ensureBackend } from "../synth/backend";
import { bareCluster } from "./bare-cluster";

/** Makes one cluster, in a stack of its own. */
export type Cluster = (scope: Construct, index: number) => TerraformStack;

/** A cluster as a user writes it. */
export const constructs: Cluster = (scope, index) => {
  const network = `10.${index >> 8}.${index & 255}`;
  return new TalosGpuCluster(scope, `talos-gpu-${index}`, {
    proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
    vm: {
      name: `talos-gpu-${index}`,
      node: `pve${index}`,
      vmId: 100 + index,
      cpu: { cores: 8 },
      memory: { dedicated: 16384 },
      disks: [{ datastore: "local-lvm", size: 100 }],
      gpus: [{ address: "01:00", rombar: false }],
      networkDevices: [{ bridge: "vmbr0" }],
      initialization: {
        ipConfigs: [{ address: `${network}.50/24`, gateway: `${network}.1` }],
        dnsServers: ["10.0.0.1"],
      },
    },
    talos: { nvidia: { kernelModules: "open", branch: "production" } },
    cluster: { clusterName: `talos-gpu-${index}` },
    cilium: { hubble: { relay: true, ui: true } },
  });
};

/** A cluster of so many machines, three of which are control plane nodes. */
export const ofNodes =
  (count: number): Cluster =>
  (scope, index) => {
    const stack = new TerraformStack(scope, `talos-${index}`);
    const network = `10.${index >> 8}.${index & 255}`;
    const connection = new ProxmoxConnection(stack, "proxmox", {
      endpoint: "https://pve.example:8006/",
      credentials: "api-token",
    });
    const talos = new TalosImage(stack, "talos");
    const node = `pve${index}`;
    const image = new DownloadedImage(stack, "image", { ...talos.file, connection, node });
    const machines = Array.from(
      { length: count },
      (_, place) =>
        new ProxmoxGpuVm(stack, `node-${place}`, {
          connection,
          name: `node-${place}`,
          node,
          vmId: 100 + index * 1000 + place,
          boot: { image },
          initialization: { ipConfigs: [{ address: `${network}.${place + 10}/24`, gateway: `${network}.1` }] },
        }),
    );
    const cluster = new TalosCluster(stack, "cluster", {
      clusterName: `talos-${index}`,
      talos,
      controlPlanes: machines.slice(0, 3),
      workers: machines.slice(3),
      virtualAddress: `${network}.2`,
    });
    new CiliumInstall(stack, "cilium", { node: cluster });
    return stack;
  };

/** The stack that comes of a cluster, without cdktf's notes; nothing is written. */
export function json(cluster: Cluster) {
  const stack = cluster(Testing.app({ outdir: tmpdir(), stackTraces: false }), 0);
  ensureBackend(stack);
  invokeAspects(stack);
  return JSON.parse(JSON.stringify(stack.toTerraform(), (key, value) => (key === "//" ? undefined : value)));
}

const bareStack = bareCluster(json(constructs));

/** The same cluster with the bare bindings: the baseline. Of all it is the same, as nothing is compared between stacks. */
export const bare: Cluster = (scope, index) => bareStack(scope, `talos-gpu-${index}`);
