import type { App } from "cdktf";
import type { CiliumInstallProps } from "../../../constructs/cilium/install-props";
import type { GpuInstallProps, NvidiaInstallProps } from "../../../constructs/gpu/install-props";
import type { ProxmoxGpuVmProps } from "../../../constructs/proxmox/gpu-vm-props";
import {
  TalosGpuCluster,
  type TalosGpuClusterProps,
  type TalosGpuClusterTalos,
} from "../../../constructs/talos-gpu-cluster";
import type { Lab } from "../../lab";
import type { Terraform } from "../../terraform";
import { credentials } from "./accounts";

export interface ClusterOptions {
  readonly vm?: Partial<ProxmoxGpuVmProps>;
  readonly talos?: TalosGpuClusterTalos;
  readonly node?: Partial<TalosGpuClusterProps["cluster"]>;
  /** Further machines. */
  readonly machines?: Pick<TalosGpuClusterProps, "controlPlanes" | "workers">;
  readonly cilium?: Omit<CiliumInstallProps, "node">;
  readonly nvidia?: Omit<NvidiaInstallProps, "node"> | false;
  readonly amd?: Omit<GpuInstallProps, "node" | "vendor"> | false;
  readonly intel?: Omit<GpuInstallProps, "node" | "vendor"> | false;
  /** What a user does through the escape hatches. */
  readonly force?: (cluster: TalosGpuCluster) => void;
  /** For Terraform, beside the credentials. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Makes a cluster ready to plan. */
export const deployCluster = (lab: Lab, options: ClusterOptions = {}): Promise<Terraform> =>
  lab.deploy(
    "talos-gpu",
    (app: App) => {
      const cluster = new TalosGpuCluster(app, "talos-gpu", {
        proxmox: { endpoint: lab.proxmox.endpoint, credentials: "password" },
        talos: { factory: lab.factory.url, insecureHttp: true, ...options.talos },
        vm: {
          name: "talos-gpu",
          node: "pve",
          vmId: 100,
          gpus: [{ address: "01:00", functions: "all" }],
          initialization: {
            ipConfigs: [{ address: `${lab.written(lab.address)}/24`, gateway: lab.written(lab.gateway) }],
          },
          ...options.vm,
        },
        cluster: { clusterName: "talos-gpu", ...options.node },
        ...options.machines,
        cilium: options.cilium,
        nvidia: options.nvidia,
        amd: options.amd,
        intel: options.intel,
      });
      options.force?.(cluster);
    },
    { ...credentials, ...options.environment },
  );
