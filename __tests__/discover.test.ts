import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { addressIn } from "../discover/address";
import { chosen } from "../discover/choice";
import { endpointOf } from "../discover/endpoint";
import { gpusOf, type PciRow } from "../discover/gpu";
import { iommuAdvice } from "../discover/iommu";
import { bridgeOf } from "../discover/storage";
import { terminalOf } from "../discover/terminal";
import { graphicsCard } from "../lab/proxmox/pci-device";

describe("GPUs", () => {
  const verdicts = (vendor: string) =>
    gpusOf(graphicsCard("0000:01:00", 14).map((each) => ({ ...each, vendor }))).map(({ isUsable, verdict }) => [
      isUsable,
      verdict,
    ]);

  test("of AMD may not reset, and the board's own stay with the host", () => {
    expect(verdicts("0x1002")).toEqual([[true, expect.stringContaining("many of AMD's do not reset")]]);
    expect(verdicts("0x1a03")).toEqual([[false, expect.stringContaining("the board's own display chip")]]);
  });

  test("of unknown generation have no driver", () => {
    const [gpu] = gpusOf(graphicsCard("0000:01:00", 14, { device: "0x0001", audio: "0x0002", name: "" }));
    expect(gpu).toMatchObject({ driver: undefined, verdict: expect.stringContaining("its generation is not known") });
  });

  test("of another domain keep it", () => {
    expect(gpusOf(graphicsCard("0001:01:00", 14))).toMatchObject([
      { address: "0001:01:00", functions: ["0001:01:00.0", "0001:01:00.1"] },
    ]);
  });
});

describe("what to do about an IOMMU that is off depends on the host", () => {
  const node = { name: "pve", isOnline: true, storages: [], bridges: [], mappings: [] };
  const boot = { kernel: "6.14.11-4-pve", isEfi: true, isSecure: false };

  test("AMD's is on once its firmware is", () => {
    expect(iommuAdvice({ ...node, processor: "AMD Ryzen 9 7950X", boot })).toBe(
      "switch on AMD-Vi (IOMMU) in the firmware of pve, and reboot it",
    );
  });

  test("Intel's needs an argument before Linux 6.8", () => {
    const processor = "Intel(R) Core(TM) i9";
    expect(iommuAdvice({ ...node, processor, boot })).toContain("if it is still off then (Linux 6.14.11-4-pve");
    expect(iommuAdvice({ ...node, processor, boot: { ...boot, kernel: "6.5.13-6-pve" } })).toMatch(
      /^switch on VT-d in the firmware of pve, and reboot it; with Intel before Linux 6[.]8 also add "intel_iommu=on"/,
    );
  });

  test.each([
    ["BIOS", { isEfi: false }],
    ["Secure Boot", { isSecure: true }],
  ])("%s boots by GRUB alone", (_, differing) => {
    const advice = iommuAdvice({ ...node, boot: { ...boot, ...differing } });
    expect(advice).toContain("update-grub");
    expect(advice).not.toContain("proxmox-boot-tool");
  });
});

describe("the address that is proposed", () => {
  test.each([
    ["192.168.1.10/24", "192.168.1.1", "192.168.1.50/24"],
    ["192.168.1.50/24", "192.168.1.1", "192.168.1.51/24"],
    ["192.168.1.10/24", "192.168.1.50", "192.168.1.51/24"],
    ["10.0.5.10/16", "10.0.0.1", "10.0.5.50/16"],
    ["192.0.2.2/29", "192.0.2.1", "192.0.2.3/29"],
  ])("beside %s and %s is %s", (cidr, gateway, address) => {
    expect(addressIn({ name: "vmbr0", cidr, gateway })).toEqual({ address, gateway, isOfBridge: true });
  });

  test("comes with other subnets for pods and services than Talos's own, where those have addresses of the bridge", () => {
    const beside = (cidr: string) => addressIn({ name: "vmbr0", cidr, gateway: "10.100.0.1" });
    expect(beside("10.100.0.10/24")).toMatchObject({
      address: "10.100.0.50/24",
      movedSubnets: { serviceSubnets: ["10.43.0.0/16"] },
    });
    expect(beside("10.0.0.10/8")).toMatchObject({
      address: "10.0.0.50/8",
      movedSubnets: { podSubnets: ["172.20.0.0/16"], serviceSubnets: ["172.21.0.0/16"] },
    });
  });

  test("is an example where the bridge has none", () => {
    expect(addressIn({ name: "vmbr0" })).toMatchObject({ isOfBridge: false });
  });
});

describe("the address", () => {
  test.each([
    ["pve", "https://pve:8006/"],
    ["pve:8007", "https://pve:8007/"],
    ["https://pve.example", "https://pve.example:8006/"],
    ["https://pve.example:443/", "https://pve.example/"],
    ["https://pve.example:8006/#v1:0:=node", "https://pve.example:8006/"],
    ["https://[2001:db8::1]:8006", "https://[2001:db8::1]:8006/"],
  ])("%s is taken for %s", (text, endpoint) => {
    expect(`${endpointOf(text)}`).toBe(endpoint);
  });

  test.each([
    ["http://pve:8006", /^"http:[/][/]pve:8006" is not https/],
    ["https://", /^"https:[/][/]" is no address/],
    ["https://root:secret@pve:8006", /^The address names a user, not shown as it may be a secret/],
  ])("%s is refused", (text, reason) => {
    expect(() => endpointOf(text)).toThrow(reason);
  });
});

describe("a card that is divided", () => {
  const [card, audio] = graphicsCard("0000:41:00", 40) as [PciRow, PciRow];
  const virtual = [4, 5].map((number) => ({ ...card, id: `0000:41:00.${number}`, iommugroup: 40 + number }));

  test("into virtual functions stays with the host, and each of these is proposed alone", () => {
    const gpus = gpusOf([card, audio, ...virtual]).map(({ address, functions, isUsable, iommuGroup }) => ({
      ...{ address, functions, isUsable, iommuGroup },
    }));
    expect(gpus).toEqual([
      {
        ...{ address: "41:00", isUsable: false, iommuGroup: 40 },
        functions: ["41:00.0", "41:00.1", "41:00.4", "41:00.5"],
      },
      { address: "41:00.4", functions: ["41:00.4"], isUsable: true, iommuGroup: 44 },
      { address: "41:00.5", functions: ["41:00.5"], isUsable: true, iommuGroup: 45 },
    ]);
    expect(gpusOf([card, ...virtual])[0]?.verdict).toMatch(/divided into virtual functions.*: 41:00.4, 41:00.5$/);
  });

  test("is not proposed where a virtual function shares its group with the card", () => {
    const shared = virtual.map((each) => ({ ...each, iommugroup: 40 }));
    expect(gpusOf([card, ...shared]).map(({ isUsable }) => isUsable)).toEqual([false, false, false]);
  });

  test("into mediated devices is not proposed whole", () => {
    const [gpu] = gpusOf([{ ...card, mdev: 1 }, audio]);
    expect(gpu).toMatchObject({ isUsable: false, verdict: expect.stringContaining("with mdev") });
  });
});

describe("what is chosen", () => {
  const vmbr0 = { name: "vmbr0" };
  const vmbr1 = { name: "vmbr1", cidr: "192.0.2.10/24", gateway: "192.0.2.1" };
  const parts = { storages: [], bridges: [], mappings: [] };
  const host = {
    endpoint: "https://pve:8006/",
    fingerprint: "00:11",
    isTrusted: false,
    version: "9.2.6",
    account: "root@pam",
    credentials: "password" as const,
    lackingPrivileges: [],
    nextVmId: 100,
  };

  test("is the bridge by which the node is reached, or else the first", () => {
    expect([bridgeOf([vmbr0, vmbr1]), bridgeOf([vmbr0]), bridgeOf([])]).toEqual([vmbr1, vmbr0, undefined]);
  });

  test("is the storage with the most room", async () => {
    const storage = (name: string, gibibytes: number, content: string[]) => ({
      ...{ name, type: "dir", content, enabled: true, active: true, shared: false },
      ...{ available: gibibytes * 1024 ** 3, total: gibibytes * 1024 ** 3 },
    });
    const storages = [
      storage("small", 50, ["import", "images"]),
      storage("big", 500, ["import"]),
      storage("fast", 90, ["images"]),
      { ...storage("off", 900, ["import", "images"]), active: false },
    ];
    const node = { name: "pve", isOnline: true, gpus: gpusOf(graphicsCard("0000:01:00", 14)), ...parts, storages };
    const { images, disks } = await chosen({ ...host, nodes: [{ ...node, bridges: [vmbr1] }] }, {}, noTerminal);
    expect([images.name, disks.name]).toEqual(["big", "fast"]);
  });

  test("is no node that is off", async () => {
    const nodes = [
      { name: "pve1", isOnline: true, gpus: [], ...parts },
      { name: "pve2", isOnline: false, ...parts },
    ];
    await expect(chosen({ ...host, nodes }, { node: "pve2" }, noTerminal)).rejects.toThrow(
      "The node pve2 is off; switch it on, or take another one: pve1.",
    );
  });
});

const noTerminal = terminalOf(new PassThrough(), new PassThrough());

describe("a terminal", () => {
  test("types a secret that is not echoed, and an answer that is", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const terminal = terminalOf(input, output);
    const secret = terminal.askSecret("Password: ");
    input.write("hunter2 \r");
    expect(await secret).toBe("hunter2 ");
    const answer = terminal.ask("User: ");
    input.write("root@pam\r");
    expect(await answer).toBe("root@pam");
    output.end();
    const shown = await text(output);
    expect(shown).toContain("Password: ");
    expect(shown).toContain("root@pam");
    expect(shown).not.toContain("hunter2");
  });

  test("may break off while asked", async () => {
    const input = new PassThrough();
    const answer = terminalOf(input, new PassThrough()).ask("User: ");
    input.write("\x03");
    await expect(answer).rejects.toThrow("Stopped: nothing was written.");
  });
});
