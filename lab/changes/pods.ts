import type { Kubectl } from "../kubectl";

interface Pod {
  readonly metadata: {
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

/** What becomes of running pods while a change is applied, by their workloads. */
export interface PodsSeen {
  /** Those of which no pod has the UID that one had before. */
  readonly replaced: readonly string[];
  /** Those whose pods have their UIDs still, and containers that were restarted. */
  readonly restarted: readonly string[];
  readonly gone: readonly string[];
  readonly started: readonly string[];
  /** Whether there are others. */
  readonly others: boolean;
}

/** Applies a change, and tells by the UIDs of pods and the restarts of their containers what became of them. */
export async function podsDuring(
  kubectl: Kubectl,
  apply: () => Promise<unknown>,
  isSettled: () => Promise<boolean> = async () => true,
): Promise<PodsSeen> {
  const before = await podsByWorkload(kubectl);
  const unready = await unreadyWorkloads(kubectl);
  await apply();
  await settled(async () => (await isSettled()) && isWithin(await unreadyWorkloads(kubectl), unready));
  const after = await podsByWorkload(kubectl);
  const kept = (workload: string): readonly [number, number][] =>
    [...(before.get(workload) ?? [])].flatMap(([uid, restarts]) => {
      const now = after.get(workload)?.get(uid);
      return now === undefined ? [] : [[restarts, now] as const satisfies [number, number]];
    });
  const [earlier, later] = [before, after].map((pods) => [...pods.keys()].sort()) as [string[], string[]];
  const replaced = later.filter((workload) => before.has(workload) && kept(workload).length === 0);
  const restarted = later.filter((workload) => kept(workload).some(([restarts, now]) => now > restarts));
  const gone = earlier.filter((workload) => !after.has(workload));
  const started = later.filter((workload) => !before.has(workload));
  return {
    replaced,
    restarted,
    gone,
    started,
    others: earlier.length > replaced.length + restarted.length + gone.length,
  };
}

/** Waits until the machine's last boot has reached its pods, and those are ready that were. */
async function settled(isSettled: () => Promise<boolean>): Promise<void> {
  for (let seconds = 0; seconds < 120; seconds += 1) {
    if (await isSettled().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error("the pods have not become ready after two minutes");
}

const isWithin = (names: readonly string[], others: readonly string[]): boolean =>
  names.every((name) => others.includes(name));

async function unreadyWorkloads(kubectl: Kubectl): Promise<string[]> {
  const { items } = await kubectl.get<{ items: Pod[] }>("pods", "--all-namespaces");
  return items.flatMap((pod) => (isReady(pod) ? [] : (workloadOf(pod) ?? [])));
}

const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;

/** The DaemonSet or the Deployment, whose ReplicaSets have a hash in their names. */
function workloadOf({ metadata }: Pod): string | undefined {
  const [owner] = metadata.ownerReferences ?? [];
  if (owner?.kind === "ReplicaSet") return owner.name.replace(/-[^-]+$/, "");
  return owner?.kind === "DaemonSet" ? owner.name : undefined;
}

/** The pods of each, with the restarts of their containers. */
async function podsByWorkload(kubectl: Kubectl): Promise<Map<string, Map<string, number>>> {
  const { items } = await kubectl.get<{ items: Pod[] }>("pods", "--all-namespaces");
  const found = new Map<string, Map<string, number>>();
  for (const pod of items) {
    const workload = workloadOf(pod);
    if (pod.metadata.deletionTimestamp !== undefined || workload === undefined) continue;
    const restarts = (pod.status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
    const own = found.get(workload) ?? new Map<string, number>();
    found.set(workload, own.set(pod.metadata.uid, restarts));
  }
  return found;
}

/** Whether nothing became of the pods that ran. */
export const stays = ({ replaced, restarted, gone }: PodsSeen): boolean =>
  replaced.length + restarted.length + gone.length === 0;
