import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { LocalStorage, TalosGpuCluster, type TalosGpuClusterProps } from "../../constructs";
import { type Change, changesOf } from "../../review/plan";
import { inParallel } from "../in-parallel";
import type { Json } from "../json";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { atSite } from "../site";
import type { Terraform } from "../terraform";
import type { Case, Part } from "./cases";
import { type PodsSeen, podsDuring } from "./pods";
import type { Row } from "./row";
import { dataDisk, defaultSite } from "./site";
import { readVolume, writeVolume } from "./volume";

/** A case, by the part of the site that it is of. */
export interface Changed {
  readonly part: Part;
  readonly each: Case;
}

const name = "talos-gpu";
export const password = "of-the-host";
const environment = { TF_VAR_proxmox_password: password };
const unasked = ["-auto-approve", "-no-color", "-input=false"];

/** The cluster of the default site, with a volume in use, whose site changes. */
export class RunningCluster {
  /** What became of pods, by the case whose change was applied. */
  readonly pods = new Map<Case, PodsSeen>();

  /** The last boot that was seen in Kubernetes. */
  private boot = "";

  /** Applies a site to an empty host. */
  static async start(lab: Lab, site: object): Promise<RunningCluster> {
    const stack = synthesize(lab, site);
    const terraform = lab.terraform(stack, environment);
    await terraform.init();
    await terraform.succeed("apply", ...unasked);
    const kubectl = await lab.kubectl(defaultSite.vm.vmId);
    await writeVolume(kubectl);
    return new RunningCluster(lab, terraform, kubectl, withoutVm(stack), site);
  }

  private constructor(
    private readonly lab: Lab,
    private readonly terraform: Terraform,
    private readonly kubectl: Kubectl,
    /** What the stack has beside the VM. */
    private readonly besideVm: Record<string, unknown>,
    /** The site that is applied. */
    private site: object,
  ) {}

  /** What Terraform plans for each change of the site that is applied. */
  plan(changes: readonly (Changed & { readonly to: object })[], label: string): Promise<Row[]> {
    return inParallel(
      changes,
      async ({ to, ...change }, place) => {
        const directory = synthesize(this.lab, to, `${label}-${place}`);
        if (change.part === "vm" && isDeepStrictEqual(withoutVm(directory), this.besideVm))
          return { ...change, changes: [] };
        return this.planIn(directory, change);
      },
      width,
    );
  }

  async apply(site: object): Promise<void> {
    synthesize(this.lab, site);
    await this.terraform.succeed("apply", ...unasked, "-refresh=false");
    this.site = site;
  }

  /** What the node says of a site that it refuses. */
  async refusal({ part, each }: Changed, site: object): Promise<string> {
    synthesize(this.lab, site);
    const { code, output } = await this.terraform.run("apply", ...unasked, "-refresh=false");
    if (code === 0) throw new Error(`${part}.${each.prop} was to be refused by the node`);
    synthesize(this.lab, this.site);
    return /\[upgrade-one-minor\]/.exec(output)?.[0] ?? output;
  }

  /** Applies a site, and tells what becomes of running pods. */
  podsDuring(site: object): Promise<PodsSeen> {
    return podsDuring(
      this.kubectl,
      () => this.apply(site),
      () => this.isBooted(),
    );
  }

  /** @throws where the volume has lost its content */
  readVolume(): Promise<void> {
    return readVolume(this.kubectl);
  }

  /** Whether the machine's last boot has reached its node in Kubernetes. */
  private async isBooted(): Promise<boolean> {
    const { boot, on } = await (await this.lab.node(defaultSite.vm.vmId)).state();
    if (on && boot === this.boot) return true;
    const { items } = await this.kubectl.get<{ items: { status: { nodeInfo: { bootID: string } } }[] }>("nodes");
    const isBooted = on && items.every(({ status }) => status.nodeInfo.bootID === boot);
    if (isBooted) this.boot = boot;
    return isBooted;
  }

  /** Plans beside the stack that is applied, with its state and its providers. */
  private async planIn(directory: string, change: Changed): Promise<Row> {
    const { lab } = this;
    const applied = join(lab.directory, "cdktf.out", "stacks", name);
    cpSync(join(applied, lock), join(directory, lock));
    const terraform = lab.terraform(directory, { ...environment, TF_DATA_DIR: join(applied, ".terraform") });
    const planned = await terraform.planned("-refresh=false", "-lock=false");
    if ("plan" in planned) return { ...change, changes: changesOf(planned.plan).filter(isOfDefaultStack) };
    return { ...change, refusal: planned.refusals[0]?.text ?? "", changes: [] };
  }
}

/** For two cores, of a work that waits little. */
const width = 3;

const lock = ".terraform.lock.hcl";

/** What provides the volume is no part of the default stack. */
const isOfDefaultStack = ({ address }: Change): boolean => !/[.]storage(_|$)/.test(address);

/** Where the addresses are named that the lab replaces by its own. */
const original = {
  resource: {
    talos_machine_configuration_apply: { node: { node: "192.168.1.50" } },
    proxmox_virtual_environment_vm: { talos_node: { gateway: "192.168.1.1" } },
  },
} as unknown as Json;

/** Writes the stack of a site, and answers where. Volumes are on its second disk, if it has one. */
function synthesize(lab: Lab, site: object, output = "cdktf.out"): string {
  const props = site as TalosGpuClusterProps;
  lab.synthesize(
    (app) => {
      const cluster = new TalosGpuCluster(app, name, props);
      if ((props.vm.disks?.length ?? 0) > 1)
        new LocalStorage(cluster, "storage", { node: cluster.cluster, disk: dataDisk.interface });
    },
    output,
    (configuration) => atSite(lab.site, configuration, original),
  );
  return join(lab.directory, output, "stacks", name);
}

const vmTypes =
  /^proxmox_virtual_environment_vm[.]|^null_resource[.]talos_node_identity$|^terraform_data[.]talos_node_(disks?|known)$/;

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
