import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Phrases that are not the field's, and what it says instead. */
const phrases: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bmade anew\b/i, "recreated or replaced"],
  [/\banew\b/i, "again"],
  [/\bvouch(es)? for\b/i, "trusted or signed by"],
  [/\bnobody\b/i, "no VM, no client, unused"],
  [/\bbut for\b/i, "except"],
  [/\bhands? out\b.*\bGPUs?\b/i, "advertises or allocates"],
  [/\bin the hands of pods\b/i, "available to pods"],
  [/\bin clear\b/i, "in plaintext"],
  [/\bminors? of\b/i, "minor version"],
  [/\bnone of theirs\b/i, "shared"],
  [/\bload balancer addresses\b/i, "LoadBalancer IPs"],
  [/\bdefinitions of (its )?kinds\b/i, "CRDs"],
  [/\bverified HCL\b/i, "original HCL"],
  [/\bvirtual address(es)?\b/i, "virtual IP"],
  [/\bwithout a word\b/i, "silently"],
  [/\b(undefined|null|none|fails?) where\b/i, "if"],
  [/\btakes (no )?imports\b/i, "has the content type Import"],
  [/\bIOMMU (is|that is) off\b/i, "disabled"],
  [/\brights\b/i, "privileges (Proxmox) or permissions"],
  [/\bsee to (them|what|this)\b/i, "check, solve or fix"],
  [/\bends? the plan\b/i, "fails the plan"],
  [/\bothers than\b/i, "something other than"],
  [/\bhangs? on the\b/i, "CPU-attached, or behind"],
  [/\bhanded out by\b/i, "advertised by"],
  [/\bWhat is (to be )?said of\b/i, "a noun: the message, the props"],
  [/\bsomebody\b/i, "a person, an attacker, another machine"],
  [/\bas whom\b/i, "with which account"],
  [/\bdoes not tell\b/i, "does not report or return"],
  [/\bis not whole\b/i, "is incomplete"],
  [/\bto spare\b/i, "free"],
  [/\bwins? over\b/i, "overrides"],
  [/\bgoes on (to|where|with)\b/i, "continues"],
  [/\bhands? (the )?GPUs? to\b/i, "advertises GPUs to"],
  [/\bnot shown here\b/i, "(hidden)"],
  [/\bin the network of (an? |the )?(\w+ )?(address|bridge|node|`cidr`)/i, "in the subnet of"],
  [/\bin vain\b/i, "without effect, or fails"],
  [/\bis no [a-z' ]+; write\b/i, "is not a"],
  [/\bwhat becomes of\b/i, "what happens to"],
];

/** Others that code may have as part of a name. */
const phrasesOfPages: typeof phrases = [
  [/(?<!certificate |unknown )\bauthorit(y|ies)\b/i, "CA"],
  [/\bday two\b/i, "day-2 operations"],
  [/\bminors\b/i, "minor versions"],
  [/\bsites?\b(?![.]auto)/i, "configuration or stack"],
  [/\bheld to\b/i, "checked against"],
];

const root = join(__dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

const filesBelow = (directory: string, name: RegExp): string[] =>
  readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(path, name);
    return name.test(entry.name) ? [path] : [];
  });

/** The phrases in a text, each with its line. */
const foundIn = (text: string, unwanted: typeof phrases): string[] =>
  text.split("\n").flatMap((line, n) =>
    unwanted.flatMap(([phrase, instead]) => {
      const [found] = phrase.exec(line) ?? [];
      return found === undefined ? [] : [`line ${n + 1}: "${found}"; write "${instead}"`];
    }),
  );

test("finds a phrase, whatever its case", () => {
  expect(foundIn("A VM.\nNobody has it.", phrases)).toEqual(['line 2: "Nobody"; write "no VM, no client, unused"']);
});

const pages = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "lab/README.md", "lab/go/README.md", "packer/README.md"],
  ...["schemas/README.md", ...filesBelow("docs", /[.]md$/)],
];

test.each(pages)("%s is in the field's words", (page) => {
  expect(foundIn(read(page), [...phrases, ...phrasesOfPages])).toEqual([]);
});

const folders = ["constructs", "discover", "examples", "review", "scripts", "synth"];

test.each(folders.flatMap((folder) => filesBelow(folder, /[.](ts|sh)$/)))(
  "comments and messages of %s are in the field's words",
  (file) => {
    expect(foundIn(read(file), phrases)).toEqual([]);
  },
);
