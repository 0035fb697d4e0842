import { and, type Condition, equal, isUnknown, less, not, or, product, sum } from "../../rules/condition";
import { formatValue, toTokenString } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { some } from "../../terraform/rows";
import type { Host, HostStorage } from "../host/host-facts";
import { type Content, images, imports, isOn, isos, storageChecks } from "../host/host-storage";
import type { BootMedium } from "./boot-medium";
import { type Disk, defaultDatastore } from "./disk";
import type { VmEfiDisk } from "./firmware";
import { isKnown, type ReplacementGuard } from "./replacement-guard";

/** A VM as far as it names storages. */
export interface Storing {
  readonly disks: readonly Disk[];
  readonly efiDisk: VmEfiDisk | false;
  readonly initialization?: { readonly datastore?: string };
  readonly boot: BootMedium;
  readonly guard: ReplacementGuard;
  readonly host?: Host;
}

/** Where a VM keeps what has no storage of its own: the storage of its first disk. */
export const datastoreOf = ([first]: readonly Disk[]): string => first?.datastore ?? defaultDatastore;

/** A storage that a VM names, and for what. */
interface Named {
  readonly path: string;
  readonly datastore: string;
  readonly content: Content;
  /** Proxmox makes a volume of that content there, and refuses where the storage does not take it. */
  readonly isMade: boolean;
}

/** The storages that a VM names, each once for what is kept there. */
function namedBy({ disks, efiDisk, initialization, boot: { image, iso } }: Storing): Named[] {
  const volumes = { "boot.image.fileId": image?.fileId, "boot.iso.fileId": iso?.fileId };
  const all = [
    ...disks.map(({ datastore = defaultDatastore }, index) => made(`disks[${index}].datastore`, datastore)),
    ...(efiDisk === false ? [] : [made("efiDisk.datastore", efiDisk.datastore ?? datastoreOf(disks))]),
    ...(initialization
      ? [{ ...made("initialization.datastore", initialization.datastore ?? datastoreOf(disks)), isMade: false }]
      : []),
    ...Object.entries(volumes).flatMap(([path, fileId]) =>
      // What a download is called is not known here, and is checked by itself.
      fileId === undefined || isUnknown(fileId)
        ? []
        : [
            {
              path,
              datastore: `${fileId.split(":")[0]}`,
              content: path.includes("iso") ? isos : imports,
              isMade: false,
            },
          ],
    ),
  ];
  return all.filter(
    ({ datastore, content, isMade }, index) =>
      !all
        .slice(0, index)
        .some(
          (earlier) => earlier.datastore === datastore && earlier.content === content && (earlier.isMade || !isMade),
        ),
  );
}

const made = (path: string, datastore: string): Named => ({ path, datastore, content: images, isMade: true });

const gibibyte = 1024 ** 3;

/** GiB that the VM's disks take on each storage. */
function neededBy({ disks }: Storing): Map<string, number> {
  const needed = new Map<string, number>();
  for (const { datastore = defaultDatastore, size } of disks) {
    const before = needed.get(datastore);
    needed.set(datastore, before === undefined ? size : sum([before, size]));
  }
  return needed;
}

const source = "https://pve.proxmox.com/pve-docs/chapter-pvesm.html";

export const rules: readonly Rule<Storing>[] = [
  {
    id: "vm-storage",
    requirement:
      "every storage that a VM names is on its node, enabled and active, and has the content types of the VM's disks",
    reason: "the VM is not created otherwise, or does not start, in the middle of the apply",
    source,
    checks: (vm) =>
      ifSet(vm.host, (host) =>
        namedBy(vm).flatMap(({ path, datastore, content, isMade }) => {
          const { isThere, isFit, isUsable } = storageChecks(path, datastore, host, content);
          return [isThere, ...(isMade ? [isFit] : []), isUsable];
        }),
      ),
  },
  {
    id: "vm-storage-content",
    requirement: "the storage of an image, an ISO or a cloud-init drive has that content type",
    reason: "Proxmox uses existing files there, but does not list them and accepts no new ones",
    source,
    severity: "warning",
    checks: (vm) =>
      ifSet(vm.host, (host) =>
        namedBy(vm)
          .filter(({ isMade }) => !isMade)
          .map(({ path, datastore, content }) => storageChecks(path, datastore, host, content).isFit),
      ),
  },
  {
    id: "vm-storage-space",
    requirement: "a storage has room for the disks of a VM when it is created",
    reason: "the VM is not created otherwise, or its disks stop taking data when the storage is full",
    source,
    severity: "warning",
    checks: (vm) =>
      ifSet(vm.host, ({ storages, name }) =>
        [...neededBy(vm)].map(([datastore, size]) => {
          const bytes = product(size, gibibyte);
          const isFull = (storage: HostStorage): Condition =>
            and(equal(storage.name, datastore), isOn(storage), less(storage.available, bytes));
          return {
            // A VM that is there has its disks already.
            condition: or(isKnown(vm.guard), not(some(storages, isFull))),
            message: `disks takes ${toTokenString(size)} GiB of storage ${formatValue(datastore)}, which has less free space on node ${formatValue(name)}; make room on it, or write another datastore`,
          };
        }),
      ),
  },
];
