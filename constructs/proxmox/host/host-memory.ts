import { Token } from "cdktf";
import type { Construct } from "constructs";
import { claim, type EarlierClaim } from "../../rules/claims";
import { equal, isUnknown, less, not, or, product, sum } from "../../rules/condition";
import { expression } from "../../rules/expression";
import { formatValue, toTokenString } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import type { ProxmoxConnection } from "../connection";
import type { Gpu } from "../pci/gpu";
import type { VmMemory } from "../vm/memory";
import type { Host } from "./host-facts";

const mebibyte = 1024 ** 2;

const mebibytes = (bytes: number): number =>
  isUnknown(bytes) ? Token.asNumber(expression`floor(${bytes} / ${mebibyte})`) : Math.floor(bytes / mebibyte);

/** MiB without which no Proxmox host runs, and those that its documentation asks for. */
const own = { min: 1024, enough: 2048 };

/** MiB that a node pins for a VM. */
interface Pinned {
  readonly node: string;
  readonly dedicated: number;
}

/** Claims memory of the node for a VM with passed-through devices, and tells what others have claimed before. */
export function pinMemory(
  connection: ProxmoxConnection | undefined,
  pinned: Pinned,
  gpus: readonly Gpu[],
  by: Construct,
): readonly EarlierClaim<Pinned>[] {
  if (!connection || gpus.length === 0) return [];
  const { node, dedicated } = pinned;
  // What only Terraform knows can be added to others of its own stack alone.
  const key = isUnknown(dedicated) ? dedicated : node;
  return claim(`memory of ${connection.cluster}`, key, pinned, by);
}

/** What another VM adds to the memory that the node pins. */
function addedTo(node: string, { value }: EarlierClaim<Pinned>): number {
  const isThere = equal(value.node, node);
  if (typeof isThere === "boolean") return isThere ? value.dedicated : 0;
  return Token.asNumber(expression`(${isThere} ? ${value.dedicated} : 0)`);
}

export interface Pinning {
  readonly memory: Required<VmMemory>;
  readonly gpus: readonly Gpu[];
  readonly host?: Host;
  /** Memory of other VMs of the app. */
  readonly pinnedEarlier: readonly EarlierClaim<Pinned>[];
}

/** MiB that the node pins for all VMs of the app with passed-through devices, and the same in words. */
function allPinned({ memory: { dedicated }, pinnedEarlier }: Pinning, name: string) {
  const others = pinnedEarlier.filter(({ value }) => equal(value.node, name) !== false);
  const all = sum([dedicated, ...others.map((other) => addedTo(name, other))]);
  const together = others.length > 0 ? `, ${toTokenString(all)} with ${others.map(({ by }) => by).join(" and ")}` : "";
  return { all, words: `memory.dedicated is ${formatValue(dedicated)} MiB${together}` };
}

const source = "https://pve.proxmox.com/wiki/PCI_Passthrough";

export const rules: readonly Rule<Pinning>[] = [
  {
    id: "host-memory",
    requirement: `the node has the memory of all VMs of the app with passed-through devices, and ${own.min} MiB for itself, when Terraform plans`,
    reason: "the host pins all of it when the VMs start, which fails if there is not enough",
    source,
    checks: (pinning) =>
      ifSet(pinning.gpus.length > 0 ? pinning.host : undefined, ({ memory, name }) => {
        const { all, words } = allPinned(pinning, name);
        return {
          condition: not(less(memory, product(sum([all, own.min]), mebibyte))),
          message: `${words}, all of which the host pins, and node ${formatValue(name)} has ${toTokenString(mebibytes(memory))}, of which it needs ${own.min} itself; write less`,
        };
      }),
  },
  {
    id: "host-memory-spare",
    requirement: `the node keeps ${own.enough} MiB for itself beside all VMs of the app with passed-through devices`,
    reason: "a host that runs out of memory kills processes, such as the VM",
    source: "https://pve.proxmox.com/pve-docs/chapter-pve-installation.html#install_recommended_requirements",
    severity: "warning",
    checks: (pinning) =>
      ifSet(pinning.gpus.length > 0 ? pinning.host : undefined, ({ memory, name }) => {
        const { all, words } = allPinned(pinning, name);
        const pinnedBeside = (mebibytes: number) => product(sum([all, mebibytes]), mebibyte);
        return {
          // What leaves even less is refused.
          condition: or(less(memory, pinnedBeside(own.min)), not(less(memory, pinnedBeside(own.enough)))),
          message: `${words}, all of which the host pins: that leaves node ${formatValue(name)} less than ${own.enough} MiB for itself; write less`,
        };
      }),
  },
];
