import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { checkHttpsEndpoint, endpointHttps, host, port, withoutSecrets } from "../network/https-endpoint";
import { isUnknown, matches, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { ifSet, type Rule } from "../rules/rule";
import { providerDocs } from "../rules/source";
import { resolveTokens } from "../rules/template";

const example = '"https://pve.example:8006/"';
/** A rule of its own reports a user in the URL. */
const https = new RegExp(`^https:[/][/](…@)?${host}(:[0-9]*)?([/][a-z0-9/._-]*)?$`, "i");

const withPort = new RegExp(`^https:[/][/][^/]+${port}([/]|$)`, "i");

export const rules: readonly Rule<{ readonly endpoint?: string }>[] = [
  {
    ...endpointHttps,
    checks: ({ endpoint }) =>
      ifSet(endpoint && withoutSecrets(endpoint), (endpoint) => [
        checkHttpsEndpoint(endpoint, https, `an https URL; write it as in ${example}`),
        {
          condition: or(not(matches(endpoint, https)), matches(endpoint, withPort)),
          message: `endpoint ${formatValue(endpoint)} has no port from 1 to 65535; write it as in ${example}, with 443 where a proxy answers for Proxmox`,
        },
      ]),
  },
  {
    id: "endpoint-no-secrets",
    requirement: "the Proxmox endpoint contains no user and no password",
    reason: "the endpoint is written to the stack in plaintext",
    source: providerDocs("bpg/proxmox", "#authentication"),
    checks: ({ endpoint }) =>
      ifSet(endpoint, (endpoint) => ({
        condition: not(matches(endpoint, /@/)),
        message: `endpoint ${formatValue(withoutSecrets(endpoint))} contains a user, perhaps with a password (hidden); leave it out, and say with credentials how to authenticate`,
      })),
  },
];

/**
 * The Proxmox cluster behind an endpoint, in one spelling. Without an endpoint it is that of the environment. That two
 * hosts are of one cluster only Proxmox knows.
 */
export function clusterOf(scope: Construct, endpoint = process.env.PROXMOX_VE_ENDPOINT): string {
  if (endpoint === undefined) return "the environment's";
  return URL.canParse(endpoint) ? new URL(endpoint).host : inStack(scope, endpoint);
}

/** The text; one that is unknown now is the same wherever its stack has the same expression. */
export const inStack = (scope: Construct, text: string): string =>
  isUnknown(text) ? `${TerraformStack.of(scope).node.path} ${resolveTokens(scope, text)}` : text;
