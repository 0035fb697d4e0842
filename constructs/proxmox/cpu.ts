import type { IResolvable } from "cdktf";
import { equal, shown, wholeNumber } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { number, objectOf, text } from "../rules/shape";

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
   * CPU type. Talos needs x86-64-v2, which `host` has and the provider's own default qemu64 has not.
   *
   * @default "host"
   */
  readonly type?: "host" | IResolvable;
}

export const vmCpuShape = objectOf<VmCpu>({ cores: number, sockets: number, type: text });

export const cpuWithDefaults = ({ cores = 4, sockets = 1, type = "host" }: VmCpu = {}) => ({ cores, sockets, type });

const leastCores = 2;

export const cpuRules: readonly Rule<{ readonly cpu: Required<VmCpu> }>[] = [
  {
    id: "cpu-type-host",
    demands: "`cpu.type` is `host`",
    because:
      "Talos needs x86-64-v2, which the provider's default qemu64 has not: the node does not boot; and GPU software expects the host's instructions",
    source: "https://www.talos.dev/v1.13/talos-guides/install/virtualized-platforms/proxmox/",
    checks: ({ cpu: { type } }) => [
      {
        holds: equal(type, "host"),
        problem: `cpu.type is ${shown(type)}, which may lack the x86-64-v2 instructions that Talos needs; write "host"`,
      },
    ],
  },
  {
    id: "cpu-cores",
    demands: `a node has at least ${leastCores} cores`,
    because: "a Talos control plane needs them",
    source: "https://www.talos.dev/v1.13/introduction/system-requirements/",
    checks: ({ cpu: { cores, sockets } }) => [
      {
        holds: wholeNumber(cores, leastCores, 2304),
        problem: `cpu.cores is ${shown(cores)}; write a whole number from ${leastCores} to 2304`,
      },
      {
        holds: wholeNumber(sockets, 1, 16),
        problem: `cpu.sockets is ${shown(sockets)}; write a whole number from 1 to 16`,
      },
    ],
  },
];
