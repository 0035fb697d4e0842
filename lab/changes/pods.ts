import { setTimeout } from "node:timers/promises";
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
  /** Whether all of Deployments were replaced, and all of DaemonSets restarted. */
  readonly isDrained: boolean;
}

/** Applies a change, and tells by the UIDs of pods and the restarts of their containers what became of them. */
export async function podsDuring(
  kubectl: Kubectl,
  apply: () => Promise<unknown>,
  isSettled: () => Promise<boolean> = async () => true,
): Promise<PodsSeen> {
  const { pods: before, unready } = await look(kubectl);
  await apply();
  const after = await settledPods(kubectl, isSettled, unready);
  const kept = (workload: string): readonly [number, number][] =>
    [...(before.get(workload)?.restarts ?? [])].flatMap(([uid, restarts]) => {
      const now = after.get(workload)?.restarts.get(uid);
      return now === undefined ? [] : [[restarts, now] as const satisfies [number, number]];
    });
  const [earlier, later] = [before, after].map((pods) => [...pods.keys()].sort()) as [string[], string[]];
  const replaced = later.filter((workload) => before.has(workload) && kept(workload).length === 0);
  const restarted = later.filter((workload) => kept(workload).some(([restarts, now]) => now > restarts));
  const gone = earlier.filter((workload) => !after.has(workload));
  const started = later.filter((workload) => !before.has(workload));
  const others = earlier.length > replaced.length + restarted.length + gone.length;
  const isDaemonSet = (workload: string) => after.get(workload)?.kind === "DaemonSet";
  const isDrained =
    !others && gone.length + started.length === 0 && !replaced.some(isDaemonSet) && restarted.every(isDaemonSet);
  return { replaced, restarted, gone, started, others, isDrained };
}

/** The pods as soon as the machine's last boot has reached them, and those are ready that were. */
async function settledPods(
  kubectl: Kubectl,
  isSettled: () => Promise<boolean>,
  unready: readonly string[],
): Promise<Map<string, Pods>> {
  for (let seconds = 0; seconds < 120; seconds += 1) {
    const seen = (await isSettled().catch(() => false)) ? await look(kubectl).catch(() => undefined) : undefined;
    if (seen?.unready.every((name) => unready.includes(name))) return seen.pods;
    await setTimeout(1000);
  }
  throw new Error("the pods have not become ready after two minutes");
}

const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;

interface Workload {
  readonly kind: "DaemonSet" | "Deployment";
  readonly name: string;
}

/** The DaemonSet or the Deployment, whose ReplicaSets have a hash in their names. */
function workloadOf({ metadata }: Pod): Workload | undefined {
  const [owner] = metadata.ownerReferences ?? [];
  if (owner?.kind === "ReplicaSet") return { kind: "Deployment", name: owner.name.replace(/-[^-]+$/, "") };
  return owner?.kind === "DaemonSet" ? { kind: owner.kind, name: owner.name } : undefined;
}

/** The restarts of the containers of a workload's pods, by the UIDs of these. */
interface Pods extends Pick<Workload, "kind"> {
  readonly restarts: Map<string, number>;
}

/** The workloads, and which of them have a pod that is not ready. */
async function look(kubectl: Kubectl): Promise<{ pods: Map<string, Pods>; unready: string[] }> {
  const { items } = await kubectl.get<{ items: Pod[] }>("pods", "--all-namespaces");
  const pods = new Map<string, Pods>();
  for (const pod of items) {
    const workload = workloadOf(pod);
    if (pod.metadata.deletionTimestamp !== undefined || workload === undefined) continue;
    const { kind, name } = workload;
    const own = pods.get(name) ?? { kind, restarts: new Map<string, number>() };
    const restarts = (pod.status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
    own.restarts.set(pod.metadata.uid, restarts);
    pods.set(name, own);
  }
  return { pods, unready: items.flatMap((pod) => (isReady(pod) ? [] : (workloadOf(pod)?.name ?? []))) };
}

/** Nothing became of the pods. */
export const staying: PodsSeen = { replaced: [], restarted: [], gone: [], started: [], others: true, isDrained: false };

export const stays = ({ replaced, restarted, gone, started }: PodsSeen): boolean =>
  replaced.length + restarted.length + gone.length + started.length === 0;
