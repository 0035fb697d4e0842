import type { ApiRequest, Route } from "./api-request";
import type { BackupJob } from "./backup-job";
import { all } from "./permission";

/** What is kept is answered taken apart. */
const seen = ({ "prune-backups": kept, ...job }: BackupJob) => ({
  type: "vzdump",
  ...job,
  ...(kept === undefined
    ? {}
    : { "prune-backups": Object.fromEntries(kept.split(",").map((each) => each.split("=") as [string, string])) }),
});

/** The properties that a request gives. */
const given = ({ parameters }: ApiRequest): Record<string, string> =>
  Object.fromEntries([...parameters].filter(([name]) => name !== "id" && name !== "delete"));

/** Who makes backups on a storage may remove what is there. */
function demandStorage({ caller }: ApiRequest, storage = "local"): void {
  caller.demand(`/storage/${storage}`, "Datastore.Allocate");
}

/**
 * The cluster's backup jobs.
 *
 * @see https://git.proxmox.com/?p=pve-manager.git;a=blob;f=PVE/API2/Backup.pm
 */
export const backupRoutes: readonly Route[] = [
  ["GET", "/cluster/backup", all("/", "Sys.Audit"), ({ cluster }) => cluster.backupJobs.all.map(seen)],
  [
    "POST",
    "/cluster/backup",
    all("/", "Sys.Modify"),
    (request) => {
      const { enabled = "1", ...others } = given(request);
      demandStorage(request, others.storage);
      request.cluster.backupJobs.create({ ...others, enabled, id: request.required("id") });
      return null;
    },
  ],
  [
    "GET",
    "/cluster/backup/:id",
    all("/", "Sys.Audit"),
    ({ cluster, path }) => seen(cluster.backupJobs.get(String(path.id))),
  ],
  [
    "PUT",
    "/cluster/backup/:id",
    all("/", "Sys.Modify"),
    (request) => {
      const removed = (request.optional("delete") ?? "").split(/[,;\s]+/);
      const changes = given(request);
      request.cluster.backupJobs.update(String(request.path.id), (job) => {
        demandStorage(request, job.storage);
        if (changes.storage !== undefined) demandStorage(request, changes.storage);
        const kept = Object.entries(job).filter(([name]) => !removed.includes(name));
        return { ...Object.fromEntries(kept), ...changes, id: job.id };
      });
      return null;
    },
  ],
  [
    "DELETE",
    "/cluster/backup/:id",
    all("/", "Sys.Modify"),
    ({ cluster, path }) => {
      cluster.backupJobs.remove(String(path.id));
      return null;
    },
  ],
];
