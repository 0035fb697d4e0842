import type { Kubectl } from "../kubectl";

interface Pod {
  readonly metadata: {
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
}

/** What becomes of running pods while a change is applied, by their workloads. */
export interface PodsSeen {
  /** Those of which no pod has the UID that one had before. */
  readonly replaced: readonly string[];
  readonly gone: readonly string[];
  readonly started: readonly string[];
}

/** Applies a change, and tells by the UIDs of pods what became of them. */
export async function podsDuring(kubectl: Kubectl, apply: () => Promise<unknown>): Promise<PodsSeen> {
  const before = await uidsByWorkload(kubectl);
  await apply();
  const after = await uidsByWorkload(kubectl);
  const kept = (workload: string) => before.get(workload)?.some((uid) => after.get(workload)?.includes(uid));
  const [earlier, later] = [before, after].map((pods) => [...pods.keys()].sort()) as [string[], string[]];
  return {
    replaced: later.filter((workload) => before.has(workload) && !kept(workload)),
    gone: earlier.filter((workload) => !after.has(workload)),
    started: later.filter((workload) => !before.has(workload)),
  };
}

/** The pods of DaemonSets and Deployments, whose ReplicaSets have a hash in their names. */
async function uidsByWorkload(kubectl: Kubectl): Promise<Map<string, string[]>> {
  const { items } = await kubectl.get<{ items: Pod[] }>("pods", "--all-namespaces");
  const found = new Map<string, string[]>();
  for (const { metadata } of items) {
    const [owner] = metadata.ownerReferences ?? [];
    if (metadata.deletionTimestamp !== undefined || !owner) continue;
    if (owner.kind !== "DaemonSet" && owner.kind !== "ReplicaSet") continue;
    const workload = owner.kind === "ReplicaSet" ? owner.name.replace(/-[^-]+$/, "") : owner.name;
    found.set(workload, [...(found.get(workload) ?? []), metadata.uid]);
  }
  return found;
}
