/** What goes wrong with a matching call. */
export type Outcome =
  /** The call is refused with this status and reason, and nothing is done. */
  | { readonly status: number; readonly reason: string }
  /** The call is answered late. */
  | { readonly delay: number }
  /** The connection is closed without an answer, and nothing is done. */
  | { readonly drop: true }
  /** The call is accepted, but its task does nothing and ends with this reason. */
  | { readonly failTask: string };

/** A fault by rule. */
export interface Fault {
  readonly method?: string;
  /** Matched against the path below `/api2/json`. */
  readonly path: RegExp;
  /**
   * Which of the matching calls fails, counted from 1.
   *
   * @default - each of them
   */
  readonly call?: number;
  readonly outcome: Outcome;
}

/** The faults in force. */
export class Faults {
  private readonly rules: { fault: Fault; seen: number }[] = [];

  add(fault: Fault): void {
    this.rules.push({ fault, seen: 0 });
  }

  clear(): void {
    this.rules.length = 0;
  }

  /** What happens to this call; each rule counts it. */
  outcomeOf(method: string, path: string): Outcome | undefined {
    const hits = this.rules.filter(({ fault }) => (fault.method ?? method) === method && fault.path.test(path));
    for (const hit of hits) hit.seen += 1;
    return hits.find(({ fault, seen }) => fault.call === undefined || fault.call === seen)?.fault.outcome;
  }
}
