import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { addressIn, freeAddressIn } from "../discover/address";
import { chosen } from "../discover/choice";
import { configurationFileOf } from "../discover/configuration-file";
import { endpointOf } from "../discover/endpoint";
import { gpusOf, type HostGpu, type PciRow } from "../discover/gpu";
import type { Host } from "../discover/host";
import { iommuSteps } from "../discover/iommu";
import { freeName, settingsFor } from "../discover/setting";
import { bridgeOf } from "../discover/storage";
import { type Terminal, terminalOf } from "../discover/terminal";
import { authorityFile } from "../discover/trust";
import { wrapped } from "../discover/wrapped";
import { arc, graphicsCard, processorGraphics, radeon } from "../lab/proxmox/pci-device";

const host = {
  endpoint: "https://pve:8006/",
  fingerprint: "00:11",
  isTrusted: false,
  version: "9.2.6",
  account: "root@pam",
  credentials: "password" as const,
  lackingPrivileges: [],
  nextVmId: 100,
  guests: { names: [], addresses: [] },
};

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

  test.each<[string, PciRow[], object]>([
    [
      "a card of AMD",
      radeon("0000:03:00", 14),
      { generation: "RDNA 3", driver: { vendor: "amd" }, isOfProcessor: false, isUsable: true },
    ],
    [
      "the graphics of AMD's processor",
      radeon("0000:05:00", 14).map((each) => ({ ...each, device: "0x15bf" })),
      {
        driver: { vendor: "amd" },
        isOfProcessor: true,
        verdict: expect.stringMatching(
          /the processor's graphics need a romFile and all their functions; RDNA 3: driver amdgpu/,
        ),
      },
    ],
    [
      "a card of AMD that Talos has no driver for",
      radeon("0000:03:00", 14).map((each) => ({ ...each, device: "0x68f9" })),
      { driver: undefined, verdict: expect.stringContaining("TeraScale: Talos has no driver for it") },
    ],
    [
      "the graphics of Intel's processor",
      processorGraphics(),
      {
        address: "00:02",
        driver: { vendor: "intel", kernelModules: "i915" },
        isOfProcessor: true,
        verdict: expect.stringMatching(/no display of its own; Tiger Lake to Raptor Lake: driver i915$/),
      },
    ],
    [
      "a card of Intel",
      arc("0000:04:00", 16),
      { driver: { vendor: "intel", kernelModules: "xe" }, isOfProcessor: false },
    ],
  ])("of other vendors have their own driver: %s", (_, rows, expected) => {
    expect(gpusOf(rows)).toMatchObject([expected]);
  });

  test("of Intel that are divided stay with the host, and each virtual function has xe", () => {
    const [card, ...virtual] = gpusOf(processorGraphics(2));
    expect(card).toMatchObject({
      isUsable: false,
      verdict: expect.stringContaining("pass one of them: 00:02.1, 00:02.2"),
    });
    expect(virtual).toMatchObject(
      ["00:02.1", "00:02.2"].map((address) => ({
        address,
        isUsable: true,
        driver: { vendor: "intel", kernelModules: "xe", forceProbe: ["a780"] },
        verdict: expect.stringMatching(
          /^a virtual function, which one VM can have; .*: driver xe, told to drive a780$/,
        ),
      })),
    );
  });

  test.each<[PciRow[], string]>([
    [graphicsCard("0000:01:00", 14), 'nvidia: { kernelModules: "open", branch: "production" },'],
    [radeon("0000:03:00", 14), 'driver: { vendor: "amd" },'],
    [processorGraphics(), 'driver: { vendor: "intel", kernelModules: "i915" },'],
    [
      processorGraphics(1).map((each) => ({ ...each, iommugroup: each.iommugroup + 1 })),
      'driver: { vendor: "intel", kernelModules: "xe", forceProbe: ["a780"] },',
    ],
  ])("are in a site with their driver", (rows, line) => {
    const gpu = gpusOf(rows).find(({ isUsable }) => isUsable) as HostGpu;
    const storage = {
      name: "local",
      type: "dir",
      content: [],
      enabled: true,
      active: true,
      shared: false,
      available: 0,
      total: 0,
    };
    const node = { name: "pve", isOnline: true, gpus: [gpu], storages: [], bridges: [], mappings: [] };
    const choice = { node, gpu, images: storage, disks: storage, bridge: { name: "vmbr0" } };
    const settings = { name: "talos-gpu", address: "192.0.2.50/24", gateway: "192.0.2.1", memory: 16, disk: 100 };
    expect(configurationFileOf({ ...host, nodes: [node] }, choice, settings, "/site/main.ts")).toContain(
      `    ${line}\n`.trimStart(),
    );
  });

  test.each<[string, PciRow[]]>([
    ["NVIDIA", graphicsCard("0000:01:00", 14, { device: "0x0001", audio: "0x0002", name: "" })],
    ["AMD", radeon("0000:01:00", 14, { device: "0x7fff", audio: "0xab30", name: "" })],
    ["Intel", arc("0000:01:00", 14).map((row) => ({ ...row, device: "0xd741" }))],
  ])("of unknown generation of %s have no driver", (_, rows) => {
    const [gpu] = gpusOf(rows);
    expect(gpu).toMatchObject({ driver: undefined, verdict: expect.stringContaining("its generation is not known") });
  });

  test("that no driver of Talos knows are told as such", () => {
    const [gpu] = gpusOf(graphicsCard("0000:01:00", 14, { device: "0x128b", audio: "0x0e0f", name: "GK208B" }));
    expect(gpu).toMatchObject({
      driver: undefined,
      verdict: "can be passed through; Fermi or Kepler: Talos has no driver for it",
    });
  });

  test("of AMD that are no display but an accelerator are found", () => {
    const [card] = radeon("0000:c1:00", 60, { device: "0x74a1", audio: "0xab30", name: "Aqua Vanjaram [MI300X]" });
    const accelerator = { ...(card as PciRow), class: "0x120000" };
    expect(gpusOf([accelerator])).toMatchObject([{ address: "c1:00", generation: "CDNA", driver: { vendor: "amd" } }]);
    // That of an Intel processor is none.
    expect(gpusOf([{ ...accelerator, vendor: "0x8086", device: "0x7d1d" }])).toEqual([]);
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
  const advice = (of: Parameters<typeof iommuSteps>[0]) => iommuSteps(of).join("; ");

  test("AMD's is on once its firmware is", () => {
    expect(advice({ ...node, processor: "AMD Ryzen 9 7950X", boot })).toBe(
      "enable AMD-Vi (IOMMU) in the firmware of pve, and reboot it",
    );
  });

  test("Intel's needs an argument before Linux 6.8", () => {
    const processor = "Intel(R) Core(TM) i9";
    expect(advice({ ...node, processor, boot })).toContain("if it is still disabled then (Linux 6.14.11-4-pve");
    expect(advice({ ...node, processor, boot: { ...boot, kernel: "6.5.13-6-pve" } })).toMatch(
      /^enable VT-d in the firmware of pve, and reboot it; with Intel before Linux 6[.]8 also add "intel_iommu=on"/,
    );
  });

  test.each([
    ["BIOS", { isEfi: false }],
    ["Secure Boot", { isSecure: true }],
  ])("%s boots by GRUB alone", (_, differing) => {
    const said = advice({ ...node, boot: { ...boot, ...differing } });
    expect(said).toContain("update-grub");
    expect(said).not.toContain("proxmox-boot-tool");
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
    ["https://", /^"https:[/][/]" is not an address/],
    ["https://root:secret@pve:8006", /^The address contains a user \(hidden\)/],
  ])("%s is refused", (text, reason) => {
    expect(() => endpointOf(text)).toThrow(reason);
  });
});

describe("a card that is divided", () => {
  const [card, audio] = radeon("0000:41:00", 40) as [PciRow, PciRow];
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

  test("into virtual functions of NVIDIA's is not proposed, as Talos has no guest driver for these", () => {
    const [whole] = graphicsCard("0000:41:00", 40) as [PciRow];
    const gpus = gpusOf([whole, { ...whole, id: "0000:41:00.4", iommugroup: 44 }]);
    expect(gpus.map(({ isUsable, verdict }) => [isUsable, verdict])).toEqual([
      [false, expect.stringContaining("Talos ships no guest driver for these; remove that driver from the host")],
      [false, "a virtual function of NVIDIA's vGPU, for which Talos ships no guest driver"],
    ]);
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
      "The node pve2 is offline; start it, or choose another one: pve1.",
    );
  });
});

const noTerminal = terminalOf(new PassThrough(), new PassThrough());

describe("a terminal", () => {
  /** What is shown when somebody types, and what is answered. */
  async function typed(keys: string, ask: (terminal: Terminal) => Promise<unknown>) {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const shown = text(output);
    const answer = ask(terminalOf(input, output));
    input.write(keys);
    const answered = await answer;
    output.end();
    return { answered, shown: await shown };
  }

  test("types a secret that is not echoed, and an answer that is", async () => {
    const secret = await typed("hunter2 \r", (terminal) => terminal.askSecret("Password"));
    expect(secret).toEqual({ answered: "hunter2 ", shown: expect.stringContaining("Password") });
    expect(secret.shown).not.toContain("hunter2");
    expect(await typed("root@pam\r", (terminal) => terminal.ask("User"))).toEqual({
      answered: "root@pam",
      shown: expect.stringContaining("root@pam"),
    });
  });

  test("takes what is proposed for an empty answer, and asks again for a wrong one", async () => {
    const problemOf = (answer: string) => (answer === "wrong" ? "write another one" : undefined);
    const ask = (terminal: Terminal) => terminal.ask("Name", { default: "talos-gpu", problemOf });
    expect(await typed("\r", ask)).toMatchObject({ answered: "talos-gpu" });
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answer = ask(terminalOf(input, output));
    input.write("wrong\r");
    let shown = "";
    for await (const part of output) {
      shown += part;
      if (!shown.includes("write another one")) continue;
      input.write(`${"\b".repeat(5)}right\r`);
      break;
    }
    expect(await answer).toBe("right");
  });

  test("says no to an empty answer", async () => {
    expect((await typed("\r", (terminal) => terminal.confirm("Sure?"))).answered).toBe(false);
    expect((await typed("y\r", (terminal) => terminal.confirm("Sure?"))).answered).toBe(true);
  });

  test("may break off while asked", async () => {
    const input = new PassThrough();
    const answer = terminalOf(input, new PassThrough()).ask("User: ");
    input.write("\x03");
    await expect(answer).rejects.toThrow("Stopped: nothing was written.");
  });
});

describe("a text for a terminal", () => {
  test("is wrapped between words, and below its field", () => {
    expect(wrapped("one two three four five six", 20)).toBe("one two three four\nfive six");
    expect(wrapped("  rights        first second third fourth", 30)).toBe(
      "  rights        first second\n                third fourth",
    );
    expect(wrapped("  1. first second third fourth", 20)).toBe("  1. first second\n     third fourth");
  });

  test("keeps a command whole, and has no width where there is no terminal", () => {
    expect(wrapped("run `pvesm set local --content a,b` now", 20)).toBe("run\n`pvesm set local --content a,b`\nnow");
    expect(wrapped("a long line that nobody wraps", undefined)).toBe("a long line that nobody wraps");
  });
});

describe("a free address", () => {
  const bridge = { name: "vmbr0", cidr: "192.168.1.10/24", gateway: "192.168.1.1" };
  const silent = async () => false;

  test("is none of a guest, and none at which a machine answers", async () => {
    expect((await freeAddressIn(bridge, [], silent)).address).toBe("192.168.1.50/24");
    expect((await freeAddressIn(bridge, ["192.168.1.50"], silent)).address).toBe("192.168.1.51/24");
    const answers = async (address: string) => address !== "192.168.1.53";
    expect((await freeAddressIn(bridge, ["192.168.1.50"], answers)).address).toBe("192.168.1.53/24");
  });

  test("is the first one where something answers for all", async () => {
    expect((await freeAddressIn(bridge, [], async () => true)).address).toBe("192.168.1.50/24");
  });
});

describe("the settings", () => {
  const gibibyte = 1024 ** 3;
  const choice = {
    node: { memory: 32 * gibibyte },
    disks: { name: "local-lvm", available: 200 * gibibyte },
    bridge: { name: "vmbr0", cidr: "192.168.1.10/24", gateway: "192.168.1.1" },
  };
  const settings = (wanted: Parameters<typeof settingsFor>[2]) =>
    settingsFor(
      { guests: { names: ["talos-gpu", "web"], addresses: ["192.168.1.50"] } } as never,
      choice as never,
      wanted,
      noTerminal,
      async () => false,
    );

  test("are as proposed where nobody is asked", async () => {
    expect(await settings({})).toEqual({
      ...{ name: "talos-gpu-2", address: "192.168.1.51/24", gateway: "192.168.1.1", memory: 16, disk: 100 },
    });
    expect(freeName("gpu", ["gpu", "gpu-2"])).toBe("gpu-3");
  });

  test("are as the options say", async () => {
    const wanted = { name: "garage", address: "192.168.1.60/24", memory: "24", disk: "150" };
    expect(await settings(wanted)).toEqual({
      ...{ name: "garage", address: "192.168.1.60/24", gateway: "192.168.1.1", memory: 24, disk: 150 },
    });
  });

  test.each([
    [{ name: "Talos" }, '--name "Talos": write lower-case letters'],
    [{ name: "web" }, "Proxmox has a guest of this name"],
    [{ address: "192.168.1.60" }, "write an IPv4 address with its prefix length"],
    [{ address: "192.168.2.60/24" }, "192.168.2.60 is not in the subnet of vmbr0, 192.168.1.10/24; write one of it"],
    [{ address: "192.168.1.60/16" }, 'the prefix length of vmbr0 is 24; write "192.168.1.60/24"'],
    [{ address: "192.168.1.10/24" }, "192.168.1.10 is taken"],
    [{ address: "192.168.1.50/24" }, "192.168.1.50 is taken"],
    [{ memory: "64" }, "write a whole number of GiB, from 2 to 32"],
    [{ disk: "1TB" }, "write a whole number of GiB, from "],
  ])("%j are refused", async (wanted, problem) => {
    await expect(settings(wanted)).rejects.toThrow(problem);
  });
});

test.each([
  ["main.ts", "proxmox-ca/pve.example.pem"],
  ["hosts/garage.ts", "proxmox-ca/pve.example.pem"],
  ["/srv/garage/main.ts", "/srv/garage/proxmox-ca/pve.example.pem"],
  ["../garage/main.ts", "../garage/proxmox-ca/pve.example.pem"],
])("the CA certificate for %s is %s, where deploy looks for it", (configuration, file) => {
  expect(authorityFile(configuration, { endpoint: "https://pve.example:8006/" } as Host)).toBe(file);
});
