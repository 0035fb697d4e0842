/** Writes the documents that are made from the code. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiDocument } from "./api/document";
import { rulesDocument } from "./rules-document";

const docs = join(__dirname, "../docs");
writeFileSync(join(docs, "rules.md"), rulesDocument());
writeFileSync(join(docs, "api.md"), apiDocument());
