/**
 * Writes the lock files of the synthesized stacks: which providers they have, with the checksums of their packages for
 * every machine that deploys or plans.
 */
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { compared } from "./checksums";
import { run } from "./child";
import { commandArguments, endingOnMistakes } from "./command-line";
import { configurationsIn, synthesized } from "./configuration";
import { terraformEnvironment } from "./environment";
import { missing, terraform } from "./prerequisites";
import { stacksIn } from "./state";

const usage = `Usage: npm run lock [-- [<file> or <stack> …] [options]]

Writes the checksums of the providers, for Linux and macOS, to cdktf.out/stacks/<stack>/.terraform.lock.hcl: of the named
stacks, or of all that are synthesized. A file is synthesized first.

  -fs-mirror=<folder>   take the providers from a folder
  -net-mirror=<url>     take them from a mirror

  npm run lock -- examples/mapping.ts`;

const platforms = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"];

/** Options of Terraform begin with one dash. */
const isMirror = (argument: string): boolean => /^-(fs|net)-mirror=/.test(argument);

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const { positionals } = commandArguments(
    { usage, takesArguments: true },
    args.filter((argument) => !isMirror(argument)),
  );
  const output = process.env.CDKTF_OUTDIR ?? "cdktf.out";
  const folder = join(output, "stacks");
  const { files, stacks: names } = endingOnMistakes(() => configurationsIn(positionals, usage));
  const problems = missing("lock", [terraform]);
  const ofFiles = files.length > 0 && problems.length === 0 ? await synthesized(files, output) : [];
  if (ofFiles === undefined) return 1;
  const all = stacksIn(output);
  const stacks = positionals.length > 0 ? [...names, ...ofFiles] : all;
  if (all.length === 0)
    problems.push(`There is no stack in ${folder} to lock providers for; run \`npm run synth\` first`);
  for (const name of names.filter((each) => all.length > 0 && !all.includes(each)))
    problems.push(`There is no stack ${name} in ${folder}; there is ${all.join(", ")}`);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) return 1;
  for (const stack of stacks) {
    const cwd = join(folder, stack);
    const lock = [
      "providers",
      "lock",
      ...platforms.map((platform) => `-platform=${platform}`),
      ...args.filter(isMirror),
    ];
    const { status } = await run([terraform, ...lock], { cwd, env: terraformEnvironment(), stdio: "inherit" });
    if (status !== 0) return status;
    if (!isAsKnown(join(cwd, ".terraform.lock.hcl"))) return 1;
  }
  return 0;
}

/** Compares a lock with the checksums that are known; one with others is put aside, so that it is not committed. */
function isAsKnown(file: string): boolean {
  const { same, other, unknown } = compared(existsSync(file) ? readFileSync(file, "utf8") : "");
  if (other.length > 0) {
    renameSync(file, `${file}.refused`);
    console.error(
      `${other.join(", ")}: the packages have other checksums than those in scripts/provider-checksums.json, which two public sources agree on. Don't use them: ask in another network, and compare with the release page of the provider. The lock is in ${file}.refused`,
    );
    return false;
  }
  if (same.length > 0) console.log(`As two public sources have them: ${same.join(", ")}`);
  if (unknown.length > 0) console.log(`Not compared, compare them with the release page: ${unknown.join(", ")}`);
  console.log(`${file}: review and commit it`);
  return true;
}

main().then((status) => {
  process.exitCode = status;
});
