/**
 * Writes the lock files of the synthesized stacks: which providers they have, with the checksums of their packages for
 * every machine that deploys or plans. What follows goes to `terraform providers lock`, such as `-fs-mirror`.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child";
import { missing, terraform } from "./prerequisites";

const platforms = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"];

async function main(options: readonly string[]): Promise<number> {
  const folder = join(process.env.CDKTF_OUTDIR ?? "cdktf.out", "stacks");
  const stacks = existsSync(folder) ? readdirSync(folder) : [];
  const problems = missing("lock", [terraform]);
  if (stacks.length === 0)
    problems.push(`There is no stack in ${folder} to lock providers for; run \`npm run synth\` first`);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) return 1;
  for (const stack of stacks) {
    const cwd = join(folder, stack);
    const args = ["providers", "lock", ...platforms.map((platform) => `-platform=${platform}`), ...options];
    const { status } = await run([terraform, ...args], { cwd, stdio: "inherit" });
    if (status !== 0) return status;
    console.log(`${join(cwd, ".terraform.lock.hcl")}: review and commit it`);
  }
  return 0;
}

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
