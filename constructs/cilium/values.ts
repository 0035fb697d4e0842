import { merge } from "ts-deepmerge";
import { type Condition, equal, isUnknown, not, or } from "../rules/condition";
import type { Check, Rule } from "../rules/rule";
import { shown } from "../rules/shown";
import { kubePrismPort } from "../talos/patch";

/** Values of the Cilium chart. */
export type CiliumValues = Readonly<Record<string, unknown>>;

/**
 * What Talos requires of Cilium.
 *
 * @see https://www.talos.dev/v1.13/kubernetes-guides/network/deploying-cilium/
 */
export const talosValues: CiliumValues = {
  ipam: { mode: "kubernetes" },
  kubeProxyReplacement: true,
  k8sServiceHost: "localhost",
  k8sServicePort: kubePrismPort,
  cgroup: { autoMount: { enabled: false }, hostRoot: "/sys/fs/cgroup" },
};

/** Talos lets no container load kernel modules, so SYS_MODULE, which the chart asks for, is left out. */
const capabilities: CiliumValues = {
  securityContext: {
    capabilities: {
      ciliumAgent: [
        "CHOWN",
        "KILL",
        "NET_ADMIN",
        "NET_RAW",
        "IPC_LOCK",
        "SYS_ADMIN",
        "SYS_RESOURCE",
        "DAC_OVERRIDE",
        "FOWNER",
        "SETGID",
        "SETUID",
      ],
      cleanCiliumState: ["NET_ADMIN", "SYS_ADMIN", "SYS_RESOURCE"],
    },
  },
};

/** Two operators never share a node, so on a single one the second would wait for ever. */
const singleNodeValues: CiliumValues = { operator: { replicas: 1 } };

/** Rendered manifests must come out the same every time, so the certificates are made in the cluster. */
export const inlineManifestValues: CiliumValues = { hubble: { tls: { auto: { method: "cronJob" } } } };

/** Merges deeply, the later values over the earlier; a list replaces a list, as with Helm. */
export function mergeValues(...values: CiliumValues[]): CiliumValues {
  return merge.withOptions({ mergeArrays: false }, ...values) as CiliumValues;
}

export const defaultValues = mergeValues(talosValues, capabilities, singleNodeValues);

export const rules: readonly Rule<{ readonly values: CiliumValues; readonly required: CiliumValues }>[] = [
  {
    id: "cilium-talos-values",
    demands: "values that Talos requires keep their values",
    because: "Cilium does not start with others, or takes the node's network down",
    source: "https://www.talos.dev/v1.13/kubernetes-guides/network/deploying-cilium/",
    checks: ({ values, required }) => [
      ...leaves(required).map(([path, needed]): Check => {
        const value = at(values, path);
        return {
          holds: sameValue(value, needed),
          problem: `values.${path.join(".")} is ${shown(value)}; write ${shown(needed)} or leave it out`,
        };
      }),
      ...listed(at(values, ["securityContext", "capabilities", "ciliumAgent"])).map(
        (capability): Check => ({
          holds: not(equal(capability, "SYS_MODULE")),
          problem:
            "values.securityContext.capabilities.ciliumAgent has SYS_MODULE, which Talos grants to no container; leave it out",
        }),
      ),
      {
        // https://docs.cilium.io/en/stable/installation/k8s-install-helm/ names the fault: Talos forwards DNS on the host.
        holds: or(not(isTrue(at(values, ["bpf", "masquerade"]))), isTrue(at(values, ["bpf", "hostLegacyRouting"]))),
        problem: "values.bpf.masquerade is true, which breaks Talos's DNS; write bpf.hostLegacyRouting: true too",
      },
    ],
  },
];

const isTrue = (value: unknown): Condition => (isUnknown(value) ? equal(value, true) : value === true);
const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function sameValue(value: unknown, needed: unknown): Condition {
  // Helm takes the port as a number and as text.
  return or(equal(value, needed), typeof needed === "number" ? equal(value, String(needed)) : false);
}

function leaves(values: CiliumValues, path: readonly string[] = []): [path: readonly string[], value: unknown][] {
  return Object.entries(values).flatMap(([key, value]) =>
    typeof value === "object" && value !== null
      ? leaves(value as CiliumValues, [...path, key])
      : [[[...path, key], value] as [readonly string[], unknown]],
  );
}

function at(values: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return values;
  return typeof values === "object" && values !== null ? at((values as CiliumValues)[first], rest) : undefined;
}
