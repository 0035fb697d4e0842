import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExampleHost, exampleHosts } from "../../lab/proxmox/example-hosts";
import { SimulatedProxmox } from "../../lab/proxmox/server";
import { inPseudoTerminal, type Talk } from "../terminal";

const root = join(__dirname, "../..");
let directory: string;
let proxmox: SimulatedProxmox | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "discover-terminal-"));
});
afterEach(async () => {
  await proxmox?.stop();
  proxmox = undefined;
  rmSync(directory, { recursive: true });
});

const file = () => join(directory, "main.ts");
const accounts = [{ id: "root@pam", secret: "proxmox" }];

/** Runs discover in a terminal. */
const inTerminal = (args: readonly string[], talk: Talk, cols = 80) =>
  inPseudoTerminal(["--require", "./scripts/typescript.cjs", "discover/command.ts", ...args], talk, {
    cwd: root,
    cols,
  });

async function endpointOf(host: ExampleHost): Promise<string> {
  proxmox = await SimulatedProxmox.start({ accounts, ...exampleHosts[host] });
  return proxmox.endpoint;
}

const logIn = [
  ["Is it the same?", "y"],
  ["User with realm", "root"],
  ["Password of root@pam", "proxmox"],
] as const;
const settings = [
  ["Name of the cluster", ""],
  ["IP address of the node", ""],
  ["Memory in GiB", ""],
  ["Disk in GiB", ""],
] as const;

test("discover asks a person for all that it needs, and keeps what it writes over", async () => {
  writeFileSync(file(), "mine");
  const { code, said, unasked } = await inTerminal(
    [await endpointOf("one-gpu"), "--output", file()],
    [
      ["Is it the same?", "y"],
      ["User with realm", "root"],
      ["Password of root@pam", "mistyped"],
      ["twice more. ? Password of root@pam", "proxmox"],
      ["Overwrite it", "y"],
      ["Name of the cluster", "garage"],
      ["IP address of the node", ""],
      ["Memory in GiB", "24"],
      ["Disk in GiB", ""],
    ],
  );
  expect([code, unasked]).toEqual([0, []]);
  for (const step of ["Connecting to 127.0.0.1", "Logging in as root@pam", "Reading node pve"])
    expect(said).toContain(step);
  for (const secret of ["proxmox", "mistyped"]) expect(said.replaceAll("proxmox-ca", "")).not.toContain(secret);
  expect(readFileSync(`${file()}.bak`, "utf8")).toBe("mine");
  expect(readFileSync(file(), "utf8")).toMatch(/"garage", \{[\s\S]*name: "garage"[\s\S]*dedicated: 24576/);
  expect(said).toContain("pveum user token add");
});

test("discover gives up after three wrong passwords", async () => {
  const { code, said, unasked } = await inTerminal(
    [await endpointOf("one-gpu"), "--output", file()],
    [
      ...logIn.slice(0, 2),
      ["Password of root@pam", "a"],
      ["twice more. ? Password of root@pam", "b"],
      ["once more. ? Password of root@pam", "c"],
    ],
  );
  expect([code, unasked, existsSync(file())]).toEqual([1, [], false]);
  expect(said.match(/does not accept root@pam/g)).toHaveLength(3);
});

test("discover stops at Ctrl-C, and writes nothing", async () => {
  const { code, said } = await inTerminal(
    [await endpointOf("one-gpu"), "--output", file()],
    [...logIn.slice(0, 2), ["Password of root@pam", "\u0003"]],
  );
  expect([code, existsSync(file())]).toEqual([1, false]);
  expect(said).toContain("Stopped: nothing was written.");
});

test("a narrow terminal breaks no word, and steps are numbered", async () => {
  const { code, said } = await inTerminal([await endpointOf("iommu-off"), "--output", file()], [...logIn], 44);
  expect(code).toBe(1);
  expect(said).toMatch(/\n {2}1\. enable VT-d[\s\S]*\n {2}2\. /);
  const long = said
    .split("\n")
    .filter((line) => line.length > 44 && /^[^`?✔]*$/.test(line) && line.trim().includes(" "));
  expect(long).toEqual([]);
});

test("discover says of a server that does not answer that it does not", async () => {
  const sockets: Socket[] = [];
  const silent: Server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { readonly port: number };
  try {
    const { code, said } = await inTerminal([`https://127.0.0.1:${port}`, "--output", file()], []);
    expect(code).toBe(1);
    expect(said).toContain("does not answer; is the host on");
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

test.each(Object.keys(exampleHosts) as ExampleHost[])(
  "of the host %s, what is written is synthesized, or nothing is",
  async (host) => {
    const oneTime: readonly (readonly [string, string])[] =
      host === "two-factor" ? [["One-time password", "123456"]] : [];
    const choice: readonly (readonly [string, string])[] = [
      "two-gpus",
      "two-nodes",
      "intel-gpus",
      "three-vendors",
    ].includes(host)
      ? [["Which GPU", ""]]
      : [];
    const { code, said } = await inTerminal(
      [await endpointOf(host), "--output", file()],
      [...logIn, ...oneTime, ...choice, ...settings],
    );
    const isRefused = [
      "no-gpu",
      "shared-group",
      "iommu-off",
      "proxmox-8.3",
      "no-import-storage",
      "full-storage",
    ].includes(host);
    expect([code, existsSync(file())]).toEqual(isRefused ? [1, false] : [0, true]);
    if (isRefused) return;
    expect(said).toContain("Wrote ");
    const written = readFileSync(file(), "utf8");
    // Every version that a later release of this project may have another default for.
    for (const version of [
      /talos: \{\s+version: "v/,
      /kubernetesVersion: "/,
      /cilium: \{ version: "/,
      ...(/nvidia: \{ kernelModules/.test(written) ? [/nvidia: \{ version: "/] : []),
    ])
      expect(written).toMatch(version);
    const { status, stderr } = spawnSync(process.execPath, ["--require", "./scripts/typescript.cjs", file()], {
      ...{ cwd: root, encoding: "utf8" },
      env: { PATH: process.env.PATH, CDKTF_OUTDIR: join(directory, "out") },
    });
    expect([status, stderr]).toEqual([0, ""]);
  },
);
