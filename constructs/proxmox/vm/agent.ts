import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmAgent } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { boolean, enumOf, isInvalid, objectOf, string } from "../../props/schema";
import { type Condition, matches, not, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { providerDocs, talosDocs } from "../../rules/source";
import { type BootMedium, hasGuestAgent, isBootMedium } from "./boot-medium";

const types = ["virtio", "isa"] as const;

/** How Proxmox talks to the guest. */
export interface VmAgent {
  /**
   * Wait for the guest agent, and ask it for the guest's addresses.
   *
   * @default - whether the boot medium contains the agent, and the VM has a network device
   */
  readonly enabled?: boolean | IResolvable;

  /**
   * Trim the guest's file systems when its disks move.
   *
   * @default true
   */
  readonly trim?: boolean | IResolvable;

  /**
   * Channel to the agent.
   *
   * @default "virtio"
   */
  readonly type?: (typeof types)[number] | IResolvable;

  /**
   * How long to wait for the agent, in hours, minutes and seconds, such as `5m` or `1h30m`.
   *
   * @default - 15m
   */
  readonly timeout?: string;
}

export const schema = objectOf<VmAgent>({ enabled: boolean, trim: boolean, type: enumOf(types), timeout: string });

export function block(
  agent: VmAgent | undefined,
  boot: BootMedium,
  networkDevices: readonly object[],
): VirtualEnvironmentVmAgent {
  const {
    enabled = networkDevices.length > 0 && hasGuestAgent(boot),
    trim = true,
    type = "virtio",
    timeout,
  } = agent ?? {};
  return { enabled, trim, type: type as string, timeout };
}

export const rules: readonly Rule<{
  readonly agent: VirtualEnvironmentVmAgent;
  readonly boot: BootMedium;
  readonly networkDevices: readonly object[];
  readonly initialization?: { readonly ipConfigs: readonly object[] };
}>[] = [
  {
    id: "agent-timeout",
    requirement: "the time to wait for the agent is hours, minutes and seconds, each with its unit",
    reason: "the provider parses it as a Go duration, and the plan fails on anything else",
    source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#timeout"),
    checks: ({ agent: { timeout } }) =>
      ifSet(timeout, (timeout) => ({
        condition: matches(
          timeout,
          /^([0-9]{1,5}h([0-9]{1,5}m)?([0-9]{1,5}s)?|[0-9]{1,5}m([0-9]{1,5}s)?|[0-9]{1,5}s)$/,
        ),
        message: `agent.timeout ${formatValue(timeout)} is not a duration; write it as in "5m" or "1h30m"`,
      })),
  },
  {
    id: "agent-needs-extension",
    requirement:
      "the agent is enabled only if the boot medium contains it: Talos as the extension siderolabs/qemu-guest-agent, other guests as a package",
    reason: "Terraform would wait 15 minutes for it, at every plan",
    source: talosDocs("platform-specific-installations/virtualized-platforms/proxmox"),
    checks: ({ agent: { enabled }, boot }) => [
      {
        // What is no boot medium another rule refuses.
        condition: or(!isBootMedium(boot), hasGuestAgent(boot), not(enabled as Condition)),
        message: `agent.enabled is ${formatValue(enabled)}, but the boot medium is not known to contain the agent; write guestAgent: true beside what it boots from if it does, or agent: { enabled: false }`,
      },
    ],
  },
  {
    id: "agent-needs-network-device",
    requirement: "the agent is enabled only if the VM has a network device",
    reason:
      "Terraform waits for an address that the agent reports: 15 minutes when it creates the VM, and at every plan",
    source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#enabled"),
    checks: ({ agent: { enabled }, networkDevices, initialization: { ipConfigs = [] } = {} }) => [
      {
        // That there are addresses for no network device another rule tells.
        condition: or(
          networkDevices.length > 0 || isInvalid(networkDevices) || ipConfigs.length > 0,
          not(enabled as Condition),
        ),
        message: `agent.enabled is ${formatValue(enabled)}, but networkDevices is empty, so the agent can report no address; write agent: { enabled: false }, or add a network device`,
      },
    ],
  },
];
