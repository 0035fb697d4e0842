import type { Markdown } from "./markdown";

/** Something that the configuration says and the project by itself does not. */
export interface Addition {
  /** What it is, on one line. */
  readonly title: Markdown;
  /** Why an approver should look; nothing if it is a setting like others. */
  readonly reasons: readonly string[];
  /** All of it, to be read. */
  readonly content?: Markdown;
}
