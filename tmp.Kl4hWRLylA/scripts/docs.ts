/** Writes the documents that are made from the code. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rulesDocument } from "./rules-document";

writeFileSync(join(__dirname, "../docs/rules.md"), rulesDocument());
