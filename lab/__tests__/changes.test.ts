import { readFileSync } from "node:fs";
import { join } from "node:path";
import { changesDocument } from "../changes/document";
import { observedChanges } from "../changes/observed";

// It is the longest, and others run beside it.
jest.setTimeout(1_500_000);

test("docs/changes.md is what a change of each prop does; `npm run docs:changes` writes it", async () => {
  const written = readFileSync(join(__dirname, "../../docs/changes.md"), "utf8");
  expect(changesDocument(await observedChanges())).toBe(written);
});
