/** Asks registries for the digests of the images that the constructs name by tag, and writes them where these look. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { imagesIn } from "../constructs/gpu/image-digest";
import { vendors } from "../constructs/gpu/vendors";
import { printable } from "../constructs/rules/printable";
import { commandArguments } from "./command-line";
import { digestOf, fileOf } from "./digest";

commandArguments({
  usage: `Usage: npm run digests

Asks registries for the digests of the images that the constructs name by tag, and writes them to
constructs/gpu/image-digests.ts.`,
});

const file = join(__dirname, "../constructs/gpu/image-digests.ts");

async function main(): Promise<void> {
  const found = await Promise.all(imagesIn(vendors).map(async (image) => [image, await digestOf(image)] as const));
  writeFileSync(file, fileOf(Object.fromEntries(found)));
  console.log("constructs/gpu/image-digests.ts: review and commit it");
}

main().catch((error: Error) => {
  console.error(printable(error.message));
  process.exitCode = 1;
});
