import { Fn, Token } from "cdktf";
import { isUnknown, matches } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { shown } from "../rules/shown";

/** 1.19 and 1.20 have faults in host networking on Talos: https://github.com/cilium/cilium/issues/46010 */
export const defaultCiliumVersion = "1.18.12";

/** Minor versions, each with the Gateway API that it implements. */
const gatewayApiOf: Readonly<Record<string, string>> = { "1.18": "v1.3.0", "1.19": "v1.4.1", "1.20": "v1.5.1" };
const minors = Object.keys(gatewayApiOf);

/** Manifest with the custom resource definitions of the Gateway API that the version implements. */
export function gatewayApiManifest(version: string): string {
  const minor = version?.split(".").slice(0, 2).join(".");
  const gatewayApi = isUnknown(version)
    ? Token.asString(Fn.lookup(gatewayApiOf, Fn.regex("1[.][0-9]+", version)))
    : gatewayApiOf[minor];
  return `https://github.com/kubernetes-sigs/gateway-api/releases/download/${gatewayApi}/standard-install.yaml`;
}

export const rules: readonly Rule<{ readonly version: string }>[] = [
  {
    id: "cilium-version-supported",
    demands: `a Cilium version is complete, such as ${defaultCiliumVersion}, and of a minor among ${minors.join(", ")}`,
    because: "the values that Talos requires are known for these, and Cilium maintains no others",
    source: "https://docs.cilium.io/en/stable/installation/k8s-install-helm/",
    checks: ({ version }) => [
      {
        holds: matches(version, /^1[.](18|19|20)[.][0-9]+$/),
        problem: `version ${shown(version)} is not supported; write one of ${minors.join(", ")} in full, such as "${defaultCiliumVersion}"`,
      },
    ],
  },
];
