import { TerraformStack } from "cdktf";
import {
  DownloadedImage,
  ProxmoxConnection,
  ProxmoxGpuVm,
  StrictApp,
  TalosImage,
  type TalosRelease,
  TalosSingleNode,
} from "../constructs";

/** What examples take as given; each is created when an example first asks for it. */
export class Given {
  readonly app = new StrictApp();
  private own?: TerraformStack;
  private proxmox?: ProxmoxConnection;

  get stack(): TerraformStack {
    this.own ??= new TerraformStack(this.app, "example");
    return this.own;
  }

  get connection(): ProxmoxConnection {
    this.proxmox ??= new ProxmoxConnection(this.stack, "proxmox", {
      endpoint: "https://pve.example:8006/",
      credentials: "api-token",
    });
    return this.proxmox;
  }

  get talos(): TalosRelease {
    return new TalosImage(this.stack, "release", {
      nvidia: { kernelModules: "open", branch: "production" },
      driver: { vendor: "amd" },
    });
  }

  get image(): DownloadedImage {
    const { connection } = this;
    const { file } = new TalosImage(this.stack, "disk");
    return new DownloadedImage(this.stack, "image", { ...file, connection, node: "pve" });
  }

  get vm(): ProxmoxGpuVm {
    return new ProxmoxGpuVm(this.stack, "given_vm", {
      connection: this.connection,
      name: "talos-gpu",
      node: "pve",
      boot: { iso: { fileId: "local:iso/talos.iso", guestAgent: true } },
      disks: [{ size: 32 }, { size: 100 }],
      gpus: [{ mapping: "gpu" }],
      initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
    });
  }

  get node(): TalosSingleNode {
    return new TalosSingleNode(this.stack, "given_node", {
      clusterName: "given",
      machine: this.vm,
      talos: this.talos,
    });
  }
}
