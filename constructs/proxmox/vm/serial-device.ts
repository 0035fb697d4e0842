import { listOf, string } from "../../props/schema";
import { equal, matches, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Rule } from "../../rules/rule";
import type { ProxmoxConnection } from "../connection";
import { checkRoot, permissionSource } from "../root-only";

export const schema = listOf(string);

const socket = "socket";
const mostDevices = 4;

export const withDefaults = (devices: readonly string[] = [socket]): readonly string[] => devices;

export const rules: readonly Rule<{
  readonly serialDevices: readonly string[];
  readonly connection?: ProxmoxConnection;
}>[] = [
  {
    id: "serial-device",
    requirement: `a VM has at most ${mostDevices} serial devices, each a socket or a device of the host`,
    reason: "Proxmox has no others",
    source: "https://pve.proxmox.com/pve-docs/qm.1.html",
    checks: ({ serialDevices }) => [
      {
        condition: serialDevices.length <= mostDevices,
        message: `serialDevices has ${serialDevices.length} entries; write ${mostDevices} at most`,
      },
      ...serialDevices.map((device, index) => ({
        condition: matches(device, /^(socket|[/]dev[/][!-+.-z|~-]+)$/),
        message: `serialDevices[${index}] is ${formatValue(device)}; write "socket", or a device of the host such as "/dev/ttyS0"`,
      })),
    ],
  },
  {
    id: "serial-device-needs-root-password",
    requirement: "a serial device of the host needs root@pam's password or ticket",
    reason: "Proxmox lets only root set it, and API tokens never qualify as root, not even root's",
    source: permissionSource,
    checks: ({ serialDevices, connection }) =>
      serialDevices.flatMap((device, index) => {
        const what = `serialDevices[${index}] ${formatValue(device)} is a device of the host`;
        return checkRoot(connection, what, 'or write "socket"').map(({ condition, message }) => ({
          condition: or(equal(device, socket), condition),
          message,
        }));
      }),
  },
];

export const block = (devices: readonly string[]) => devices.map((device) => ({ device }));
