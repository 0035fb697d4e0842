import { Construct } from "constructs";
import { DownloadFile } from "../../../.gen/providers/proxmox/download-file";
import { checkPlainHttp, plainHttp } from "../../network/plain-http";
import { boolean, instanceOf, parseProps, required, type Schema, staticBoolean, string } from "../../props/schema";
import { placeInStack } from "../../rules/argument";
import { matches } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { enforce, ifSet, lifecycleWith, type Rule } from "../../rules/rule";
import { escapeTemplate, isPlaceholder, partsOf } from "../../rules/template";
import { withLogicalId } from "../../terraform/logical-id";
import { ProxmoxConnection, useRules } from "../connection";
import { checkNodeName, checkStorageName, proxmoxName } from "../name";
import type { DiskImage } from "../vm/boot-medium";
import { hostOf } from "./host-facts";
import * as imageChecksum from "./image-checksum";
import * as imageStorage from "./image-storage";

/** A disk image on the web, uncompressed: only such images can be imported. */
export interface ImageFile {
  /** Where to download it from. */
  readonly url: string;

  /** File name on the storage, ending in `.qcow2` or `.raw`. */
  readonly fileName: string;

  /**
   * The image contains the QEMU guest agent.
   *
   * @default false
   */
  readonly guestAgent?: boolean;

  /**
   * Checksum that Proxmox compares the download with.
   *
   * @default - the download is not compared
   */
  readonly checksum?: imageChecksum.ImageChecksum;

  /**
   * Allow http to a private IP address: anyone on the way can replace what is downloaded.
   *
   * @default false
   */
  readonly insecureHttp?: boolean;
}

/** An image, and where to keep it. */
export interface DownloadedImageProps extends ImageFile {
  /** The Proxmox API. */
  readonly connection: ProxmoxConnection;

  /** Proxmox node to download it to. */
  readonly node: string;

  /**
   * File storage with the content type "Import" enabled, which Proxmox has from 8.4 on (version 8 is past its end of life).
   *
   * @default "local"
   */
  readonly datastore?: string;
}

export const schema: Schema<DownloadedImageProps> = {
  connection: required(instanceOf(ProxmoxConnection)),
  node: required(string),
  datastore: string,
  url: required(string),
  fileName: required(string),
  guestAgent: boolean,
  checksum: imageChecksum.schema,
  insecureHttp: staticBoolean,
};

/** Whether the text matches, or where only parts of it are known now, whether each of these has only such characters. */
const isMadeOf = (text: string, pattern: RegExp, characters: RegExp) => {
  const parts = partsOf(text);
  return parts.length > 1 && parts.some(isPlaceholder)
    ? parts.every((part) => isPlaceholder(part) || characters.test(part))
    : matches(text, pattern);
};

export const rules: readonly Rule<DownloadedImageProps>[] = [
  {
    ...proxmoxName,
    checks: ({ node, datastore }) => [
      checkNodeName("node", node),
      ...ifSet(datastore, (datastore) => checkStorageName("datastore", datastore)),
    ],
  },
  {
    id: "image-file",
    requirement: "an image is downloaded from a URL, to a file whose name ends in .qcow2 or .raw",
    reason: "Proxmox imports disks only from such files, uncompressed",
    source: "https://pve.proxmox.com/pve-docs/chapter-pvesm.html#_storage_types",
    checks: ({ url, fileName }) => [
      {
        condition: isMadeOf(url, /^https?:[/][/][!-~]+$/, /^[!-~]+$/),
        message: `url ${formatValue(url)} is not a URL; write it as in "https://example.org/talos.qcow2"`,
      },
      {
        condition: isMadeOf(fileName, /^[a-zA-Z0-9_.+=-]{1,240}[.](qcow2|raw)$/, /^[a-zA-Z0-9_.+=-]+$/),
        message: `fileName ${formatValue(fileName)} is not the name of an image; write it as in "talos.qcow2"`,
      },
    ],
  },
  { ...plainHttp, checks: ({ url, insecureHttp }) => [checkPlainHttp("url", url, insecureHttp)] },
  ...imageChecksum.rules,
];

/**
 * A disk image that a Proxmox node downloads, through its API, for VMs to boot from. The construct's id is its
 * Terraform address.
 *
 * @example
 * const talos = new TalosImage(stack, "talos", { version: "v1.14.7" });
 * new DownloadedImage(stack, "talos_image", { ...talos.file, connection, node: "pve", datastore: "local" });
 *
 * @see https://github.com/bpg/terraform-provider-proxmox/issues/2445
 */
export class DownloadedImage extends Construct implements DiskImage {
  /** The download, to set what no prop covers. */
  readonly resource: DownloadFile;
  /** Whether the software in the image contains the QEMU guest agent. */
  readonly guestAgent: boolean;
  /** The connection that downloads it. */
  readonly connection?: ProxmoxConnection;
  /** Where it is kept, and under which name. */
  readonly placed: { readonly node: string; readonly datastore: string; readonly fileName: string };

  constructor(scope: Construct, id: string, props: DownloadedImageProps) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema);
    const { connection, node, datastore = "local", url, fileName, guestAgent = false } = parsed.props;
    const preconditions = [
      ...(connection?.preconditions ?? []),
      ...parsed.preconditions,
      ...enforce(this, useRules, { connection, user: this }),
      ...enforce(this, rules, parsed.props as DownloadedImageProps),
      ...enforce(this, imageStorage.rules, { datastore, host: hostOf(connection, node) }),
    ];
    this.guestAgent = guestAgent;
    this.connection = connection;
    this.placed = { node, datastore, fileName };
    this.resource = withLogicalId(
      id,
      new DownloadFile(this, "Resource", {
        provider: connection?.provider,
        nodeName: node,
        datastoreId: datastore,
        contentType: "import",
        url: escapeTemplate(url),
        fileName,
        ...imageChecksum.block(parsed.props.checksum),
        // Plans must not depend on the server answering.
        overwrite: false,
        lifecycle: lifecycleWith(preconditions),
      }),
    );
  }

  /** Version of the Talos in it; undefined if its name is not one that a `TalosImage` gives. */
  get talosVersion(): string | undefined {
    const { fileName } = this.placed;
    const [prefix, version = ""] = partsOf(fileName);
    if (prefix === "talos-" && isPlaceholder(version)) return version;
    return /^talos-(v[0-9]+[.][0-9]+[.][0-9]+(-(alpha|beta|rc)[.][0-9]+)?)-/.exec(fileName)?.[1];
  }

  /** Volume id; using it makes a VM wait for the download. */
  get fileId(): string {
    return this.resource.id;
  }
}
