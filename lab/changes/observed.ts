import { Lab } from "../lab";
import { providers } from "../providers";
import { defaultStorages } from "../proxmox/host";
import type { Wanted } from "./cases";
import { changesOfCluster } from "./cluster";
import { type Row, ruleIn } from "./row";
import { password } from "./running-cluster";
import { changesOfVm } from "./vms";

/** What a change of each prop does to a cluster that runs, as a lab of its own shows it. */
export async function observedChanges(isWanted: Wanted = () => true): Promise<Row[]> {
  const lab = await Lab.start({
    accounts: [{ id: "root@pam", secret: password }],
    storages: [...defaultStorages, { name: "other", type: "dir", content: ["images", "import"], capacity: 1024 ** 4 }],
    bridges: [{ name: "vmbr0" }, { name: "vmbr1" }],
    furtherNodes: [{ node: "pve2" }],
    providers: await providers(),
  });
  try {
    const rows = await changesOfCluster(lab, await changesOfVm(lab, isWanted), isWanted);
    const failed = rows.filter(({ refusal }) => refusal !== undefined && ruleIn(refusal) === undefined);
    if (failed.length > 0) {
      const told = failed.map(
        ({ part, each, refusal }) => `${part}.${each.prop} fails, and no rule says so: ${refusal}`,
      );
      throw new Error(told.join("\n"));
    }
    return rows;
  } finally {
    await lab.stop();
  }
}
