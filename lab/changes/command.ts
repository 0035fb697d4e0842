/** Writes docs/changes.md from what the lab shows. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandArguments } from "../../scripts/command-line";
import { build } from "../build";
import { demandPrerequisites } from "../prerequisites";
import { changesDocument } from "./document";
import { observedChanges } from "./observed";

async function main(): Promise<void> {
  commandArguments({
    usage: `Usage: npm run docs:changes

Applies each change of a prop in the lab, and writes docs/changes.md: about half an hour. Needs Go, Terraform and kubectl.`,
  });
  demandPrerequisites();
  build("talos-node", "talosctl", "talos-validate", "kubernetes");
  writeFileSync(join(__dirname, "../../docs/changes.md"), changesDocument(await observedChanges()));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
