import type { Addition } from "./addition";
import { bodyBlock } from "./element-addition";
import type { Facts } from "./fact";
import { entriesOf, objectOf } from "./json";
import { type Leaf, leavesOf } from "./leaf";
import { code } from "./markdown";
import { secretSourcesIn } from "./secret";
import type { Stack } from "./stack";

/** What only a command has. */
const joined = /[|`]|&&|\$\(|\b(curl|wget|bash|eval|base64|python3?|perl|ssh|scp|sudo)\b/;

/** Programs that an operator would paste, and what joins them. */
const command =
  /[|;`]|&&|\$\(|\b(curl|wget|bash|eval|base64|nc|python3?|perl|ssh|scp|sudo)\b|^\s*([A-Z_]+=\S* )*(export|kubectl|talosctl|helm|cilium|terraform|tofu|docker|node|np[mx]|sh|qm|pvesh|pveum) /m;

const word = /(?:[\w./:@,=$"{}-]|'[^']*'|\\')+/.source;

/** Commands that the constructs put into outputs: they read, or save and restore etcd. */
const ownCommands = [
  `export KUBECONFIG=${word} TALOSCONFIG=${word}`,
  `kubectl (?:--kubeconfig ${word} )?get ${word}(?: ${word})*`,
  `talosctl (?:--talosconfig ${word} )?--nodes (?<node>${word}) (?:dashboard|health|get pcidevices|read /proc/driver/nvidia/version)`,
  `NODE=(?<node>${word}) TALOSCONFIG=${word} DIRECTORY=${word}(?: VM=${word} CONFIGURATION=${word})? sh ${word}/assets/scripts/(?:save|restore)-etcd[.]sh(?: (?:same|new)-vm)?`,
].map((each) => new RegExp(`^${each}$`));

function isOwnCommand(line: string, { addresses }: Facts): boolean {
  const own = ownCommands.map((each) => each.exec(line)).find((each) => each !== null);
  const node = own?.groups?.node;
  return own !== undefined && (node === undefined || addresses.has(node));
}

const hasCommand = ({ value }: Leaf, facts: Facts): boolean => {
  const text = String(value);
  if (text.startsWith("apiVersion:") || text.startsWith("${")) return false;
  return text.split("\n").some((line) => command.test(line) && !isOwnCommand(line, facts));
};

/** Addresses in a text that are none of the stack's. */
const hasStranger = ({ value }: Leaf, { addresses, networks, gateways, dnsServers, apiHosts }: Facts): boolean =>
  (String(value).match(/(?<![\w.])\d{1,3}([.]\d{1,3}){3}(?![\w.])/g) ?? []).some(
    (each) => ![addresses, networks, gateways, dnsServers, apiHosts].some((known) => known.has(each)),
  );

const reading = /\b(nonsensitive|file|filebase64|templatefile|fileset)\(/;

/** Outputs that print a secret, or that give whoever reads them a command or an address that is not the constructs' own. */
export const outputAdditions = (stack: Stack, facts: Facts): Addition[] =>
  entriesOf(stack.output).flatMap(([name, output]): Addition[] => {
    const { sensitive, value, description } = objectOf(output);
    const leaves = leavesOf(value);
    const reasons = [
      ...(sensitive !== true && secretSourcesIn(stack, value).length > 0 ? ["prints a secret"] : []),
      ...(reading.test(JSON.stringify(value) ?? "") ? ["shows what is secret, or a file of this machine"] : []),
      ...(leaves.some((leaf) => hasCommand(leaf, facts)) || joined.test(String(description))
        ? ["a command for whoever reads it"]
        : []),
      ...(leaves.some((leaf) => hasStranger(leaf, facts)) ? ["an address that is none of the stack's"] : []),
    ];
    return reasons.length === 0
      ? []
      : [{ title: `Output ${code(name)}`, reasons, content: bodyBlock({ value, description }) }];
  });
