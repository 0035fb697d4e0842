import { type Program, programNames, releasesBetween } from "../constructs/versions/verdict";
import { blocksOf, objectOf, textOf } from "./json";
import { code, type Markdown, text } from "./markdown";
import type { Plan } from "./plan";

/** What a resource says of the version that it upgrades to. */
interface Upgrade {
  readonly resource: RegExp;
  readonly program: Program;
  readonly versionIn: (values: unknown) => string | undefined;
}

const triggersOf = (values: unknown) => objectOf(objectOf(values).triggers);

const upgrades: readonly Upgrade[] = [
  {
    resource: /^null_resource[.](.+_)?upgrade_talos(_|$)/,
    program: "talos",
    versionIn: (values) => /:(v[^:]+)$/.exec(textOf(triggersOf(values).installer) ?? "")?.[1],
  },
  {
    resource: /^null_resource[.](.+_)?upgrade_kubernetes(_|$)/,
    program: "kubernetes",
    versionIn: (values) => textOf(triggersOf(values).version),
  },
  {
    resource: /^(helm_release[.]cilium|null_resource[.]cilium_upgrade)$/,
    program: "cilium",
    versionIn: (values) => textOf(objectOf(values).version) ?? textOf(triggersOf(values).version),
  },
];

/** Minor versions that the plan would skip, and the releases to go through: the apply refuses it. */
export function skippedMinors(plan: Plan | undefined): Markdown[] {
  const found = blocksOf(plan?.resource_changes).flatMap(({ address, change }) => {
    const upgrade = upgrades.find(({ resource }) => resource.test(textOf(address) ?? ""));
    const from = upgrade?.versionIn(objectOf(change).before);
    const to = upgrade?.versionIn(objectOf(change).after);
    if (!upgrade || from === undefined || to === undefined) return [];
    const { program } = upgrade;
    const between = releasesBetween(program, from, to);
    if (between.length === 0) return [];
    const steps = between.map((release) => code(program === "talos" ? `v${release}` : release)).join(", then ");
    return [
      `${programNames[program]} from ${text(from)} to ${text(to)} skips a minor version, and the apply refuses it: write ${steps} first, and apply`,
    ];
  });
  return [...new Set(found)];
}
