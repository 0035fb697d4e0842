import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { TalosGpuCluster, type TalosGpuClusterProps } from "../../constructs";
import { type Change, changesOf } from "../../review/plan";
import { inParallel } from "../in-parallel";
import type { Json } from "../json";
import type { Lab } from "../lab";
import { atSite } from "../site";
import type { Terraform } from "../terraform";
import { type Case, cases, type Part, type Props, type Wanted } from "./cases";
import { type PodsSeen, podsDuring } from "./pods";
import { withValues } from "./props";
import type { Row } from "./row";
import { defaultSite } from "./site";

/** A case, by the part of the site that it is of. */
interface Changed {
  readonly part: Part;
  readonly each: Case;
}

const name = "talos-gpu";
export const password = "of-the-host";
const environment = { TF_VAR_proxmox_password: password };
const unasked = ["-auto-approve", "-no-color", "-input=false"];

const everywhere: readonly Changed[] = (Object.keys(cases) as Part[]).flatMap((part) =>
  cases[part].map((each) => ({ part, each })),
);
const ofCluster = everywhere.filter(({ part }) => part !== "vm");

/** The VM's are seen on VMs of their own; here is what they change beside the VM. GPUs and boot media are of the VM alone. */
const ofVm = everywhere.filter(({ part, each }) => part === "vm" && !each.given && !/^(gpus|boot)/.test(each.prop));

const under = (part: Part, values: Props = {}): Props =>
  Object.fromEntries(Object.entries(values).map(([path, value]) => [`${part}.${path}`, value]));

const changed = (site: object, { part, each }: Changed): object =>
  withValues(site, { ...under(part, each.along), ...under(part, { [each.prop]: each.to }) });

/** The default site with all that cases begin with. */
const fullSite = ofCluster.reduce<object>(
  (site, { part, each }) => withValues(site, under(part, each.given)),
  defaultSite,
);

/**
 * What a change of each prop does: what Terraform plans, and what the node says where it is asked. Of the VM's props, what
 * they change beside the VM.
 */
export async function changesOfCluster(lab: Lab, isWanted: Wanted): Promise<Row[]> {
  const [wantedOfVm, wanted] = [ofVm, ofCluster].map((all) => all.filter(({ part, each }) => isWanted(part, each))) as [
    Changed[],
    Changed[],
  ];
  const stack = synthesize(lab, defaultSite);
  const terraform = lab.terraform(stack, environment);
  await terraform.init();
  await terraform.succeed("apply", ...unasked);
  const unchanged = withoutVm(stack);
  const planned = await inParallel(
    [...wantedOfVm, ...wanted.filter(({ each }) => !each.given && !each.applied && each.from === undefined)],
    async (change, place) => {
      const directory = synthesize(lab, changed(defaultSite, change), `case-${place}`);
      if (change.part === "vm" && isDeepStrictEqual(withoutVm(directory), unchanged)) return { ...change, changes: [] };
      return planIn(lab, directory, change);
    },
    width,
  );
  const pods = new Map<Case, PodsSeen>();
  const ways: Row[] = [];
  const observe = async (rows: readonly Row[], site: object) => {
    ways.push(...(await observePods(lab, terraform, rows, site, pods)));
  };
  const asked: Row[] = [];
  for (const change of wanted.filter(({ each }) => each.applied)) {
    synthesize(lab, changed(defaultSite, change));
    const { code, output } = await terraform.run("apply", ...unasked, "-refresh=false");
    if (code === 0) throw new Error(`${change.part}.${change.each.prop} was to be refused by the node`);
    asked.push({ ...change, refusal: /\[upgrade-one-minor\]/.exec(output)?.[0] ?? output, changes: [] });
  }
  await observe(planned, defaultSite);
  synthesize(lab, fullSite);
  await terraform.succeed("apply", ...unasked, "-refresh=false");
  const full = await inParallel(
    wanted.filter(({ each }) => each.given),
    (change, place) => planIn(lab, synthesize(lab, changed(fullSite, change), `full-${place}`), change),
    width,
  );
  await observe(full, fullSite);
  return [...planned, ...asked, ...full, ...ways].map((row) => ({ ...row, pods: pods.get(row.each) }));
}

/**
 * Applies the changes that are about pods one after the other, and sees what becomes of these. One that takes something away
 * is taken back, as others need it; what the others change stays.
 *
 * @returns the rows of the ways back
 */
async function observePods(
  lab: Lab,
  terraform: Terraform,
  rows: readonly Row[],
  site: object,
  pods: Map<Case, PodsSeen>,
): Promise<Row[]> {
  const ways: Row[] = [];
  const apply = async (to: object) => {
    synthesize(lab, to);
    await terraform.succeed("apply", ...unasked, "-refresh=false");
  };
  await apply(site);
  const kubectl = await lab.kubectl(defaultSite.vm.vmId);
  let current = site;
  for (const row of rows) {
    const { part, each, refusal } = row;
    if ((part !== "cilium" && part !== "nvidia") || refusal !== undefined) continue;
    const next = changed(current, row);
    pods.set(each, await podsDuring(kubectl, () => apply(next)));
    const takesAway = each.along !== undefined || !("to" in each) || each.prop === "method";
    if (!takesAway) {
      current = next;
      continue;
    }
    const back = wayBackOf(row);
    if (back) ways.push(await planIn(lab, synthesize(lab, current, `back-${ways.length}`), back));
    const seen = await podsDuring(kubectl, () => apply(current));
    if (back) pods.set(back.each, seen);
  }
  return ways;
}

/** The case that begins with what another one ends with. */
const wayBackOf = ({ part, each }: Changed): Changed | undefined =>
  ofCluster.find(
    (other) =>
      other.part === part &&
      other.each.prop === each.prop &&
      other.each.from !== undefined &&
      other.each.from === each.to,
  );

/** For two cores, of a work that waits little. */
const width = 3;

/** Plans beside the stack that is applied, with its state and its providers. */
async function planIn(lab: Lab, directory: string, change: Changed): Promise<Row> {
  const applied = join(lab.directory, "cdktf.out", "stacks", name);
  cpSync(join(applied, lock), join(directory, lock));
  const terraform = lab.terraform(directory, { ...environment, TF_DATA_DIR: join(applied, ".terraform") });
  const planned = await terraform.planned("-refresh=false", "-lock=false");
  if ("plan" in planned) return { ...change, changes: changesOf(planned.plan) };
  return { ...change, refusal: planned.refusals[0]?.text ?? "", changes: [] };
}

const lock = ".terraform.lock.hcl";

/** Where the addresses are named that the lab replaces by its own. */
const original = {
  resource: {
    talos_machine_configuration_apply: { node: { node: "192.168.1.50" } },
    proxmox_virtual_environment_vm: { talos_node: { gateway: "192.168.1.1" } },
  },
} as unknown as Json;

/** Writes the stack of a site, and answers where. */
function synthesize(lab: Lab, site: object, output = "cdktf.out"): string {
  lab.synthesize(
    (app) => new TalosGpuCluster(app, name, site as TalosGpuClusterProps),
    output,
    (configuration) => atSite(lab.site, configuration, original),
  );
  return join(lab.directory, output, "stacks", name);
}

const vmTypes = /^proxmox_virtual_environment_vm[.]|^null_resource[.]talos_node_identity$/;

/** The resources and data sources of a stack, but for the VM. */
function withoutVm(directory: string): Record<string, unknown> {
  const { resource, data } = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8"));
  return Object.fromEntries(
    Object.entries({ resource, data }).flatMap(([kind, types]) =>
      Object.entries(types as Record<string, Record<string, unknown>>).flatMap(([type, named]) =>
        Object.entries(named).flatMap(([id, body]) =>
          vmTypes.test(`${type}.${id}`) ? [] : [[`${kind}.${type}.${id}`, body] as const],
        ),
      ),
    ),
  );
}

/** What the changes beside the VM are. */
export const besideVm = (changes: readonly Change[]): Change[] =>
  changes.filter(({ address }) => !vmTypes.test(address));
