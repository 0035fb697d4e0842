import type { Kubectl } from "../../kubectl";
import { eventually } from "./eventually";

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** The pods of a namespace that are not on their way out. */
export async function podsIn(kubectl: Kubectl, namespace: string, selector = ""): Promise<Pod[]> {
  const { items } = await kubectl.get<{ items: Pod[] }>("pods", `--namespace=${namespace}`, `--selector=${selector}`);
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** The UIDs of pods, which are others once the pods are replaced. */
export const uidsOf = async (kubectl: Kubectl, namespace: string, selector?: string): Promise<string[]> =>
  (await podsIn(kubectl, namespace, selector)).map(({ metadata }) => metadata.uid).sort();

/** Which of the pods are not ready. */
export const unreadyOf = async (kubectl: Kubectl, namespace: string, selector?: string): Promise<string[]> =>
  (await podsIn(kubectl, namespace, selector))
    .filter(({ status }) => !status.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
    .map(({ metadata }) => metadata.name);

/** The configuration that each of the pods of Cilium has read when it started. A pod shows it just after it became ready. */
export const startedWith = (kubectl: Kubectl, selector: string): Promise<Record<string, string>[]> =>
  eventually(async () =>
    (await podsIn(kubectl, "kube-system", selector)).map(({ metadata }) => {
      const shown = metadata.annotations?.["lab/started-with"];
      if (shown === undefined) throw new Error(`${metadata.name} does not show yet what it started with`);
      return JSON.parse(shown);
    }),
  );
