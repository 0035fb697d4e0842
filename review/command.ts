import type { LocalExecProvisioner } from "cdktf";
import { applyCrds } from "../constructs/cilium/gateway-api";
import { methods } from "../constructs/nvidia/method";
import { smokeTest } from "../constructs/nvidia/smoke-test";
import { checkTalosconfig } from "../constructs/talos/cluster-files";
import { removeControlPlaneTaint, waitForKubernetes } from "../constructs/talos/kubectl";
import { destroyCluster, forgetDestruction, leaveCluster } from "../constructs/talos/membership";
import { waitForRollout } from "../constructs/talos/rollout";
import { upgradeKubernetes, upgradeTalos } from "../constructs/talos/upgrade";
import { taintNode, untaintNode } from "../constructs/talos/worker-taints";
import { commandOf, type Script } from "../constructs/terraform/script";
import { blocksOf, entriesOf, type Json, objectOf, sorted, textOf, textsOf } from "./json";
import { block, code, codes, list, type Markdown, table } from "./markdown";
import { elementsOf, resourcesOf, type Stack } from "./stack";

/** The values of the constructs' commands come in through the environment, so that the commands themselves are always the same. */
const target = { node: "", talosconfig: "", firstVersion: "", talosVersion: "", kubernetesVersion: "", timeout: 0 };

const ofSeveral = (isFirst: boolean) => ({ ...target, cluster: { name: "", endpoint: "", isFirst } });

/** A command of the constructs. */
interface KnownCommand {
  readonly command: LocalExecProvisioner | Script;
  readonly programs: readonly string[];
  readonly does: string;
}

const commands: readonly KnownCommand[] = [
  {
    command: upgradeTalos(target, "", ""),
    programs: ["kubectl", "talosctl"],
    does: "on a new machine nothing; on a node that runs another version or schematic: saves etcd to a file, removes all but the newest three of these, upgrades Talos, which restarts the node, and waits for Kubernetes",
  },
  {
    command: upgradeKubernetes(target),
    programs: ["kubectl", "talosctl"],
    does: "on a new machine nothing; on a cluster of an older version: upgrades Kubernetes and waits for it",
  },
  ...[true, false].map((isFirst) => ({
    command: upgradeTalos(ofSeveral(isFirst), "", ""),
    programs: ["kubectl", "talosctl"],
    does: `on a new machine nothing; on a node that runs another version or schematic: waits until all others are well, ${isFirst ? "saves etcd to a file, removes all but the newest three of these, " : ""}drains and upgrades the node, which restarts, and waits for all`,
  })),
  {
    command: upgradeKubernetes(ofSeveral(true)),
    programs: ["kubectl", "talosctl"],
    does: "on a new machine nothing; on a cluster of an older version: upgrades Kubernetes, on one node after the other, and waits for it",
  },
  ...(["directly", undefined] as const).map((at) => ({
    command: waitForKubernetes("", "", 0, "", at),
    programs: ["kubectl"],
    does: "waits until Kubernetes answers; changes nothing",
  })),
  {
    command: leaveCluster(""),
    programs: ["kubectl", "talosctl"],
    does: "drains the node, takes it out of etcd, and deletes it from Kubernetes; nothing where the whole cluster is destroyed, and fails where etcd needs the node",
  },
  {
    command: destroyCluster(""),
    programs: [],
    does: "writes down that the whole cluster is destroyed, so that its nodes do not leave it first",
  },
  {
    command: forgetDestruction(""),
    programs: [],
    does: "removes what was written down of that",
  },
  {
    command: checkTalosconfig({ talosconfig: "", ca: "", clusterName: "" }),
    programs: [],
    does: "fails if a talosconfig of another cluster would be overwritten; changes nothing",
  },
  {
    command: removeControlPlaneTaint(""),
    programs: ["kubectl"],
    does: "removes the taint that keeps pods off the control plane",
  },
  {
    command: taintNode(""),
    programs: ["kubectl"],
    does: "keeps pods without a toleration off the worker",
  },
  {
    command: untaintNode(""),
    programs: ["kubectl"],
    does: "removes that taint; nothing if the whole cluster is destroyed",
  },
  {
    command: applyCrds({ kubeconfig: "", enabled: true, source: "", bundle: "", version: "" }),
    programs: ["kubectl"],
    does: "downloads the CRDs of the Gateway API, unless they come from a file, and applies them; takes them out of Talos's inventory, which would delete them",
  },
  {
    command: waitForRollout("", { release: "", namespace: "", selector: "", timeout: 0, nodes: [] }),
    programs: ["kubectl"],
    does: "waits until all pods of a release run; changes nothing",
  },
  ...Object.values(methods).map((method) => ({
    command: smokeTest(method, { kubeconfig: "", talosconfig: "", node: "" }),
    programs: ["kubectl", "talosctl"],
    does: "runs a pod that uses the GPU, and removes it again; fails where the GPU is of no use",
  })),
];

/** What a command runs: its own text, and with it the script that its environment may have for it. */
const textOfCommand = (command = "", script = ""): string => (script ? `${command}\n${script}` : command);

const ranBy = (body: Json): string => textOfCommand(textOf(body.command), textOf(objectOf(body.environment).SCRIPT));

/** By the whole text: a command that was changed is not known. */
const known: ReadonlyMap<string, KnownCommand> = new Map(
  commands.map((each) => [
    "file" in each.command
      ? commandOf(each.command)
      : textOfCommand(each.command.command, each.command.environment?.SCRIPT),
    each,
  ]),
);

/** Programs worth a reviewer's attention where the text of any other command names them. */
const programs =
  /(?<![\w./$-])(ansible-playbook|apt|apt-get|aws|bash|chmod|chown|cilium|curl|dd|docker|gcloud|git|helm|kubectl|nc|node|npm|openssl|packer|perl|pip|podman|powershell|python3?|qm|pvesh|pveum|rm|rsync|ruby|scp|sops|ssh|ssh-keygen|sudo|systemctl|talosctl|terraform|tofu|vault|wget)(?=[\s;|)"']|$)/gm;

/** A provisioner. */
interface Provisioner {
  readonly address: string;
  readonly kind: string;
  readonly body: Json;
}

const provisionersOf = (stack: Stack): Provisioner[] =>
  resourcesOf(stack).flatMap(({ address, body }) =>
    blocksOf(body.provisioner).flatMap((provisioner) =>
      entriesOf(provisioner).flatMap(([kind, inside]) =>
        blocksOf(inside).map((each) => ({ address, kind, body: each })),
      ),
    ),
  );

const whenOf = ({ body }: Provisioner): string =>
  body.when === "destroy" ? "when it is destroyed" : "when it is made, or made anew because a trigger changed";

const rowOf = (provisioner: Provisioner): Markdown[] => {
  const { address, kind, body } = provisioner;
  const command = ranBy(body);
  const own = known.get(command);
  return [
    code(address),
    whenOf(provisioner),
    kind === "local-exec" ? codes(own?.programs ?? sorted(command.match(programs) ?? [])) : code(kind),
    own?.does ?? "**not of this project's constructs**",
    codes(entriesOf(body.environment).flatMap(([name]) => (name === "SCRIPT" ? [] : [name]))),
  ];
};

/** What is not of the constructs is there to be read in full. */
const foreign = (provisioners: readonly Provisioner[]): Markdown[] =>
  provisioners
    .filter(({ kind, body }) => kind === "local-exec" && !known.has(ranBy(body)))
    .flatMap(({ address, body }) => {
      const interpreter = textsOf(body.interpreter).join(" ") || "the shell";
      return [`${code(address)}, by ${code(interpreter)}:`, block(ranBy(body), "sh")];
    });

/** As whom each part of the stack acts. */
function powersOf(stack: Stack): Markdown[] {
  const all = elementsOf(stack);
  const has = (prefix: string) => all.some(({ isData, type }) => !isData && type.startsWith(prefix));
  const proxmox = blocksOf(objectOf(stack.provider).proxmox).map((provider) => {
    const unchecked = provider.insecure === true ? "; **its certificate is not checked**" : "";
    return `Proxmox at ${code(textOf(provider.endpoint) ?? "PROXMOX_VE_ENDPOINT")}: ${accountOf(provider)}${unchecked}.`;
  });
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

function accountOf({ password, api_token, auth_ticket, username }: Json): Markdown {
  if (password !== undefined) return `as ${code(textOf(username) ?? "root@pam")}, with a password`;
  if (api_token !== undefined) return "by an API token, with the rights that the token has";
  if (auth_ticket !== undefined) return "by a ticket, with the rights of its user";
  return "as whoever the environment's `PROXMOX_VE_…` name";
}

export function commandSection(stack: Stack): Markdown {
  const provisioners = provisionersOf(stack);
  return [
    "## What acts, and as whom",
    list(powersOf(stack), "Nothing acts on another machine."),
    "Commands on the machine of whoever deploys, as that user:",
    table(["address", "when", "programs", "does", "environment"], provisioners.map(rowOf), "None."),
    ...foreign(provisioners),
  ].join("\n\n");
}
