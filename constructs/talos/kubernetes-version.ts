import { and, matches, or, versionNumber } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { byTalosMinor, defaultTalosVersion, hasMinor, talosMinors } from "./version";

/** The version of Kubernetes that a version of Talos runs where none is asked for. */
export const kubernetesOf = (talosVersion: string): string =>
  byTalosMinor(talosVersion, ({ defaultKubernetes }) => defaultKubernetes);

export const defaultKubernetesVersion = kubernetesOf(defaultTalosVersion);

export const rules: readonly Rule<{ readonly version: string; readonly kubernetesVersion: string }>[] = [
  {
    id: "kubernetes-version-supported",
    requirement: "the Talos minor version supports the Kubernetes version",
    reason: "Talos refuses the machine configuration, or runs an untested combination",
    source: talosDocs("getting-started/support-matrix"),
    checks: ({ version, kubernetesVersion }) => {
      const known = hasMinor(version, () => true);
      if (known === false) return [];
      const minors = byTalosMinor(version, ({ kubernetes: [min, max] }) => `1.${min} to 1.${max}`);
      return [
        {
          condition: or(
            ...talosMinors.map(({ minor, kubernetes: [min, max] }) => {
              const supported = Array.from({ length: max - min + 1 }, (_, index) => min + index).join("|");
              return and(
                hasMinor(version, (each) => each.minor === minor),
                matches(kubernetesVersion, new RegExp(`^v?1[.](${supported})[.]${versionNumber}$`)),
              );
            }),
          ),
          message: `kubernetesVersion ${formatValue(kubernetesVersion)} is not supported by Talos ${formatValue(version)}; write one of ${minors} in full, such as "${kubernetesOf(version)}"`,
        },
      ];
    },
  },
];
