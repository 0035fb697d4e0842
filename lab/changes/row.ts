import { type Effect, effectsWorstFirst, verdicts } from "../../review/effect";
import type { Change } from "../../review/plan";
import type { Case, Part } from "./cases";
import type { PodsSeen } from "./pods";

/** Whether the guest is asked to shut down, or its power is cut. */
export type Restart = "shut down" | "stopped";

/** What becomes of a cluster when a prop of it changes. */
export interface Row {
  readonly part: Part;
  readonly each: Case;
  /** What whoever refuses it says. */
  readonly refusal?: string;
  /** What Terraform changes, the worst first. */
  readonly changes: readonly Change[];
  /** How the host switched the VM off to start it again, of the VM's props. */
  readonly restart?: Restart;
  /** What became of running pods; undefined where the change was refused or not applied. */
  readonly pods?: PodsSeen;
}

/** The rule that a refusal names. */
export const ruleIn = (refusal: string): string | undefined => /\[([a-z0-9-]+)\]\s*$/.exec(refusal.trim())?.[1];

/** In the order of tables: what is lost before what is refused, and nothing last. */
export const ranks = [...effectsWorstFirst.filter((effect) => effect !== "recorded"), "refused", "recorded"] as const;

export const verdictOf = ({ refusal, changes }: Row): string =>
  refusal === undefined ? verdicts[worstOf(changes)] : "refused";

const worstOf = (changes: readonly Change[]): Effect =>
  effectsWorstFirst.find((effect) => changes.some((change) => change.effect === effect)) ?? "recorded";
