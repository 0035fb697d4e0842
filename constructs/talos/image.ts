import { Construct } from "constructs";
import { DownloadFile } from "../../.gen/providers/proxmox/download-file";
import { DataTalosImageFactoryUrls } from "../../.gen/providers/talos/data-talos-image-factory-urls";
import { ImageFactorySchematic } from "../../.gen/providers/talos/image-factory-schematic";
import { TalosProvider } from "../../.gen/providers/talos/provider";
import type { DiskImage } from "../proxmox/boot-medium";
import { matches, shown } from "../rules/condition";
import { enforce, lifecycleWith, type Rule } from "../rules/rule";
import { fitProps, listOf, type Shape, text } from "../rules/shape";
import { at } from "../terraform/address";
import { renderDocument } from "../terraform/document";
import { oncePerStack } from "../terraform/once";
import { type NvidiaDriver, nvidiaExtensions, nvidiaRules, nvidiaShape } from "./nvidia-driver";
import { defaultTalosVersion, talosVersionRules } from "./version";

/** The Talos that a node runs. */
export interface TalosRelease {
  /** Version in full, such as `v1.13.9`. */
  readonly version: string;

  /**
   * Installer image with the version's tag, such as `factory.talos.dev/nocloud-installer/<schematic>:v1.13.9`.
   *
   * @default - what is installed already
   */
  readonly installer?: string;

  /**
   * The NVIDIA driver among its extensions.
   *
   * @default - none
   */
  readonly nvidia?: NvidiaDriver;
}

export interface TalosImageProps {
  /**
   * Talos version.
   *
   * @default "v1.13.9"
   */
  readonly version?: string;

  /**
   * NVIDIA driver to include.
   *
   * @default - none
   */
  readonly nvidia?: NvidiaDriver;

  /**
   * Further system extensions, such as `siderolabs/iscsi-tools`. The QEMU guest agent is always included.
   *
   * @default - none
   * @see https://github.com/siderolabs/extensions
   */
  readonly extensions?: readonly string[];

  /**
   * URL of the Image Factory.
   *
   * @default "https://factory.talos.dev"
   */
  readonly factory?: string;
}

const shape: Shape<TalosImageProps> = { version: text, nvidia: nvidiaShape, extensions: listOf(text), factory: text };

const factoryDocs = "https://www.talos.dev/v1.13/learn-more/image-factory/";
const guestAgentExtension = "siderolabs/qemu-guest-agent";
const defaultFactory = "https://factory.talos.dev";

export const talosImageRules: readonly Rule<TalosImageProps>[] = [
  {
    id: "extension-name",
    demands: "a system extension is named as in the Image Factory, siderolabs/ first",
    because: "the factory refuses names that it does not know",
    source: factoryDocs,
    checks: ({ extensions = [] }) =>
      extensions.map((extension, place) => ({
        holds: matches(extension, /^[a-z0-9-]+[/][a-z0-9-]+$/),
        problem: `extensions[${place}] ${shown(extension)} is not the name of an extension; write it as in "siderolabs/iscsi-tools"`,
      })),
  },
  {
    id: "factory-url",
    demands: "an Image Factory is a URL without a path",
    because: "the addresses of schematics and images are made from it",
    source: factoryDocs,
    checks: ({ factory }) =>
      factory === undefined
        ? []
        : [
            {
              holds: matches(factory, /^https?:[/][/][^/ ]+$/),
              problem: `factory ${shown(factory)} is not the URL of an Image Factory; write it as in "${defaultFactory}"`,
            },
          ],
  },
];

/**
 * A Talos image made by the Image Factory: a disk image to boot from and the installer that belongs to it, from one
 * schematic and of one version.
 *
 * @see https://www.talos.dev/v1.13/learn-more/image-factory/
 */
export class TalosImage extends Construct implements TalosRelease {
  readonly resource: ImageFactorySchematic;
  readonly urls: DataTalosImageFactoryUrls;
  readonly version: string;
  readonly nvidia?: NvidiaDriver;
  /** System extensions, in the order of the schematic. */
  readonly extensions: readonly string[];

  private readonly factory: string;

  constructor(scope: Construct, id: string, props: TalosImageProps = {}) {
    super(scope, id);
    const { version = defaultTalosVersion, nvidia, extensions = [], factory } = fitProps(this, props, shape);
    const preconditions = [
      ...enforce(this, talosVersionRules, { version }),
      ...enforce(this, [...nvidiaRules, ...talosImageRules], { nvidia, extensions, factory }),
    ];
    this.version = version;
    this.nvidia = nvidia;
    this.factory = factory ?? defaultFactory;
    this.extensions = [
      ...new Set([guestAgentExtension, ...(nvidia ? nvidiaExtensions(nvidia) : []), ...extensions]),
    ].sort();

    talosProvider(this, factory);
    this.resource = at(
      "talos",
      new ImageFactorySchematic(this, "Resource", {
        schematic: renderDocument({ customization: { systemExtensions: { officialExtensions: this.extensions } } }),
        lifecycle: lifecycleWith(preconditions),
      }),
    );
    this.urls = at(
      "talos",
      new DataTalosImageFactoryUrls(this, "Urls", {
        schematicId: this.resource.id,
        talosVersion: version,
        architecture,
        platform,
      }),
    );
  }

  get installer(): string {
    return this.urls.urls.installer;
  }

  /**
   * Downloads the disk image to a node, through the Proxmox API.
   *
   * @param datastore a file storage with the content type "Import" enabled, which Proxmox has from 8.4 on
   */
  downloadedTo(node: string, datastore = "local"): DiskImage {
    const file = at(
      "talos",
      new DownloadFile(this, "DownloadFile", {
        nodeName: node,
        datastoreId: datastore,
        contentType: "import",
        // Only uncompressed images can be imported: https://github.com/bpg/terraform-provider-proxmox/issues/2445
        url: `${this.factory}/image/${this.resource.id}/${this.version}/${platform}-${architecture}.qcow2`,
        fileName: `talos-${this.version}-${this.resource.id}-${platform}-${architecture}.qcow2`,
        // Plans must not depend on the factory answering.
        overwrite: false,
      }),
    );
    return { fileId: file.id, guestAgent: true };
  }
}

/** Of the platforms, nocloud takes its address from Proxmox's cloud-init drive. */
const platform = "nocloud";
const architecture = "amd64";

/** The Talos provider of the stack, which needs no more than the factory. */
export const talosProvider = (scope: Construct, imageFactoryUrl?: string): TalosProvider =>
  oncePerStack(scope, "talos_provider", (stack, id) => new TalosProvider(stack, id, { imageFactoryUrl }));
