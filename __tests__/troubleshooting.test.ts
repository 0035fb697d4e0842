import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { scriptFiles } from "./script-files";

const page = readFileSync(join(__dirname, "../docs/troubleshooting.md"), "utf8").replaceAll(/\s+/g, " ");

/** What a script says when it fails, in the parts that are the same every time. */
const failuresOf = (file: string) =>
  [...readFileSync(file, "utf8").matchAll(/(?:fail|again_or_fail) "((?:[^"\\]|\\.|"\$[^"]*")+)"/g)].map(
    ([, sentence = ""]) =>
      sentence.split(/\$\{[^}]*\}|\$\([^)]*\)|\$\w+|[;.:]|, |\bafter\b/).map((part) => part.trim()),
  );

/** Two words may be anywhere; three are of this message. */
const isOfMessage = (part: string) => part.split(" ").length > 2;

/** What nobody meets whom the project's own files call. */
const internal = /^write same-vm|is missing|has no CA certificate|there is no snapshot|cannot be read$/;

describe("every message with which a script ends is in the troubleshooting page:", () => {
  const failures = scriptFiles.flatMap((file) =>
    failuresOf(file)
      .map((parts) => parts.filter(isOfMessage))
      .filter((parts) => parts.length > 0 && !parts.some((part) => internal.test(part)))
      .map((parts): [string, string[]] => [basename(file), parts]),
  );
  test("of many scripts", () => expect(failures.length).toBeGreaterThan(30));
  test.each(failures)("%s: %j", (_, parts) => {
    const known = parts.filter((part) => page.includes(part));
    expect(known).not.toEqual([]);
  });
});
