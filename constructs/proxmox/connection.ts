import { type IResolvable, type Precondition, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { ProxmoxProvider } from "../../.gen/providers/proxmox/provider";
import { type Condition, equal, matches } from "../rules/condition";
import { endpointHttps, isHttpsEndpoint } from "../rules/https-endpoint";
import { enforce, given, type Rule } from "../rules/rule";
import { fitProps, flag, literal, required, type Shape, text } from "../rules/shape";
import { shown } from "../rules/shown";
import { at } from "../terraform/address";

const kinds = ["password", "api-token", "ticket", "environment"] as const;

/**
 * How to authenticate:
 *
 * - `password`: the user's password, asked for as the sensitive variable `proxmox_password`
 * - `api-token`: a token, asked for as the sensitive variable `proxmox_api_token`
 * - `ticket`: asked for as the sensitive variables `proxmox_auth_ticket` and `proxmox_csrf_prevention_token`
 * - `environment`: the provider's own `PROXMOX_VE_…` variables, in the environment Terraform runs in
 */
export type ProxmoxCredentials = (typeof kinds)[number];

export interface ProxmoxConnectionProps {
  /**
   * Address of the API, such as `https://pve.example:8006/`.
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
   * Accept any certificate, such as the self-signed one of a fresh Proxmox installation.
   *
   * @default false
   */
  readonly insecure?: boolean | IResolvable;
}

export const shape: Shape<ProxmoxConnectionProps> = {
  endpoint: text,
  credentials: required(literal()),
  username: text,
  insecure: flag,
};

const providerDocs = "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs";

export const rules: readonly Rule<ProxmoxConnectionProps>[] = [
  {
    ...endpointHttps,
    checks: ({ endpoint }) =>
      given(endpoint, (endpoint) =>
        isHttpsEndpoint(endpoint, /^https:[/][/][^/ ]+/, 'an https URL; write it as in "https://pve.example:8006/"'),
      ),
  },
  {
    id: "credentials-kind",
    demands: `credentials are one of ${kinds.join(", ")}`,
    because: "secrets come from sensitive variables or from the environment, never from the program",
    source: `${providerDocs}#authentication`,
    checks: ({ credentials }) =>
      given(credentials, (credentials) => ({
        holds: kinds.includes(credentials),
        problem: `credentials is something else, not shown as it may be a secret; write one of ${kinds.map(shown).join(", ")}`,
      })),
  },
  {
    id: "username-realm",
    demands: "a user name ends in its realm",
    because: "the provider refuses it without",
    source: `${providerDocs}#username`,
    checks: ({ username }) =>
      given(username, (username) => ({
        holds: matches(username, /^[^@ ]+@[^@ ]+$/),
        problem: `username ${shown(username)} has no realm; write it as in "root@pam"`,
      })),
  },
];

/**
 * The Proxmox API that a stack talks to, and as whom: one per stack.
 *
 * @see https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs#authentication
 */
export class ProxmoxConnection extends Construct {
  readonly resource: ProxmoxProvider;
  readonly endpoint?: string;
  readonly credentials: ProxmoxCredentials;
  /** What only Terraform can check of the connection, for the resources that use it. */
  readonly preconditions: Precondition[];

  private readonly username?: string;
  private readonly ticket?: string;

  constructor(scope: Construct, id: string, props: ProxmoxConnectionProps) {
    super(scope, id);
    const fitted = fitProps(this, props, shape);
    const { endpoint, credentials, username, insecure } = fitted.props;
    this.preconditions = [...fitted.preconditions, ...enforce(this, rules, fitted.props)];
    this.endpoint = endpoint;
    this.credentials = credentials;
    this.username = username ?? (credentials === "password" ? "root@pam" : undefined);
    this.ticket = credentials === "ticket" ? this.secret("auth_ticket", "Ticket of POST /access/ticket") : undefined;
    this.resource = new ProxmoxProvider(this, "Resource", {
      endpoint,
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
  }

  /** Whose rights the stack has, for messages. */
  get user(): string {
    return this.username ? shown(this.username) : `whoever the ${this.credentials} names`;
  }

  /** Whether the stack acts as this user, and not as one of its API tokens. */
  isUser(user: string): Condition {
    if (this.credentials === "api-token") return false;
    return this.ticket
      ? matches(this.ticket, new RegExp(`^PVE:${user.replace("@", "(@|%40)")}:`))
      : equal(this.username, user);
  }

  private secret(name: string, description: string): string {
    return at(`proxmox_${name}`, new TerraformVariable(this, name, { type: "string", sensitive: true, description }))
      .stringValue;
  }
}
