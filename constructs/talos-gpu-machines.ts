import { Construct } from "constructs";
import { isInvalid, parseSilently, string } from "./props/schema";
import type { ProxmoxConnection } from "./proxmox/connection";
import { ProxmoxGpuVm } from "./proxmox/gpu-vm";
import type { ProxmoxGpuVmProps } from "./proxmox/gpu-vm-props";
import { DownloadedImage } from "./proxmox/host/downloaded-image";
import type { ImageChecksum } from "./proxmox/host/image-checksum";
import type { BootMedium } from "./proxmox/vm/boot-medium";
import { isUnknown } from "./rules/condition";
import { setPropPath } from "./rules/prop-path";
import type { TalosClusterMachine } from "./talos/cluster";
import { namesResources } from "./talos/cluster-machine-rules";
import { driversOf } from "./talos/driver";
import { TalosImage, type TalosImageProps, type TalosRelease } from "./talos/image";

/** A further machine of the cluster: its VM. One without `gpus` boots an image without the GPU driver. */
export type TalosGpuClusterMachine = Omit<ProxmoxGpuVmProps, "connection" | "boot">;

/** What the machines of a stack have in common. */
interface Common {
  readonly connection: ProxmoxConnection;
  /** What the first machine boots. */
  readonly boot: BootMedium;
  readonly release: TalosRelease;
  /** The image of the Image Factory, what it contains, and its download for the first machine; undefined for another medium. */
  readonly image?: TalosImage;
  readonly imageProps: TalosImageProps & { readonly version: string };
  readonly datastore?: string;
  readonly checksum?: ImageChecksum;
  readonly download?: DownloadedImage;
}

/** The VMs of further machines. Each Proxmox node downloads each image once. */
export class TalosGpuMachines {
  private readonly downloads = new Map<string, DownloadedImage>();
  private withoutDriver?: TalosImage;

  constructor(
    private readonly scope: Construct,
    private readonly common: Common,
  ) {
    const { image, download } = common;
    if (image && download) this.downloads.set(keyOf(image, download.placed.node), download);
  }

  /** The machines of one of the stack's props. */
  machinesOf(prop: "controlPlanes" | "workers", machines: readonly TalosGpuClusterMachine[]): TalosClusterMachine[] {
    const scope = new Construct(this.scope, prop === "workers" ? "Workers" : "ControlPlanes");
    return machines.map((props, index) => {
      const { name } = props;
      const isFree = namesResources(name) && scope.node.tryFindChild(name) === undefined;
      const id = isFree ? name : `${prop}_${index + 1}`;
      setPropPath(scope, id, { prefix: `${prop}[${index}]`, elsewhere: { connection: "proxmox", boot: "boot" } });
      const { talos, boot } = this.bootOf(props, id);
      return { machine: new ProxmoxGpuVm(scope, id, { ...props, connection: this.common.connection, boot }), talos };
    });
  }

  private bootOf(machine: TalosGpuClusterMachine, id: string): { talos: TalosRelease; boot: BootMedium } {
    const { boot, release, image } = this.common;
    if (!image) return { talos: release, boot };
    // Without its GPU the driver's kernel modules would fail to load.
    const hasDriver = driversOf(this.common.imageProps).length > 0;
    const talos = hasDriver && isEmpty(machine.gpus) ? this.imageWithoutDriver() : image;
    return { talos, boot: { image: this.downloadOf(talos, machine, id) } };
  }

  private imageWithoutDriver(): TalosImage {
    const { nvidia, driver, ...contents } = this.common.imageProps;
    setPropPath(this.scope, "talos_without_driver", { prefix: "talos" });
    this.withoutDriver ??= new TalosImage(this.scope, "talos_without_driver", contents);
    return this.withoutDriver;
  }

  private downloadOf(image: TalosImage, machine: TalosGpuClusterMachine, id: string): DownloadedImage {
    const node = parseSilently(string, machine.node);
    const known = this.downloads.get(keyOf(image, node));
    if (known) return known;
    const { connection, datastore } = this.common;
    // The checksum is that of the image of the first machine.
    const checksum = image === this.common.image ? this.common.checksum : undefined;
    // What a variable names has the name of the machine.
    const address = `${image.node.id}_${isUnknown(node) || isInvalid(node) ? id : node}`;
    setPropPath(image, address, { prefix: "talos", elsewhere: { node: "vm.node" } });
    const download = new DownloadedImage(image, address, { ...image.file, connection, node, datastore, checksum });
    this.downloads.set(keyOf(image, node), download);
    return download;
  }
}

const keyOf = (image: TalosImage, node: string): string => `${image.node.id} ${node}`;

const isEmpty = (list: readonly unknown[] | undefined): boolean => list === undefined || list.length === 0;
