/**
 * Tells what a user's program threw in one line: where in the program, and what. Node.js would print a stack trace, most of it
 * of packages. The project's own programs keep theirs.
 */
const { readFileSync, statSync } = require("node:fs");
const { join, relative, resolve, sep } = require("node:path");

const root = join(__dirname, "..");
const own = [".gen", "constructs", "discover", "lab", "node_modules", "review", "scripts", "synth"];
const isUsers = (file) => !file.startsWith("node:") && !own.includes(relative(root, file).split(sep)[0]);

/** What is told shorter than by those who throw it. */
const known = [
  [
    /^There is already a Construct with name '(.*)' in .*$/s,
    (id) => `two constructs beside each other have the id "${id}"; give one of them another one`,
  ],
  [
    /^Only root constructs may have an empty ID$/,
    () => 'the id of a construct is empty; write one, such as "talos-gpu"',
  ],
];

/** What a terminal would obey is not in a message, which may quote anything. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const printable = (text) => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/g, "");

/** A message is for reading. */
const longest = 1000;

function messageOf(thrown) {
  if (!(thrown instanceof Error)) return `this is thrown, and is no Error: ${String(thrown).slice(0, longest)}`;
  const message = String(thrown.message);
  for (const [pattern, told] of known) {
    const [all, first = all] = message.match(pattern) ?? [];
    if (all !== undefined) return told(first);
  }
  return message.slice(0, longest) || thrown.name;
}

/** The frames of the stack that are in files, each with the place. */
function framesOf(thrown) {
  const lines = thrown instanceof Error ? String(thrown.stack).split("\n") : [];
  return lines.flatMap((line) => {
    const [, file, place] = line.match(/^\s+at (?:.*\()?([/\\].*?|[A-Z]:.*?):(\d+:\d+)\)?$/) ?? [];
    return file === undefined ? [] : [{ line, file, place: `${relative(root, file)}:${place}` }];
  });
}

function textOf(thrown) {
  if (thrown?.place !== undefined) return `${thrown.place}: ${thrown.message}`;
  const frames = framesOf(thrown);
  const users = frames.filter(({ file }) => isUsers(file));
  // An error that the program throws itself is for its author, who wants to know the way there.
  if (thrown?.name === "Error" && users.length > 0 && users[0] === frames[0]) {
    return [`Error: ${messageOf(thrown)}`, ...users.map(({ line }) => line)].join("\n");
  }
  return `${users[0]?.place ?? relative(root, resolve(process.argv[1]))}: ${messageOf(thrown)}`;
}

/** Apps of which nothing was written, if the program has made any. */
function forgotten() {
  const apps = require.cache[join(root, "synth/pending.ts")]?.exports.pending;
  return apps !== undefined && apps.size > 0;
}

function tell(thrown) {
  // Its message says it all, and it is printed by itself.
  if (thrown?.name === "Refusal") return;
  console.error(printable(textOf(thrown)));
  process.exit(1);
}

const output = () => process.env.CDKTF_OUTDIR ?? "cdktf.out";

function timeOfManifest() {
  try {
    return statSync(join(output(), "manifest.json")).mtimeMs;
  } catch {
    return undefined;
  }
}

/** What a program under cdktf's own App has written, which knows nothing of other configurations and prints no files. */
function claimWritten() {
  const { claimStacks, isClaimed } = require("../synth/configuration-claims.ts");
  if (isClaimed()) return;
  const stacks = Object.values(JSON.parse(readFileSync(join(output(), "manifest.json"), "utf8")).stacks);
  claimStacks(
    output(),
    stacks.map(({ name }) => name),
  );
  // The cdktf command line, which sets this, prints them itself.
  if (process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS !== undefined) return;
  for (const { synthesizedStackPath } of stacks) console.log(join(output(), synthesizedStackPath));
}

/** Reports how the program of process.argv[1] ends. */
function watch() {
  const before = timeOfManifest();
  process.on("uncaughtException", tell);
  process.on("exit", (status) => {
    if (status !== 0) return;
    try {
      if (forgotten())
        throw new Error(
          "Nothing was written: the program has made a StrictApp, but not called its synth(); end it with app.synth();",
        );
      if (timeOfManifest() !== before) claimWritten();
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }
  });
}

if (process.argv[1] !== undefined && isUsers(resolve(process.argv[1]))) watch();

module.exports = { watch };
