import { parseAllDocuments } from "yaml";
import type { Method } from "../../../constructs/gpu/method";
import type { Vendor } from "../../../constructs/gpu/vendor";

/** What is looked at of an object of Kubernetes. */
interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly nodeSelector?: Readonly<Record<string, string>>;
        readonly tolerations?: readonly object[];
        readonly affinity?: {
          readonly nodeAffinity?: {
            readonly requiredDuringSchedulingIgnoredDuringExecution?: {
              readonly nodeSelectorTerms: readonly {
                readonly matchExpressions: readonly { readonly key: string; readonly values?: readonly string[] }[];
              }[];
            };
          };
        };
      };
    };
  };
}

/** The plugin is what the stack waits for, goes to the nodes that it labels and no others, and tolerates the taint. */
export function expectPlugin({ label, taint }: Vendor, { daemonSet, selector }: Method, manifest: string): void {
  const objects: (Workload | null)[] = parseAllDocuments(manifest).map((document) => document.toJS());
  const plugin = objects.find((each) => each?.kind === "DaemonSet" && each.metadata.name === daemonSet);
  expect(plugin).toMatchObject({ metadata: { name: daemonSet } });
  for (const [key = "", value] of selector.split(",").map((each) => each.split("="))) {
    if (key) expect(plugin?.metadata.labels).toMatchObject({ [key]: value });
  }
  const { nodeSelector = {}, affinity, tolerations } = plugin?.spec.template.spec ?? {};
  expect(tolerations).toContainEqual({ key: taint.key, operator: "Exists", effect: taint.effect });
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms ?? [{ matchExpressions: [] }];
  const fits = (labels: Readonly<Record<string, string>>) =>
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value) &&
    terms.some(({ matchExpressions }) =>
      matchExpressions.every(({ key, values }) => values?.includes(labels[key] ?? "")),
    );
  const platform = { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" };
  expect([fits(platform), fits({ ...platform, [label]: "true" })]).toEqual([false, true]);
}
