import { LocalBackend, TerraformBackend, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { CiliumInstall, type CiliumInstallProps } from "./cilium/install";
import type { BootMedium } from "./proxmox/boot-medium";
import { ProxmoxConnection, type ProxmoxConnectionProps } from "./proxmox/connection";
import { ProxmoxGpuVm, type ProxmoxGpuVmProps } from "./proxmox/gpu-vm";
import { TalosImage, type TalosImageProps, type TalosRelease } from "./talos/image";
import { TalosSingleNode, type TalosSingleNodeProps } from "./talos/single-node";
import { talosGpuOutputs } from "./talos-gpu-outputs";

/** An image of the Image Factory, and where to keep it. */
export interface TalosGpuClusterImage extends TalosImageProps {
  /**
   * File storage of the node with the content type "Import" enabled.
   *
   * @default "local"
   */
  readonly datastore?: string;
}

interface CommonProps {
  /** The Proxmox API, and as whom to use it. */
  readonly proxmox: ProxmoxConnectionProps;

  /** The VM. */
  readonly vm: Omit<ProxmoxGpuVmProps, "connection" | "boot">;

  /** The cluster. */
  readonly cluster: Omit<TalosSingleNodeProps, "machine" | "talos">;

  /**
   * Cilium; `false` leaves Talos its own network, Flannel.
   *
   * @default - Cilium as a Helm release
   */
  readonly cilium?: Omit<CiliumInstallProps, "node"> | false;
}

interface FromImageFactory extends CommonProps {
  /**
   * The Talos image to boot.
   *
   * @default - the default version, with the guest agent
   */
  readonly image?: TalosGpuClusterImage;

  readonly boot?: never;
  readonly talos?: never;
}

interface FromElsewhere extends CommonProps {
  /** What to boot instead of an image of the Image Factory. */
  readonly boot: BootMedium;

  /** The Talos that boots from it. */
  readonly talos: TalosRelease;

  readonly image?: never;
}

export type TalosGpuClusterProps = FromImageFactory | FromElsewhere;

/**
 * A Terraform stack for a Kubernetes cluster of one Talos node in a Proxmox VM with GPUs. The addresses of its resources
 * are fixed: an existing state of these addresses stays valid.
 */
export class TalosGpuCluster extends TerraformStack {
  readonly connection: ProxmoxConnection;
  /** The image; undefined when booting from elsewhere. */
  readonly image?: TalosImage;
  readonly vm: ProxmoxGpuVm;
  readonly cluster: TalosSingleNode;
  /** Cilium; undefined without it. */
  readonly cilium?: CiliumInstall;

  constructor(scope: Construct, id: string, props: TalosGpuClusterProps) {
    super(scope, id);
    // Check blocks and preconditions need it.
    this.addOverride("terraform.required_version", ">= 1.5");

    this.connection = new ProxmoxConnection(this, "proxmox", props.proxmox);
    const { datastore, ...image } = props.image ?? {};
    this.image = props.boot ? undefined : new TalosImage(this, "image", image);
    this.vm = new ProxmoxGpuVm(this, "talos_node", {
      ...props.vm,
      connection: this.connection,
      boot: props.boot ?? { image: this.image?.downloadedTo(props.vm?.node, datastore) },
    } as ProxmoxGpuVmProps);
    this.cluster = new TalosSingleNode(this, "cluster", {
      ...props.cluster,
      machine: this.vm,
      talos: props.talos ?? (this.image as TalosRelease),
    });
    if (props.cilium !== false)
      this.cilium = new CiliumInstall(this, "cilium", { ...props.cilium, node: this.cluster });
    for (const [name, output] of Object.entries(talosGpuOutputs(this.vm, this.cluster))) {
      new TerraformOutput(this, name, output);
    }
  }

  /** State is kept beside cdktf.out unless the stack has a backend: cdktf's own choice names this machine's directories. */
  override prepareStack(): void {
    const hasBackend = this.node.children.some((child) => TerraformBackend.isBackend(child));
    if (!hasBackend) new LocalBackend(this, { path: `../../../terraform.${this.node.id}.tfstate` });
    super.prepareStack();
  }
}
