import { LocalStorage, ProxmoxCsi, type TalosGpuCluster } from "../../../constructs";
import type { Kubectl } from "../../kubectl";
import type { Lab } from "../../lab";
import type { ClusterOptions } from "./cluster";
import { succeeded } from "./succeeded";
import { claim, ends, reads, type Use, writes } from "./volume";

/** A cluster with both drivers of volumes, and the disk that they need. */
export const withVolumes = (lab: Lab): ClusterOptions => ({
  vm: { disks: [{ size: 100 }, { size: 50 }] },
  force: (stack: TalosGpuCluster) => {
    const { cluster: node, connection } = stack;
    new ProxmoxCsi(stack, "csi", {
      ...{ node, connection, storageTest: false },
      storageClasses: [{ storage: "local-lvm" }],
      certificateAuthority: lab.proxmox.authority.cert,
    });
    new LocalStorage(stack, "storage", { node, disk: "scsi1", defaultClass: false, storageTest: false });
  },
});

/** A volume of each driver. */
export const ofProxmox: Use = { claim: "of-proxmox" };
export const ofNode: Use = { claim: "of-node", storageClass: "local" };

/** Claims a volume of each driver and writes to it. */
export async function writeVolumes(kubectl: Kubectl): Promise<void> {
  for (const use of [ofProxmox, ofNode]) {
    succeeded(await kubectl.apply(claim("1Gi", use)));
    expect(await ends(kubectl, "writer", writes, use)).toBe("Succeeded");
  }
}

/** Whether they have what was written to them. */
export const stored = async (kubectl: Kubectl) => {
  const [proxmox, node] = await Promise.all(
    [ofProxmox, ofNode].map((use) => ends(kubectl, `${use.claim}-reader`, reads, use)),
  );
  return { proxmox, node };
};

export const bothStored = { proxmox: "Succeeded", node: "Succeeded" };
