import { join } from "node:path";
import { Kubectl } from "../kubectl";
import { graphicsCard } from "../proxmox/pci-device";
import { succeeded } from "./support/succeeded";
import { deployTalosCluster } from "./support/talos-cluster";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

jest.setTimeout(900_000);

interface Pod {
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly image: string }[] };
}

test("both operators run on a control plane that runs pods and a tainted GPU worker, after the install and each upgrade", async () => {
  const lab = await startLab({ devices: graphicsCard("0000:01:00", 14) });
  const [address = ""] = await lab.moreAddresses(1);
  const place = (name: string, vmId: number, address: string) => ({ name, vmId, host: "pve", address });
  const kubeconfig = join(lab.directory, "clusters/talos-cluster/kubeconfig");
  const kubectl = new Kubectl(kubeconfig, lab.directory, lab.environment);
  for (const ciliumVersion of ["1.18.12", "1.19.6", "1.20.0"]) {
    const terraform = await deployTalosCluster(lab, {
      controlPlanes: [place("control-1", 101, lab.address)],
      gpuWorkers: [place("gpu-1", 111, address)],
      schedulingOnControlPlanes: true,
      nvidia: { taint: true },
      ciliumVersion,
    });
    succeeded(await terraform.apply());
    await unchanged(terraform);
    const { items } = await kubectl.get<{ items: Pod[] }>(
      ...["pods", "--namespace=kube-system", "--selector=io.cilium/app=operator"],
    );
    const running = items.map(({ spec }) => `${spec.nodeName} ${spec.containers[0]?.image.replace(/.*:/, "")}`);
    expect(running.sort()).toEqual([`control-1 v${ciliumVersion}`, `gpu-1 v${ciliumVersion}`]);
  }
});
