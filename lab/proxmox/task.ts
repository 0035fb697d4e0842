import { ApiError } from "./api-error";

/** A worker of a node; Proxmox answers long calls with its id (UPID) and the caller polls its status. */
export interface Task {
  readonly upid: string;
  readonly type: string;
  readonly user: string;
  readonly status: "running" | "stopped";
  /** `OK`, or the reason why it failed. */
  readonly exitstatus?: string;
  readonly log: readonly string[];
}

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, "0");

/** The tasks of one node. */
export class Tasks {
  private readonly tasks = new Map<string, Task>();

  constructor(private readonly node: string) {}

  get all(): readonly Task[] {
    return [...this.tasks.values()];
  }

  /** Starts the work, which most is over at once, and returns the UPID; a thrown error becomes the task's end, as with Proxmox's workers. */
  run(type: string, id: string, user: string, work: () => void | Promise<void>): string {
    const started = Math.floor(Date.now() / 1000);
    const upid = `UPID:${this.node}:${hex(1000 + this.tasks.size)}:${hex(0)}:${hex(started)}:${type}:${id}:${user}:`;
    const ended = (exitstatus: string) => {
      const log = exitstatus === "OK" ? ["TASK OK"] : [`TASK ERROR: ${exitstatus}`];
      this.tasks.set(upid, { upid, type, user, status: "stopped", exitstatus, log });
    };
    const failed = (error: unknown) => ended(error instanceof Error ? error.message : String(error));
    this.tasks.set(upid, { upid, type, user, status: "running", log: [] });
    try {
      const going = work();
      if (going) going.then(() => ended("OK"), failed);
      else ended("OK");
    } catch (error) {
      failed(error);
    }
    return upid;
  }

  get(upid: string): Task {
    const task = this.tasks.get(upid);
    if (!task) throw new ApiError(500, `unable to read task '${upid}'`);
    return task;
  }
}
