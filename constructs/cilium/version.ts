import { Fn } from "cdktf";
import { and, type Condition, isUnknown, matches, not, versionNumber } from "../rules/condition";
import { asFunctionArgument } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { hasMinor } from "../talos/version";
import { lives } from "../versions/lives";

/** Tested by its makers with the default version of Kubernetes. */
export const defaultCiliumVersion = lives.cilium["1.19"].newest;

/** What depends on the minor version of Cilium. */
interface MinorVersion {
  /** The Gateway API whose CRDs it needs. */
  readonly gatewayApi: string;
  /** The first Gateway API with whose CRDs its operator does not start; empty where none is known. */
  readonly gatewayApiBelow: string;
  /** The agent reads the kernel's log, for which its chart asks for a capability. */
  readonly syslog: boolean;
  /** It announces addresses of IPv6: https://github.com/cilium/cilium/pull/39648 */
  readonly announcesIpv6: boolean;
  /** The first patch release that runs on a kernel from 7.2 on: https://github.com/cilium/cilium/issues/48016 */
  readonly kernel72: number;
}

/** The supported minor versions, oldest first. */
export const ciliumMinors = {
  "1.18": { gatewayApi: "v1.3.0", gatewayApiBelow: "v1.5.0", syslog: false, announcesIpv6: false, kernel72: 14 },
  "1.19": { gatewayApi: "v1.4.1", gatewayApiBelow: "v1.5.0", syslog: true, announcesIpv6: true, kernel72: 8 },
  "1.20": { gatewayApi: "v1.6.1", gatewayApiBelow: "", syslog: true, announcesIpv6: true, kernel72: 2 },
} as const satisfies Readonly<Record<string, MinorVersion>>;

export type CiliumMinor = keyof typeof ciliumMinors;

const minors = Object.keys(ciliumMinors) as CiliumMinor[];
const newest = minors[minors.length - 1] as CiliumMinor;

/** What `choose` says of the version's minor; Terraform looks it up where only Terraform knows the version. */
export function byCiliumMinor<Value>(version: string, choose: (minor: MinorVersion) => Value): Value {
  if (isUnknown(version)) {
    const byMinor = Object.fromEntries(minors.map((minor) => [minor, choose(ciliumMinors[minor])]));
    return Fn.lookup(byMinor, Fn.regex("1[.][0-9]+", asFunctionArgument(version)));
  }
  const minor = minors.find((each) => version?.startsWith(`${each}.`)) ?? newest;
  return choose(ciliumMinors[minor]);
}

export const rules: readonly Rule<{ readonly version: string; readonly talosVersion?: string }>[] = [
  {
    id: "cilium-version-supported",
    requirement: `a Cilium version is complete, such as ${defaultCiliumVersion}, and of a minor version among ${minors.join(", ")}`,
    reason: "the values that Talos requires are known for these, and Cilium maintains no others",
    source: "https://docs.cilium.io/en/stable/installation/k8s-install-helm/",
    checks: ({ version, talosVersion }) => [
      { condition: isSupported(version), message: unsupportedMessage(version) },
      ...ifSet(talosVersion, (talosVersion) => kernelChecks(version, talosVersion)),
    ],
  },
];

/** Whether the agent starts on the kernel of the Talos version. */
const kernelChecks = (version: string, talosVersion: string): Check[] =>
  minors.map((minor) => {
    const first = ciliumMinors[minor].kernel72;
    const before = Array.from({ length: first }, (_, patch) => patch).join("|");
    return {
      condition: not(
        and(
          hasMinor(talosVersion, ({ kernel72 }) => kernel72),
          matches(version, new RegExp(`^${minor.replace(".", "[.]")}[.](${before})$`)),
        ),
      ),
      message: `version ${formatValue(version)} does not start on the kernel of Talos ${formatValue(talosVersion)}, https://github.com/cilium/cilium/issues/48016; write "${minor}.${first}" or later`,
    };
  });

const isSupported = (version: string): Condition =>
  matches(version, new RegExp(`^(${minors.join("|").replaceAll(".", "[.]")})[.]${versionNumber}$`));

function unsupportedMessage(version: string): string {
  const bare = isUnknown(version) ? version : version.replace(/^v/, "");
  return bare !== version && isSupported(bare) === true
    ? `version ${formatValue(version)} begins with a "v", as no version of Cilium does; write ${formatValue(bare)}`
    : `version ${formatValue(version)} is not supported; write one of ${minors.join(", ")} in full, such as "${defaultCiliumVersion}"`;
}
