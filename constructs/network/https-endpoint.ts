import { Fn, Token } from "cdktf";
import { type Condition, isUnknown, matches, not, or } from "../rules/condition";
import { asFunctionArgument, expression } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";
import { providerDocs } from "../rules/source";
import { isAddress } from "./ip-address";

export const endpointHttps: Omit<Rule<unknown>, "checks"> = {
  id: "endpoint-https",
  requirement: "an endpoint is an https URL",
  reason: "Proxmox and Kubernetes serve their APIs over TLS only, and the providers refuse anything else",
  source: providerDocs("bpg/proxmox", "#endpoint"),
};

/** A port after its host, in a pattern: 1 to 65535. */
export const port = ":([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

/** A host in a URL, in a pattern: a name, an address, or one of IPv6 in brackets, which `bracketsHoldAddress` judges. */
export const host = "([a-zA-Z0-9][a-zA-Z0-9._-]*|[[][0-9a-fA-F.]*:[0-9a-fA-F:.]*])";

/** Whether what stands in brackets is an address, where there are any. */
export const bracketsHoldAddress = (url: string): Condition => or(not(matches(url, /[[]/)), isAddress(inBrackets(url)));

const inBrackets = (url: string): string =>
  isUnknown(url)
    ? Token.asString(expression`try(regex("[[]([^]]*)", ${url})[0], "")`)
    : (/\[([^\]]*)/.exec(url)?.[1] ?? "");

/** The host of an https URL, one of IPv6 without its brackets; empty where there is none. */
export const hostIn = (url: string): string =>
  isUnknown(url)
    ? Token.asString(expression`try(regex("^https://[[]?([^]/]*?)]?(:[0-9]+)?$", ${url})[0], "")`)
    : (/^https:[/][/]\[?([^\]/]*?)\]?(:[0-9]+)?$/.exec(url)?.[1] ?? "");

/** Checks that the endpoint is an https URL; `pattern` says what else it has to be. */
export const checkHttpsEndpoint = (endpoint: string, pattern: RegExp, advice: string): Check => ({
  condition: matches(endpoint, pattern),
  message: `endpoint ${formatValue(withoutSecrets(endpoint))} is not ${advice}`,
});

/** The URL for a message: what is before an `@` may be a secret. */
export const withoutSecrets = (url: string): string =>
  isUnknown(url)
    ? Token.asString(Fn.replace(asFunctionArgument(url), "/(?i)^([a-z]+:[/][/])?.*@/", "$1…@"))
    : url.replace(/^([a-z]+:[/][/])?.*@/is, "$1…@");
