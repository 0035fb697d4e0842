/** Writes the documents that are made from the code. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiDocument, publicDeclarations } from "./api/document";
import { examplesFile } from "./api/examples";
import { commandArguments } from "./command-line";
import { rulesDocument } from "./rules-document";

commandArguments({
  usage: `Usage: npm run docs

Writes docs/rules.md, docs/api.md and the examples of the docstrings from the code.`,
});

const docs = join(__dirname, "../docs");
writeFileSync(join(docs, "rules.md"), rulesDocument());
writeFileSync(join(docs, "api.md"), apiDocument());
writeFileSync(join(__dirname, "../__tests__/docstring-examples.ts"), examplesFile(publicDeclarations()));
