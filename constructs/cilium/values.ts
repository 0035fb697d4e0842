import { keeps, valueAt } from "../rules/chart-values";
import { type Condition, equal, isUnknown, not, or } from "../rules/condition";
import type { Check, Rule } from "../rules/rule";
import { kubePrismPort } from "../talos/patch";
import { mergeValues } from "../terraform/document";

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

export const defaultValues = mergeValues(talosValues, capabilities, singleNodeValues);

export const rules: readonly Rule<{ readonly values: CiliumValues; readonly required: CiliumValues }>[] = [
  {
    id: "cilium-talos-values",
    demands: "values that Talos requires keep their values",
    because: "Cilium does not start with others, or takes the node's network down",
    source: "https://www.talos.dev/v1.13/kubernetes-guides/network/deploying-cilium/",
    checks: ({ values, required }) => [
      ...keeps(values, required),
      ...listed(valueAt(values, ["securityContext", "capabilities", "ciliumAgent"])).map(
        (capability): Check => ({
          holds: not(equal(capability, "SYS_MODULE")),
          problem:
            "values.securityContext.capabilities.ciliumAgent has SYS_MODULE, which Talos grants to no container; leave it out",
        }),
      ),
      {
        // https://docs.cilium.io/en/stable/installation/k8s-install-helm/ names the fault: Talos forwards DNS on the host.
        holds: or(
          not(isTrue(valueAt(values, ["bpf", "masquerade"]))),
          isTrue(valueAt(values, ["bpf", "hostLegacyRouting"])),
        ),
        problem: "values.bpf.masquerade is true, which breaks Talos's DNS; write bpf.hostLegacyRouting: true too",
      },
    ],
  },
];

const isTrue = (value: unknown): Condition => (isUnknown(value) ? equal(value, true) : value === true);
const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
