import { isOn, takes } from "../constructs/proxmox/host/host-storage";
import { isBeforeImports } from "../constructs/proxmox/host/image-storage";
import { privilegeCommands, usesOf } from "./account-privileges";
import type { HostGpu } from "./gpu";
import { type Host, majorOf, mayUseAddresses } from "./host";
import { iommuSteps } from "./iommu";
import type { HostBridge, HostNode, HostStorage } from "./node";
import { Refusal } from "./refusal";
import { bestStorage, bridgeOf, type Content, roomFor, takers } from "./storage";
import type { Terminal } from "./terminal";

/** What a configuration is made of. */
export interface Choice {
  readonly node: HostNode;
  readonly gpu: HostGpu;
  /** Has the content type Import. */
  readonly images: HostStorage;
  readonly disks: HostStorage;
  readonly bridge: HostBridge;
}

export interface Wanted {
  /** Name of a node. */
  readonly node?: string;
  /** Address of a GPU, as `lspci` prints it. */
  readonly gpu?: string;
}

const gibibyte = 1024 ** 3;

/** A card on its node. */
interface Candidate {
  readonly node: HostNode;
  readonly gpu: HostGpu;
}

/**
 * The node and its GPU, by what is wanted, by what there is, or by asking.
 *
 * @throws Refusal with all that is in the way
 */
export async function chosen(host: Host, wanted: Wanted, terminal: Terminal): Promise<Choice> {
  const nodes = nodesOf(host, wanted.node);
  const unknown = nodes.filter(({ gpus }) => gpus === undefined);
  if (unknown.length > 0) throw new Refusal(mayNotAsk(host, unknown));
  const candidates = nodes.flatMap((node) => (node.gpus ?? []).map((gpu) => ({ node, gpu })));
  const { node, gpu } = await candidateOf(candidates, nodes, wanted.gpu, terminal);

  const images = bestStorage(node, "import");
  const disks = bestStorage(node, "images");
  const bridge = bridgeOf(node.bridges);
  const problems = [
    ...versionProblems(host),
    ...(gpu.isUsable ? [] : [gpuProblem(node, gpu)]),
    ...(images ? [] : [{ what: imageProblem(host, node) }]),
    ...(disks ? [] : [{ what: diskProblem(host, node) }]),
    ...(bridge ? [] : [{ what: bridgeProblem(host, node) }]),
  ];
  if (problems.length > 0 || !images || !disks || !bridge) throw refusalOf(problems);
  return { node, gpu, images, disks, bridge };
}

/** What is in the way, and what to do about it if that takes several steps. */
interface Problem {
  readonly what: string;
  readonly steps?: readonly string[];
}

function refusalOf(problems: readonly Problem[]): Refusal {
  const unique = [...new Map(problems.map((problem) => [problem.what, problem])).values()];
  const [only, ...others] = unique;
  if (only !== undefined && others.length === 0) return new Refusal(only.what, only.steps);
  return new Refusal(
    "Several problems prevent this. Solve them one after another, then run discover again:",
    unique.flatMap(({ what, steps: [first, ...later] = [] }) =>
      first === undefined ? what : [`${what} ${first}`, ...later],
    ),
  );
}

function nodesOf({ nodes }: Host, wanted: string | undefined): HostNode[] {
  const online = nodes.filter(({ isOnline }) => isOnline);
  const names = online.map(({ name }) => name).join(", ");
  if (wanted === undefined) return online;
  const found = online.filter(({ name }) => name === wanted);
  if (found.length > 0) return found;
  const isOff = nodes.some(({ name }) => name === wanted);
  throw new Refusal(
    isOff
      ? `The node ${wanted} is offline; start it, or choose another one: ${names}.`
      : `There is no node "${wanted}"; write one of ${names}.`,
  );
}

async function candidateOf(
  all: readonly Candidate[],
  nodes: readonly HostNode[],
  wanted: string | undefined,
  terminal: Terminal,
): Promise<Candidate> {
  const candidates = all.filter(({ gpu }) => wanted === undefined || isAt(gpu, wanted));
  // Cards that Talos has a driver for first, then the processor's own graphics, then what has no driver.
  const rank = ({ driver, isOfProcessor }: HostGpu): number => (driver === undefined ? 2 : isOfProcessor ? 1 : 0);
  const usable = candidates.filter(({ gpu }) => gpu.isUsable).sort((one, other) => rank(one.gpu) - rank(other.gpu));
  const names = nodes.map(({ name }) => name).join(" and ");
  const spelled = ({ node, gpu }: Candidate) => `${gpu.address} ${gpu.name} on ${node.name}`;
  if (all.length === 0) {
    throw new Refusal(
      `${names} has no GPU; is the card seated and powered? \`lspci -nn\` on the host lists all devices.`,
    );
  }
  if (candidates.length === 0) {
    throw new Refusal(
      `There is no GPU at "${wanted}" on ${names}; write the address of one: ${all.map(spelled).join(", ")}.`,
    );
  }
  if (usable.length <= 1) return usable[0] ?? (candidates[0] as Candidate);
  if (terminal.isInteractive) {
    const choices = usable.map((candidate) => [spelled(candidate), candidate] as const);
    return terminal.choose("Which GPU?", choices);
  }
  throw new Refusal(
    `There are several GPUs: ${usable.map(spelled).join(", ")}. Choose one with --gpu, such as --gpu ${usable[0]?.gpu.address}${nodes.length > 1 ? `, and its node with --node, such as --node ${usable[0]?.node.name}` : ""}.`,
  );
}

const isAt = ({ address, functions }: HostGpu, wanted: string): boolean => {
  const short = wanted.toLowerCase().replace(/^0000:/, "");
  return short === address || functions.includes(short);
};

/** What an account may not ask. */
function mayNotAsk(host: Host, nodes: readonly HostNode[]): string {
  const uses = usesOf(mayUseAddresses(host) ? "address" : "new mapping");
  const commands = privilegeCommands(host.account, host.nodes, uses, majorOf(host.version));
  return `${host.account} may not read the hardware of ${nodes.map(({ name }) => name).join(" and ")}, which needs Sys.Audit on /. Give it the roles that a configuration needs; on the host, as root:\n\n${commands.replace(/^/gm, "  ")}\n`;
}

const versionProblems = ({ version }: Host): Problem[] =>
  isBeforeImports(version) === true
    ? [
        {
          what: `Proxmox VE ${version} cannot import disk images, which needs 8.4 or later; upgrade the host: \`apt update && apt full-upgrade\`, and from 7 see https://pve.proxmox.com/wiki/Upgrade_from_7_to_8.`,
        },
      ]
    : [];

function gpuProblem(node: HostNode, { address, name, verdict, iommuGroup }: HostGpu): Problem {
  if (iommuGroup !== undefined) return { what: `${address} ${name} ${verdict}.` };
  const steps = iommuSteps(node);
  const what = `The IOMMU of ${node.name} is disabled, so ${address} ${name} cannot be passed through`;
  return steps.length === 1 ? { what: `${what}: ${steps[0]}.` } : { what: `${what}:`, steps };
}

const blind = ({ account }: Host, { name, storages }: HostNode): string | undefined =>
  storages.length === 0
    ? `${account} sees no storage of ${name}: give it Datastore.Audit on /storage, which the roles of docs/host.md hold.`
    : undefined;

/** Types whose storages are folders, and may hold files. */
const fileTypes = ["dir", "nfs", "cifs", "btrfs", "cephfs", "glusterfs"];

function imageProblem(host: Host, node: HostNode): string {
  const unfit = unfitProblem(node, "import");
  if (unfit !== undefined) return unfit;
  const files = node.storages.find((storage) => isOn(storage) === true && fileTypes.includes(storage.type));
  const advice = files
    ? `enable Import for ${files.name} (Datacenter → Storage → ${files.name} → Content), or on the host: \`pvesm set ${files.name} --content ${[...files.content, "import"].join(",")}\``
    : "add one of type Directory with the content Import (Datacenter → Storage → Add)";
  return (
    blind(host, node) ??
    `No storage of ${node.name} has the content type Import, to download the image of Talos to; ${isBeforeImports(host.version) === true ? "once the host is upgraded, " : ""}${advice}.`
  );
}

function diskProblem(host: Host, node: HostNode): string {
  return (
    unfitProblem(node, "images") ??
    blind(host, node) ??
    `No storage of ${node.name} takes disks of VMs; enable the content Disk image for one (Datacenter → Storage).`
  );
}

/** What is wrong with a storage that takes such content, where there is one. */
function unfitProblem({ name, storages }: HostNode, content: Content): string | undefined {
  const [full] = takers(storages, content);
  if (full) {
    const [has, needs] = [Math.floor(full.available / gibibyte), roomFor(content) / gibibyte];
    return `The storage ${full.name} of ${name} has ${has} GiB free and needs ${needs}; make room on it.`;
  }
  const off = storages.find((storage) => takes(storage, content) === true);
  return off && `The storage ${off.name} of ${name} is disabled or not active; enable it (Datacenter → Storage).`;
}

const bridgeProblem = ({ account }: Host, { name }: HostNode): string =>
  `${account} sees no bridge of ${name}: make one (${name} → System → Network), or give the account SDN.Use on /sdn, which the roles of docs/host.md hold.`;
