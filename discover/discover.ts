import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { printable } from "../constructs/rules/printable";
import { parsedArguments, UsageError } from "../scripts/command-line";
import { privilegeCommands, usesOf } from "./account-privileges";
import { ProxmoxApi } from "./api";
import { trusted } from "./certificate";
import { chosen } from "./choice";
import { configurationFileOf } from "./configuration-file";
import { endpointOf } from "./endpoint";
import { type Host, majorOf, mayUseAddresses, readHost } from "./host";
import { logIn } from "./login";
import { Refusal } from "./refusal";
import { report } from "./report";
import { type Settings, settingsFor } from "./setting";
import type { Terminal } from "./terminal";
import { authorityFile, isHere, isOther, trustAdvice, writeAuthority } from "./trust";

export const usage = `Usage: npm run discover -- https://pve.example:8006 [options]

Reads the hardware of a Proxmox VE host over its API, prints it, and writes a configuration for one of its GPUs and the host's
CA certificate. It changes nothing on the host.

Log in with an API token, and the configuration has a resource mapping: set PROXMOX_VE_API_TOKEN, or enter the token when asked.
docs/host.md has the commands that create one. For a user with a password, set PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD, or
enter them when asked.

  --name <name>         name of the cluster, its stack and its VM; by default talos-gpu
  --address <address>   IP address of the node with its prefix length, such as 192.168.1.50/24
  --memory <GiB>, --disk <GiB>
  --gpu <address>       GPU to use, such as 01:00
  --node <name>         node of a Proxmox cluster
  --output <file>       file to write the configuration to; by default main.ts
  --force               overwrite the file; the old one is kept as <file>.bak
  --fingerprint <hex>   SHA-256 of the host's certificate, instead of a question about it
  --json                print JSON; a configuration is written only with --output

In a terminal it asks for missing values.`;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const options = {
  ...{ name: text, address: text, memory: text, disk: text, gpu: text, node: text, output: text, fingerprint: text },
  ...{ force: flag, json: flag },
} as const;

/** What surrounds a run. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  /** Where what was found is printed. */
  readonly print: (text: string) => void;
  /** Whether a machine answers at an IP address. */
  readonly answersAt: (address: string) => Promise<boolean>;
}

/**
 * Finds out what a host has, and writes a configuration.
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
  await demandWritable(file, values.force ?? false, terminal, "--output writes to another file");
  const authority = authorityFile(file, host);
  if (host.authority !== undefined && isOther(authority, host.authority))
    await demandWritable(authority, values.force ?? false, terminal, "see first why the host has another CA");
  const settings = await settingsFor(host, choice, values, terminal, surroundings.answersAt);
  const kept = write(() => {
    const backup = keptCopy(file);
    if (isHere(file)) mkdirSync(dirname(file), { recursive: true });
    if (host.authority !== undefined) writeAuthority(authority, host.authority);
    writeFileSync(file, configurationFileOf(host, choice, settings, file));
    return backup;
  });
  if (!values.json)
    print(
      [
        kept === undefined ? "" : `${kept} is ${file} as it was.`,
        told(file, host, settings),
        trustAdvice(authority, host),
        tokenAdvice(host),
      ]
        .filter(Boolean)
        .join("\n"),
    );
}

function argumentsOf(args: readonly string[]) {
  try {
    return parsedArguments({ usage, options, takesArguments: true }, args);
  } catch (error) {
    if (error instanceof UsageError) throw new Refusal(error.message);
    throw error;
  }
}

async function hostAt(
  endpoint: URL,
  fingerprint: string | undefined,
  environment: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<Host> {
  const api = new ProxmoxApi(endpoint, await trusted(endpoint, fingerprint, terminal), terminal);
  return readHost(await logIn(api, environment, terminal), terminal);
}

async function demandWritable(file: string, isForced: boolean, terminal: Terminal, instead: string): Promise<void> {
  if (isForced || !existsSync(file)) return;
  if (terminal.isInteractive && (await terminal.confirm(`${file} exists already. Overwrite it, and keep a copy?`)))
    return;
  throw new Refusal(`${file} is unchanged: --force overwrites it, ${instead}.`);
}

/** Keeps what is written over beside it, under a name that nothing has. */
function keptCopy(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  let copy = `${file}.bak`;
  for (let number = 2; existsSync(copy); number += 1) copy = `${file}.bak-${number}`;
  copyFileSync(file, copy);
  return copy;
}

function write<Result>(files: () => Result): Result {
  try {
    return files();
  } catch (error) {
    throw new Refusal(
      `The configuration cannot be written: ${(error as Error).message}; write it elsewhere with --output.`,
    );
  }
}

function told(file: string, { lackingPrivileges, account }: Host, { name, address }: Settings): string {
  const named = file === "main.ts" ? "" : ` -- ${file}`;
  const privileges = lackingPrivileges.length === 0 ? "" : `, and give ${account} the privileges above`;
  return `Wrote ${file}: cluster ${name} at ${address}. Reserve this IP address on your DHCP server.
Next: \`npm run review${named}\` checks the configuration and writes a page about what will be created.
Before you deploy, prepare the host as docs/host.md says${privileges}: the API cannot show whether a host driver is bound to the GPU.`;
}

/** A password can do all that its user can; a token needs little, and no second factor. */
function tokenAdvice(host: Host): string {
  if (host.credentials === "api-token") return "";
  const account = "terraform@pve";
  const commands = [
    `pveum user add ${account}`,
    ...privilegeCommands(account, host.nodes, usesOf("new mapping"), majorOf(host.version)).split("\n"),
    `pveum user token add ${account} talos --privsep 0 --expire "$(date --date='+90 days' +%s)"`,
  ];
  return `This configuration is deployed as ${host.account}${mayUseAddresses(host) ? ", whose password can do everything on the host" : ""}${host.credentials === "ticket" ? ", with a ticket that ends after two hours (docs/discover.md)" : ""}. An API token with a resource mapping is enough; on the host, as root:

${commands.map((command) => `  ${command}`).join("\n")}

Then discover the host again, with the token in PROXMOX_VE_API_TOKEN.`;
}
