import { Token } from "cdktf";
import type { Construct } from "constructs";
import { claim, type EarlierClaim } from "../rules/claims";
import { equal, isUnknown, less, not } from "../rules/condition";
import { expression } from "../rules/expression";
import { given, type Rule } from "../rules/rule";
import { asText, shown } from "../rules/shown";
import type { ProxmoxConnection } from "./connection";
import type { Gpu } from "./gpu";
import type { Host } from "./host-facts";
import type { VmMemory } from "./memory";

const mebibyte = 1024 ** 2;

const bytes = (mebibytes: number): number =>
  isUnknown(mebibytes) ? Token.asNumber(expression`${mebibytes} * ${mebibyte}`) : mebibytes * mebibyte;

const mebibytes = (bytes: number): number =>
  isUnknown(bytes) ? Token.asNumber(expression`floor(${bytes} / ${mebibyte})`) : Math.floor(bytes / mebibyte);

/** The sum, of which Terraform adds what only it knows. */
const sum = (numbers: readonly number[]): number =>
  numbers.reduce((one, other) =>
    isUnknown(one) || isUnknown(other) ? Token.asNumber(expression`(${one} + ${other})`) : one + other,
  );

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

export const rules: readonly Rule<{
  readonly memory: Required<VmMemory>;
  readonly gpus: readonly Gpu[];
  readonly host?: Host;
  /** Memory of other VMs of the app. */
  readonly pinnedEarlier: readonly EarlierClaim<Pinned>[];
}>[] = [
  {
    id: "host-memory",
    demands: "the node has the memory of all VMs of the app with passed-through devices when Terraform plans",
    because: "the host pins all of it when the VMs start, which fails where there is not enough",
    source: "https://pve.proxmox.com/wiki/PCI_Passthrough",
    checks: ({ memory: { dedicated }, gpus, host, pinnedEarlier }) =>
      given(gpus.length > 0 ? host : undefined, ({ memory, name }) => {
        const others = pinnedEarlier.filter(({ value }) => equal(value.node, name) !== false);
        const all = sum([dedicated, ...others.map((other) => addedTo(name, other))]);
        const together = others.length > 0 ? `, ${asText(all)} with ${others.map(({ by }) => by).join(" and ")}` : "";
        return {
          holds: not(less(memory, bytes(all))),
          problem: `memory.dedicated is ${shown(dedicated)} MiB${together}, all of which the host pins, and node ${shown(name)} has ${asText(mebibytes(memory))}; write less`,
        };
      }),
  },
];
