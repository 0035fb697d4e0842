import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { exampleHosts } from "../proxmox/example-hosts";
import { graphicsCard } from "../proxmox/pci-device";
import {
  at,
  discovered,
  rootPassword,
  siteRights,
  token,
  tokenEnvironment,
  vmWith,
  withToken,
} from "./support/discovered";
import { proxmoxWith } from "./support/simulated-proxmox";

const root = join(__dirname, "../..");

describe("what the host has", () => {
  test("is printed", async () => {
    const { printed } = await at();
    const lines = printed.split("\n").map((line) => line.trim().replace(/ {2,}/g, " "));
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Proxmox VE 9[.]2[.]6 at https:[/][/]127[.]0[.]0[.]1:\d+[/], as root@pam$/),
        expect.stringMatching(/^certificate SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        "free VM id 100",
        "privileges all that a stack needs",
        "node pve",
        "hardware Simulated CPU, 32 threads, 64 GiB",
        "GPUs 01:00 NVIDIA Corporation AD102 [GeForce RTX 4090]",
        "ids 10de:2684, subsystem 1458:40bf; functions 01:00.0, 01:00.1; IOMMU group 14",
        "can be passed through; Ampere, Ada or Hopper: open kernel modules, branch production",
        "storages local (dir): iso, vztmpl, import, snippets, images; 100 GiB of 100 GiB free",
        "local-lvm (lvmthin): images, rootdir; 1000 GiB of 1000 GiB free",
        "bridges vmbr0, 192.0.2.10/24, gateway 192.0.2.1",
      ]),
    );
  });

  test("is printed as its page shows it", async () => {
    const page = readFileSync(join(root, "docs/discover.md"), "utf8");
    const { printed } = await at();
    const shown = printed
      .replace(/https:[/][/]127[.]0[.]0[.]1:\d+/, "https://pve.example:8006")
      .replace(/SHA-256 .*/, "SHA-256 3F:1D:…:92");
    expect(page).toContain(`\`\`\`text\n${shown.slice(0, shown.indexOf("\n\n", shown.indexOf("bridges")))}`);
  });

  test("is JSON for scripts, which write no site unless they say so", async () => {
    const { printed, site, refusal } = await at(exampleHosts["two-gpus"], { args: ["--json"] });
    expect([site, refusal]).toEqual([undefined, undefined]);
    expect(JSON.parse(printed)).toMatchObject({
      version: "9.2.6",
      nextVmId: 100,
      isTrusted: false,
      lackingPrivileges: [],
      nodes: [
        {
          name: "pve",
          cpus: 32,
          memory: 64 * 1024 ** 3,
          gpus: [
            { address: "01:00", iommuGroup: 14, otherMembers: [], isUsable: true },
            { address: "05:00", generation: "Blackwell", driver: { kernelModules: "open", branch: "production" } },
          ],
          storages: [{ name: "local" }, { name: "local-lvm", content: ["images", "rootdir"] }],
          bridges: [{ name: "vmbr0" }],
          mappings: [],
        },
      ],
    });
  });

  test("has the mappings, and what is wrong with them", async () => {
    const proxmox = await proxmoxWith();
    const map = "node=pve,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf";
    proxmox.cluster.mappings.create({ id: "good", map: [`id=10de:2684,${map}`] });
    proxmox.cluster.mappings.create({ id: "stale", map: [`id=10de:2685,${map}`] });
    const { printed } = await discovered(proxmox.endpoint);
    expect(printed).toContain("good: 01:00, valid");
    expect(printed).toContain("stale: 01:00, Invalid configuration: 'id' does not match for 'stale'");
  });

  test("is read alone: nothing is changed on it", async () => {
    const proxmox = await proxmoxWith();
    await discovered(proxmox.endpoint);
    const writing = proxmox.journal.entries.filter(({ method }) => method !== "GET").map(({ path }) => path);
    expect(writing).toEqual(["/access/ticket"]);
  });
});

describe("the site", () => {
  test("of root's password has the GPU by its address, and the host's values", async () => {
    const { stack, printed } = await at();
    expect(printed).toMatch(
      /Wrote [/].*[/]site[.]ts: cluster talos-gpu at 192[.]0[.]2[.]50[/]24[.] Reserve this IP address/,
    );
    expect(stack).toMatchObject({
      provider: {
        proxmox: [{ endpoint: expect.any(String), username: "root@pam", password: "${var.proxmox_password}" }],
      },
      ...vmWith({
        node_name: "pve",
        vm_id: 100,
        hostpci: [expect.objectContaining({ id: "0000:01:00" })],
        memory: { dedicated: 16384, floating: 0 },
        disk: [expect.objectContaining({ datastore_id: "local-lvm", size: 100 })],
        efi_disk: expect.objectContaining({ datastore_id: "local-lvm" }),
        network_device: [expect.objectContaining({ bridge: "vmbr0" })],
        initialization: expect.objectContaining({
          datastore_id: "local-lvm",
          ip_config: [{ ipv4: { address: "192.0.2.50/24", gateway: "192.0.2.1" } }],
        }),
      }),
    });
    expect(stack).toMatchObject({ resource: { proxmox_download_file: { talos: { datastore_id: "local" } } } });
  });

  test("of a token has the GPU by a mapping, with the host's ids", async () => {
    const proxmox = await withToken(siteRights);
    const { stack } = await discovered(proxmox.endpoint, { environment: tokenEnvironment });
    expect(stack).toMatchObject({
      provider: { proxmox: [{ api_token: "${var.proxmox_api_token}" }] },
      resource: {
        proxmox_hardware_mapping_pci: {
          gpu: {
            name: "gpu",
            map: [
              {
                node: "pve",
                path: "0000:01:00",
                id: "10de:2684",
                subsystem_id: "1458:40bf",
                iommu_group: 14,
              },
            ],
          },
        },
      },
    });
  });

  test("uses a mapping that is valid, and leaves the name of one that is not", async () => {
    const map = "node=pve,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf";
    const stale = await withToken(siteRights);
    stale.cluster.mappings.create({ id: "gpu", map: [`id=10de:2685,${map}`] });
    const made = await discovered(stale.endpoint, { environment: tokenEnvironment });
    expect(made.stack).toMatchObject({ resource: { proxmox_hardware_mapping_pci: { "gpu-2": { name: "gpu-2" } } } });

    const valid = await withToken(siteRights);
    valid.cluster.mappings.create({ id: "big", map: [`id=10de:2684,${map}`] });
    const used = await discovered(valid.endpoint, { environment: tokenEnvironment });
    expect(used.stack).toMatchObject(vmWith({ hostpci: [expect.objectContaining({ mapping: "big" })] }));
    expect(used.stack).not.toHaveProperty("resource.proxmox_hardware_mapping_pci");
  });

  test("of another user than root has the GPU by a mapping too", async () => {
    const accounts = [{ id: "admin@pve", secret: "proxmox", privileges: siteRights }];
    const environment = { ...rootPassword, PROXMOX_VE_USERNAME: "admin@pve" };
    const { stack } = await at({ accounts }, { environment });
    expect(stack).toMatchObject({
      provider: { proxmox: [{ username: "admin@pve" }] },
      ...vmWith({ hostpci: [expect.objectContaining({ mapping: expect.anything() })] }),
    });
  });

  test("has the driver that fits an old GPU", async () => {
    const { site, printed } = await at(exampleHosts["old-gpu"]);
    expect(site).toContain('nvidia: { kernelModules: "proprietary", branch: "lts" }');
    expect(printed).toContain("Pascal: proprietary kernel modules, branch lts");
  });

  test("gives pods and services other subnets where Talos's own have addresses of the bridge", async () => {
    const { site, stack, refusal } = await at({
      bridges: [{ name: "vmbr0", cidr: "10.100.0.10/24", gateway: "10.100.0.1" }],
    });
    expect(refusal).toBeUndefined();
    expect(site).toContain('configPatches: [{"cluster":{"network":{"serviceSubnets":["10.43.0.0/16"]}}}]');
    // The rules, which refuse the address without the patch, let it pass.
    expect(stack).toMatchObject(
      vmWith({
        initialization: expect.objectContaining({
          ip_config: [{ ipv4: { address: "10.100.0.50/24", gateway: "10.100.0.1" } }],
        }),
      }),
    );
  });

  test("fits a host of Proxmox 8.4 with little memory and few threads", async () => {
    const { stack } = await at({ ...exampleHosts["proxmox-8.4"], memory: 16 * 1024 ** 3, cpus: 4 });
    expect(stack).toMatchObject(
      vmWith({ memory: { dedicated: 8192, floating: 0 }, cpu: expect.objectContaining({ cores: 4 }) }),
    );
  });

  test.each([
    ["by address", rootPassword],
    ["by mapping", tokenEnvironment],
  ])("is formatted as the rest of the project: %s", async (_, environment) => {
    const accounts = [
      { id: "root@pam", secret: "proxmox" },
      { ...token, privileges: siteRights },
    ];
    const { site } = await at({ accounts }, { environment });
    const biome = join(root, "node_modules/.bin/biome");
    const checked = spawnSync(biome, ["check", "--write", "--stdin-file-path=main.ts"], {
      input: site,
      encoding: "utf8",
      cwd: root,
    });
    expect([checked.status, checked.stdout]).toEqual([0, site]);
  });

  test("goes to no folder that is not there", async () => {
    expect((await at({}, { args: ["--output", "/nowhere/main.ts"] })).refusal).toMatch(
      /^The configuration cannot be written: ENOENT.*; write it elsewhere with --output[.]$/,
    );
  });

  test("is written over nothing that is there, unless that is wanted", async () => {
    const { endpoint } = await proxmoxWith();
    const file = join(mkdtempSync(join(tmpdir(), "discover-")), "main.ts");
    const content = () => readFileSync(file, "utf8");
    writeFileSync(file, "mine");
    const kept = await discovered(endpoint, { args: ["--output", file] });
    expect(kept.refusal).toBe(`${file} is unchanged: --force overwrites it, --output writes to another file.`);
    const declined = await discovered(endpoint, { args: ["--output", file], answers: [""] });
    expect([declined.asked, content()]).toEqual([[`${file} exists already. Overwrite it, and keep a copy?`], "mine"]);
    await discovered(endpoint, { args: ["--output", file], answers: ["y"] });
    expect(content()).toContain("new TalosGpuCluster");
    writeFileSync(file, "mine");
    await discovered(endpoint, { args: ["--output", file, "--force"] });
    expect(content()).toContain("new TalosGpuCluster");
    rmSync(dirname(file), { recursive: true });
  });
});

describe("of several GPUs", () => {
  const host = exampleHosts["two-gpus"];

  test("one has to be chosen where nobody can be asked", async () => {
    const { refusal, site, printed } = await at(host);
    expect(refusal).toMatch(
      /^There are several GPUs: 01:00 .*RTX 4090\] on pve, 05:00 .*RTX 5090\] on pve[.] Choose one with --gpu, such as --gpu 01:00[.]$/,
    );
    expect(site).toBeUndefined();
    expect(printed).toContain("05:00 NVIDIA Corporation GB202");
  });

  test.each([["05:00"], ["0000:05:00.0"], ["05:00.1"]])("--gpu %s names one", async (gpu) => {
    const { stack } = await at(host, { args: ["--gpu", gpu] });
    expect(stack).toMatchObject(vmWith({ hostpci: [expect.objectContaining({ id: "0000:05:00" })] }));
  });

  test("an answer chooses one, by its number in the list", async () => {
    const { stack, asked } = await at(host, { answers: ["2"] });
    expect(asked[0]).toMatch(/^01:00 .*\n05:00 .*\nWhich GPU[?]$/);
    expect(stack).toMatchObject(vmWith({ hostpci: [expect.objectContaining({ id: "0000:05:00" })] }));
  });

  test("that which Talos has a driver for is before the processor's own", async () => {
    const graphics = { id: "0000:00:02.0", class: "0x030000", vendor: "0x8086", device: "0xa780", iommugroup: 0 };
    const both = { devices: [graphics, ...graphicsCard("0000:01:00", 14)] };
    const { stack, asked, printed } = await at(both, { answers: [""] });
    expect(printed).toContain("00:02 8086:a780");
    expect(asked[0]).toMatch(/^01:00 .*\n00:02 /);
    expect(stack).toMatchObject(vmWith({ hostpci: [expect.objectContaining({ id: "0000:01:00" })] }));
  });

  test("an address without one is refused", async () => {
    expect((await at(host, { args: ["--gpu", "02:00"] })).refusal).toMatch(
      /^There is no GPU at "02:00" on pve; write the address of one: 01:00 .*, 05:00 /,
    );
  });
});

describe("a cluster of two nodes", () => {
  const host = exampleHosts["two-nodes"];

  test("has each node's GPUs, of which one has to be chosen", async () => {
    const { printed, refusal } = await at(host);
    expect(printed).toMatch(/node pve1\n[\s\S]*RTX 4090[\s\S]*node pve2\n[\s\S]*RTX 5090/);
    expect(refusal).toMatch(
      /on pve1, 03:00 .* on pve2[.] Choose one with --gpu, such as --gpu 01:00, and its node with --node, such as --node pve1[.]$/,
    );
  });

  test.each([
    ["--node", "pve2"],
    ["--gpu", "03:00"],
  ])("%s %s is enough", async (...args) => {
    const { stack } = await at(host, { args });
    expect(stack).toMatchObject(
      vmWith({ node_name: "pve2", hostpci: [expect.objectContaining({ id: "0000:03:00" })] }),
    );
  });

  test("a node that is not there is refused", async () => {
    expect((await at(host, { args: ["--node", "pve3"] })).refusal).toBe(
      'There is no node "pve3"; write one of pve1, pve2.',
    );
  });
});
