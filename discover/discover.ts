import { existsSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { printable } from "../constructs/rules/printable";
import { ProxmoxApi } from "./api";
import { trusted } from "./certificate";
import { chosen } from "./choice";
import { endpointOf } from "./endpoint";
import { type Host, majorOf, mayUseAddresses, readHost } from "./host";
import { logIn } from "./login";
import { Refusal } from "./refusal";
import { report } from "./report";
import { rightsCommands, usesOf } from "./rights";
import { siteOf } from "./site";
import { confirm, type Terminal } from "./terminal";
import { authorityFile, isOther, trustAdvice, writeAuthority } from "./trust";

export const usage = `Usage: npm run discover -- https://pve.example:8006 [options]

Asks a Proxmox VE host what it has, prints it, and writes a configuration for one of its GPUs, with the host's CA certificate
beside it. It changes nothing on the host.

Give it an API token, with which the configuration has a resource mapping: in the environment in PROXMOX_VE_API_TOKEN, or when
it asks. docs/host.md has the commands that create one. A user with a password is asked for too, or is in PROXMOX_VE_USERNAME and
PROXMOX_VE_PASSWORD.

  --output <file>       where to write the site; main.ts otherwise
  --force               write over the file
  --gpu <address>       which GPU, such as 01:00
  --node <name>         which node of a cluster
  --fingerprint <hex>   SHA-256 of the host's certificate, which is then not asked about
  --json                print JSON, and write a site only where --output says`;

const options = {
  output: { type: "string" },
  force: { type: "boolean" },
  gpu: { type: "string" },
  node: { type: "string" },
  fingerprint: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** What surrounds a run. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  /** Where what was found is printed. */
  readonly print: (text: string) => void;
}

/**
 * Finds out what a host has, and writes a site.
 *
 * @throws Refusal with what is wrong and what to do next
 */
export async function discover(args: readonly string[], surroundings: Surroundings): Promise<void> {
  const { environment, terminal } = surroundings;
  // Names of devices, storages and bridges are the host's.
  const print = (text: string) => surroundings.print(printable(text));
  const { values, positionals } = argumentsOf(args);
  if (values.help) return print(usage);
  const [address, ...others] = positionals;
  if (address === undefined || others.length > 0) throw new Refusal(usage);

  const host = await hostAt(endpointOf(address), values.fingerprint, environment, terminal);
  print(values.json ? JSON.stringify(host, null, 2) : `${report(host)}\n`);
  if (values.json && values.output === undefined) return;

  const file = values.output ?? "main.ts";
  const choice = await chosen(host, values, terminal);
  await demandWritable(file, values.force ?? false, terminal);
  const authority = authorityFile(file, host);
  if (host.authority !== undefined && isOther(authority, host.authority))
    await demandWritable(authority, values.force ?? false, terminal);
  write(() => {
    if (host.authority !== undefined) writeAuthority(authority, host.authority);
    writeFileSync(file, siteOf(host, choice, file));
  });
  if (!values.json)
    print([told(file, host), trustAdvice(authority, host), tokenAdvice(host)].filter(Boolean).join("\n"));
}

function argumentsOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new Refusal(`${(error as Error).message}\n\n${usage}`);
  }
}

async function hostAt(
  endpoint: URL,
  fingerprint: string | undefined,
  environment: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<Host> {
  const api = new ProxmoxApi(endpoint, await trusted(endpoint, fingerprint, terminal));
  return readHost(await logIn(api, environment, terminal));
}

async function demandWritable(file: string, isForced: boolean, terminal: Terminal): Promise<void> {
  if (isForced || !existsSync(file)) return;
  if (terminal.isInteractive && (await confirm(terminal, `${file} is there already. Write over it?`))) return;
  throw new Refusal(`${file} stays as it is: --force writes over it, --output writes the site to another file.`);
}

function write(files: () => void): void {
  try {
    files();
  } catch (error) {
    throw new Refusal(`The site cannot be written: ${(error as Error).message}; write it elsewhere with --output.`);
  }
}

function told(file: string, { lackingPrivileges, account }: Host): string {
  const synth = file === "main.ts" ? "`npm run synth`" : `\`node --require ./scripts/typescript.cjs ${file}\``;
  const rights = lackingPrivileges.length === 0 ? "" : `, and give ${account} the rights above`;
  return `Wrote ${file}. Check the node's IP address; then ${synth} checks the configuration and writes the stack.
Before you deploy, prepare the host as docs/host.md says${rights}: the API does not tell whether the host's own drivers leave the GPU alone.`;
}

/** Root's password can do everything; a token needs little. */
function tokenAdvice(host: Host): string {
  if (!mayUseAddresses(host)) return "";
  const account = "terraform@pve";
  const commands = [
    `pveum user add ${account}`,
    ...rightsCommands(account, host.nodes, usesOf("new mapping"), majorOf(host.version)).split("\n"),
    `pveum user token add ${account} talos --privsep 0 --expire "$(date --date='+90 days' +%s)"`,
  ];
  return `This configuration is deployed as root, whose password can do everything on the host. An API token with a resource mapping is enough:

${commands.map((command) => `  ${command}`).join("\n")}

Then discover the host again, with the token in PROXMOX_VE_API_TOKEN.`;
}
