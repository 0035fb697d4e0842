import type { Change } from "../../review/plan";
import type { Lab } from "../lab";
import { type Case, cases, type Part, type Props, type Wanted } from "./cases";
import { type PodsSeen, stays } from "./pods";
import { withValues } from "./props";
import type { Row } from "./row";
import { besideVm, type Changed, RunningCluster } from "./running-cluster";
import { siteWithDataDisk } from "./site";
import { isLossOfVm } from "./vms";

const everywhere: readonly Changed[] = (Object.keys(cases) as Part[]).flatMap((part) =>
  cases[part].map((each) => ({ part, each })),
);

const under = (part: Part, values: Props = {}): Props =>
  Object.fromEntries(Object.entries(values).map(([path, value]) => [`${part}.${path}`, value]));

const changed = (site: object, { part, each }: Changed): object =>
  withValues(site, { ...under(part, each.along), ...under(part, { [each.prop]: each.to }) });

/** The default site with a disk for volumes, and all that cases begin with. */
const fullSite = everywhere
  .filter(({ part }) => part !== "vm")
  .reduce<object>((site, { part, each }) => withValues(site, under(part, each.given)), siteWithDataDisk);

/** The VM's props are seen on VMs of their own; here is what they change beside the VM. GPUs and boot media are of the VM alone. */
const isBesideVm = ({ part, each }: Changed): boolean =>
  part === "vm" && !each.given && !/^(gpus|boot)/.test(each.prop);

/** Seen on the default site: others need more of a site, are the way back of another one, or are refused by the node. */
const isOfDefault = ({ part, each }: Changed): boolean =>
  part !== "vm" && !each.given && !each.applied && each.from === undefined;

/**
 * What a change of each prop does: what Terraform plans, what the node says where it is asked, and what becomes of running pods and of
 * a volume.
 *
 * @param ofVm what the VM's props do to VMs of their own
 */
export async function changesOfCluster(lab: Lab, ofVm: readonly Row[], isWanted: Wanted): Promise<Row[]> {
  const wanted = everywhere.filter(({ part, each }) => isWanted(part, each));
  const refused = new Set(ofVm.filter(({ refusal }) => refusal !== undefined).map(({ each }) => each));
  const cluster = await RunningCluster.start(lab, siteWithDataDisk);
  const planned = await cluster.plan(
    from(
      siteWithDataDisk,
      wanted.filter((change) => (isBesideVm(change) && !refused.has(change.each)) || isOfDefault(change)),
    ),
    "case",
  );
  const asked: Row[] = [];
  for (const change of wanted.filter(({ each }) => each.applied)) {
    asked.push({ ...change, refusal: await cluster.refusal(change, changed(siteWithDataDisk, change)), changes: [] });
  }
  const ways = await observeCharts(cluster, planned, siteWithDataDisk);
  await cluster.apply(fullSite);
  const given = wanted.filter(({ part, each }) => part !== "vm" && each.given);
  const full = await cluster.plan(from(fullSite, given), "full");
  ways.push(...(await observeCharts(cluster, full, fullSite)));
  await cluster.apply(fullSite);
  const beside = planned.filter(({ part }) => part === "vm");
  const site = await observeVm(cluster, merged(ofVm, beside), fullSite);
  await observeNode(cluster, [...planned, ...full], site);
  await cluster.readVolume();
  const rows = [...merged(ofVm, beside), ...planned.filter(({ part }) => part !== "vm"), ...asked, ...full, ...ways];
  return rows.map((row) => ({ ...row, pods: cluster.pods.get(row.each) }));
}

const from = (site: object, changes: readonly Changed[]) =>
  changes.map((change) => ({ ...change, to: changed(site, change) }));

/** What the VM's props do to the VM, and beside it. */
const merged = (ofVm: readonly Row[], beside: readonly Row[]): Row[] =>
  ofVm.map((row) => {
    const more: readonly Change[] = beside.find(({ each }) => each === row.each)?.changes ?? [];
    return row.refusal === undefined ? { ...row, changes: [...row.changes, ...besideVm(more)] } : row;
  });

/**
 * Applies the changes of Cilium and NVIDIA one after the other. One that takes something away is taken back, as others need it; what
 * the others change stays.
 *
 * @returns the rows of the ways back
 */
async function observeCharts(cluster: RunningCluster, rows: readonly Row[], site: object): Promise<Row[]> {
  const ways: Row[] = [];
  let current = site;
  for (const row of rows) {
    const { part, each, refusal } = row;
    if ((part !== "cilium" && part !== "nvidia") || refusal !== undefined) continue;
    const next = changed(current, row);
    cluster.pods.set(each, await cluster.podsDuring(next));
    if (!takesAway(each)) {
      current = next;
      continue;
    }
    const back = wayBackOf(row);
    if (back) ways.push(...(await cluster.plan([{ ...back, to: current }], `back-${part}-${ways.length}`)));
    const seen = await cluster.podsDuring(current);
    if (back) cluster.pods.set(back.each, seen);
  }
  return ways;
}

const takesAway = (each: Case): boolean => each.along !== undefined || !("to" in each) || each.prop === "method";

/** The case that begins with what another one ends with. */
const wayBackOf = ({ part, each }: Changed): Changed | undefined =>
  everywhere.find(
    (other) =>
      other.part === part &&
      other.each.prop === each.prop &&
      other.each.from !== undefined &&
      other.each.from === each.to,
  );

/**
 * Applies the changes of the VM for which its host did not restart it, all at once, and one for which it did. The host has told of
 * each on a VM of its own.
 *
 * @returns the site that is applied
 */
async function observeVm(cluster: RunningCluster, rows: readonly Row[], site: object): Promise<object> {
  const applied = rows.filter(({ part, refusal }) => part === "vm" && refusal === undefined);
  if (applied.length === 0) return site;
  const together = applied.filter(
    ({ each, changes, isRestarted }) =>
      !isRestarted &&
      !each.given &&
      !each.along &&
      !/^(gpus|boot)/.test(each.prop) &&
      changes.some(({ effect }) => effect === "changed" || effect === "pending") &&
      besideVm(changes).length === 0,
  );
  const inPlace = together.reduce(changed, site);
  const kept = await cluster.podsDuring(inPlace);
  if (!stays(kept)) throw new Error(`pods do not stay while the VM changes in place: ${JSON.stringify(kept)}`);
  const restarting = withValues(inPlace, { "vm.cpu.cores": 12 });
  const restarted = await cluster.podsDuring(restarting);
  for (const { each, changes, isRestarted } of applied) {
    // What becomes of pods whose disk is lost nobody has seen.
    if (!changes.some(isLossOfVm)) cluster.pods.set(each, isRestarted ? restarted : kept);
  }
  return restarting;
}

/** Applies the changes of Talos and Kubernetes one after the other. What takes something away comes last. */
async function observeNode(cluster: RunningCluster, rows: readonly Row[], site: object): Promise<void> {
  const applied = rows.filter(
    ({ part, each, refusal }) =>
      (part === "cluster" || part === "talos") && refusal === undefined && each.unapplied === undefined,
  );
  const quiet = ({ changes }: Row) => changes.every(({ effect }) => effect === "recorded" || effect === "made");
  const still = applied.filter(quiet);
  let current = site;
  const observe = async (some: readonly Row[]): Promise<PodsSeen> => {
    current = some.reduce(changed, current);
    // Without its driver there is nothing for NVIDIA's pods.
    if (some.some(({ part, each }) => part === "talos" && each.prop === "nvidia"))
      current = withValues(current, { nvidia: undefined });
    const seen = await cluster.podsDuring(current);
    for (const { each } of some) cluster.pods.set(each, seen);
    return seen;
  };
  if (still.length > 0) await observe(still);
  const others = applied.filter((row) => !quiet(row));
  for (const row of [...others.filter(({ each }) => !takesAway(each)), ...others.filter(({ each }) => takesAway(each))])
    await observe([row]);
}
