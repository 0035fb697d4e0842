import { proxmoxVersions } from "../proxmox/interface/refusals";
import { settles, type VmProps, vmHost } from "./support/vm-host";

const ipConfigs = [{ address: "dhcp" }];

/** A prop that is given, and what it is changed to: nothing, or something without content. */
const cases: readonly (readonly [given: VmProps, changed: VmProps])[] = [
  [{ initialization: { ipConfigs, dnsServers: ["192.168.1.1"] } }, { initialization: { ipConfigs, dnsServers: [] } }],
  [{ initialization: { ipConfigs, dnsServers: [] } }, { initialization: { ipConfigs } }],
  [{ initialization: { ipConfigs, dnsServers: ["192.168.1.1"] } }, { initialization: { ipConfigs } }],
  [{}, { initialization: { ipConfigs: [] } }],
  [{ description: "\n  a node\r\nof mine \n\n" }, { description: " \n" }],
  [{ description: "" }, { description: "\ta node\t" }],
  [{ description: "a node" }, {}],
  [{ tags: ["b", "A", "a"] }, { tags: [] }],
  [{ tags: [] }, { tags: ["a"] }],
  [{ tags: ["a"] }, {}],
  [{ gpus: [{ mapping: { name: "gpu", address: "10:00", alternatives: [] } }] }, { gpus: [] }],
  [{ usb: [{ mapping: "key" }] }, { usb: [] }],
  [
    { networkDevices: [{ macAddress: "BC:24:11:00:00:01" }, { macAddress: "bc:24:11:00:00:02" }] },
    { networkDevices: [] },
  ],
  [{ networkDevices: [] }, { networkDevices: [{}] }],
  [{ serialDevices: ["socket", "socket"] }, { serialDevices: [] }],
  [{ vga: { type: "virtio", memory: 32 } }, { vga: {} }],
  [{ vga: {} }, {}],
  [
    { cpu: { cores: 2 }, memory: { dedicated: 4096 } },
    { cpu: {}, memory: {} },
  ],
  [{ agent: { enabled: false, type: "isa" } }, { agent: {} }],
  [{ efiDisk: {} }, {}],
  [{ startup: { order: 0, upDelay: 0 } }, {}],
  [{ backup: { datastore: "local", keep: { last: 1 } } }, {}],
];

test.each(proxmoxVersions)(
  "Proxmox %s keeps what is empty, absent or blank as it is applied: the next plan is empty",
  async (version) => {
    const stack = await vmHost(version, ["10:00"]);
    const vmsOf = (side: 0 | 1): VmProps[] =>
      cases.map((each, place) => ({ agent: { timeout: "5s" }, ...each[side], vmId: 100 + place }));
    await settles(stack, vmsOf(0));
    await settles(stack, vmsOf(1));
  },
);
