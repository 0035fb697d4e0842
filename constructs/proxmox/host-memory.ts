import { Token } from "cdktf";
import { isUnknown, less, not } from "../rules/condition";
import { expression } from "../rules/expression";
import { given, type Rule } from "../rules/rule";
import { asText, shown } from "../rules/shown";
import type { Gpu } from "./gpu";
import type { Host } from "./host-facts";
import type { VmMemory } from "./memory";

const mebibyte = 1024 ** 2;

const bytes = (mebibytes: number): number =>
  isUnknown(mebibytes) ? Token.asNumber(expression`${mebibytes} * ${mebibyte}`) : mebibytes * mebibyte;

const mebibytes = (bytes: number): number =>
  isUnknown(bytes) ? Token.asNumber(expression`floor(${bytes} / ${mebibyte})`) : Math.floor(bytes / mebibyte);

export const rules: readonly Rule<{
  readonly memory: Required<VmMemory>;
  readonly gpus: readonly Gpu[];
  readonly host?: Host;
}>[] = [
  {
    id: "host-memory",
    demands: "the node has the memory of a VM with a passed-through device when Terraform plans",
    because: "the host pins all of it when the VM starts, which fails where there is not enough",
    source: "https://pve.proxmox.com/wiki/PCI_Passthrough",
    checks: ({ memory: { dedicated }, gpus, host }) =>
      given(gpus.length > 0 ? host : undefined, ({ memory, name }) => ({
        holds: not(less(memory, bytes(dedicated))),
        problem: `memory.dedicated is ${shown(dedicated)} MiB, all of which the host pins, and node ${shown(name)} has ${asText(mebibytes(memory))}; write less`,
      })),
  },
];
