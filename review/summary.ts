import { accountWords } from "./account";
import type { Addition } from "./addition";
import { checkCount } from "./check";
import { commandCounts, connectionsOf, type Scripts } from "./command";
import { literalOf, sensitiveVariables } from "./fact";
import { shortHash } from "./fingerprint";
import { blocksOf, entriesOf, objectOf, sorted, textOf, textsOf } from "./json";
import { vmsOf } from "./machine";
import { caution, code, codes, count, list, type Markdown, text } from "./markdown";
import { changesOf, type Plan, summaryOf } from "./plan";
import { backendReasons, stateWords } from "./secret";
import { skippedMinors } from "./skipped-minor";
import { dataOf, elementsOf, resourcesOf, type Stack } from "./stack";
import { type Measure, versionReasons, versionWords } from "./version";

/** So many resources, by type. */
function resourceWords(stack: Stack): Markdown {
  const resources = resourcesOf(stack);
  const types = sorted(resources.map(({ type }) => type));
  const each = types.map((type) => `${resources.filter((resource) => resource.type === type).length} ${code(type)}`);
  const others = [count(dataOf(stack).length, "data source"), count(entriesOf(stack.output).length, "output")];
  return `**${count(resources.length, "resource")}**${each.length === 0 ? "" : `: ${each.join(", ")}`}; ${others.join(", ")}.`;
}

/** What runs on whose machine. */
function machineWords(stack: Stack): Markdown[] {
  const machines = vmsOf(stack).map(({ body }) => {
    const { cores, sockets } = objectOf(blocksOf(body.cpu)[0]);
    const devices = [...blocksOf(body.hostpci), ...blocksOf(body.usb)].flatMap(
      ({ id, mapping, host }) => textOf(literalOf(stack, id ?? mapping ?? host)) ?? [],
    );
    return [
      `${code(textOf(body.name) ?? "")} on the Proxmox node ${code(textOf(body.node_name) ?? "")}`,
      ...(cores === undefined ? [] : [`${Number(cores) * Number(sockets ?? 1) || textOf(cores)} cores`]),
      ...(devices.length === 0 ? [] : [`with the host's ${codes(devices)}`]),
    ].join(", ");
  });
  return machines.length === 0 ? [] : [`**${count(machines.length, "VM")}**: ${machines.join("; ")}.`];
}

/** Each cluster with the address of its API, which all nodes and operators talk to. */
const clusterWords = (stack: Stack): Markdown[] => {
  const clusters = elementsOf(stack).flatMap(({ type, body }) =>
    type === "talos_machine_configuration"
      ? [
          `${code(textOf(body.cluster_name) ?? "")} with its Kubernetes API at ${code(textOf(body.cluster_endpoint) ?? "")}`,
        ]
      : [],
  );
  const roles = elementsOf(stack).flatMap(({ type, body }) =>
    type === "talos_machine_configuration" ? textsOf(body.machine_type) : [],
  );
  const of = (role: string) => roles.filter((each) => each === role).length;
  const scheduling = elementsOf(stack).some(({ body }) =>
    textsOf(body.config_patches).some((patch) => /^ *allowSchedulingOnControlPlanes: true$/m.test(patch)),
  );
  const counts = `${count(of("controlplane"), "control plane node")}, ${count(of("worker"), "worker")}`;
  const nodes = scheduling ? `${counts}; control plane nodes run all pods` : counts;
  return clusters.length === 0 ? [] : [`**Cluster** ${[...new Set(clusters)].join("; ")}: ${nodes}.`];
};

/** Backups have all that is on the disks, secrets too. */
const backupWords = (stack: Stack): Markdown[] => {
  const storages = resourcesOf(stack).flatMap(({ type, body }) =>
    type === "proxmox_backup_job" ? textsOf(body.storage) : [],
  );
  return storages.length === 0
    ? []
    : [`**Backups** of disks, with all secrets on them, to ${codes(sorted(storages))}.`];
};

/** Where machines stand behind Proxmox's firewall, who gets past it. */
const firewallWords = (stack: Stack): Markdown[] => {
  const named = (type: string, block: string, attribute: string) => [
    ...new Set(
      resourcesOf(stack).flatMap((element) =>
        element.type === `proxmox_virtual_environment_firewall_${type}`
          ? blocksOf(element.body[block]).flatMap((each) => textsOf(each[attribute]))
          : [],
      ),
    ),
  ];
  const [senders, managers] = [named("ipset", "cidr", "name"), named("rules", "rule", "source")];
  if (senders.length === 0) return [];
  const managed = managers.length === 0 ? "whoever reaches them" : codes(sorted(managers));
  return [`**Firewall** of Proxmox: VMs send from ${codes(sorted(senders))}, and are managed by ${managed}.`];
};

/** What says that a resource waits for another one, such as a configuration for the check of its node. */
const orderCount = (stack: Stack): number => elementsOf(stack).flatMap(({ body }) => textsOf(body.depends_on)).length;

/** When steps run again: with each change of a trigger, and for each machine. */
const triggerCount = (stack: Stack): number =>
  resourcesOf(stack).flatMap(({ body }) => [body.triggers, body.for_each].flatMap((each) => entriesOf(each))).length;

function commandWords(stack: Stack, scripts: Scripts): Markdown {
  const { all, foreign } = commandCounts(stack, scripts);
  if (all === 0) return "**No command** runs on the machine of whoever deploys.";
  const others = foreign === 0 ? "all of them the project's own scripts" : `**${foreign} of them not of this project**`;
  return `**${count(all, "command")}** on the machine of whoever deploys, as that user: ${others}.`;
}

/** What it is, with a checksum of what its line does not say. */
const named = ({ title, content = "" }: Addition): Markdown =>
  content === "" ? title : `${title} (${code(shortHash(content, 8))})`;

const inOneLine = (addition: Addition): Markdown =>
  `${named(addition)}: ${addition.reasons.map((reason) => text(reason)).join("; ")}`;

function additionWords(additions: readonly Addition[]): Markdown {
  if (additions.length === 0) return "**Nothing** that the constructs do not write by themselves.";
  const others = additions.filter(({ reasons }) => reasons.length === 0);
  const words = `**${count(additions.length, "thing")}** that the constructs do not write by themselves, listed below`;
  return others.length === 0 ? `${words}.` : `${words}. Without a reason in red: ${others.map(named).join("; ")}.`;
}

/** What an approver must not miss: everything with a reason. */
function dangers(stack: Stack, measure: Measure, additions: readonly Addition[], plan?: Plan): Markdown[] {
  const connections = connectionsOf(stack).filter((words) => words.includes("**"));
  return [
    ...connections.map(
      (words) => `Proxmox at ${words.replaceAll("**", "")}: whoever answers there is given the credentials`,
    ),
    ...additions.filter(({ reasons }) => reasons.length > 0).map(inOneLine),
    ...backendReasons(stack).map((reason) => `State: ${text(reason)}`),
    ...versionReasons(stack, measure),
    ...skippedMinors(plan),
  ];
}

/** What whoever approves a stack reads first. */
export function summarySection(
  stack: Stack,
  scripts: Scripts,
  measure: Measure,
  additions: readonly Addition[],
  fingerprint: string,
  plan?: Plan,
): Markdown {
  const connections = connectionsOf(stack).map((words) => `**Proxmox** at ${words}.`);
  const versions = versionWords(stack);
  const secrets = sensitiveVariables(stack);
  const red = dangers(stack, measure, additions, plan);
  return [
    "## Summary",
    list(
      [
        ...(plan === undefined ? [] : [`**Plan**: ${summaryOf(changesOf(plan))}.`]),
        resourceWords(stack),
        ...machineWords(stack),
        ...connections,
        commandWords(stack, scripts),
        ...clusterWords(stack),
        ...accountWords(stack),
        ...backupWords(stack),
        ...firewallWords(stack),
        ...(versions === "" ? [] : [`**Versions**: ${versions}.`]),
        `**State**: ${stateWords(stack)}. Secrets that are asked for: ${codes(secrets)}.`,
        `**${count(checkCount(stack), "check")}** when Terraform plans; ${orderCount(stack)} entries of ${code("depends_on")}, ${triggerCount(stack)} of ${code("triggers")}.`,
        `**Fingerprint** of the stack, its scripts and its charts: ${code(fingerprint)}. If it differs from that of an earlier page, so does the stack, even if nothing else here does.`,
        additionWords(additions),
      ],
      "Nothing.",
    ),
    ...(red.length === 0 ? [] : [caution(red)]),
  ].join("\n\n");
}

/** All that the configuration says and the project by itself does not. */
export const additionSection = (additions: readonly Addition[]): Markdown =>
  [
    "## Beyond the project's own",
    additions.length === 0
      ? "Nothing: patches, values, images, commands and settings are those that the constructs write by themselves."
      : additions
          .map(({ title, reasons, content }) =>
            [
              `${title}${reasons.length === 0 ? "" : `: **${reasons.map((reason) => text(reason)).join("; ")}**`}`,
              ...(content === undefined || content === "" ? [] : [content]),
            ].join("\n\n"),
          )
          .join("\n\n"),
  ].join("\n\n");
