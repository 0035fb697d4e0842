import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmCpu } from "../../.gen/providers/proxmox/virtual-environment-vm";
import { equal, wholeNumber } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { number, objectOf, ruled } from "../rules/shape";
import { shown } from "../rules/shown";

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

export const shape = objectOf<VmCpu>({ cores: number, sockets: number, type: ruled("string") });

export const withDefaults = ({ cores = 4, sockets = 1, type = "host" }: VmCpu = {}) => ({ cores, sockets, type });

export const block = ({ cores, sockets, type }: Required<VmCpu>): VirtualEnvironmentVmCpu => ({
  cores,
  sockets,
  type: type as string,
});

const leastCores = 2;

export const rules: readonly Rule<{ readonly cpu: Required<VmCpu> }>[] = [
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
