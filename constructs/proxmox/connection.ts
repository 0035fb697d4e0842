import { type IResolvable, type Precondition, TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { ProxmoxProvider } from "../../.gen/providers/proxmox/provider";
import {
  boolean,
  type Field,
  parseProps,
  required,
  type Schema,
  stringCheckedByRule,
  unchecked,
  urlString,
} from "../props/schema";
import { checkStaticBoolean } from "../props/static-boolean";
import { placeInStack } from "../rules/argument";
import { claim, type EarlierClaim } from "../rules/claims";
import { type Condition, equal, matches } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { enforce, ifSet, type Rule } from "../rules/rule";
import { providerDocs } from "../rules/source";
import { withLogicalId } from "../terraform/logical-id";
import { checkSameStack } from "../terraform/own-stack";
import { caFolder } from "./ca-folder";
import * as endpoint from "./endpoint";

const kinds = ["password", "api-token", "ticket", "environment"] as const;

/**
 * How to authenticate:
 *
 * - `password`: the user's password, asked for as the sensitive variable `proxmox_password`
 * - `api-token`: a token, asked for as the sensitive variable `proxmox_api_token`
 * - `ticket`: asked for as the sensitive variables `proxmox_auth_ticket` and `proxmox_csrf_prevention_token`
 * - `environment`: the provider's own `PROXMOX_VE_…` variables, in the environment Terraform runs in
 *
 * The variables of a stack's further connections begin with the connection's id instead of `proxmox`.
 */
export type ProxmoxCredentials = (typeof kinds)[number];

/** Where the Proxmox API is, and how to authenticate. */
export interface ProxmoxConnectionProps {
  /**
   * Address of the API with its port, such as `https://pve.example:8006/`.
   *
   * @default - `PROXMOX_VE_ENDPOINT` in the environment Terraform runs in
   */
  readonly endpoint?: string;

  /** How to authenticate. Secrets are never part of the synthesized stack. */
  readonly credentials: ProxmoxCredentials;

  /**
   * User with realm. Only root@pam may pass through raw PCI addresses.
   *
   * @default - root@pam with a password; with `environment`, `PROXMOX_VE_USERNAME`
   */
  readonly username?: string;

  /**
   * Accept any certificate, so that anyone who answers at the endpoint receives the credentials. For the certificate of
   * a fresh Proxmox, put its CA into `proxmox-ca/` instead; `npm run discover` does so.
   *
   * @default false
   */
  readonly insecure?: boolean | IResolvable;

  /**
   * Check at plan time that the hosts have what the stack needs: the GPUs, their IOMMU groups, mappings, memory, storages. Write
   * `false` for hosts that Terraform cannot reach at plan time, and for accounts without `Sys.Audit` on `/`. Which data
   * sources exist depends on it, so it cannot be a Terraform variable.
   *
   * @default true
   */
  readonly checkHost?: boolean;
}

/** What is no text may hold a secret all the more: its rule says so without showing it. */
const credentialsShape: Field<ProxmoxCredentials> = {
  invalid: () => "password",
  parse: (value) => (typeof value === "string" ? value : "") as ProxmoxCredentials,
};

/** Secrets that people write where they belong to Terraform. */
const secrets: Readonly<Record<string, string>> = Object.fromEntries(
  [
    { names: ["password"], kind: "password", variable: "password" },
    { names: ["apiToken", "api_token", "token", "tokenSecret"], kind: "api-token", variable: "api_token" },
    { names: ["ticket", "authTicket", "auth_ticket"], kind: "ticket", variable: "auth_ticket" },
  ].flatMap(({ names, kind, variable }) =>
    names.map((name) => [
      name,
      `write credentials: "${kind}" and give it to Terraform in the environment variable TF_VAR_proxmox_${variable}`,
    ]),
  ),
);

export const schema: Schema<ProxmoxConnectionProps> = {
  endpoint: urlString,
  credentials: required(credentialsShape),
  username: stringCheckedByRule,
  insecure: boolean,
  checkHost: unchecked(),
};

/** A connection as far as its rules are concerned. */
interface Connecting extends ProxmoxConnectionProps {
  readonly id: string;
  /** The stack's connections before it. */
  readonly earlierConnections: readonly EarlierClaim<ProxmoxConnection>[];
}

const isUserName = (username: string | undefined): Condition =>
  username === undefined || matches(username, /^[^:/ {}]+@[a-z][a-z0-9._-]+$/i);

export const rules: readonly Rule<Connecting>[] = [
  ...endpoint.rules,
  {
    id: "credentials-kind",
    requirement: `credentials are one of ${kinds.join(", ")}`,
    reason: "secrets come from sensitive variables or from the environment, never from the program",
    source: providerDocs("bpg/proxmox", "#authentication"),
    checks: ({ credentials }) =>
      ifSet(credentials, (credentials) => ({
        condition: kinds.includes(credentials),
        message: `credentials must be one of ${kinds.map(formatValue).join(", ")} (value hidden); give Terraform the secret itself in an environment variable such as TF_VAR_proxmox_password`,
      })),
  },
  {
    id: "check-host",
    requirement: "`checkHost` is a literal boolean",
    reason: "Terraform has to know which data sources there are before it knows any variable",
    source: "https://developer.hashicorp.com/terraform/language/data-sources",
    checks: ({ checkHost }) => ifSet(checkHost, (checkHost) => checkStaticBoolean("checkHost", checkHost)),
  },
  {
    id: "username-realm",
    requirement: "a user name ends in its realm",
    reason: "the provider refuses a user name without a realm",
    source: providerDocs("bpg/proxmox", "#username"),
    checks: ({ username }) =>
      ifSet(username, (username) => ({
        condition: isUserName(username),
        message: `username ${formatValue(username)} is not a user name with its realm; write it as in "root@pam", without the name of a token`,
      })),
  },
  {
    id: "proxmox-certificate",
    severity: "warning",
    requirement: "the certificate of Proxmox is checked",
    reason: "otherwise an attacker who answers at its address receives the credentials, such as root's password",
    source: "https://pve.proxmox.com/pve-docs/chapter-sysadmin.html#sysadmin_certificate_management",
    checks: (connection) => {
      const atStake = `the certificate of Proxmox is not checked, and whoever answers at its address is sent ${sentBy(connection)}`;
      const advice = `trust the CA of Proxmox in ${caFolder}/, where npm run discover writes it`;
      const variable = inEnvironment("INSECURE");
      return [
        ...ifSet(connection.insecure, (insecure) => ({
          condition: equal(insecure, false),
          message: `insecure is ${formatValue(insecure)}: ${atStake}; leave it out, and ${advice}`,
        })),
        {
          condition: variable === undefined || /^(0|f|false)$/i.test(process.env[variable] ?? ""),
          message: `${variable} is set in the environment: ${atStake}; unset it, and ${advice}`,
        },
      ];
    },
  },
  {
    id: "connection-id",
    requirement: "every other connection of a stack has a unique id that Terraform accepts as a name",
    reason: "the id is the provider's alias, and the names of the connection's variables begin with it",
    source: "https://developer.hashicorp.com/terraform/language/providers/configuration",
    checks: ({ id, earlierConnections }) =>
      earlierConnections.length === 0
        ? []
        : [
            {
              condition: matches(id, /^[a-zA-Z_][a-zA-Z0-9_-]*$/),
              message: `the id ${formatValue(id)} is not a name; write letters, digits, "_" and "-", as in "second"`,
            },
            ...earlierConnections.map(({ value, by }) => ({
              condition: value.name !== id,
              message: `the id ${formatValue(id)} is already used by ${by}; choose another one`,
            })),
          ],
  },
];

/** What the provider sends to authenticate. */
function sentBy({ credentials, username }: ProxmoxConnectionProps): string {
  const isRoot = equal(username ?? "root@pam", "root@pam");
  if (credentials === "password" && isRoot !== false)
    return "root@pam's password, which can do everything on the host and on all of its VMs";
  return {
    password: "the password",
    "api-token": "the API token",
    ticket: "the ticket",
    environment: "the credentials",
  }[credentials];
}

/** What every construct that uses a connection is held to. */
export const useRules: readonly Rule<{ readonly connection?: ProxmoxConnection; readonly user: Construct }>[] = [
  {
    id: "connection-in-stack",
    requirement: "a construct uses a connection of its own stack",
    reason: "a provider belongs to one stack; another stack does not have it, or would use its own default provider",
    source: "https://developer.hashicorp.com/terraform/language/providers/configuration",
    checks: ({ connection, user }) => ifSet(connection, (connection) => checkSameStack("connection", connection, user)),
  },
];

/**
 * A Proxmox API, and the account that a stack uses there. The first of a stack is its default provider; further ones
 * have their id as the provider's alias.
 *
 * @example
 * new ProxmoxConnection(stack, "proxmox", { endpoint: "https://pve.example:8006/", credentials: "api-token" });
 *
 * @see https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs#authentication
 */
export class ProxmoxConnection extends Construct {
  /** The provider, to set what no prop covers. */
  readonly resource: ProxmoxProvider;
  /** URL of the Proxmox API; undefined if the environment has it. */
  readonly endpoint?: string;
  /** How the provider authenticates. */
  readonly credentials: ProxmoxCredentials;
  /** The Proxmox cluster behind the endpoint, however that is spelled; of two connections to it the same. */
  readonly cluster: string;
  /** Whether the plan checks that the hosts have what the stack needs. */
  readonly checkHost: boolean;
  /** What the stack's elements for this connection are named after: `proxmox` for the first, its id for others. */
  readonly name: string;
  /** The provider, for whatever uses a connection that is not the stack's first. */
  readonly provider?: ProxmoxProvider;
  /** Plan-time checks of the connection, for the resources that use it. */
  readonly preconditions: Precondition[];

  private readonly username?: string;
  private readonly ticket?: string;

  constructor(scope: Construct, id: string, props: ProxmoxConnectionProps) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema, secrets);
    const { insecure } = parsed.props;
    // What is refused must not show in what other rules say of the user.
    const credentials = kinds.includes(parsed.props.credentials) ? parsed.props.credentials : "password";
    const username = isUserName(parsed.props.username) === false ? undefined : parsed.props.username;
    const earlierConnections = claim<ProxmoxConnection>(
      `connections of ${TerraformStack.of(this).node.path}`,
      "",
      this,
      this,
    );
    const isFirst = earlierConnections.length === 0;
    this.preconditions = [
      ...parsed.preconditions,
      ...enforce(this, rules, { ...parsed.props, id, earlierConnections }),
    ];
    this.checkHost = parsed.props.checkHost ?? true;
    this.name = isFirst ? "proxmox" : id;
    this.endpoint = parsed.props.endpoint;
    this.cluster = endpoint.clusterOf(this, this.endpoint);
    this.credentials = credentials;
    this.username = username ?? (credentials === "password" ? "root@pam" : undefined);
    this.ticket = credentials === "ticket" ? this.secret("auth_ticket", "Ticket of POST /access/ticket") : undefined;
    this.resource = new ProxmoxProvider(this, "Resource", {
      alias: isFirst ? undefined : this.name,
      endpoint: this.endpoint,
      insecure,
      username: credentials === "password" || credentials === "environment" ? this.username : undefined,
      password: credentials === "password" ? this.secret("password", "Password of the Proxmox user") : undefined,
      apiToken:
        credentials === "api-token" ? this.secret("api_token", "API token, as user@realm!name=secret") : undefined,
      authTicket: this.ticket,
      csrfPreventionToken:
        credentials === "ticket"
          ? this.secret("csrf_prevention_token", "CSRF token that came with the ticket")
          : undefined,
    });
    this.provider = isFirst ? undefined : this.resource;
  }

  /** Account that the stack uses, for messages. */
  get user(): string {
    return this.username ? formatValue(this.username) : `whoever the ${this.credentials} names`;
  }

  /** Whether the stack acts as this user, and not as one of its API tokens. */
  isUser(user: string): Condition {
    if (this.credentials === "api-token") return false;
    return this.ticket ? isTicketOf(user, this.ticket) : equal(this.username, user);
  }

  /**
   * What the environment has that the provider would use instead of these credentials, unless it is the user's own:
   * it prefers a token to a ticket, and a ticket to a password.
   */
  overriddenBy(user: string): string | undefined {
    const token = inEnvironment("API_TOKEN");
    if (token) return `the API token in ${token}`;
    const ticket = inEnvironment("AUTH_TICKET");
    if (this.ticket || !ticket || !inEnvironment("CSRF_PREVENTION_TOKEN")) return undefined;
    return isTicketOf(user, process.env[ticket]) === true
      ? undefined
      : `the ticket in ${ticket}, which is not ${user}'s,`;
  }

  private secret(name: string, description: string): string {
    const variable = new TerraformVariable(this, name, { type: "string", sensitive: true, description });
    return withLogicalId(`${this.name}_${name}`, variable).stringValue;
  }
}

const isTicketOf = (user: string, ticket: string | undefined): Condition =>
  matches(ticket, new RegExp(`^PVE:${user.replace("@", "(@|%40)")}:`));

/** The variable in which the provider finds the setting; part of it still reads the names of an earlier version. */
const inEnvironment = (setting: string): string | undefined =>
  [`PROXMOX_VE_${setting}`, `PM_VE_${setting}`].find((name) => process.env[name]);
