import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { IResolvable } from "cdktf";
import type { Construct } from "constructs";
import { equal } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import { rememberedOf } from "../terraform/remembered-fact";
import { isEmpty, joined, RememberedList } from "../terraform/remembered-list";

/** Where local volumes are. */
interface Place {
  readonly disk: string;
  readonly storageClass: string;
}

/** Remembers in the state where the volumes were from the first apply on. */
export const volumeGuard = (scope: Construct, address: string, { disk, storageClass }: Place): Resource =>
  withLogicalId(
    address,
    nullResource(scope, "Guard", {
      triggers: { disk, storage_class: storageClass },
      lifecycle: { ignoreChanges: ["triggers"] },
    }),
  );

/** A node that keeps volumes. */
interface Keeper {
  readonly name: string;
  readonly machine: { readonly replaceable?: boolean };
}

/** Remembers in the state which nodes keep volumes that are not to be lost. */
export const rememberedNodes = (scope: Construct, address: string, nodes: readonly Keeper[]): RememberedList =>
  new RememberedList(
    scope,
    address,
    nodes.map(({ name, machine }) => ({ name, fact: "", mayGo: machine.replaceable === true })),
  );

export const rules: readonly Rule<
  Place & {
    readonly guard: Resource;
    readonly nodes: readonly Keeper[];
    readonly remembered: RememberedList;
  }
>[] = [
  {
    id: "local-storage-kept",
    requirement: "local volumes stay on their nodes and disks, and keep the name of their storage class",
    reason: "Talos would create an empty volume, and no pod would find the data of the old one",
    source: talosDocs("configure-your-talos-cluster/storage-and-disk-management/disk-management/user"),
    checks: ({ guard, disk, storageClass, nodes, remembered }) => [
      ...(
        [
          ["disk", "disk", disk],
          ["storageClass", "storage_class", storageClass],
        ] as const
      ).map(([prop, fact, value]) => {
        const remembered = rememberedOf(guard, fact, value);
        return {
          condition: equal(remembered, value),
          message: `${prop} ${formatValue(value)} would abandon the volumes of ${formatValue(remembered)} behind; write ${formatValue(remembered)} again, or remove the LocalStorage, apply, and add it again`,
        };
      }),
      nodesKept(remembered.without(nodes.map(({ name }) => name))),
    ],
  },
];

const nodesKept = (lost: IResolvable): Check => ({
  condition: isEmpty(lost),
  message: `node lacks ${joined(lost)} or its disk, and the volumes on it would be destroyed; add it again, or write replaceable: true for its VM and apply before you remove it`,
});
