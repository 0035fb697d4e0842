import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withoutKubernetes } from "./environment";
import { folderOf, type StackState, storedAttributes } from "./stack-state";
import { inQuotes } from "./state";

/** A Helm release that a stack has in its state and no longer in its configuration. */
export interface LeavingRelease {
  readonly stack: string;
  readonly release: string;
  readonly namespace: string;
  readonly kubeconfig: string;
}

/** The releases that the next apply removes. */
export const leavingReleases = (states: readonly StackState[]): LeavingRelease[] =>
  states.flatMap(({ stack, directory, state }) => {
    const { resource } = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8"));
    const configured = Object.entries<{ readonly name?: unknown }>(resource?.helm_release ?? {});
    const folder = folderOf(state);
    if (folder === undefined) return [];
    return storedAttributes(state, "helm_release").flatMap(({ name: address, attributes: { name, namespace } }) =>
      configured.some(([key, release]) => key === address || release.name === name)
        ? []
        : [
            {
              stack,
              release: String(name),
              namespace: String(namespace),
              kubeconfig: join(directory, folder, "kubeconfig"),
            },
          ],
    );
  });

/**
 * The releases that are in the cluster after an apply that has removed them, a sentence for each. The Helm provider takes a
 * release that it cannot read for deleted, and the API may restart in the same apply.
 *
 * @param states after the apply
 * @param patience milliseconds to wait for the API
 * @see https://github.com/hashicorp/terraform-provider-helm/blob/v3.1.2/helm/resource_helm_release.go
 */
export async function keptReleases(
  leaving: readonly LeavingRelease[],
  states: readonly StackState[],
  patience = 120_000,
): Promise<string[]> {
  const end = Date.now() + patience;
  const kept: string[] = [];
  // Whoever did not approve the plan still has them in the state.
  const still = leavingReleases(states);
  for (const { stack, release, namespace, kubeconfig } of leaving) {
    // The cluster has left with its release.
    if (!existsSync(kubeconfig) || still.some((each) => each.stack === stack && each.release === release)) continue;
    let records = recordsOf(release, namespace, kubeconfig);
    while (records === undefined && Date.now() < end) {
      await sleep(5000);
      records = recordsOf(release, namespace, kubeconfig);
    }
    if (records === "") continue;
    const found = records === undefined ? "Kubernetes does not answer, so it may still be" : "it is still";
    kept.push(
      `${stack} has the Helm release ${release} no longer, and ${found} in the cluster; once the API answers, remove it: helm --kubeconfig ${inQuotes(kubeconfig)} --namespace ${namespace} uninstall --ignore-not-found ${release}`,
    );
  }
  return kept;
}

/** Names of Helm's records of a release; undefined if the API does not answer. */
function recordsOf(release: string, namespace: string, kubeconfig: string): string | undefined {
  const { status, stdout } = spawnSync(
    "kubectl",
    [
      ...["--kubeconfig", kubeconfig, "--namespace", namespace, "--request-timeout=10s", "get", "secrets"],
      ...[`--selector=owner=helm,name=${release}`, "--ignore-not-found", "--output=name"],
    ],
    { encoding: "utf8", env: withoutKubernetes(process.env), timeout: 20_000 },
  );
  return status === 0 ? stdout.trim() : undefined;
}
