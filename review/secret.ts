import { holdsSecret } from "../constructs/rules/secret";
import { sensitiveVariables } from "./fact";
import { blocksOf, entriesOf, expressionsIn, type Json, objectOf, textOf } from "./json";
import { leavesOf } from "./leaf";
import { code, codes, count, grouped, type Markdown, none, table, text } from "./markdown";
import { isKnownType } from "./own-attribute";
import { redactedDocument } from "./redaction";
import { type Element, elementsOf, resourcesOf, type Stack } from "./stack";

/** What holds secrets that no variable gave, by type. */
const held: Readonly<Record<string, string>> = {
  "data.talos_client_configuration": "the key of Talos's administrator",
  "data.talos_machine_configuration": "the node's configuration, with the cluster's secrets",
  talos_cluster_kubeconfig: "the keys of Kubernetes's and Talos's administrators",
  "data.http": "the answer of a server",
  proxmox_user_token: "the secret of an API token of Proxmox",
  random_password: "a password",
  talos_machine_bootstrap: "the key of Talos's administrator",
  talos_machine_configuration_apply: "the node's configuration, with the cluster's secrets",
  tls_private_key: "a private key",
  talos_machine_secrets: "the cluster's CAs, keys and tokens",
};

const kindOf = ({ isData, type }: Element): string => `${isData ? "data." : ""}${type}`;
function mentions(value: unknown, reference: string): boolean {
  const text = JSON.stringify(value) ?? "";
  return text.includes(reference) && new RegExp(`(?<![\\w.-])${reference.replaceAll(".", "[.]")}(?![\\w-])`).test(text);
}

/** What is no secret of what holds some. */
const harmless = /\b(talos|random|tls|proxmox_user)_\w+[.][\w-]+[.](id|talos_version|node)\b/g;

/** The variables and elements with secrets that a value has something of. */
export function secretSourcesIn(stack: Stack, value: unknown): string[] {
  const text = expressionsIn(JSON.stringify(value) ?? "")
    .join("\n")
    .replace(harmless, "");
  if (text === "") return [];
  const sources = [
    ...sensitiveVariables(stack).map((name) => `var.${name}`),
    ...elementsOf(stack).flatMap((element) => (Object.hasOwn(held, kindOf(element)) ? [element.address] : [])),
  ];
  // A file of the stack has the content that it was given.
  const files = elementsOf(stack).flatMap(({ type, address }) =>
    /^local_(sensitive_)?file$/.test(type) && mentions(text, `${address}.content`) ? [address] : [],
  );
  return [...sources.filter((source) => mentions(text, source)), ...files];
}

/** The sensitive variables, with what uses each of them. */
function variables(stack: Stack): Markdown[][] {
  return entriesOf(stack.variable)
    .filter(([, variable]) => objectOf(variable).sensitive === true)
    .map(([name, variable]) => {
      const providers = entriesOf(stack.provider).filter(([, blocks]) => mentions(blocks, `var.${name}`));
      const elements = elementsOf(stack).filter(({ body }) => mentions(body, `var.${name}`));
      const users = [
        ...providers.map(([provider]) => `provider.${provider}`),
        ...elements.map(({ address }) => address),
      ];
      return [
        code(name),
        text(textOf(objectOf(variable).description) ?? "") || none,
        codes(users),
        elements.length > 0 ? "**state**, and every plan file" : "every plan file; not the state",
      ];
    });
}

/** What a file has of what an element holds. */
const fileContent: Readonly<Record<string, string>> = {
  talos_cluster_kubeconfig: "the key of Kubernetes's administrator",
};
const contentOf = (type: string): string =>
  type === "local_sensitive_file" ? "what the stack calls sensitive" : "what the stack writes there";

/** Files that hold what is secret, or made from it. */
function files(stack: Stack): Markdown[][] {
  const secrets = elementsOf(stack).filter((element) => Object.hasOwn(held, kindOf(element)));
  return resourcesOf(stack).flatMap(({ address, type, body }) => {
    const of = secrets.filter((secret) => mentions(body.content, secret.address));
    if (!/^local_(sensitive_)?file$/.test(type)) return [];
    const mode = textOf(body.file_permission);
    return [
      [
        code(textOf(body.filename) ?? ""),
        code(address),
        of.length > 0
          ? of.map((secret) => fileContent[kindOf(secret)] ?? held[kindOf(secret)]).join(", ")
          : contentOf(type),
        mode === undefined
          ? "the provider's default"
          : `${code(mode)}${/^0?[0-7]00$/.test(mode) ? "" : " **readable by others**"}`,
      ],
    ];
  });
}

/** Snapshots of etcd, which the upgrade of Talos writes. */
const snapshots = (stack: Stack): Markdown[][] =>
  resourcesOf(stack).flatMap(({ address, body }) =>
    blocksOf(body.provisioner).flatMap((provisioner) =>
      blocksOf(provisioner["local-exec"]).flatMap((command) => {
        const { DIRECTORY, SNAPSHOT } = objectOf(command.environment);
        const directory = textOf(DIRECTORY);
        if (directory === undefined || SNAPSHOT === undefined) return [];
        const file = code(`${directory}/etcd-….snapshot`);
        return [[file, code(address), "all that is in Kubernetes, its secrets too", code("0600")]];
      }),
    ),
  );

/** What of a resource is not in the state. */
const notStored = ["provisioner", "connection", "depends_on", "lifecycle", "for_each", "count", "provider"];

/** What the state has of an element that is, or may be, secret; undefined if nothing. */
function storedBy(stack: Stack, element: Element): Markdown | undefined {
  const kind = kindOf(element);
  const known = held[kind];
  if (known !== undefined) return known;
  if (!isKnownType(element)) return "all that it has and answers, of which this page does not know what is secret";
  const stored = Object.fromEntries(entriesOf(element.body).filter(([name]) => !notStored.includes(name)));
  const sources = secretSourcesIn(stack, stored);
  // The hash of a CA certificate is none.
  const isHash = ["null_resource", "terraform_data"].includes(element.type) && /sha256\(/.test(JSON.stringify(stored));
  if (sources.length > 0 && !isHash) return `what it is given of ${codes(sources)}`;
  return holdsSecret(JSON.stringify(stored)) ? "**a secret that is in the stack itself**" : undefined;
}

/** Rows of what the state holds; several elements that hold the same are one row. */
function stored(stack: Stack): Markdown[][] {
  const elements = elementsOf(stack).flatMap((element): [string, Markdown][] => {
    const words = storedBy(stack, element);
    return words === undefined ? [] : [[element.address, words]];
  });
  const outputs = entriesOf(stack.output)
    .filter(([, output]) => objectOf(output).sensitive === true)
    .map(([name, output]): [string, Markdown] => [
      `output.${name}`,
      text(textOf(objectOf(output).description) ?? "") || "a sensitive output",
    ]);
  return grouped([...elements, ...outputs].map(([address, words]) => [code(address), words]));
}

/** Backends, with what keeps others from reading a state there. */
function backendOf(stack: Stack): { readonly words: Markdown; readonly isEncrypted: boolean } {
  const terraform = objectOf(stack.terraform);
  const isEncrypted = blocksOf(terraform.encryption).some(({ state }) =>
    blocksOf(state).some(({ method }) => /^(\$\{)?method[.](?!unencrypted\b)/.test(textOf(method) ?? "")),
  );
  const byTofu = isEncrypted ? ", encrypted by OpenTofu" : "";
  const [[kind, config] = []] = entriesOf(terraform.backend);
  // Terraform refuses a backend beside it.
  if (terraform.cloud !== undefined)
    return { words: `HCP Terraform: ${settingsOf(terraform.cloud)}`, isEncrypted: true };
  if (kind === undefined) {
    return {
      words: `the file ${code("terraform.tfstate")} in the stack's directory${byTofu || ", **not encrypted**"}`,
      isEncrypted,
    };
  }
  const settings: Json = objectOf(blocksOf(config)[0]);
  if (kind === "local") {
    const others = Object.fromEntries(entriesOf(settings).filter(([name]) => name !== "path"));
    const rest = Object.keys(others).length === 0 ? "" : `, ${settingsOf(others)}`;
    return {
      words: `the file ${code(textOf(settings.path) ?? "terraform.tfstate")}${rest}${byTofu || ", **not encrypted**"}`,
      isEncrypted,
    };
  }
  const encrypted = settings.encrypt === true;
  const words = encrypted ? ", encrypted by the backend" : byTofu || ", **not encrypted as far as the stack says**";
  return { words: `the backend ${code(kind)}${words}: ${settingsOf(settings)}`, isEncrypted: encrypted || isEncrypted };
}

/** The settings of a backend, in a line; what is secret of them is not shown. */
const settingsOf = (settings: unknown): Markdown =>
  codes(
    leavesOf(settings).flatMap(({ path, value }) =>
      value === null
        ? []
        : [
            /pass|secret|token|credential|access_key|conn_str/i.test(path)
              ? `${path}: …`
              : redactedDocument(`${path}: ${value}`),
          ],
    ),
  );

export const stateWords = (stack: Stack): Markdown => backendOf(stack).words;

/** Whether OpenTofu's encryption is given a key that is no variable. */
const hasPlainKey = (encryption: unknown): boolean =>
  leavesOf(encryption ?? {}).some(
    ({ path, value }) =>
      /(passphrase|secret\w*|token|access_key|password)$/.test(path) &&
      value !== null &&
      !/^\$\{(var|local|data)[.]/.test(String(value)),
  );

/** Why an approver should look at the backend. */
export function backendReasons(stack: Stack): string[] {
  const settings = leavesOf(objectOf(stack.terraform).backend ?? {});
  const has = (path: RegExp, value: RegExp) =>
    settings.some((leaf) => path.test(leaf.path) && value.test(String(leaf.value)));
  return [
    ...(objectOf(stack.terraform).cloud === undefined ? [] : ["the state, with all secrets, is kept by HCP Terraform"]),
    ...(has(/./, /^http:\/\//) ? ["the state is sent without encryption"] : []),
    ...(has(/skip_|insecure/, /^true$/) ? ["a check of the backend is disabled"] : []),
    ...(has(/password|secret|token$|access_key|conn_str/, /^(?!\$\{).+/)
      ? ["a secret of the backend is in the stack itself"]
      : []),
    ...(hasPlainKey(objectOf(stack.terraform).encryption)
      ? ["the key that encrypts the state is in the stack itself"]
      : []),
  ];
}

/** What everything else has in the state. */
const others = (stack: Stack): Markdown => {
  const kept = elementsOf(stack).filter((element) => storedBy(stack, element) === undefined).length;
  const outputs = entriesOf(stack.output).filter(([, output]) => objectOf(output).sensitive !== true).length;
  return `It also holds every attribute of the other ${kept} resources and data sources, such as values of charts, names and addresses of VMs and the hardware of nodes, and ${count(outputs, "output")} that are not sensitive.`;
};

export function secretSection(stack: Stack): Markdown {
  return [
    "## Secrets and state",
    "Asked for:",
    table(["variable", "is", "used by", "ends up in"], variables(stack), "No secret is asked for."),
    `The state is ${stateWords(stack)}. It holds in plaintext${backendOf(stack).isEncrypted ? ", inside that encryption" : ""}:`,
    table(["address", "holds"], stored(stack), "No secret that is known to this page."),
    others(stack),
    "A plan file holds the same, and the values of variables. Files:",
    table(["file", "address", "holds", "mode"], [...files(stack), ...snapshots(stack)], "None."),
  ].join("\n\n");
}
