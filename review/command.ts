import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { applyCrds, waitForGatewayClass } from "../constructs/cilium/gateway-api";
import { checkUpgrade } from "../constructs/cilium/upgrade";
import { methods } from "../constructs/gpu/nvidia";
import { waitForRuntimeClass } from "../constructs/gpu/runtime-class";
import { smokeTest } from "../constructs/gpu/smoke-test";
import { waitForRollout } from "../constructs/helm/rollout";
import { storageTest } from "../constructs/storage/storage-test";
import { volumeReport } from "../constructs/storage/volume-report";
import { beginBootstrap, endBootstrap } from "../constructs/talos/bootstrap-note";
import { checkTalosconfig } from "../constructs/talos/cluster-files";
import { restoreEtcd, saveEtcd } from "../constructs/talos/etcd-snapshot";
import { applyManifests, handOverManifests } from "../constructs/talos/inline-manifests";
import { deleteRenamedNodes, removeControlPlaneTaint, waitForKubernetes } from "../constructs/talos/kubectl";
import { checkNode, noteMachineEnd } from "../constructs/talos/node-check";
import { beginDestruction, endDestruction, leaveCluster } from "../constructs/talos/node-removal";
import { checkRemovedReleases } from "../constructs/talos/removed-releases";
import { upgradeKubernetes, upgradeTalos } from "../constructs/talos/upgrade";
import { taintNode, untaintNode } from "../constructs/talos/worker-taints";
import { commandOf, filesOf, type Script, scriptFolder } from "../constructs/terraform/script";
import type { Addition } from "./addition";
import type { Facts } from "./fact";
import { blocksOf, entriesOf, type Json, objectOf, sorted, textOf, textsOf } from "./json";
import { block, code, codes, grouped, list, type Markdown, nextLine, table } from "./markdown";
import { isOwnVariable } from "./own-environment";
import { sortedYamlOf } from "./own-value";
import { redactedDocument } from "./redaction";
import { elementsOf, resourcesOf, type Stack } from "./stack";

/** Content of the files in a stack's folder of scripts, by name. */
export type Scripts = ReadonlyMap<string, string>;

/** A script of the constructs. */
interface KnownScript {
  readonly script: Script;
  readonly programs: readonly string[];
  readonly does: string;
}

const target = {
  ...{ node: "", talosconfig: "", directory: "", firstVersion: "", talosVersion: "", kubernetesVersion: "" },
  timeout: 0,
};

const checkedNode = { name: "", address: "", ca: "", directory: "", timeout: 0 };

const etcdNode = { node: "", talosconfig: "", directory: "" };

const scripts: readonly KnownScript[] = [
  {
    script: upgradeTalos(target, ""),
    programs: ["kubectl", "talosctl"],
    does: "does nothing on a new machine; on a node that runs another version or schematic, waits until all other nodes are ready, saves etcd to a file before the first of them and removes all but the newest three of these, drains and upgrades the node, which restarts, and waits for Kubernetes",
  },
  {
    script: upgradeKubernetes(target),
    programs: ["kubectl", "talosctl"],
    does: "does nothing on a new machine; on a cluster of an older version, upgrades Kubernetes, one node after another, and waits for it",
  },
  {
    script: waitForKubernetes("", "", 0, ""),
    programs: ["kubectl"],
    does: "waits until Kubernetes answers; changes nothing",
  },
  {
    script: leaveCluster(""),
    programs: ["kubectl", "talosctl"],
    does: "drains the node, takes it out of etcd, and deletes it from Kubernetes; does nothing if the whole cluster is destroyed; fails if etcd needs the node",
  },
  {
    script: beginDestruction(""),
    programs: [],
    does: "writes down that the whole cluster is destroyed, so that its nodes do not leave it first",
  },
  {
    script: endDestruction(""),
    programs: [],
    does: "removes that record",
  },
  {
    script: checkTalosconfig({ talosconfig: "", ca: "", clusterName: "" }),
    programs: [],
    does: "fails if a talosconfig of another cluster would be overwritten; changes nothing",
  },
  {
    script: beginBootstrap({ ...etcdNode, clusterName: "" }),
    programs: ["kubectl", "talosctl"],
    does: "records that the bootstrap of etcd begins; fails if an earlier apply recorded that and etcd runs",
  },
  {
    script: endBootstrap(""),
    programs: [],
    does: "removes that record",
  },
  {
    script: checkNode(checkedNode),
    programs: ["kubectl"],
    does: "fails if the node does not show a certificate of its cluster, before its configuration changes; does nothing if its machine is removed",
  },
  {
    script: noteMachineEnd(checkedNode),
    programs: [],
    does: "records that the machine is removed, so that it is not checked",
  },
  {
    script: saveEtcd(etcdNode),
    programs: ["talosctl"],
    does: "saves etcd to a file, once, and removes all but the newest three of these; does nothing without talosctl",
  },
  {
    script: restoreEtcd(etcdNode, { vm: "", configuration: "" }),
    programs: ["kubectl", "talosctl", "terraform"],
    does: "only if a person starts it: restores etcd from a snapshot, on the same VM, whose data it wipes, or on a new one",
  },
  {
    script: deleteRenamedNodes("", [], 0),
    programs: ["kubectl"],
    does: "deletes from Kubernetes the nodes of the cluster's machines under former names",
  },
  {
    script: removeControlPlaneTaint(""),
    programs: ["kubectl"],
    does: "removes the taint that keeps pods off the control plane",
  },
  {
    script: taintNode(""),
    programs: ["kubectl"],
    does: "keeps pods without a toleration off the worker",
  },
  {
    script: untaintNode(""),
    programs: ["kubectl"],
    does: "removes that taint; does nothing if the whole cluster is destroyed",
  },
  {
    script: checkUpgrade("", ""),
    programs: ["kubectl"],
    does: "fails if a minor version of Cilium would be skipped; changes nothing",
  },
  {
    script: checkRemovedReleases("", ""),
    programs: ["kubectl"],
    does: "fails if the cluster still has a Helm release that has left the stack; notes in a ConfigMap which releases the stack has",
  },
  {
    script: applyCrds({ kubeconfig: "", enabled: true, source: "", bundle: "", version: "" }),
    programs: ["kubectl"],
    does: "downloads the CRDs of the Gateway API, unless they come from a file, and applies them; removes them from Talos's inventory, by which Talos would delete them",
  },
  {
    script: waitForRollout("", [], { release: "", namespace: "", selector: "", timeout: 0, nodes: [] }),
    programs: ["kubectl"],
    does: "waits until all pods of a release run; changes nothing",
  },
  {
    script: waitForGatewayClass("", true),
    programs: ["kubectl"],
    does: "waits until Cilium serves gateways; restarts its operator if that started before the CRDs",
  },
  {
    script: applyManifests("", { name: "", contents: "" }),
    programs: ["kubectl", "base64", "gunzip"],
    does: "creates, replaces and deletes what the inline manifests of the machine configuration have and no longer have",
  },
  {
    script: handOverManifests("", ""),
    programs: ["kubectl"],
    does: "if Cilium was in the machine configuration before: deletes its objects that Helm has not taken over, and removes it from Talos's inventory, by which Talos would delete it",
  },
  {
    script: waitForRuntimeClass("", ""),
    programs: ["kubectl"],
    does: "waits until no RuntimeClass of others is in the way of the device plugin's; changes nothing",
  },
  {
    script: smokeTest(methods["device-plugin"], { kubeconfig: "", talosconfig: "", node: "" }),
    programs: ["kubectl", "talosctl"],
    does: "runs a pod that uses the GPU, and removes it again; fails if the GPU cannot be used",
  },
  {
    script: storageTest({ kubeconfig: "", namespace: "", provisioner: "", storageClasses: [], nodes: [] }),
    programs: ["kubectl", "talosctl"],
    does: "on each node with such a volume, claims one, writes to it in one pod, reads it in another, and removes all of it again",
  },
  {
    script: volumeReport("", { driver: "", outlive: true }),
    programs: ["kubectl"],
    does: "when the stack is destroyed, lists the volumes of a CSI driver, which stay in Proxmox; changes nothing",
  },
];

/** The files of each script, its libraries too. */
const files: ReadonlyMap<string, readonly string[]> = new Map(
  scripts.map(({ script: { file } }) => [file, filesOf(file)]),
);

/** The project's own scripts and their libraries. */
const own: Scripts = new Map(
  [...files.values()].flat().map((file) => [basename(file), readFileSync(file, "utf8")] as const),
);

/** Whether the script reads the variable: any other, such as LD_PRELOAD, would change what its programs do. */
function hasVariable(file: string, name: string): boolean {
  const reads = new RegExp(`\\$\\{?${name}\\b`);
  return (
    !/^(HOME|TMPDIR)$/.test(name) && (files.get(file) ?? []).some((each) => reads.test(own.get(basename(each)) ?? ""))
  );
}

/** The script that a provisioner runs, if both its command and all files are the project's own. */
function knownScript(body: Json, inStack: Scripts): KnownScript | undefined {
  const environment = Object.fromEntries(entriesOf(body.environment).map(([name]) => [name, ""]));
  return scripts.find(
    ({ script: { file, inherits, when } }) =>
      // Such as on_failure, by which a check that fails would be passed over.
      Object.keys(body).every((name) => ["command", "environment", "when"].includes(name)) &&
      body.when === when &&
      // Most are another script's.
      String(body.command).endsWith(basename(file)) &&
      body.command === commandOf({ file, environment, inherits }) &&
      Object.keys(environment).every((name) => hasVariable(file, name)) &&
      (files.get(file) ?? []).every((each) => inStack.get(basename(each)) === own.get(basename(each))),
  );
}

/** Programs worth a reviewer's attention where the text of any other command names them. */
const programs =
  /(?<![\w./$-])(ansible-playbook|apt|apt-get|aws|bash|chmod|chown|cilium|curl|dd|docker|gcloud|git|helm|kubectl|nc|node|npm|openssl|packer|perl|pip|podman|powershell|python3?|qm|pvesh|pveum|rm|rsync|ruby|scp|sops|ssh|ssh-keygen|sudo|systemctl|talosctl|terraform|tofu|vault|wget)(?=[\s;|)"']|$)/gm;

/** A provisioner. */
interface Provisioner {
  readonly address: string;
  readonly kind: string;
  readonly body: Json;
  /** What it is a part of. */
  readonly resource: Json;
}

const provisionersOf = (stack: Stack): Provisioner[] =>
  resourcesOf(stack).flatMap(({ address, body }) =>
    blocksOf(body.provisioner).flatMap((provisioner) =>
      entriesOf(provisioner).flatMap(([kind, inside]) =>
        blocksOf(inside).map((each) => ({ address, kind, body: each, resource: body })),
      ),
    ),
  );

const whenOf = ({ body }: Provisioner): string => (body.when === "destroy" ? "on destroy" : "on create");

/** Steps by script, in the order of their addresses; what is not the project's is on rows of its own. */
function rows(provisioners: readonly Provisioner[], scripts: Scripts): Markdown[][] {
  const isKnown = ({ body }: Provisioner) => knownScript(body, scripts) !== undefined;
  const strange = provisioners.filter((provisioner) => !isKnown(provisioner));
  const known = provisioners.filter(isKnown);
  return [...strange.map((each) => rowOf(each, scripts)), ...grouped(known.map((each) => rowOf(each, scripts)))];
}

function rowOf(provisioner: Provisioner, scripts: Scripts): Markdown[] {
  const { address, kind, body } = provisioner;
  const command = textOf(body.command) ?? "";
  const known = knownScript(body, scripts);
  const calls = known?.programs ?? (kind === "local-exec" ? sorted(command.match(programs) ?? []) : []);
  return [
    code(address),
    whenOf(provisioner),
    `${code(known ? basename(known.script.file) : kind)}${calls.length === 0 ? "" : `,${nextLine}by ${codes(calls)}`}`,
    known?.does ?? "**not of this project's constructs**",
  ];
}

/** How many commands run, and how many of them are not the constructs'. */
export function commandCounts(stack: Stack, scripts: Scripts): { readonly all: number; readonly foreign: number } {
  const provisioners = provisionersOf(stack);
  return { all: provisioners.length, foreign: provisioners.filter(({ body }) => !knownScript(body, scripts)).length };
}

/** Commands that are not the constructs', scripts that are not the project's, and values that are not either's. */
export function commandAdditions(stack: Stack, scripts: Scripts, facts: Facts): Addition[] {
  const provisioners = provisionersOf(stack);
  const changed = sorted([...scripts.keys()]).filter((name) => scripts.get(name) !== own.get(name));
  return [
    ...provisioners.filter(({ body }) => !knownScript(body, scripts)).map(foreign),
    ...changed.map((name) => ({
      title: `${code(`${scriptFolder}/${name}`)}, **not as this project has it**`,
      reasons: ["a script that is not the project's own"],
      content: block(scripts.get(name) ?? "", "sh"),
    })),
    ...provisioners.filter(({ body }) => knownScript(body, scripts)).flatMap((each) => otherVariables(each, facts)),
  ];
}

/** A command, to be read in full. Values of its environment may be secret. */
function foreign({ address, kind, body }: Provisioner): Addition {
  const interpreter = textsOf(body.interpreter).join(" ") || "the shell";
  const environment = entriesOf(body.environment).map(([name]) => name);
  const variables = environment.length === 0 ? "" : `, with the variables ${codes(environment)}`;
  const rest = Object.fromEntries(
    entriesOf(body).filter(([name]) => !["command", "environment", "interpreter"].includes(name)),
  );
  const others = Object.keys(rest).length === 0 ? [] : [block(redactedDocument(sortedYamlOf(rest)), "yaml")];
  return {
    title:
      kind === "local-exec"
        ? `Command of ${code(address)}, by ${code(interpreter)}${variables}`
        : `Provisioner ${code(kind)} of ${code(address)}`,
    reasons: [
      kind === "local-exec"
        ? "a command on this machine that is not the project's own"
        : "runs or copies something on another machine",
    ],
    content: [...(kind === "local-exec" ? [block(textOf(body.command) ?? "", "sh")] : []), ...others].join("\n\n"),
  };
}

/** The value of a script's variable; of one that is a trigger, its value, for each machine if there are several. */
function valuesOf(value: string, { triggers, for_each }: Json): string[] {
  const [, trigger] = /^\$\{self[.]triggers[.](\w+)\}$/.exec(value) ?? [];
  if (trigger === undefined) return [value];
  const all = triggers === "${each.value}" ? entriesOf(for_each).map(([, each]) => each) : [triggers];
  return all.map((each) => textOf(objectOf(each)[trigger]) ?? value);
}

/** What may be secret is not given by the constructs in a variable of its own. */
function otherVariables({ address, body, resource }: Provisioner, facts: Facts): Addition[] {
  const strange = entriesOf(body.environment)
    .map(([name, value]) => [name, valuesOf(textOf(value) ?? "", resource)] as const)
    .filter(([name, values]) => values.some((value) => !isOwnVariable(name, value, facts)));
  if (strange.length === 0) return [];
  return [
    {
      title: `${code(address)} gives its script ${codes(strange.map(([name]) => name))}`,
      reasons: ["a value that the project does not give to its script by itself"],
      content: block(
        redactedDocument(strange.flatMap(([name, values]) => values.map((value) => `${name}=${value}`)).join("\n")),
        "sh",
      ),
    },
  ];
}

/** The account that each part of the stack uses. */
function powersOf(stack: Stack): Markdown[] {
  const all = elementsOf(stack);
  const has = (prefix: string) => all.some(({ isData, type }) => !isData && type.startsWith(prefix));
  const proxmox = connectionsOf(stack).map((words) => `Proxmox at ${words}.`);
  const ssh = blocksOf(objectOf(stack.provider).proxmox).some(({ ssh }) => blocksOf(ssh).length > 0);
  return [
    ...proxmox,
    ...(ssh ? ["The Proxmox host itself: commands over SSH, as the user of the provider's `ssh` block."] : []),
    ...(has("talos_") ? ["Talos: as the cluster's administrator, which is root on the node."] : []),
    ...(has("helm_")
      ? ["Kubernetes: as its administrator. Charts may run privileged pods, which are root on the node."]
      : []),
    ...(has("local_") ? ["This machine: files are written as whoever runs Terraform."] : []),
    ...all
      .filter(({ isData, type }) => isData && type === "external")
      .map(
        ({ address, body }) =>
          `This machine, already at plan: ${code(address)} runs ${code(textsOf(body.program).join(" "))}.`,
      ),
  ];
}

/** Each connection to Proxmox: where, with which account, and whether its certificate is checked. */
export const connectionsOf = (stack: Stack): Markdown[] =>
  blocksOf(objectOf(stack.provider).proxmox).map((provider) => {
    // Whatever is not the word for it may come out as anything.
    const isChecked = provider.insecure === undefined || provider.insecure === null || provider.insecure === false;
    const tls = isChecked ? "its certificate is checked" : "**its certificate is not checked**";
    return `${code(textOf(provider.endpoint) ?? "PROXMOX_VE_ENDPOINT")}, ${accountOf(provider)}; ${tls}`;
  });

function accountOf({ password, api_token, auth_ticket, username }: Json): Markdown {
  if (password !== undefined) return `as ${code(textOf(username) ?? "root@pam")}, with a password`;
  if (api_token !== undefined) return "by an API token, with the privileges of the token";
  if (auth_ticket !== undefined) return "by a ticket, with the privileges of its user";
  return "as whoever the environment's `PROXMOX_VE_…` name";
}

/** @param scripts what the stack's folder has of them */
export function commandSection(stack: Stack, scripts: Scripts): Markdown {
  return [
    "## Accounts and commands",
    list(powersOf(stack), "Nothing acts on another machine."),
    "Commands on the machine of whoever deploys, as that user. Those of the project are files in the stack's folder:",
    table(["steps", "when", "runs", "does"], rows(provisionersOf(stack), scripts), "None."),
  ].join("\n\n");
}
