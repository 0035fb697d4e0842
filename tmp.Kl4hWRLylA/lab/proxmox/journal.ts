/** One request and its answer. */
export interface JournalEntry {
  readonly method: string;
  /** Below `/api2/json`, decoded. */
  readonly path: string;
  /** Query and body; repeated keys hold all their values. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** When it was asked, by the clock of `performance.now()`. */
  readonly at: number;
  readonly caller?: string;
  readonly status?: number;
  readonly reason?: string;
}

/** Everything that was asked of the host, in order. */
export class Journal {
  private readonly list: JournalEntry[] = [];
  private readonly waiting = new Set<(entry: JournalEntry) => void>();
  private readonly followers = new Set<(entry: JournalEntry) => void>();

  get entries(): readonly JournalEntry[] {
    return this.list;
  }

  add(entry: JournalEntry): JournalEntry {
    this.list.push(entry);
    for (const notify of this.waiting) notify(entry);
    return entry;
  }

  /** Records how a request ended. */
  answered(entry: JournalEntry, status: number, reason: string): void {
    Object.assign(entry, { status, reason });
    for (const follow of this.followers) follow(entry);
  }

  /** Tells of every request once it is answered. */
  follow(follower: (entry: JournalEntry) => void): void {
    this.followers.add(follower);
  }

  find(method: string, path: RegExp): JournalEntry[] {
    return this.list.filter((entry) => entry.method === method && path.test(entry.path));
  }

  /** The next request of this kind, as soon as it arrives. */
  next(method: string, path: RegExp): Promise<JournalEntry> {
    return new Promise((resolve) => {
      const notify = (entry: JournalEntry): void => {
        if (entry.method !== method || !path.test(entry.path)) return;
        this.waiting.delete(notify);
        resolve(entry);
      };
      this.waiting.add(notify);
    });
  }
}
