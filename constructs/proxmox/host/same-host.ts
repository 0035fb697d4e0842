import type { Construct } from "constructs";
import { and, type Condition, equal, isUnknown, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { type Check, ifSet, type Rule } from "../../rules/rule";
import { providerDocs } from "../../rules/source";
import { some } from "../../terraform/rows";
import type { ProxmoxConnection } from "../connection";
import type { PciMapping } from "../pci/pci-mapping";
import type { BootMedium } from "../vm/boot-medium";
import { DownloadedImage } from "./downloaded-image";
import type { Host } from "./host-facts";

/** A VM as far as it is made of parts that have a host of their own. */
export interface Assembled {
  readonly node: string;
  readonly connection?: ProxmoxConnection;
  readonly boot: BootMedium;
  /** The GPUs by mapping. */
  readonly mappingUses: readonly { readonly slot: number; readonly mapping?: PciMapping }[];
  readonly host?: Host;
}

/** The image that the app downloads. */
export const downloadedImageOf = ({ image }: BootMedium): DownloadedImage | undefined =>
  image instanceof DownloadedImage ? image : undefined;

/** Whether both talk to the same Proxmox cluster, as far as their endpoints say. */
function isSameCluster(one: ProxmoxConnection, other: ProxmoxConnection): Condition {
  if (one === other || one.cluster === other.cluster) return true;
  if (!isUnknown(one.endpoint) && !isUnknown(other.endpoint)) return false;
  return one.endpoint === undefined || other.endpoint === undefined || equal(one.endpoint, other.endpoint);
}

const source = providerDocs("bpg/proxmox", "/resources/virtual_environment_vm");

export const rules: readonly Rule<Assembled>[] = [
  {
    id: "same-cluster",
    requirement: "the image and the mappings of a VM are of its own Proxmox cluster",
    reason: "another cluster does not have the image or the mapping, so the VM is not created",
    source,
    checks: ({ connection, boot, mappingUses }) =>
      ifSet(connection, (connection) => {
        const partOf = (path: string, part: Construct & { readonly connection?: ProxmoxConnection }): Check[] =>
          ifSet(part.connection, (other) => ({
            condition: isSameCluster(connection, other),
            message: `${path} is ${part.node.path}, of the connection ${other.node.path}, and the VM of ${connection.node.path}; make both with one connection`,
          }));
        return [
          ...ifSet(downloadedImageOf(boot), (image) => partOf("boot.image", image)),
          ...mappingUses.flatMap(({ slot, mapping }) =>
            ifSet(mapping, (mapping) => partOf(`gpus[${slot}].mapping`, mapping)),
          ),
        ];
      }),
  },
  {
    id: "image-on-node",
    requirement: "an image is downloaded on the VM's own node, or to a storage that both nodes share",
    reason: "the node would not find the image, so the VM is not created",
    source: `${source}#import_from`,
    checks: ({ node, boot, host }) =>
      ifSet(downloadedImageOf(boot), ({ placed }) => {
        if (!host) return [];
        const isShared = some(host.storages, (storage) =>
          and(equal(storage.name, placed.datastore), equal(storage.shared, true)),
        );
        return {
          condition: or(equal(placed.node, node), isShared),
          message: `boot.image is downloaded to ${formatValue(placed.datastore)} of node ${formatValue(placed.node)}, which node ${formatValue(node)} does not share; download it with node: ${formatValue(node)}, or to a shared storage`,
        };
      }),
  },
  {
    id: "image-on-node-unchecked",
    severity: "warning",
    requirement: "an image for another node is on a storage that both nodes share; only the hosts can confirm that",
    reason: "otherwise the node does not find the image, and the VM is not created",
    source: `${source}#import_from`,
    checks: ({ node, boot, host }) =>
      ifSet(host ? undefined : downloadedImageOf(boot), ({ placed }) => ({
        condition: equal(placed.node, node),
        message: `boot.image is downloaded to ${formatValue(placed.datastore)} of node ${formatValue(placed.node)}, and with checkHost: false nothing checks whether node ${formatValue(node)} shares it; download it with node: ${formatValue(node)}, or make sure that it does`,
      })),
  },
];
