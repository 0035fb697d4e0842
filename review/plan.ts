import { isDeepStrictEqual } from "node:util";
import { type Consequences, consequencesOf, diskOptions, type Effect, effects, effectsWorstFirst } from "./effect";
import { blocksOf, entriesOf, isObject, type Json, objectOf, sorted, textOf, textsOf } from "./json";
import { restartsFor } from "./machine-configuration";
import { code, codes, list, type Markdown, none, table, text } from "./markdown";

/**
 * A plan, as `terraform show -json` tells it. It holds secrets: only values of known attributes that nothing calls sensitive
 * are shown.
 *
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
export type Plan = Json;

/** What a plan does to something, and how bad that is. */
export interface Change {
  readonly effect: Effect;
  readonly address: string;
  readonly words: Markdown;
}

/** What changes, the worst first, and in the order of addresses. */
export function changesOf(plan: Plan): Change[] {
  const changes = [...blocksOf(plan.resource_changes).flatMap(ofResource), ...outputsOf(plan)];
  return effectsWorstFirst.flatMap((effect) =>
    changes.filter((change) => change.effect === effect).sort((one, other) => (one.address < other.address ? -1 : 1)),
  );
}

function ofResource(resource: Json): Change[] {
  const change = objectOf(resource.change);
  const actions = textsOf(change.actions);
  const address = textOf(resource.address) ?? "";
  const type = textOf(resource.type) ?? "";
  const known = consequencesOf(type, textOf(resource.name) ?? "");
  const as = ([effect, words]: readonly [Effect, string], more = ""): Change[] => [
    { effect, address, words: `${text(words)}${more}` },
  ];
  if (resource.mode === "data" || actions.includes("read")) return [];
  if (actions.includes("forget")) return as(["recorded", "it stays as it is, and Terraform does not know it any more"]);
  if (actions.includes("delete") && actions.includes("create")) {
    const paths = sorted(blockPathsOf(change.replace_paths));
    const reason = paths.length > 0 ? `; because of ${codes(paths)}` : "";
    return as(known?.replaced ?? ["lost", `an object of a type that this page does not know: ${type}`], reason);
  }
  if (actions.includes("delete"))
    return as(known?.deleted ?? ["lost", `an object of a type that this page does not know: ${type}`]);
  if (actions.includes("create")) return as(known?.created ?? ["made", "made"]);
  if (actions.includes("update")) return updates(address, change, known);
  if (change.importing !== undefined) return as(["recorded", "it is there, and Terraform takes it over"]);
  const previous = textOf(resource.previous_address);
  return previous === undefined ? [] : as(["recorded", "it has another address"], `; it was ${code(previous)}`);
}

/** Paths such as `disk.0.interface`. */
const blockPathsOf = (paths: unknown): string[] =>
  Array.isArray(paths) ? paths.map((path) => textsOf(path).join(".")).filter((path) => path !== "") : [];

/** What an update does, by the effects of the attributes that it changes. */
function updates(address: string, change: Json, known: Consequences | undefined): Change[] {
  const { before, after, after_unknown: unknown } = change;
  const attributes = sorted([...entriesOf(before), ...entriesOf(after), ...entriesOf(unknown)].map(([name]) => name));
  const changed = attributes.filter((name) => {
    const one = objectOf(before)[name] ?? null;
    const other = objectOf(after)[name] ?? null;
    return hasUnknown(objectOf(unknown)[name]) || !isSame(one, other) || sensitivityChanges(change, name);
  });
  const runsOn = restartsFor(objectOf(before).machine_configuration, objectOf(after).machine_configuration) === false;
  const judged = changed.flatMap((name) => {
    if (name === "disk" && known?.attributes.changed?.includes(name)) return disks(change);
    const effect = effectOf(known, name);
    const isTakenOver = runsOn && effect === "restarted";
    return [{ effect: isTakenOver ? ("changed" as const) : effect, words: shownChange(change, name, known) }];
  });
  return effectsWorstFirst.flatMap((effect) => {
    const own = judged.filter((each) => each.effect === effect).map(({ words }) => words);
    if (own.length === 0) return [];
    const words = effect === "lost" ? undefined : known?.words[effect];
    return [{ effect, address, words: `${own.join(", ")}${words === undefined ? "" : `: ${text(words)}`}` }];
  });
}

/** Whether the values are the same to a provider, for which what is left out and what is empty are one. */
const isSame = (one: unknown, other: unknown): boolean => isDeepStrictEqual(given(one), given(other));

function given(value: unknown): unknown {
  if (value === null || (Array.isArray(value) && value.length === 0)) return undefined;
  if (Array.isArray(value)) return value.map(given);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    entriesOf(value).flatMap(([name, each]) => (given(each) === undefined ? [] : [[name, given(each)]])),
  );
}

const effectOf = (known: Consequences | undefined, attribute: string): Effect =>
  attribute === "id"
    ? "recorded"
    : (effectsWorstFirst.find((effect) => known?.attributes[effect]?.includes(attribute)) ?? "unknown");

/** A disk is changed while the VM runs, ends with all that is on it, and moves to another storage while the VM is off. */
function disks({ before, after }: Json): { readonly effect: Effect; readonly words: Markdown }[] {
  const olds = blocksOf(objectOf(before).disk);
  const news = blocksOf(objectOf(after).disk);
  const at = (all: readonly Json[], disk: Json) => all.find((each) => each.interface === disk.interface);
  const named = (disk: Json) => `disk ${code(textOf(disk.interface) ?? "")}`;
  const gone = olds.filter((disk) => !at(news, disk));
  const added = news.filter((disk) => !at(olds, disk));
  const others = news.flatMap((disk): { readonly effect: Effect; readonly words: Markdown }[] => {
    const old = at(olds, disk);
    if (old === undefined || isSame(old, disk)) return [];
    const names = entriesOf(disk).flatMap(([name, value]) => (isSame(old[name], value) ? [] : [name]));
    const sizes = names.includes("size") ? ` from ${textOf(old.size)} to ${textOf(disk.size)} GiB` : "";
    const found = names.map((name) => diskOptions[name] ?? "restarted");
    const effect = (["restarted", "pending"] as const).find((each) => found.includes(each)) ?? "changed";
    return [{ effect, words: `${named(disk)}${sizes}` }];
  });
  const changes: { readonly effect: Effect; readonly words: Markdown }[] = [
    ...gone.map((disk) => ({
      effect: "lost" as const,
      words: `${named(disk)} is taken from the VM, with all that is on it`,
    })),
    ...added.map((disk) => ({ effect: "changed" as const, words: `${named(disk)} is added` })),
    ...others,
  ];
  return changes.length > 0 ? changes : [{ effect: "changed", words: code("disk") }];
}

/** The attribute, with its values where they are short and no secret can be in them. */
function shownChange(change: Json, name: string, known: Consequences | undefined): Markdown {
  const isSecret = [change.before_sensitive, change.after_sensitive].some(
    (sensitive) => sensitive === true || hasUnknown(objectOf(sensitive)[name]),
  );
  const shown = (values: unknown) => scalars(objectOf(values)[name]);
  const [one, other] = [shown(change.before), shown(change.after)];
  if (isSecret || known === undefined || effectOf(known, name) === "unknown" || !isPlain(name)) return code(name);
  if (one === undefined || other === undefined || one === other) return code(name);
  return `${code(name)} from ${code(one) || none} to ${code(other) || none}`;
}

/** Attributes whose values are no documents, in which a secret could be. */
const plain = [
  "cpu",
  "description",
  "machine",
  "memory",
  "name",
  "on_boot",
  "startup",
  "tags",
  "talos_version",
  "version",
];
const isPlain = (name: string): boolean => plain.includes(name);

/** The scalars of an attribute on one line; undefined if that is long. */
function scalars(value: unknown): string | undefined {
  const inner = (each: unknown): string[] => {
    if (each === null || each === undefined || each === "") return [];
    if (Array.isArray(each)) return each.flatMap(inner);
    return isObject(each)
      ? entriesOf(each).flatMap(([key, of]) => inner(of).map((one) => `${key} ${one}`))
      : [`${each}`];
  };
  const line = inner(value).join(", ");
  return line.length > 100 ? undefined : line;
}

/** Whether anything within is marked. */
function hasUnknown(marks: unknown): boolean {
  return typeof marks === "object" && marks !== null ? Object.values(marks).some(hasUnknown) : marks === true;
}

const sensitivityChanges = ({ before_sensitive, after_sensitive }: Json, name: string): boolean =>
  hasUnknown(objectOf(before_sensitive)[name]) !== hasUnknown(objectOf(after_sensitive)[name]);

const outputsOf = (plan: Plan): Change[] =>
  entriesOf(plan.output_changes).flatMap(([name, output]): Change[] => {
    const actions = textsOf(objectOf(output).actions);
    if (actions.length === 0 || actions.includes("no-op")) return [];
    return [{ effect: "recorded", address: `output.${name}`, words: "another value" }];
  });

/** What the checks of the stack said that were decided at plan and do not hold. */
const warnings = (plan: Plan): Markdown[] =>
  blocksOf(plan.checks).flatMap(({ address, instances }) =>
    blocksOf(instances).flatMap(({ problems }) =>
      blocksOf(problems).map(
        ({ message }) => `${code(textOf(objectOf(address).to_display) ?? "")}: ${text(textOf(message) ?? "")}`,
      ),
    ),
  );

/** What others changed since the last apply. */
const drift = (plan: Plan): string[] =>
  sorted(blocksOf(plan.resource_drift).flatMap(({ address }) => textsOf(address)));

/** In a few words, for a title or a log. */
export function summaryOf(changes: readonly Change[]): string {
  const counts = effectsWorstFirst.flatMap((effect) => {
    const count = changes.filter((change) => change.effect === effect).length;
    return count === 0 ? [] : [`${count} ${effect}`];
  });
  return counts.length === 0 ? "nothing changes" : counts.join(", ");
}

export function planSection(plan: Plan): Markdown {
  const changes = changesOf(plan);
  const failed = warnings(plan);
  const drifted = drift(plan);
  return [
    "## What will change",
    changes.length === 0 ? "Nothing." : `In short: ${summaryOf(changes)}.`,
    ...effectsWorstFirst.flatMap((effect) => {
      const own = changes.filter((change) => change.effect === effect);
      if (own.length === 0) return [];
      const rows = own.map(({ address, words }) => [code(address), words]);
      return [`### ${effects[effect]}`, table(["address", "what"], rows, none)];
    }),
    ...(failed.length === 0 ? [] : ["### What does not hold", list(failed, none)]),
    ...(drifted.length === 0 ? [] : [`Changed by others since the last apply: ${codes(drifted)}.`]),
  ].join("\n\n");
}
