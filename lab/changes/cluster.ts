import type { Change } from "../../review/plan";
import type { Lab } from "../lab";
import { type Case, cases, type Part, type Props, type Wanted } from "./cases";
import { staying, stays } from "./pods";
import { withValues } from "./props";
import type { Restart, Row } from "./row";
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
  const ways = await observeCharts(cluster, planned.filter(touchesPods), siteWithDataDisk);
  await cluster.apply(fullSite);
  const given = wanted.filter(({ part, each }) => part !== "vm" && each.given);
  const full = await cluster.plan(from(fullSite, given), "full");
  const ofCluster = [...planned.filter(({ part }) => part !== "vm"), ...full].filter(isApplied);
  const still = ofCluster.filter((row) => !touchesPods(row));
  const beside = planned.filter(({ part }) => part === "vm");
  const vm = merged(ofVm, beside);
  const begun = await observeTogether(cluster, still, fullSite);
  ways.push(...(await observeCharts(cluster, full.filter(touchesPods), begun)));
  await cluster.apply(begun);
  const site = await observeVm(cluster, vm.filter(isApplied), begun);
  await observeNode(cluster, ofCluster.filter(touchesPods), site);
  await cluster.readVolume();
  const rows = [...vm, ...planned.filter(({ part }) => part !== "vm"), ...asked, ...full, ...ways];
  return rows.map((row) => ({ ...row, pods: cluster.pods.get(row.each) }));
}

const isApplied = ({ each, refusal }: Row): boolean => refusal === undefined && each.unapplied === undefined;

/** Whether a change is one of what runs in pods, or of what these run on. */
const touchesPods = ({ changes }: Row): boolean =>
  changes.some(
    ({ effect, address }) =>
      ["lost", "restarted", "upgraded"].includes(effect) || /^helm_release[.](cilium|nvidia_[a-z_]+)$/.test(address),
  );

const from = (site: object, changes: readonly Changed[]) =>
  changes.map((change) => ({ ...change, to: changed(site, change) }));

/** What the VM's props do to the VM, and beside it. */
const merged = (ofVm: readonly Row[], beside: readonly Row[]): Row[] =>
  ofVm.map((row) => {
    const more: readonly Change[] = beside.find(({ each }) => each === row.each)?.changes ?? [];
    return row.refusal === undefined ? { ...row, changes: [...row.changes, ...besideVm(more)] } : row;
  });

/**
 * Applies changes of which none is one of pods, at once.
 *
 * @returns the site that is applied
 */
async function observeTogether(cluster: RunningCluster, rows: readonly Row[], site: object): Promise<object> {
  if (rows.length === 0) return site;
  const next = rows.reduce(changed, site);
  const seen = await cluster.podsDuring(next);
  if (!stays(seen)) {
    const props = rows.map(({ part, each }) => `${part}.${each.prop}`);
    throw new Error(`pods do not stay when ${props.join(", ")} change: ${JSON.stringify(seen)}`);
  }
  for (const { each } of rows) cluster.pods.set(each, seen);
  return next;
}

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
    const { part, each } = row;
    if (part !== "cilium" && part !== "nvidia") continue;
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

/** A change for which Proxmox asks the guest to shut down, and one for which it cuts the power. */
const restarts: Readonly<Record<Restart, Props>> = {
  "shut down": { "vm.cpu.cores": 12 },
  stopped: { "vm.agent.enabled": false },
};

/**
 * Applies the changes of the VM: at once those for which its host does not restart it, and those of each way in which it does. The host
 * has told of each on a VM of its own. What the default site lacks becomes of pods what becomes of them for the others.
 *
 * @returns the site that is applied
 */
async function observeVm(cluster: RunningCluster, rows: readonly Row[], site: object): Promise<object> {
  const applied = rows.filter(({ changes }) => !changes.some(isLossOfVm));
  const isSeen = ({ each, changes }: Row) =>
    !each.given &&
    !each.along &&
    !/^(gpus|boot|usb)/.test(each.prop) &&
    changes.some(({ effect }) => effect !== "recorded" && effect !== "made");
  let current = await observeTogether(
    cluster,
    applied.filter((row) => row.restart === undefined && isSeen(row)),
    site,
  );
  for (const { each } of applied.filter(({ restart }) => restart === undefined)) cluster.pods.set(each, staying);
  for (const restart of ["shut down", "stopped"] as const) {
    const alike = applied.filter((row) => row.restart === restart);
    if (alike.length === 0) continue;
    current = withValues(alike.filter(isSeen).reduce(changed, current), restarts[restart]);
    const seen = await cluster.podsDuring(current);
    for (const { each } of alike) cluster.pods.set(each, seen);
  }
  return current;
}

/** Applies the changes of Talos and Kubernetes one after the other. What takes something away comes last. */
async function observeNode(cluster: RunningCluster, rows: readonly Row[], site: object): Promise<void> {
  const ofNode = rows.filter(({ part }) => part === "cluster" || part === "talos");
  let current = site;
  for (const row of [
    ...ofNode.filter(({ each }) => !takesAway(each)),
    ...ofNode.filter(({ each }) => takesAway(each)),
  ]) {
    current = changed(current, row);
    // Without its driver there is nothing for NVIDIA's pods.
    if (row.part === "talos" && row.each.prop === "nvidia") current = withValues(current, { nvidia: undefined });
    cluster.pods.set(row.each, await cluster.podsDuring(current));
  }
}
