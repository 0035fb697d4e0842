import { isPlainObject } from "../../props/plain-data";
import { isUnknown, not } from "../../rules/condition";
import type { Check, Rule } from "../../rules/rule";
import { talosDocs } from "../../rules/source";
import { asYaml } from "../../terraform/document";
import { documentsOf } from "./document";
import { has, hasPath } from "./effect";
import type { TalosPatch } from "./patch";
import type { GivenPatch } from "./protected-setting";

/** Keys that only control plane nodes have a use for. A worker refuses those that are `refused`. */
const controlPlaneKeys: readonly { readonly key: readonly string[]; readonly refused?: boolean }[] = [
  { key: ["cluster", "etcd"], refused: true },
  { key: ["machine", "features", "kubernetesTalosAPIAccess"], refused: true },
  ...[
    "apiServer",
    "controllerManager",
    "scheduler",
    "coreDNS",
    "extraManifests",
    "extraManifestHeaders",
    "inlineManifests",
    "adminKubeconfig",
    "allowSchedulingOnControlPlanes",
    "aggregatorCA",
    "serviceAccount",
    "secretboxEncryptionSecret",
    "aescbcEncryptionSecret",
  ].map((key) => ({ key: ["cluster", key] })),
];

/** The patch for a worker, without what only control plane nodes have; undefined if nothing is left. */
export function forWorkers(patch: TalosPatch): TalosPatch | undefined {
  const documents = documentsOf(patch);
  if (isUnknown(patch) || !controlPlaneKeys.some(({ key }) => documents.some((each) => has(each, key) !== false))) {
    return patch;
  }
  const left = documents.map((document) =>
    controlPlaneKeys.reduce<unknown>((rest, { key }) => withoutKey(rest, key), document),
  );
  const filled = left.filter((document) => isPlainObject(document) && Object.keys(document).length > 0);
  if (filled.length === 0) return undefined;
  return typeof patch === "string" ? filled.map(asYaml).join("---\n") : (filled[0] as object);
}

/** Without the key, and without the objects that have nothing else in them. */
function withoutKey(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined || !isPlainObject(value) || !(key in value)) return value;
  const { [key]: inside, ...others } = value;
  const left = rest.length === 0 ? {} : withoutKey(inside, rest);
  const isEmpty = isPlainObject(left) && Object.keys(left).length === 0;
  return isEmpty ? others : { ...others, [key]: left };
}

export const rules: readonly Rule<{
  /** Patches of all machines of a cluster that has workers. */
  readonly shared: readonly GivenPatch[];
  /** Patches of workers alone. */
  readonly ofWorkers: readonly GivenPatch[];
}>[] = [
  {
    id: "config-patch-role",
    requirement: "a patch of workers has no keys that only control plane nodes have",
    reason: "a worker refuses some of them, and the others do nothing there",
    source: talosDocs("reference/configuration/v1alpha1/config#cluster"),
    checks: ({ shared, ofWorkers }) => [
      ...shared.flatMap(({ path, patch }) =>
        isUnknown(patch)
          ? controlPlaneKeys.flatMap(({ key, refused }) => (refused ? [checkWithout(path, patch, key)] : []))
          : [],
      ),
      ...ofWorkers.flatMap(({ path, patch }) => controlPlaneKeys.map(({ key }) => checkWithout(path, patch, key))),
    ],
  },
];

const checkWithout = (where: string, patch: TalosPatch, key: readonly string[]): Check => ({
  condition: not(hasPath(patch, key)),
  message: `${where} has ${key.join(".")}, which only control plane nodes have; write it in controlPlanePatches`,
});
