import type { TerraformStack } from "cdktf";
import { CiliumInstall } from "../../../constructs/cilium-install";
import type { ProxmoxGpuVmProps } from "../../../constructs/proxmox-gpu-vm";
import { TalosImage, type TalosImageProps } from "../../../constructs/talos-image";
import { TalosSingleNode, type TalosSingleNodeProps } from "../../../constructs/talos-single-node";
import type { Lab } from "../../lab";
import { gpuVm } from "./gpu-vm";

export interface ClusterProps {
  readonly vm?: Partial<ProxmoxGpuVmProps>;
  readonly image?: TalosImageProps;
  readonly node?: Partial<TalosSingleNodeProps>;
}

/** All that a cluster is made of. */
export function cluster(lab: Lab, stack: TerraformStack, props: ClusterProps = {}) {
  const image = new TalosImage(stack, "talos", { factory: lab.factory.url, ...props.image });
  const vm = gpuVm(lab, {
    boot: { image: image.downloadedTo("pve") },
    initialization: { ipConfigs: [{ address: `${lab.address}/24`, gateway: lab.gateway }] },
    ...props.vm,
  })(stack);
  const node = new TalosSingleNode(stack, "cluster", {
    clusterName: "talos-gpu",
    machine: vm,
    talos: image,
    ...props.node,
  });
  const cilium = new CiliumInstall(stack, "cilium", { node });
  return { image, vm, node, cilium };
}
