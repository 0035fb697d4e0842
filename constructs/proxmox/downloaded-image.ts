import { Construct } from "constructs";
import { DownloadFile } from "../../.gen/providers/proxmox/download-file";
import { lifecycleWith } from "../rules/rule";
import { fitProps, flag, instanceOf, required, type Shape, text } from "../rules/shape";
import { at } from "../terraform/address";
import type { DiskImage } from "./boot-medium";
import { ProxmoxConnection } from "./connection";

/** A disk image on the web, uncompressed: only such images can be imported. */
export interface ImageFile {
  /** Where to download it from. */
  readonly url: string;

  /** Name to keep it under, ending in `.qcow2` or `.raw`. */
  readonly fileName: string;

  /**
   * The software in it contains the QEMU guest agent.
   *
   * @default false
   */
  readonly guestAgent?: boolean;
}

export interface DownloadedImageProps extends ImageFile {
  /** The Proxmox API. */
  readonly connection: ProxmoxConnection;

  /** Proxmox node to download it to. */
  readonly node: string;

  /**
   * File storage with the content type "Import" enabled, which Proxmox has from 8.4 on.
   *
   * @default "local"
   */
  readonly datastore?: string;
}

export const shape: Shape<DownloadedImageProps> = {
  connection: required(instanceOf(ProxmoxConnection)),
  node: required(text),
  datastore: text,
  url: required(text),
  fileName: required(text),
  guestAgent: flag,
};

/**
 * A disk image that a Proxmox node downloads, through its API, for VMs to boot from. The id is its address in Terraform.
 *
 * @see https://github.com/bpg/terraform-provider-proxmox/issues/2445
 */
export class DownloadedImage extends Construct implements DiskImage {
  readonly resource: DownloadFile;
  readonly guestAgent: boolean;

  constructor(scope: Construct, id: string, props: DownloadedImageProps) {
    super(scope, id);
    const fitted = fitProps(this, props, shape);
    const { node, datastore = "local", url, fileName, guestAgent = false } = fitted.props;
    this.guestAgent = guestAgent;
    this.resource = at(
      id,
      new DownloadFile(this, "Resource", {
        nodeName: node,
        datastoreId: datastore,
        contentType: "import",
        url,
        fileName,
        // Plans must not depend on the server answering.
        overwrite: false,
        lifecycle: lifecycleWith(fitted.preconditions),
      }),
    );
  }

  /** Volume id; using it makes a VM wait for the download. */
  get fileId(): string {
    return this.resource.id;
  }
}
