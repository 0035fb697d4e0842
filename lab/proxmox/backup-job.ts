import { ApiError, invalidParameters } from "./api-error";

/** A job that backs up guests, by the names of Proxmox's properties. */
export type BackupJob = Readonly<Record<string, string>> & { readonly id: string };

/** The backup jobs of the cluster. None ever runs. */
export class BackupJobs {
  private readonly jobs = new Map<string, BackupJob>();

  get all(): readonly BackupJob[] {
    return [...this.jobs.values()];
  }

  get(id: string): BackupJob {
    const job = this.jobs.get(id);
    if (!job) throw invalidParameters({ id: `No such job '${id}'` });
    return job;
  }

  create(job: BackupJob): void {
    if (this.jobs.has(job.id)) throw new ApiError(500, `Job '${job.id}' already exists`);
    this.jobs.set(job.id, selecting(job));
  }

  update(id: string, change: (job: BackupJob) => BackupJob): void {
    this.jobs.set(id, selecting(change(this.get(id))));
  }

  remove(id: string): void {
    this.get(id);
    this.jobs.delete(id);
  }
}

/** A job is of named guests, of a pool, or of all. */
function selecting(job: BackupJob): BackupJob {
  const { all, exclude, vmid, pool } = job;
  const isAll = all === "1" || exclude !== undefined;
  if (isAll && vmid !== undefined) throw invalidParameters({ all: "option conflicts with option 'vmid'" });
  if (!isAll && vmid === undefined && pool === undefined) throw invalidParameters({ vmid: "property is missing" });
  return job;
}
