import { type App, LocalBackend, TerraformStack } from "cdktf";
import { ProxmoxConnection, type ProxmoxConnectionProps } from "../../../constructs/proxmox/connection";
import { ProxmoxGpuVm } from "../../../constructs/proxmox/gpu-vm";
import type { ProxmoxGpuVmProps } from "../../../constructs/proxmox/gpu-vm-props";
import type { Lab } from "../../lab";
import { gibibyte } from "../../proxmox/size";
import type { Terraform } from "../../terraform";

/** Volume id of an image that is on the host already. */
export const image = "local:import/talos.qcow2";

export function provideImage(lab: Lab): void {
  const size = 104_857_600;
  lab.proxmox.host.storages
    .get("local")
    .add({ volid: image, content: "import", format: "qcow2", size, virtualSize: 4 * gibibyte });
}

/** A VM with a GPU at its raw address, and nothing else: what is told apart here is between Terraform and Proxmox. */
export const gpuVm =
  (lab: Lab, props: Partial<ProxmoxGpuVmProps> = {}, connection: Partial<ProxmoxConnectionProps> = {}) =>
  (stack: TerraformStack): ProxmoxGpuVm =>
    new ProxmoxGpuVm(stack, "node", {
      connection: new ProxmoxConnection(stack, "proxmox", {
        endpoint: lab.proxmox.endpoint,
        credentials: "password",
        ...connection,
      }),
      name: "talos-node",
      node: "pve",
      vmId: 100,
      boot: { image: { fileId: image, guestAgent: true } },
      gpus: [{ address: "01:00", functions: "all" }],
      ...props,
    });

/** A stack of its own for a VM. */
export const vmStack =
  (build: (stack: TerraformStack) => void) =>
  (app: App): void => {
    const stack = new TerraformStack(app, "gpu");
    new LocalBackend(stack, { path: "terraform.tfstate" });
    build(stack);
  };

/** Makes a VM ready to plan. */
export const deployVm = (
  lab: Lab,
  build: (stack: TerraformStack) => void,
  environment: NodeJS.ProcessEnv,
): Promise<Terraform> => lab.deploy("gpu", vmStack(build), environment);
