/** Synthesizes configurations. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "./child";
import { commandArguments, endingOnMistakes, UsageError } from "./command-line";
import { configurationsIn, defaultConfiguration, programOf } from "./configuration";

const usage = `Usage: npm run synth [-- <file> …]

Checks configurations, and writes their stacks to cdktf.out/stacks/<stack>/cdk.tf.json. Without a file, ${defaultConfiguration}.

  npm run synth -- examples/mapping.ts`;

const { positionals } = commandArguments({ usage, takesArguments: true });
const files = endingOnMistakes(() => {
  const { files, stacks } = configurationsIn(positionals.length > 0 ? positionals : [defaultConfiguration], usage);
  if (stacks.length > 0) throw new UsageError(`"${stacks.join(" ")}" is not the file of a configuration`, usage);
  return files;
});
const [only, ...others] = files;

if (only !== undefined && others.length === 0) synthesizeHere(only);
else void synthesizeAll();

/** In this process: to start another one takes a tenth of a synth. */
function synthesizeHere(file: string): void {
  const program = resolve(file);
  process.argv.splice(1, Number.POSITIVE_INFINITY, program);
  require("./uncaught.cjs").watch();
  const before = timeOfManifest();
  process.on("exit", (status) => {
    if (status !== 0 || process.exitCode || timeOfManifest() !== before) return;
    console.error(`Nothing was written: ${file} creates no app; it is not a configuration, see examples/default.ts`);
    process.exitCode = 1;
  });
  require(program);
}

function timeOfManifest(): number {
  const manifest = join(process.env.CDKTF_OUTDIR ?? "cdktf.out", "manifest.json");
  return existsSync(manifest) ? statSync(manifest).mtimeMs : 0;
}

/** Each in a process of its own, as they have nothing in common; a problem of one does not hide those of the next. */
async function synthesizeAll(): Promise<void> {
  for (const file of files) {
    const { status } = await run(programOf(file), { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}
