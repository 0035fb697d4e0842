/** Makes the pictures of the docs: discover in a terminal, and a review page in a browser. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandArguments } from "../../scripts/command-line";
import { SimulatedProxmox } from "../proxmox/server";
import { screenOf } from "./screen";
import { terminalPicture } from "./terminal-picture";

const root = join(__dirname, "../..");
const images = join(root, "docs/images");

/** What of node-pty is used; its own types are those of another module. */
interface PseudoTerminal {
  onData(listener: (part: string) => void): void;
  onExit(listener: () => void): void;
  write(text: string): void;
}
type Spawn = (file: string, args: readonly string[], options: object) => PseudoTerminal;

/** What is asked, and what somebody answers. */
const talk = [
  ["Is it the same?", "y"],
  ["User with realm", "root"],
  ["Password of", "proxmox"],
  ["Name of the cluster", ""],
  ["IP address of the node", "192.168.1.50/24"],
  ["Memory in GiB", "24"],
  ["Disk in GiB", ""],
] as const;

async function recordDiscover(directory: string): Promise<void> {
  const proxmox = await SimulatedProxmox.start({
    accounts: [{ id: "root@pam", secret: "proxmox" }],
    bridges: [{ name: "vmbr0", cidr: "192.168.1.10/24", gateway: "192.168.1.1" }],
  });
  try {
    const file = join(directory, "main.ts");
    const output = await inTerminal([proxmox.endpoint, "--output", file]);
    const { host } = new URL(proxmox.endpoint);
    const shown = output
      .replaceAll(` -- ${file}`, "")
      .replaceAll(file, "main.ts")
      .replaceAll(`${directory}/`, "")
      .replaceAll(host, "pve.example:8006")
      .replaceAll("127.0.0.1", "pve.example")
      .replace(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g, "3F:1D:E4:…:92");
    const lines = screenOf(shown);
    const end = lines.findIndex((line) => line.startsWith("Before you deploy"));
    writeFileSync(
      join(images, "discover.svg"),
      terminalPicture(["$ npm run discover -- https://pve.example:8006", ...lines.slice(0, end)]),
    );
  } finally {
    await proxmox.stop();
  }
}

function inTerminal(args: readonly string[]): Promise<string> {
  const { spawn }: { readonly spawn: Spawn } = require("@cdktf/node-pty-prebuilt-multiarch");
  const command = ["--require", "./scripts/typescript.cjs", "discover/command.ts", ...args];
  const terminal = spawn(process.execPath, command, {
    ...{ cwd: root, cols: 100, rows: 60, name: "xterm" },
    env: { PATH: process.env.PATH },
  });
  const left = [...talk];
  let [output, since] = ["", ""];
  terminal.onData((part) => {
    output += part;
    since += part;
    const [question, answer] = left[0] ?? [];
    if (question === undefined || !screenOf(since).join(" ").includes(question)) return;
    left.shift();
    since = "";
    terminal.write(`${answer}\r`);
  });
  return new Promise((resolve) => terminal.onExit(() => resolve(output)));
}

/** The beginning of the page of the first example, as wide as GitHub shows it. */
function photographReview(directory: string): void {
  const review = ["--require", "./scripts/typescript.cjs", "scripts/review.ts", "examples/mapping.ts", "--html"];
  execFileSync(process.execPath, review, { cwd: root, env: { ...process.env, CDKTF_OUTDIR: join(directory, "out") } });
  const page = join(directory, "out/stacks/talos-gpu-mapping/review.html");
  execFileSync(
    process.env.BROWSER || "chromium",
    [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1012,1100"],
      ...[
        `--user-data-dir=${join(directory, "profile")}`,
        `--screenshot=${join(images, "review.png")}`,
        `file://${page}`,
      ],
    ],
    { stdio: "ignore" },
  );
}

async function main(): Promise<void> {
  commandArguments({
    usage: `Usage: npm run docs:images

Makes the pictures in docs/images/: discover in a terminal against a simulated host, and a review page in Chromium.`,
  });
  const directory = mkdtempSync(join(tmpdir(), "images-"));
  try {
    await recordDiscover(directory);
    photographReview(directory);
    console.log(`docs/images: ${readFileSync(join(images, "review.png")).length} bytes of the review page`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

void main();
