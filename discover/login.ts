import type { ProxmoxApi } from "./api";
import { Refusal } from "./refusal";
import type { Terminal } from "./terminal";

/** An account that is logged in. */
export interface Session {
  readonly api: ProxmoxApi;
  /** User with realm, or the token's name: `terraform@pve!talos`. */
  readonly account: string;
  /** What a configuration says of how to authenticate likewise. */
  readonly credentials: "password" | "ticket" | "api-token";
}

interface Ticket {
  readonly ticket: string;
  readonly NeedTFA?: number;
}

const root = "root@pam";
const tokenForm = /^(?<account>[^@=!\s]+@[^@=!\s]+![^=\s]+)=(?<secret>\S+)$/;

const tokenAdvice =
  "make an API token, which needs no second factor (docs/host.md has the commands), and give it in PROXMOX_VE_API_TOKEN";

/**
 * Logs in with what the environment has, in the order of the provider, or with what is asked for.
 *
 * @throws Refusal where Proxmox does not accept it
 */
export async function logIn(api: ProxmoxApi, environment: NodeJS.ProcessEnv, terminal: Terminal): Promise<Session> {
  const { PROXMOX_VE_API_TOKEN: token, PROXMOX_VE_USERNAME: username, PROXMOX_VE_PASSWORD: password } = environment;
  if (token) return withToken(api, token, terminal);
  if (password) return withPassword(api, withRealm(username || root), password, terminal);
  if (!terminal.isInteractive) {
    throw new Refusal(
      "There is no terminal to ask for a password in; set PROXMOX_VE_API_TOKEN, or PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD.",
    );
  }
  const account = withRealm(
    username ||
      (await terminal.ask("User with realm, or name of an API token (user@realm!name)", {
        default: root,
        problemOf: (answer) => problemOf(withRealm(answer)),
      })),
  );
  const [question, log] = account.includes("!")
    ? [`Secret of ${account}`, (secret: string) => withToken(api, `${account}=${secret}`, terminal)]
    : [`Password of ${account}`, (secret: string) => withPassword(api, account, secret, terminal)];
  return inTries(question, terminal, log);
}

/** A mistyped password may be typed again. */
const tries = 3;

async function inTries(
  question: string,
  terminal: Terminal,
  log: (secret: string) => Promise<Session>,
): Promise<Session> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await log(await terminal.askSecret(question));
    } catch (error) {
      if (!(error instanceof NotAccepted) || left === 0) throw error;
      terminal.tell(`${error.message} Try again, ${left === 1 ? "once" : "twice"} more.`);
    }
  }
}

/** The only user whose name says the realm. */
const withRealm = (account: string): string => (account === "root" ? root : account);

const problemOf = (account: string): string | undefined =>
  /^[^@\s]+@[^@\s]+$/.test(account)
    ? undefined
    : `The user "${account}" has no realm; write it as in "root@pam", or "terraform@pve".`;

/** The secret is wrong, or the name. */
class NotAccepted extends Refusal {}

async function withToken(api: ProxmoxApi, token: string, terminal: Terminal): Promise<Session> {
  const { account } = tokenForm.exec(token)?.groups ?? {};
  if (account === undefined) {
    throw new Refusal(
      "The API token is not of the form user@realm!name=secret; Proxmox showed the secret once, when it was made.",
    );
  }
  terminal.tell(`Logging in as ${account}`);
  const session = api.as({ authorization: `PVEAPIToken=${token}` });
  const { status, reason } = await session.call("GET", "/version");
  if (status === 401) {
    throw new NotAccepted(
      `Proxmox does not accept the API token ${account}: ${reason} Its name or its secret is wrong, or it has expired; \`pveum user token list ${account.split("!")[0]}\` on the host shows those that there are.`,
    );
  }
  return { api: session, account, credentials: "api-token" };
}

async function withPassword(api: ProxmoxApi, username: string, password: string, terminal: Terminal): Promise<Session> {
  const problem = problemOf(username);
  if (problem !== undefined) throw new Refusal(problem);
  terminal.tell(`Logging in as ${username}`);
  const first = await api.call<Ticket | null>("POST", "/access/ticket", { username, password });
  if (first.status === 401) {
    throw new NotAccepted(
      `Proxmox does not accept ${username} with this password: ${first.reason}. Mind the realm: @pam is for users of the host itself, such as root, @pve for those that Proxmox keeps.`,
    );
  }
  if (first.status !== 200 || !first.data?.ticket) {
    if (first.status === 200) throw api.notProxmox();
    throw new Refusal(`Proxmox does not log ${username} in: ${first.status} ${first.reason}`);
  }
  const { ticket } = first.data;
  if (!first.data.NeedTFA) return { api: withTicket(api, ticket), account: username, credentials: "password" };
  return {
    api: withTicket(api, await secondFactor(api, username, ticket, terminal)),
    account: username,
    // Terraform cannot be asked for a second factor.
    credentials: "ticket",
  };
}

/** The challenge names the ways, as `PVE:!tfa!{"totp":true,…}:…`. */
async function secondFactor(api: ProxmoxApi, username: string, challenge: string, terminal: Terminal): Promise<string> {
  if (!/^PVE:!tfa!.*%22totp%22%3Atrue/i.test(challenge)) {
    throw new Refusal(`${username} has a second factor that only a browser can give; ${tokenAdvice}.`);
  }
  if (!terminal.isInteractive) {
    throw new Refusal(`${username} has a second factor, and there is no terminal to ask for it in; ${tokenAdvice}.`);
  }
  const code = await terminal.ask("One-time password");
  const parameters = { username, password: `totp:${code}`, "tfa-challenge": challenge };
  const second = await api.call<Ticket | null>("POST", "/access/ticket", parameters);
  if (second.status === 200 && second.data?.ticket) return second.data.ticket;
  throw new Refusal(
    `Proxmox does not accept the one-time password: ${second.reason}. Take a new one, and check that both clocks are right; or ${tokenAdvice}.`,
  );
}

const withTicket = (api: ProxmoxApi, ticket: string): ProxmoxApi =>
  api.as({ cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}` });
