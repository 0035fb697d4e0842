import { effectsWorstFirst, verdicts } from "../../review/effect";
import { code, codes, type Markdown, none, table } from "../../review/markdown";
import { type Case, cases, type Part } from "./cases";
import { type Row, ranks, ruleIn, verdictOf } from "./row";

const titles: Readonly<Record<Part, string>> = {
  vm: "`vm`, the VM",
  talos: "`talos`, the image and what the node runs",
  cluster: "`cluster`, the node",
  cilium: "`cilium`, the network",
  nvidia: "`nvidia`, the GPU for pods",
};

/** A row of a table, by the headings of its columns. */
interface Line {
  readonly prop: Markdown;
  readonly to: Markdown;
  readonly does: Markdown;
  readonly pods: Markdown;
  readonly by: Markdown;
}

/**
 * docs/changes.md, from what was seen.
 *
 * @param earlier the page, of which the lines of other cases stay
 */
export const changesDocument = (rows: readonly Row[], earlier = ""): Markdown =>
  `${[
    "# What a change does",
    "<!-- Written by `npm run docs:changes` from what the lab has seen. -->",
    "The impact of another value of each prop on a running cluster, worst first. To see the impact of your own edit, run `npm run review -- --plan`. Data that is not marked as _lost_ is kept. A change without an entry under _running pods_ was not applied. [How this was observed](#how-this-was-observed) is below.",
    table(
      ["does", "means"],
      meanings.map(([word, meaning]) => [word, meaning]),
      none,
    ),
    table(
      ["running pods", "means"],
      [
        ["stay", "no pod has another UID, and no container is restarted"],
        ["restarted", "the pods keep their UIDs, and their containers are restarted"],
        ["replaced", "other pods take their place"],
        [
          "drained",
          "pods of Deployments are replaced, those of DaemonSets restarted: Talos drains the node when Proxmox asks its guest agent to shut down",
        ],
        ["gone, new", "such pods exist only before, or only after the change"],
      ],
      none,
    ),
    ...(Object.keys(titles) as Part[]).flatMap((part) => [
      `## ${titles[part]}`,
      table(
        ["prop", "to", "does", "running pods", "by"],
        linesOf(part, rows, earlier).map(({ prop, to, does, pods, by }) => [prop, to, does, pods, by]),
        none,
      ),
    ]),
    "## Further machines",
    "[Grow a cluster](growing.md) has the steps.",
    table(["prop", "to", "does", "by"], ofMachines, none),
    "## How this was observed",
    "The default stack was applied in [the lab](../lab/README.md), with a Deployment `models` that uses a [volume](local-storage.md). Then each prop got another value:",
    [
      "- **What changes** is from Terraform's plan, in the words of `npm run review -- --plan`.",
      "- **Restarts of a VM** are from the requests that its simulated host received. The content of its disks was compared before and after.",
      "- **Running pods** are compared by the UIDs of the pods of DaemonSets and Deployments, and by the restarts of their containers. The lab has no static pods.",
      "- **Changes of charts with pods**, and those that restart or upgrade the machine, were applied one by one, all others together. Changes of the VM were applied together, by kind: without a restart, with a shutdown through the guest agent, and with a power cut. They stand for props that the default stack does not use.",
      "- **Further machines** were observed while a single node grows and shrinks, in [`growing.test.ts`](../lab/__tests__/growing.test.ts), and while it becomes a cluster, in [`single-node-move.test.ts`](../lab/__tests__/single-node-move.test.ts).",
    ].join("\n"),
  ].join("\n\n")}\n`;

/** The lines of a part, the worst first and then in the order of the cases. */
function linesOf(part: Part, rows: readonly Row[], earlier: Markdown): Line[] {
  const before = linesIn(earlier, titles[part]);
  const lines = cases[part].flatMap((each): Line[] => {
    const row = rows.find((row) => row.each === each);
    if (row) return [lineOf(row)];
    return before.filter(({ prop, to }) => prop === code(each.prop) && to === valueCell(each));
  });
  const order = ranks.map((rank) => `**${rank === "refused" ? rank : verdicts[rank]}**`);
  return lines.sort((one, other) => order.indexOf(one.does) - order.indexOf(other.does));
}

/** The lines of a section of the page. */
const linesIn = (page: Markdown, title: string): Line[] => {
  const [, section = ""] = page.split(`## ${title}\n`);
  const [rows = ""] = section.split("\n## ");
  return rows.split("\n").flatMap((row): Line[] => {
    const [prop, to, does, pods, by, ...more] = row
      .replaceAll("`<br>`", "")
      .replace(/^\| | \|$/g, "")
      .split(" | ");
    if (!prop?.startsWith("`") || !to || !does || !pods || !by || more.length > 0) return [];
    return [{ prop, to, does, pods, by }];
  });
};

/** What these tests assert. */
const ofMachines: readonly (readonly Markdown[])[] = [
  [
    code("workers"),
    "one less",
    `**${verdicts.lost}**`,
    "the VM of that machine, after its node is drained and has left",
  ],
  [
    code("controlPlanes"),
    "two less",
    `**${verdicts.lost}**`,
    "the VMs of those machines, after their nodes are drained and have left etcd",
  ],
  [
    code("controlPlanes"),
    `two more, with ${code("cluster.virtualAddress")}`,
    `**${verdicts.changed}**`,
    "the configurations of the existing machines, and the kubeconfig; new: those machines. VMs, secrets, etcd and its objects stay",
  ],
  [code("workers"), "one more", `**${verdicts.made}**`, "that machine; existing resources do not change"],
  [
    `${code("workers")}, ${code("controlPlanes")}`,
    `left out, after ${code("[]")}`,
    `**${verdicts.recorded}**`,
    "the steps that only a cluster of several machines has are removed",
  ],
  [
    `${code("fromSingleNode")} of ${code("TalosCluster")}`,
    code('"moved"'),
    `**${verdicts.recorded}**`,
    "the resources of the first machine get their names by `moved` blocks; VM, secrets, etcd and its objects stay",
  ],
];

const meanings: readonly (readonly [word: string, meaning: string])[] = [
  [verdicts.lost, "something is destroyed or recreated, and its data is lost"],
  [
    verdicts.restarted,
    "the VM is restarted by Proxmox, or the machine by Talos, and the node is unavailable meanwhile",
  ],
  [verdicts.upgraded, "Talos or Kubernetes is upgraded, and the node is unavailable for minutes"],
  [verdicts.pending, "it takes effect at the next start of the VM, which the apply does not trigger"],
  [verdicts.changed, "it is changed while the cluster runs"],
  [verdicts.made, "something is added"],
  ["refused", "by a rule, when Terraform plans, or before the node is touched; nothing changes"],
  [verdicts.recorded, "nothing, or only values in the state"],
];

const lineOf = (row: Row): Line => ({
  prop: code(row.each.prop),
  to: valueCell(row.each),
  does: `**${verdictOf(row)}**`,
  pods: podsOf(row),
  by: row.refusal === undefined ? effectsOf(row.changes) : refusedBy(row),
});

/** What the prop becomes, and what the case needs besides. */
const valueCell = (each: Case): Markdown =>
  [
    "to" in each ? code(textOf(each.to)) : "left out",
    ...(each.from === undefined ? [] : ["from", code(textOf(each.from))]),
    ...(each.along?.replaceable === true ? ["with", code("replaceable: true")] : []),
  ].join(" ");

/** What became of running pods, by the names of their DaemonSets and Deployments. */
function podsOf({ pods }: Row): Markdown {
  if (!pods) return none;
  const { replaced, restarted, gone, started, others, isDrained } = pods;
  if (isDrained && replaced.length > 0) return "drained";
  if (!others && restarted.length > 0 && replaced.length + gone.length + started.length === 0)
    return "all are restarted";
  const told = [
    { word: "replaced", workloads: replaced },
    { word: "restarted", workloads: restarted },
    { word: "gone", workloads: gone },
    { word: "new", workloads: started },
  ].flatMap(({ word, workloads }) => (workloads.length > 0 ? [`${word}: ${codes(workloads)}`] : []));
  return told.join("; ") || "stay";
}

/** The rule; those that the node decides are no rules of a stack. */
function refusedBy({ each: { applied }, refusal = "" }: Row): Markdown {
  const rule = ruleIn(refusal) ?? "";
  return `[${rule}](${applied ? "day-two.md#upgrade-talos-and-kubernetes" : `rules.md#${rule}`})`;
}

/** The addresses, by what happens to them. */
function effectsOf(changes: Row["changes"]): Markdown {
  const visible = changes.filter(({ effect, address }) => effect !== "recorded" && !address.startsWith("output."));
  const told = effectsWorstFirst.flatMap((effect) => {
    const addresses = visible.filter((change) => change.effect === effect).map(({ address }) => address);
    return addresses.length === 0 ? [] : [{ effect, addresses: codes([...new Set(addresses)].sort()) }];
  });
  // The first is what the row says already.
  return (
    told.map(({ effect, addresses }, n) => (n === 0 ? addresses : `${verdicts[effect]}: ${addresses}`)).join("; ") ||
    none
  );
}

/** What stands for places on the host of the changed VMs, as on the default site. */
const places: Readonly<Record<string, unknown>> = {
  GPU: "01:00",
  SPARE: "02:00",
  GROUP: 14,
  "SPARE GROUP": 15,
  MAPPING: "gpu",
  OTHER: "other",
};

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, each) => places[each as string] ?? each)
    .replace(/"([A-Za-z0-9_]+)":/g, "$1: ")
    .replaceAll(",", ", ");
