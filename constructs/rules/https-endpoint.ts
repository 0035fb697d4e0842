import { Fn, Token } from "cdktf";
import { isUnknown, matches } from "./condition";
import { asArgument } from "./expression";
import type { Check, Rule } from "./rule";
import { shown } from "./shown";

export const endpointHttps: Omit<Rule<unknown>, "checks"> = {
  id: "endpoint-https",
  demands: "an endpoint is an https URL",
  because: "Proxmox and Kubernetes serve their APIs over TLS only, and the providers refuse anything else",
  source: "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs#endpoint",
};

/** A port after its host, in a pattern: 1 to 65535. */
export const port = ":([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

/** Checks that the endpoint is an https URL; `pattern` says what else it has to be. */
export const isHttpsEndpoint = (endpoint: string, pattern: RegExp, advice: string): Check => ({
  holds: matches(endpoint, pattern),
  problem: `endpoint ${shown(endpoint)} is not ${advice}`,
});

/** The URL for a message: what is before an `@` may be a secret. */
export const withoutSecrets = (url: string): string =>
  isUnknown(url)
    ? Token.asString(Fn.replace(asArgument(url), "/(?i)^([a-z]+:[/][/])?.*@/", "$1…@"))
    : url.replace(/^([a-z]+:[/][/])?.*@/is, "$1…@");
