import type { Addition } from "./addition";
import { documentsOf, unfolded, withoutEscapes } from "./document";
import type { Facts } from "./fact";
import { isObject, textOf } from "./json";
import { type Leaf, leavesOf } from "./leaf";
import { block, code, codes, type Markdown } from "./markdown";
import { isOwnPatch } from "./own-patch";
import { reasonOfKernelArgument, reasonsInPatch } from "./reason";
import { redactedDocument } from "./redaction";
import { elementsOf, type Stack } from "./stack";

/** A patch, with the nodes that it is of. */
interface Patch {
  readonly text: string;
  readonly addresses: readonly string[];
}

/** Patches as texts, as Terraform has them; one that is something else is not left out. */
const patchTexts = (patches: unknown): string[] =>
  [patches]
    .flat(9)
    .filter((each) => each !== undefined && each !== null)
    .map((each) => textOf(each) ?? JSON.stringify(each));

/** The patches of all machine configurations, each once. */
function patchesOf(stack: Stack): Patch[] {
  const patches = elementsOf(stack)
    .filter(({ type }) =>
      ["talos_machine_configuration", "talos_machine_configuration_apply", "talos_machine"].includes(type),
    )
    .flatMap(({ address, body }) => patchTexts(body.config_patches).map((text) => ({ text, address })));
  return [...new Set(patches.map(({ text }) => text))].map((text) => ({
    text,
    addresses: patches.filter((patch) => patch.text === text).map(({ address }) => address),
  }));
}

/** The leaves of a document; one with a kind of its own has it before their paths. */
export function documentLeaves(document: unknown): Leaf[] {
  const kind = isObject(document) ? textOf(document.kind) : undefined;
  const leaves = leavesOf(unfolded(document));
  return kind === undefined ? leaves : leaves.map(({ path, value }) => ({ path: `${kind}.${path}`, value }));
}

/** An operation of a JSON patch. */
interface Operation {
  readonly path: string;
  readonly value?: unknown;
}

const isOperation = (value: unknown): value is Operation =>
  isObject(value) && textOf(value.op) !== undefined && textOf(value.path) !== undefined;

/**
 * A JSON patch as the parts of a configuration that it changes; every other document as it is.
 *
 * @see https://datatracker.ietf.org/doc/html/rfc6902
 */
const partsChangedBy = (document: unknown): unknown[] =>
  Array.isArray(document) ? document.map((each) => (isOperation(each) ? changedBy(each) : each)) : [document];

function changedBy({ path, value }: Operation): unknown {
  const keys = path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  // Without a value something is removed, moved or copied.
  return keys.reduceRight<unknown>(
    (inside, key) => (/^(-|\d+)$/.test(key) ? [inside] : { [key]: inside }),
    value === undefined ? { $patch: "delete" } : value,
  );
}

/** The parts of a configuration that leaves are in, such as `machine.registries`. */
function partsOf(leaves: readonly Leaf[]): string[] {
  return [
    ...new Set(
      leaves.map(({ path }) =>
        path
          .split(".")
          .slice(0, 3)
          .join(".")
          .replace(/\[\].*$/, ""),
      ),
    ),
  ].slice(0, 12);
}

/** The documents of a patch; undefined if one is a text, such as an expression. */
function objectsIn(text: string): readonly unknown[] | undefined {
  const documents = documentsOf(text);
  return documents?.every((document) => typeof document === "object") ? documents : undefined;
}

const isSingle = (stack: Stack, addresses: readonly string[]): boolean =>
  elementsOf(stack).filter(({ type }) => type === "talos_machine_configuration").length === addresses.length;

const titleOf = (stack: Stack, { addresses }: Patch, parts: readonly string[]): Markdown => {
  const of = isSingle(stack, addresses) && addresses.length > 1 ? "all nodes" : codes(addresses);
  return `Patch of ${of}${parts.length > 0 ? `: ${codes(parts)}` : ""}`;
};

/** The patches that the constructs do not write by themselves. */
export const patchAdditions = (stack: Stack, facts: Facts): Addition[] =>
  patchesOf(stack).flatMap((patch): Addition[] => {
    const documents = objectsIn(patch.text);
    if (documents !== undefined && isOwnPatch(documents, facts)) return [];
    const leaves = documents?.flatMap(partsChangedBy).flatMap(documentLeaves) ?? [];
    return [
      {
        title: titleOf(stack, patch, partsOf(leaves)),
        reasons:
          documents === undefined
            ? ["a patch that this page cannot read", ...reasonsInPatch(looseLeaves(patch.text))]
            : reasonsInPatch(leaves),
        content: block(redactedDocument(withoutEscapes(patch.text)), documents === undefined ? "" : "yaml"),
      },
    ];
  });

/** What could be keys in a text that is no document. */
const looseLeaves = (text: string): Leaf[] =>
  [...text.matchAll(/["']?([\w$.-]+)["']?\s*[:=]\s*["']?([^\s"',{}]*)/g)].flatMap(([, key = "", value = ""]) =>
    ["", "machine.", "cluster."].map((prefix) => ({ path: `${prefix}${key}`, value })),
  );

/** What an image consists of, beside what the constructs put into it. */
export const schematicAdditions = (stack: Stack): Addition[] =>
  elementsOf(stack)
    .filter(({ type }) => type === "talos_image_factory_schematic")
    .flatMap(({ address, body }) => {
      const schematic = textOf(body.schematic);
      if (schematic === undefined || schematic === "") return [];
      const documents = documentsOf(schematic);
      const leaves = documents?.flatMap((document) => leavesOf(document)) ?? [];
      const others = leaves.filter((leaf) => !isOwnCustomization(leaf));
      if (documents !== undefined && others.length === 0) return [];
      return [
        {
          title: `Image of ${code(address)}: ${codes(others.map(({ value }) => String(value)).slice(0, 12))}`,
          reasons: [
            ...(documents === undefined ? ["a schematic that this page cannot read"] : []),
            ...new Set(others.flatMap(reasonOfCustomization)),
          ],
          content: block(redactedDocument(withoutEscapes(schematic)), "yaml"),
        },
      ];
    });

const kernelArguments = "customization.extraKernelArgs[]";
const extensions = "customization.systemExtensions.officialExtensions[]";

/** Kernel arguments of all images. */
export const kernelArgumentsOf = (schematic: string): string[] => valuesAt(schematic, kernelArguments);
/** Extensions of an image. */
export const extensionsOf = (schematic: string): string[] => valuesAt(schematic, extensions);

const valuesAt = (schematic: string, wanted: string): string[] =>
  (documentsOf(schematic) ?? [])
    .flatMap((document) => leavesOf(document))
    .flatMap(({ path, value }) => (path === wanted && value !== null ? [String(value)] : []));

/** Extensions that connect the node to a network of others. */
const tunnels = /^siderolabs\/(cloudflared|nebula|netbird|newt|tailscale|zerotier)$/;

const isOwnCustomization = ({ path, value }: Leaf): boolean =>
  path === extensions &&
  /^siderolabs\/(qemu-guest-agent|nvidia-(open-gpu-kernel-modules|container-toolkit)-(lts|production)|nonfree-kmod-nvidia-(lts|production)|amd-ucode|amdgpu|i915|xe|intel-ucode|mei)$/.test(
    String(value),
  );

function reasonOfCustomization({ path, value }: Leaf): string[] {
  if (path === kernelArguments) return [`kernel argument ${value}: ${reasonOfKernelArgument(String(value))}`];
  if (path === extensions) {
    if (tunnels.test(String(value))) return ["a tunnel from the node, which others may reach it through"];
    return /^siderolabs\/[\w-]+$/.test(String(value)) ? [] : [`an extension that is none of Talos's: ${value}`];
  }
  return [`another part of the image: ${path}`];
}
