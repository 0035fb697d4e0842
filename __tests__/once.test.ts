import type { TerraformStack } from "cdktf";
import { PciMapping, ProxmoxConnection, TalosSingleNode } from "../constructs";
import { apiToken, ciliumIn, clusterIn, machine, machineAt, password, problemsOf, vmIn } from "./stacks";

const five = [1, 2, 3, 4, 5];
const vms = (props: object) => (stack: TerraformStack) => {
  for (const each of five) vmIn(stack, { name: `vm-${each}`, ...props }, password, `vm_${each}`);
};
const macAddress = "BC:24:11:00:00:01";
const pool = { name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] };

/** Five of what only one may be, and the names of all of them in the one message. */
const cases: Readonly<Record<string, [build: (stack: TerraformStack) => void, messages: readonly RegExp[]]>> = {
  "VM ids": [
    vms({ vmId: 100 }),
    [/^\[stack\/vm_2\] vmId 100 is already used by stack\/vm_1, stack\/vm_3, stack\/vm_4 and stack\/vm_5;/],
  ],
  "MAC addresses": [
    vms({ networkDevices: [{ macAddress }] }),
    [/vm_2\] .*macAddress .* by stack\/vm_1, stack\/vm_3, stack\/vm_4 and stack\/vm_5;/],
  ],
  "IP addresses": [
    vms({ initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } }),
    [/vm_2\] .*address .* by stack\/vm_1, stack\/vm_3, stack\/vm_4 and stack\/vm_5;/],
  ],
  devices: [
    vms({ gpus: [{ address: "01:00" }] }),
    [/vm_2\] gpus\[0\].* by stack\/vm_1, stack\/vm_3, stack\/vm_4 and stack\/vm_5;/],
  ],
  "devices of a VM": [
    (stack) => vmIn(stack, { gpus: five.map(() => ({ address: "01:00" })) }),
    [/gpus\[1\]\.address .* by gpus\[0\], gpus\[2\], gpus\[3\] and gpus\[4\];/],
  ],
  "interfaces of disks": [
    (stack) => vmIn(stack, { disks: five.map(() => ({ size: 20, interface: "scsi0" })) }),
    [/disks\[1\]\.interface .* by disks\[0\], disks\[2\], disks\[3\] and disks\[4\];/],
  ],
  mappings: [
    (stack) => {
      const connection = new ProxmoxConnection(stack, "proxmox", apiToken);
      for (const each of five)
        new PciMapping(stack, `m_${each}`, { connection, name: "gpu", node: `pve${each}`, address: "01:00" });
    },
    [/m_2\] name "gpu" is that of the mapping stack\/m_1, stack\/m_3, stack\/m_4 and stack\/m_5 already;/],
  ],
  "machines of a cluster": [
    (stack) =>
      clusterIn(stack, {
        controlPlanes: five.map((each) => machineAt("control", 51, { macAddress, dnsServers: [`192.168.1.${each}`] })),
      }),
    [
      /controlPlanes\[1\]\.address .* by stack\/cluster\/control, /,
      /controlPlanes\[1\]\.name .* by controlPlanes\[0\]\.name, .* and controlPlanes\[4\]\.name;/,
      /controlPlanes\[1\]\.macAddress .* by controlPlanes\[0\]\.macAddress, .* and controlPlanes\[4\]\.macAddress;/,
    ],
  ],
  "the same machine": [
    (stack) => clusterIn(stack, { controlPlanes: five.map(() => machineAt("control", 51, { macAddress })) }),
    [
      /controlPlanes\[1\], controlPlanes\[2\], controlPlanes\[3\] and controlPlanes\[4\] are the same machine as controlPlanes\[0\];/,
    ],
  ],
  "the same VM": [
    (stack) => {
      const vm = vmIn(stack, { initialization: { ipConfigs: [{ address: "192.168.1.61/24" }] } });
      clusterIn(stack, { workers: [vm, { machine: vm }] });
    },
    [/workers\[1\]\.machine is the same machine as workers\[0\];/],
  ],
  "address pools": [
    (stack) => ciliumIn(stack, { l2Announcements: { addressPools: five.map(() => pool) } }),
    [
      /addressPools\[1\]\.name .* of l2Announcements\.addressPools\[0\], .*\[4\] already;/,
      /addressPools\[1\]\.blocks\[0\] has addresses of .*\[0\]\.blocks\[0\], .*\[4\]\.blocks\[0\];/,
    ],
  ],
};

describe("five of one are one mistake, told in one message with all names:", () => {
  test.each(Object.entries(cases))("%s", (_, [build, messages]) => {
    expect(problemsOf(build)).toEqual(messages.map((message) => expect.stringMatching(message)));
  });

  test("names of clusters", () => {
    const problems = problemsOf((stack) => {
      for (const each of five)
        new TalosSingleNode(stack, `cluster_${each}`, {
          clusterName: "talos",
          machine: { ...machine, name: `node-${each}`, address: `192.168.1.${each + 50}/24` },
          talos: { version: "v1.13.9" },
        });
    });
    expect(problems.filter((problem) => problem.includes("clusterName"))).toEqual([
      expect.stringMatching(
        /cluster_2\] clusterName .* by stack\/cluster_1, stack\/cluster_3, .* and stack\/cluster_5;/,
      ),
    ]);
  });
});
