import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmCpu } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { type Field, number, objectOf, string } from "../../props/schema";
import { equal, matches, not, oneOf, or, wholeNumber } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Rule } from "../../rules/rule";
import { providerDocs, talosDocs } from "../../rules/source";
import { type Guest, ifTalos } from "./guest";

/**
 * The types that both the provider and every supported Proxmox know, without `custom-…`, which a host defines.
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#_qemu_cpu_types
 */
export const cpuTypes = [
  "host",
  "max",
  "x86-64-v2",
  "x86-64-v2-AES",
  "x86-64-v3",
  "x86-64-v4",
  "486",
  "athlon",
  "Broadwell",
  "Broadwell-IBRS",
  "Broadwell-noTSX",
  "Broadwell-noTSX-IBRS",
  "Cascadelake-Server",
  "Cascadelake-Server-noTSX",
  "Cascadelake-Server-v2",
  "Cascadelake-Server-v4",
  "Cascadelake-Server-v5",
  "Conroe",
  "Cooperlake",
  "Cooperlake-v2",
  "core2duo",
  "coreduo",
  "EPYC",
  "EPYC-Genoa",
  "EPYC-IBPB",
  "EPYC-Milan",
  "EPYC-Rome",
  "EPYC-Rome-v2",
  "EPYC-Rome-v3",
  "EPYC-Rome-v4",
  "EPYC-v3",
  "EPYC-v4",
  "Haswell",
  "Haswell-IBRS",
  "Haswell-noTSX",
  "Haswell-noTSX-IBRS",
  "Icelake-Client",
  "Icelake-Client-noTSX",
  "Icelake-Server",
  "Icelake-Server-noTSX",
  "Icelake-Server-v3",
  "Icelake-Server-v4",
  "Icelake-Server-v5",
  "Icelake-Server-v6",
  "IvyBridge",
  "IvyBridge-IBRS",
  "KnightsMill",
  "kvm32",
  "kvm64",
  "Nehalem",
  "Nehalem-IBRS",
  "Opteron_G1",
  "Opteron_G2",
  "Opteron_G3",
  "Opteron_G4",
  "Opteron_G5",
  "Penryn",
  "pentium",
  "pentium2",
  "pentium3",
  "phenom",
  "qemu32",
  "qemu64",
  "SandyBridge",
  "SandyBridge-IBRS",
  "SapphireRapids",
  "Skylake-Client",
  "Skylake-Client-IBRS",
  "Skylake-Client-noTSX-IBRS",
  "Skylake-Client-v4",
  "Skylake-Server",
  "Skylake-Server-IBRS",
  "Skylake-Server-noTSX-IBRS",
  "Skylake-Server-v4",
  "Skylake-Server-v5",
  "Westmere",
  "Westmere-IBRS",
] as const;

/** A CPU type; `custom-…` is one that the host defines. */
export type CpuType = (typeof cpuTypes)[number] | `custom-${string}`;

/** Processor of a VM. */
export interface VmCpu {
  /**
   * Cores of each socket.
   *
   * @default 4
   */
  readonly cores?: number;

  /**
   * Sockets.
   *
   * @default 1
   */
  readonly sockets?: number;

  /**
   * CPU type. A Talos guest with GPUs needs `host`. Without GPUs, `x86-64-v2-AES` or later lets a VM move between different
   * hosts while it runs; the provider's own default, qemu64, does not boot Talos.
   *
   * @default "host"
   */
  readonly type?: CpuType | IResolvable;
}

export const schema = objectOf<VmCpu>({ cores: number, sockets: number, type: string as Field<CpuType> });

export const withDefaults = ({ cores = 4, sockets = 1, type = "host" }: VmCpu = {}) => ({ cores, sockets, type });

export const block = ({ cores, sockets, type }: Required<VmCpu>): VirtualEnvironmentVmCpu => ({
  cores,
  sockets,
  type: type as string,
});

/** Types without SSE4.2, of which x86-64-v2 is the level. */
const beforeV2 =
  /^(486|athlon|Conroe|core2duo|coreduo|kvm32|kvm64|Opteron_G[123]|Penryn|pentium[23]?|phenom|qemu32|qemu64)$/;

export interface Processor {
  readonly cpu: Required<VmCpu>;
  readonly guest: Guest;
  readonly gpus?: readonly unknown[];
}

/** Whether the type has to be the host's own. */
const needsHost = ({ guest, gpus = [] }: Processor): boolean => guest !== "linux" && gpus.length > 0;

const lacksOf = (processor: Processor): string =>
  needsHost(processor) && !beforeV2.test(String(processor.cpu.type))
    ? "which is not the host's own, as a GPU's software expects it"
    : "which lacks the x86-64-v2 instructions that Talos needs";

/** What Proxmox can count. */
const mostCores = 2304;

export const rules: readonly Rule<Processor>[] = [
  {
    id: "cpu-type-host",
    requirement: "`cpu.type` of a Talos guest is `host` if it has GPUs, otherwise x86-64-v2 or later",
    reason:
      "Talos needs x86-64-v2, which the provider's default qemu64 lacks, so the node does not boot; GPU software expects the host's instructions",
    source: talosDocs("platform-specific-installations/virtualized-platforms/proxmox"),
    checks: (processor) => {
      const { type } = processor.cpu;
      return ifTalos(processor.guest, {
        condition: needsHost(processor) ? equal(type, "host") : not(matches(type, beforeV2)),
        message: `cpu.type is ${formatValue(type)}, ${lacksOf(processor)}; write "host"`,
      });
    },
  },
  {
    id: "cpu-type-known",
    requirement: "`cpu.type` is one that the provider knows, or custom-…",
    reason: "the provider refuses another when it plans, with a list of all of them",
    source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#type"),
    checks: (processor) => [
      {
        condition:
          needsHost(processor) ||
          or(oneOf(processor.cpu.type, cpuTypes), matches(processor.cpu.type, /^custom-[a-zA-Z0-9_-]+$/)),
        message: `cpu.type ${formatValue(processor.cpu.type)} is unknown; write one such as "host", "x86-64-v2-AES" or "custom-…"`,
      },
    ],
  },
  {
    id: "cpu-cores",
    requirement: "a VM has whole cores and sockets, a Talos node at least 2 cores",
    reason: "a Talos control plane needs them",
    source: talosDocs("getting-started/system-requirements"),
    checks: ({ cpu: { cores, sockets }, guest }) => {
      const min = guest === "linux" ? 1 : 2;
      return [
        {
          condition: wholeNumber(cores, min, mostCores),
          message: `cpu.cores is ${formatValue(cores)}; write a whole number from ${min} to ${mostCores}`,
        },
        {
          condition: wholeNumber(sockets, 1, 16),
          message: `cpu.sockets is ${formatValue(sockets)}; write a whole number from 1 to 16`,
        },
      ];
    },
  },
];
