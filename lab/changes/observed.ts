import { Lab } from "../lab";
import { providers } from "../providers";
import { defaultStorages } from "../proxmox/host";
import type { Wanted } from "./cases";
import { besideVm, changesOfCluster, password } from "./cluster";
import { type Row, ruleIn } from "./row";
import { changesOfVm } from "./vms";

/** What a change of each prop does to a cluster that runs, as a lab of its own shows it. */
export async function observedChanges(isWanted: Wanted = () => true): Promise<Row[]> {
  const lab = await Lab.start({
    accounts: [{ id: "root@pam", secret: password }],
    storages: [...defaultStorages, { name: "other", type: "dir", content: ["images", "import"], capacity: 1024 ** 4 }],
    furtherNodes: [{ node: "pve2" }],
    providers: await providers(),
  });
  try {
    const ofVm = await changesOfVm(lab, isWanted);
    const ofAll = await changesOfCluster(lab, isWanted);
    const failed = [...ofVm, ...ofAll].filter(({ refusal }) => refusal !== undefined && ruleIn(refusal) === undefined);
    if (failed.length > 0) {
      const told = failed.map(
        ({ part, each, refusal }) => `${part}.${each.prop} fails, and no rule says so: ${refusal}`,
      );
      throw new Error(told.join("\n"));
    }
    const merged = ofVm.map((row): Row => {
      const beside = ofAll.find(({ each }) => each === row.each);
      return row.refusal !== undefined
        ? row
        : { ...row, changes: [...row.changes, ...besideVm(beside?.changes ?? [])] };
    });
    return [...merged, ...ofAll.filter(({ part }) => part !== "vm")];
  } finally {
    await lab.stop();
  }
}
