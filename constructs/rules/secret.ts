import type { Rule } from "./rule";

/** What a message hides of a string, and what it shows instead. It hides more than is refused, because a message does not need it. */
const hidden: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*-----[\s\S]*/g, "-----BEGIN …"],
  [/([a-z][a-z0-9+.-]*:[/][/])[^\s/?#"]*@/gi, "$1…@"],
  // What is behind the path of a URL.
  [/([a-z][a-z0-9+.-]*:[/][/][^\s;#"]*[;#])[^\s"]{4,}/gi, "$1…"],
  [/([?&#][^=&#\s"]*(?:passw|pwd|secret|token|credential|key|sig|auth)[^=&#\s"]*=)[^&#\s"]+/gi, "$1…"],
  [/([?&#](?:[^=&#\s"]+=)?)[^=&#\s"]{8,}/g, "$1…"],
  [/([^\s@!="]+@[^\s!="]+![^\s="]+)=[^\s"]+/g, "$1=…"],
  [/(PVE[A-Z]*:[^\s:"]+):[^\s"]+/g, "$1:…"],
  [
    /([\w-]*(?:passw|passphrase|secret|token|credential|(?:api|auth|access|private)[-_]?key)[\w-]*["']?\s*[:=])\s*[^\s&,;"]+/gi,
    "$1…",
  ],
  [/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi, "…"],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, "…"],
  // A user with a password, where the scheme of a URL is left out. Last: others begin alike, and hide more.
  [/(^|[\s"'])(?!PVE)[^\s/:@"'…]+:[^\s/@"'…]+@(?=[^\s@]*[./:])/g, "$1…@"],
];

/** What each of them needs: most values, such as names and addresses, have none of it. */
const maybeHidden = /[=@;#&?]|:[/][/]|PVE|-----BEGIN|eyJ|[0-9a-f]{8}-|passw|passphrase|secret|token|credential|key/i;

/** The text without what may be a secret. */
export const redacted = (text: string): string =>
  maybeHidden.test(text)
    ? hidden.reduce((shorter, [pattern, instead]) => shorter.replace(pattern, instead), text)
    : text;

const secretKey = "[^&#=\\s]*(passw|pwd|secret|token|credential|key|sig|auth)[^&#=\\s]*";

/** What a secret's pattern cannot do without: the patterns take time by the square of a text's length. */
const marks = ["://", "@", "PVE", "-----BEGIN"];

const passwordOfUser = /[a-z][a-z0-9+.-]*:[/][/][^\s/?#:]*:[^\s/?#@]+@/i;

/** What is certainly a secret: it has no other use. */
const secrets: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  new RegExp(`[a-z][a-z0-9+.-]*:[/][/][^\\s?#]*[?#]([^\\s#]*&)?${secretKey}=[^&\\s]+`, "i"),
  /[^\s@!=]+@[^\s!=]+![\w.-]+=[^\s]{8,}/,
  /PVE[A-Z]*:[^\s:]+:[0-9A-F]{8}::/i,
];

/** Whether the URL contains a secret, except the password of its user, which another rule reports. */
export const holdsSecretBesideUser = (url: string): boolean =>
  marks.some((mark) => url.includes(mark)) && secrets.some((pattern) => pattern.test(url));
export const holdsSecret = (text: string): boolean =>
  (text.includes("://") && passwordOfUser.test(text)) || holdsSecretBesideUser(text);

export const secretInText: Rule<readonly string[]> = {
  id: "secret-in-text",
  requirement: "no string contains a password in a URL, an API token, a ticket or a private key",
  reason: "the stack would contain it in plaintext, visible in the repository, the plan and the state",
  source: "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
  checks: (paths) =>
    paths.map((path) => ({
      condition: false,
      message: `${path} contains a secret (hidden); leave it out, or write the stringValue of a sensitive TerraformVariable`,
    })),
};
