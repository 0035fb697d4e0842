import { matches } from "./condition";
import type { Check, Rule } from "./rule";
import { shown } from "./shown";

export const endpointHttps: Omit<Rule<unknown>, "checks"> = {
  id: "endpoint-https",
  demands: "an endpoint is an https URL",
  because: "Proxmox and Kubernetes serve their APIs over TLS only, and the providers refuse anything else",
  source: "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs#endpoint",
};

/** Checks that the endpoint is an https URL; `pattern` says what else it has to be. */
export const isHttpsEndpoint = (endpoint: string, pattern: RegExp, advice: string): Check => ({
  holds: matches(endpoint, pattern),
  problem: `endpoint ${shown(endpoint)} is not ${advice}`,
});
