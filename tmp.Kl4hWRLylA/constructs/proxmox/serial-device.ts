import { equal, matches, or } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { listOf, text } from "../rules/shape";
import { shown } from "../rules/shown";
import type { ProxmoxConnection } from "./connection";
import { needsRoot, permissionSource } from "./root-only";

export const shape = listOf(text);

const socket = "socket";
const mostDevices = 4;

export const withDefaults = (devices: readonly string[] = [socket]): readonly string[] => devices;

export const rules: readonly Rule<{
  readonly serialDevices: readonly string[];
  readonly connection?: ProxmoxConnection;
}>[] = [
  {
    id: "serial-device",
    demands: `a VM has at most ${mostDevices} serial devices, each a socket or a device of the host`,
    because: "Proxmox has no others",
    source: "https://pve.proxmox.com/pve-docs/qm.1.html",
    checks: ({ serialDevices }) => [
      {
        holds: serialDevices.length <= mostDevices,
        problem: `serialDevices has ${serialDevices.length} entries; write ${mostDevices} at most`,
      },
      ...serialDevices.map((device, place) => ({
        holds: matches(device, /^(socket|[/]dev[/][!-+.-z|~-]+)$/),
        problem: `serialDevices[${place}] is ${shown(device)}; write "socket", or a device of the host such as "/dev/ttyS0"`,
      })),
    ],
  },
  {
    id: "serial-device-needs-root-password",
    demands: "a serial device of the host goes with root@pam's password or ticket",
    because: "Proxmox lets only root set it, and an API token never counts as root, not even root's own",
    source: permissionSource,
    checks: ({ serialDevices, connection }) =>
      serialDevices.flatMap((device, place) => {
        const what = `serialDevices[${place}] ${shown(device)} is a device of the host`;
        return needsRoot(connection, what, 'or write "socket"').map(({ holds, problem }) => ({
          holds: or(equal(device, socket), holds),
          problem,
        }));
      }),
  },
];

export const block = (devices: readonly string[]) => devices.map((device) => ({ device }));
