import { Fn, Token } from "cdktf";
import { and, asArgument, type Condition, isUnknown, matches, or } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { shown } from "../rules/shown";

/** A minor version of Talos, and what depends on it. */
export interface TalosMinor {
  readonly minor: string;
  /** First and last supported minor version of Kubernetes 1. */
  readonly kubernetes: readonly [least: number, most: number];
  readonly defaultKubernetes: string;
  /** The host name is a document of its own, and no longer part of `machine.network`. */
  readonly hostnameDocument: boolean;
  /** The NVIDIA driver needs the sysctl net.core.bpf_jit_harden. */
  readonly nvidiaSysctl: boolean;
}

export const defaultTalosVersion = "v1.13.9";
export const defaultKubernetesVersion = "1.35.4";

/** @see https://www.talos.dev/v1.13/introduction/support-matrix/ */
export const talosMinors: readonly TalosMinor[] = [
  { minor: "1.11", kubernetes: [29, 34], defaultKubernetes: "1.34.1", hostnameDocument: false, nvidiaSysctl: true },
  {
    minor: "1.12",
    kubernetes: [30, 35],
    defaultKubernetes: defaultKubernetesVersion,
    hostnameDocument: true,
    nvidiaSysctl: true,
  },
  {
    minor: "1.13",
    kubernetes: [31, 36],
    defaultKubernetes: defaultKubernetesVersion,
    hostnameDocument: true,
    nvidiaSysctl: false,
  },
  {
    minor: "1.14",
    kubernetes: [33, 37],
    defaultKubernetes: defaultKubernetesVersion,
    hostnameDocument: true,
    nvidiaSysctl: false,
  },
];

const minorPattern = /1[.][0-9]+/;
const newest = talosMinors[talosMinors.length - 1] as TalosMinor;

/** What `choose` says of the version's minor; Terraform looks it up where only Terraform knows the version. */
export function byTalosMinor(version: string, choose: (minor: TalosMinor) => string): string {
  if (isUnknown(version)) {
    const choices = talosMinors.map((each) => choose(each));
    if (choices.every((choice) => choice === choices[0])) return choices[0] as string;
    const byMinor = Object.fromEntries(talosMinors.map(({ minor }, place) => [minor, asArgument(choices[place])]));
    return Token.asString(Fn.lookup(byMinor, Fn.regex(minorPattern.source, version)));
  }
  const minor = minorPattern.exec(version ?? "")?.[0];
  return choose(talosMinors.find((each) => each.minor === minor) ?? newest);
}

/** Whether the version is of a minor with the property. */
export const hasMinor = (version: string, property: (minor: TalosMinor) => boolean): Condition =>
  or(
    ...talosMinors
      .filter(property)
      .map(({ minor }) => matches(version, new RegExp(`^v?${minor.replace(".", "[.]")}([.]|$)`))),
  );

const matrix = "https://www.talos.dev/v1.13/introduction/support-matrix/";
const supportedMinors = talosMinors.map(({ minor }) => minor).join(", ");

export const talosVersionRules: readonly Rule<{ readonly version: string }>[] = [
  {
    id: "talos-version-supported",
    demands: `a Talos version is complete, such as ${defaultTalosVersion}, and of a minor among ${supportedMinors}`,
    because: "the machine configuration differs from minor to minor, and a node refuses that of another",
    source: matrix,
    checks: ({ version }) => [
      {
        holds: and(
          matches(version, /^v1[.][0-9]+[.][0-9]+(-[a-z]+[.][0-9]+)?$/),
          hasMinor(version, () => true),
        ),
        problem: `Talos version ${shown(version)} is not supported; write one of ${supportedMinors} in full, such as "${defaultTalosVersion}"`,
      },
    ],
  },
];

export const kubernetesVersionRules: readonly Rule<{ readonly version: string; readonly kubernetesVersion: string }>[] =
  [
    {
      id: "kubernetes-version-supported",
      demands: "the Kubernetes version is one that the Talos minor supports",
      because: "Talos refuses the machine configuration, or runs what nobody has tested",
      source: matrix,
      checks: ({ version, kubernetesVersion }) => {
        const known = hasMinor(version, () => true);
        if (known === false) return [];
        const minors = byTalosMinor(version, ({ kubernetes: [least, most] }) => `1.${least} to 1.${most}`);
        return [
          {
            holds: or(
              ...talosMinors.map(({ minor, kubernetes: [least, most] }) => {
                const supported = Array.from({ length: most - least + 1 }, (_, index) => least + index).join("|");
                return and(
                  hasMinor(version, (each) => each.minor === minor),
                  matches(kubernetesVersion, new RegExp(`^v?1[.](${supported})[.][0-9]+$`)),
                );
              }),
            ),
            problem: `kubernetesVersion ${shown(kubernetesVersion)} is not supported by Talos ${shown(version)}; write one of ${minors} in full, such as "${byTalosMinor(version, (minor) => minor.defaultKubernetes)}"`,
          },
        ];
      },
    },
  ];
