import { blocksOf, isExpression, type Json, sorted, textOf, textsOf } from "./json";
import { code, codes, type Markdown, none, table } from "./markdown";
import { rightSection } from "./privilege";
import { elementsOf, ofType, resourcesOf, type Stack } from "./stack";

/** A storage, with what it must take. */
interface Wanted {
  readonly storage: string;
  readonly content: string;
  readonly gibibytes: number;
}

const storageOf = (volume: string): Wanted[] => {
  const [, storage, content] = /^([^:${}]+):(import|iso|vztmpl|snippets|backup)\//.exec(volume) ?? [];
  return storage && content ? [{ storage, content, gibibytes: 0 }] : [];
};

function storagesOf(stack: Stack): Wanted[] {
  const vms = ofType(resourcesOf(stack), "proxmox_virtual_environment_vm").flatMap(({ body }) => [
    ...["disk", "efi_disk", "tpm_state", "initialization"].flatMap((name) =>
      blocksOf(body[name]).flatMap(({ datastore_id, size }) =>
        textsOf(datastore_id).map((storage) => ({
          storage,
          content: "images",
          gibibytes: typeof size === "number" ? size : 0,
        })),
      ),
    ),
    ...volumesOf(body).flatMap(storageOf),
  ]);
  const downloads = ofType(resourcesOf(stack), "proxmox_download_file").flatMap(({ body }) =>
    textsOf(body.datastore_id).map((storage) => ({
      storage,
      content: textOf(body.content_type) ?? "unknown",
      gibibytes: 0,
    })),
  );
  return [...vms, ...downloads];
}

const volumesOf = (body: Json): string[] => [
  ...["disk", "cdrom"].flatMap((name) =>
    blocksOf(body[name]).flatMap(({ import_from, file_id }) => [...textsOf(import_from), ...textsOf(file_id)]),
  ),
  ...textsOf(body.hook_script_file_id),
];

const storageRows = (stack: Stack): Markdown[][] => {
  const wanted = storagesOf(stack);
  return sorted(wanted.map(({ storage }) => storage)).map((storage) => {
    const own = wanted.filter((each) => each.storage === storage);
    const space = own.reduce((sum, { gibibytes }) => sum + gibibytes, 0);
    return [
      code(storage),
      codes(sorted(own.map(({ content }) => content))),
      space === 0 ? none : `${space} GiB of disks`,
    ];
  });
};

/** Each demand of a kind, with the values that meet it. */
function demands(stack: Stack): Markdown[][] {
  const elements = elementsOf(stack).filter(({ type }) => type.startsWith("proxmox_"));
  const vms = ofType(resourcesOf(stack), "proxmox_virtual_environment_vm");
  const mappings = [
    ...ofType(resourcesOf(stack), "proxmox_hardware_mapping_pci"),
    ...ofType(resourcesOf(stack), "proxmox_hardware_mapping_usb"),
  ];
  const inVms = (block: string, attribute: string) =>
    vms.flatMap(({ body }) => blocksOf(body[block]).flatMap((each) => textsOf(each[attribute])));
  const made = mappings.flatMap(({ body }) => textsOf(body.name));
  const used = [...inVms("hostpci", "mapping"), ...inVms("usb", "mapping")];
  const mapped = mappings.flatMap(({ body }) => blocksOf(body.map));
  const nodes = elements.flatMap(({ body }) => textsOf(body.node_name));
  const versions = storagesOf(stack).some(({ content }) => content === "import") ? ["8.4 or later"] : [];
  const memory = vms.map(({ body }) => blocksOf(body.memory)[0]?.dedicated);
  const mebibytes = memory.every((each) => typeof each === "number") ? memory.reduce((sum, each) => sum + each, 0) : 0;
  const rows: [string, string[]][] = [
    ["Proxmox VE", versions],
    ["nodes", [...nodes, ...mapped.flatMap(({ node }) => textsOf(node))]],
    ["free VM ids", vms.flatMap(({ body }) => textsOf(body.vm_id))],
    ["memory for VMs", mebibytes > 0 ? [`${mebibytes} MiB`] : []],
    ["bridges", inVms("network_device", "bridge")],
    ["PCI devices", [...inVms("hostpci", "id"), ...mapped.flatMap(({ path }) => textsOf(path))]],
    ["USB devices", inVms("usb", "host")],
    ["mappings that are created", made],
    ["mappings that must exist", used.filter((name) => !isExpression(name) && !made.includes(name))],
    ["templates to clone, by id", inVms("clone", "vm_id")],
  ];
  return rows.filter(([, values]) => values.length > 0).map(([what, values]) => [what, codes(sorted(values))]);
}

export const hostSection = (stack: Stack): Markdown =>
  [
    "## What the host must have",
    table(["what", "which"], demands(stack), "Nothing: no resource is on Proxmox."),
    table(["storage", "takes", "at least"], storageRows(stack), "No storage."),
    rightSection(stack),
  ].join("\n\n");
