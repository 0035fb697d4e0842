import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { Construct } from "constructs";
import { equal } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import { rememberedOf } from "../terraform/remembered-fact";

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

export const rules: readonly Rule<Place & { readonly guard: Resource }>[] = [
  {
    id: "local-storage-kept",
    requirement: "local volumes stay on their disk, and keep the name of their storage class",
    reason: "Talos would create an empty volume, and no pod would find what is on the one before",
    source: talosDocs("configure-your-talos-cluster/storage-and-disk-management/disk-management/user"),
    checks: ({ guard, disk, storageClass }) =>
      (
        [
          ["disk", "disk", disk],
          ["storageClass", "storage_class", storageClass],
        ] as const
      ).map(([prop, fact, value]) => {
        const remembered = rememberedOf(guard, fact, value);
        return {
          condition: equal(remembered, value),
          message: `${prop} ${formatValue(value)} would leave the volumes that have ${formatValue(remembered)} behind; write ${formatValue(remembered)} again, or take the LocalStorage out, apply, and add it again where that is meant`,
        };
      }),
  },
];
