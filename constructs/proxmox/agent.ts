import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmAgent } from "../../.gen/providers/proxmox/virtual-environment-vm";
import { type Condition, not, or } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { flag, objectOf, text } from "../rules/shape";
import { shown } from "../rules/shown";
import { type BootMedium, hasGuestAgent } from "./boot-medium";

/** How Proxmox talks to the guest. */
export interface VmAgent {
  /**
   * Wait for the guest agent, and ask it for the guest's addresses.
   *
   * @default - whether the boot medium contains the agent
   */
  readonly enabled?: boolean | IResolvable;

  /**
   * Trim the guest's file systems when its disks move.
   *
   * @default true
   */
  readonly trim?: boolean | IResolvable;

  /**
   * Channel to the agent: `virtio` or `isa`.
   *
   * @default "virtio"
   */
  readonly type?: string;

  /**
   * How long to wait for the agent, as a Go duration.
   *
   * @default - 15m
   */
  readonly timeout?: string;
}

export const shape = objectOf<VmAgent>({ enabled: flag, trim: flag, type: text, timeout: text });

export function block(agent: VmAgent | undefined, boot: BootMedium): VirtualEnvironmentVmAgent {
  const { enabled = hasGuestAgent(boot), trim = true, type = "virtio", timeout } = agent ?? {};
  return { enabled, trim, type, timeout };
}

export const rules: readonly Rule<{ readonly agent: VirtualEnvironmentVmAgent; readonly boot: BootMedium }>[] = [
  {
    id: "agent-needs-extension",
    demands:
      "the agent is on only if the boot medium contains it, for Talos as the extension siderolabs/qemu-guest-agent",
    because: "Terraform would wait 15 minutes for it, at every plan",
    source: "https://www.talos.dev/v1.13/talos-guides/install/virtualized-platforms/proxmox/",
    checks: ({ agent: { enabled }, boot }) => [
      {
        holds: or(hasGuestAgent(boot), not(enabled as Condition)),
        problem: `agent.enabled is ${shown(enabled)}, but nothing says that the boot medium contains the agent; write guestAgent: true beside what it boots from if it does, or agent: { enabled: false }`,
      },
    ],
  },
];
