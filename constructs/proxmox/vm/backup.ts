import { Token } from "cdktf";
import type { Construct } from "constructs";
import { BackupJob } from "../../../.gen/providers/proxmox/backup-job";
import type { VirtualEnvironmentVm } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { isInvalid, number, objectOf, required, string, unionOf } from "../../props/schema";
import { isUnknown, matches, wholeNumber } from "../../rules/condition";
import { expression } from "../../rules/expression";
import { formatValue, toTokenString } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { withLogicalId } from "../../terraform/logical-id";
import type { Host } from "../host/host-facts";
import { backups, checkContent } from "../host/host-storage";
import { checkStorageName, proxmoxName } from "../name";

/** How many backups are kept: the newest ones, and the newest of each of so many periods. */
export interface BackupRetention {
  /**
   * How many of the newest backups are kept.
   *
   * @default - none for being the newest
   */
  readonly last?: number;
  /**
   * For how many hours the newest backup of each is kept.
   *
   * @default - none by the hour
   */
  readonly hourly?: number;
  /**
   * For how many days the newest backup of each is kept.
   *
   * @default - none by the day
   */
  readonly daily?: number;
  /**
   * For how many weeks the newest backup of each is kept.
   *
   * @default - none by the week
   */
  readonly weekly?: number;
  /**
   * For how many months the newest backup of each is kept.
   *
   * @default - none by the month
   */
  readonly monthly?: number;
  /**
   * For how many years the newest backup of each is kept.
   *
   * @default - none by the year
   */
  readonly yearly?: number;
}

/** Backups of a VM's disks, which a job of Proxmox makes while the VM runs. */
export interface VmBackup {
  /** Storage of the node with the content type "Backup" enabled. */
  readonly datastore: string;

  /**
   * When, as a calendar event of Proxmox: `02:30`, `sat 04:00`, `mon..fri 22:00`.
   *
   * @default "02:00"
   * @see https://pve.proxmox.com/pve-docs/chapter-calendar-events.html
   */
  readonly schedule?: string;

  /** How many backups are kept, such as `{ last: 3, weekly: 4 }`; the others are removed. */
  readonly keep: BackupRetention;
}

const retentionShape = { last: number, hourly: number, daily: number, weekly: number, monthly: number, yearly: number };

export const schema = objectOf<VmBackup>({
  datastore: required(string),
  schedule: string,
  keep: required(unionOf<BackupRetention>(retentionShape, "last", "hourly", "daily", "weekly", "monthly", "yearly")),
});

export const withDefaults = (backup: VmBackup | undefined) =>
  backup && { ...backup, schedule: backup.schedule ?? "02:00" };

/**
 * The forms of a calendar event: a word, or days of the week, a date and a time of which some may be left out. It is for text in which a
 * comma ends every item of a list, so that each list stands in it once: Terraform has to check it too.
 */
function calendarEvent(): RegExp {
  const range = (item: string) => `${item}([.][.]${item})?`;
  const list = (item: string) => `(${item},)+`;
  const numbers = (number: string) => list(`([*]|${range(number)})([/](0?[1-9]|[1-5][0-9]))?`);
  const [month, day] = ["(0?[1-9]|1[0-2])", "(0?[1-9]|[12][0-9]|3[01])"].map(numbers);
  const [hour, minute] = ["([01]?[0-9]|2[0-3])", "[0-5]?[0-9]"].map(numbers);
  const days = list(range("(mon|tue|wed|thu|fri|sat|sun)"));
  const date = `(([*]|[0-9]{4}),-)?${month}-${day}`;
  // Alone it is minutes, of every hour.
  const time = `(${hour}:(${minute}:)?)?${minute}`;
  const word = "(minutely|hourly|daily|weekly|monthly|quarterly|semiannually|yearly)";
  return new RegExp(`^(${word}, |(${days} )?(${date} )?(${time} )?)$`, "i");
}

/** The schedule with a comma after every list. */
const withCommas = (schedule: string): string =>
  isUnknown(schedule)
    ? Token.asString(expression`replace(${`${schedule} `}, ${"/([ :-])/"}, ${",$1"})`)
    : `${schedule} `.replace(/[ :-]/g, ",$&");

const schedulePattern = calendarEvent();
const source = "https://pve.proxmox.com/pve-docs/chapter-vzdump.html";

/** A VM as far as its backups are concerned. */
export interface BackedUp {
  readonly backup?: VmBackup & { readonly schedule: string };
  readonly host?: Host;
}

export const rules: readonly Rule<BackedUp>[] = [
  {
    ...proxmoxName,
    checks: ({ backup }) => ifSet(backup, ({ datastore }) => checkStorageName("backup.datastore", datastore)),
  },
  {
    id: "backup-schedule",
    requirement: "backups are scheduled by a calendar event of Proxmox",
    reason: "Proxmox refuses anything else when the job is created, in the middle of the apply",
    source: "https://pve.proxmox.com/pve-docs/chapter-calendar-events.html",
    checks: ({ backup }) =>
      ifSet(backup, ({ schedule }) => ({
        condition: matches(withCommas(schedule), schedulePattern),
        message: `backup.schedule ${formatValue(schedule)} is not a calendar event; write it as in "02:30", "sat 04:00" or "mon..fri 22:00"`,
      })),
  },
  {
    id: "backup-keep",
    requirement: "at least one backup is kept, and whole numbers of them",
    reason: "Proxmox refuses other numbers, and keeps everything if none is set",
    source: `${source}#vzdump_retention`,
    checks: ({ backup }) =>
      ifSet(backup, ({ keep }) => {
        const kept = Object.entries(keep).filter(([, value]) => value !== undefined);
        if (kept.length === 0 && !isInvalid(keep)) {
          return [{ condition: false, message: "backup.keep is empty; write how many to keep, such as { last: 3 }" }];
        }
        return kept.map(([name, value]) => ({
          condition: wholeNumber(value, 1),
          message: `backup.keep.${name} is ${formatValue(value)}; write a whole number, 1 or more, or leave it out`,
        }));
      }),
  },
  {
    id: "storage-backups",
    requirement:
      "the storage for backups is on the node, enabled, active, and has the content type Backup when Terraform plans",
    reason: "the job would be created, and fail at every run",
    source,
    checks: ({ backup, host }) =>
      ifSet(host, (host) =>
        ifSet(backup, ({ datastore }) => checkContent("backup.datastore", datastore, host, backups)),
      ),
  },
];

/** The job. Its id, like those of VMs, is unique in the cluster. */
export function backupJobOf(
  scope: Construct,
  vm: VirtualEnvironmentVm,
  { datastore, schedule, keep }: VmBackup & { readonly schedule: string },
): BackupJob {
  // Named by its VM, it is removed before it.
  const vmId = Token.asString(vm.vmId);
  return withLogicalId(
    scope.node.id,
    new BackupJob(scope, "Backup", {
      provider: vm.provider,
      id: `vm-${vmId}`,
      vmid: [vmId],
      storage: datastore,
      schedule,
      // Proxmox's own default is none.
      compress: "zstd",
      pruneBackups: retention(keep),
    }),
  );
}

const retention = (keep: BackupRetention): Record<string, string> =>
  Object.fromEntries(
    Object.entries(keep).flatMap(([name, value]) =>
      value === undefined ? [] : [[`keep-${name}`, toTokenString(value)]],
    ),
  );
