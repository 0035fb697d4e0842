import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { run } from "../../../__tests__/program";
import { privilegesFor } from "../../../constructs/proxmox/privileges";
import { discover } from "../../../discover/discover";
import { Refusal } from "../../../discover/refusal";
import type { Terminal } from "../../../discover/terminal";
import type { ClusterOptions } from "../../proxmox/cluster";
import type { SimulatedProxmox } from "../../proxmox/server";
import { proxmoxWith } from "./simulated-proxmox";

export const rootPassword = { PROXMOX_VE_USERNAME: "root@pam", PROXMOX_VE_PASSWORD: "proxmox" };
export const token = { id: "terraform@pve!talos", secret: "00000000-1111-2222-3333-444444444444" };
export const tokenEnvironment = { PROXMOX_VE_API_TOKEN: `${token.id}=${token.secret}` };
/** What a site with a new mapping does on a host. */
export const siteUses = [
  ...(["vm", "network", "cloudInit", "guestAgent", "image", "hostFacts", "mappedDevice", "mapping"] as const),
];
export const siteRights = privilegesFor(siteUses, 9);

/** A host that knows the token, with these privileges. */
export const withToken = (privileges: readonly string[], options: ClusterOptions = {}): Promise<SimulatedProxmox> =>
  proxmoxWith({ ...options, accounts: [{ ...token, privileges }] });

export function fingerprintOf(endpoint: string): Promise<string> {
  const { hostname: host, port } = new URL(endpoint);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
  });
}

interface Outcome {
  readonly printed: string;
  /** Everything that was asked, in order. */
  readonly asked: readonly string[];
  /** What was told between questions. */
  readonly told: string;
  /** What is wrong, for a person; undefined when all went well. */
  readonly refusal?: string;
  /** The site that was written. */
  readonly site?: string;
  /** The CA certificate that was written beside it. */
  readonly authority?: string;
  /** What the site synthesizes to. */
  readonly stack?: Record<string, never>;
}

export interface Run {
  readonly args?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** What somebody at a terminal answers, in order; nobody is there otherwise. */
  readonly answers?: readonly string[];
  /** Instead of the address and the fingerprint of the certificate. */
  readonly address?: readonly string[];
}

/** A terminal at which somebody gives these answers in order; all that is left is as proposed. */
function terminalWith(answers: readonly string[] | undefined, asked: string[], told: string[]): Terminal {
  const left = [...(answers ?? [])];
  const answerTo = (question: string, usual?: string): string => {
    asked.push(question);
    const answer = left.shift() || usual;
    if (answer === undefined) throw new Error(`nobody answers ${question}`);
    return answer;
  };
  return {
    isInteractive: answers !== undefined,
    tell: (text) => void told.push(text),
    ask: async (question, { default: usual, problemOf } = {}) => {
      const answer = answerTo(question, usual);
      expect([question, problemOf?.(answer)]).toEqual([question, undefined]);
      return answer;
    },
    askSecret: async (question) => answerTo(question),
    confirm: async (question) => answerTo(question, "n") === "y",
    choose: async (question, choices) => {
      const names = choices.map(([name]) => name).join("\n");
      const [, choice] = choices[Number(answerTo(`${names}\n${question}`, "1")) - 1] ?? [];
      if (choice === undefined) throw new Error(`no such choice of ${question}`);
      return choice;
    },
  };
}

/** Runs discover against an endpoint, and synthesizes what it writes. */
export async function discovered(
  endpoint: string,
  { args = [], environment = rootPassword, answers, address }: Run = {},
) {
  const directory = mkdtempSync(join(tmpdir(), "discover-"));
  const file = join(directory, "site.ts");
  const [printed, asked, told]: [string[], string[], string[]] = [[], [], []];
  const terminal = terminalWith(answers, asked, told);
  const where = address ?? [endpoint, "--fingerprint", await fingerprintOf(endpoint)];
  const output = args.includes("--json") || args.includes("--output") ? [] : ["--output", file];
  let refusal: string | undefined;
  try {
    await discover([...where, ...output, ...args], {
      environment,
      terminal,
      print: (text) => printed.push(text),
      answersAt: async () => false,
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refusal = error.message;
  }
  const site = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const ca = join(directory, "proxmox-ca/127.0.0.1.pem");
  const authority = existsSync(ca) ? readFileSync(ca, "utf8") : undefined;
  const stack = site === undefined ? undefined : run(site, directory)["talos-gpu"];
  rmSync(directory, { recursive: true });
  return {
    printed: printed.join("\n"),
    asked,
    told: told.join("\n"),
    refusal,
    site,
    authority,
    stack,
  } satisfies Outcome;
}

export const at = async (options: ClusterOptions = {}, how: Run = {}): Promise<Outcome> =>
  discovered((await proxmoxWith(options)).endpoint, how);

export const vmWith = (properties: object) => ({
  resource: { proxmox_virtual_environment_vm: { talos_node: expect.objectContaining(properties) } },
});
