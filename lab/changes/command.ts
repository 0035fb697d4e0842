/** Writes docs/changes.md from what the lab shows. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandArguments } from "../../scripts/command-line";
import { build } from "../build";
import { demandPrerequisites } from "../prerequisites";
import { wantedAt } from "./cases";
import { changesDocument } from "./document";
import { observedChanges } from "./observed";

const page = join(__dirname, "../../docs/changes.md");

async function main(): Promise<void> {
  const { positionals } = commandArguments({
    usage: `Usage: npm run docs:changes [-- <prop> …]

Applies each change of a prop in the lab, and writes docs/changes.md: about a quarter of an hour. With props, only their lines are
written anew. Needs Go, Terraform and kubectl.

  npm run docs:changes -- vm.disks cilium.encryption`,
    takesArguments: true,
  });
  const isWanted = wantedAt(positionals);
  demandPrerequisites();
  build("talos-node", "talosctl", "talos-validate", "kubernetes");
  const rows = await observedChanges(isWanted);
  writeFileSync(page, changesDocument(rows, positionals.length > 0 ? readFileSync(page, "utf8") : ""));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
