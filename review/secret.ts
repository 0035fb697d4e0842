import { blocksOf, entriesOf, type Json, objectOf, textOf } from "./json";
import { code, codes, type Markdown, none, table, text } from "./markdown";
import { type Element, elementsOf, resourcesOf, type Stack } from "./stack";

/** What holds secrets that no variable gave, by type. */
const held: Readonly<Record<string, string>> = {
  "data.talos_client_configuration": "the key of Talos's administrator",
  "data.talos_machine_configuration": "the node's configuration, with the cluster's secrets",
  talos_cluster_kubeconfig: "the key of Kubernetes's administrator",
  talos_machine_configuration_apply: "the node's configuration, with the cluster's secrets",
  talos_machine_secrets: "the cluster's authorities, keys and tokens",
};

const kindOf = ({ isData, type }: Element): string => `${isData ? "data." : ""}${type}`;
const mentions = (value: unknown, reference: string): boolean =>
  new RegExp(`(?<![\\w.-])${reference.replaceAll(".", "[.]")}(?![\\w-])`).test(JSON.stringify(value) ?? "");

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

/** Files that hold what is secret, or made from it. */
function files(stack: Stack): Markdown[][] {
  const secrets = elementsOf(stack).filter((element) => Object.hasOwn(held, kindOf(element)));
  return resourcesOf(stack).flatMap(({ address, type, body }) => {
    const of = secrets.filter((secret) => mentions(body.content, secret.address));
    if (type !== "local_sensitive_file" && !(type === "local_file" && of.length > 0)) return [];
    const mode = textOf(body.file_permission);
    return [
      [
        code(textOf(body.filename) ?? ""),
        code(address),
        of.length > 0 ? of.map((secret) => held[kindOf(secret)]).join(", ") : "what the stack calls sensitive",
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

/** Where the state is, in words. */
function stateOf(stack: Stack): Markdown {
  const [[kind, config] = []] = entriesOf(objectOf(stack.terraform).backend);
  if (kind === undefined) {
    const cloud = objectOf(stack.terraform).cloud !== undefined;
    return cloud ? "HCP Terraform" : `the file ${code("terraform.tfstate")} in the stack's directory`;
  }
  const settings: Json = objectOf(blocksOf(config)[0]);
  if (kind === "local") return `the file ${code(textOf(settings.path) ?? "terraform.tfstate")}, not encrypted`;
  const encrypted = settings.encrypt === true ? ", encrypted" : "";
  return `the backend ${code(kind)}${encrypted}`;
}

export function secretSection(stack: Stack): Markdown {
  const made = elementsOf(stack).filter((element) => Object.hasOwn(held, kindOf(element)));
  const outputs = entriesOf(stack.output).filter(([, output]) => objectOf(output).sensitive === true);
  return [
    "## Secrets",
    "Asked for:",
    table(["variable", "is", "used by", "ends up in"], variables(stack), "No secret is asked for."),
    `The state is ${stateOf(stack)}. It holds in clear:`,
    table(
      ["address", "holds"],
      [
        ...made.map((element) => [code(element.address), held[kindOf(element)] ?? none]),
        ...outputs.map(([name, output]) => [
          code(`output.${name}`),
          text(textOf(objectOf(output).description) ?? "") || none,
        ]),
      ],
      "No secret that is known to this page.",
    ),
    "Files:",
    table(["file", "address", "holds", "mode"], [...files(stack), ...snapshots(stack)], "None."),
  ].join("\n\n");
}
