import type { ITerraformDependable } from "cdktf";

/** What a Talos node has to know of the machine it runs on. A `ProxmoxGpuVm` is one. */
export interface TalosMachine {
  /** Host name: letters, digits and hyphens. */
  readonly name: string;

  /** Static address with prefix length, such as `192.168.1.50/24`, at which the machine answers from its first boot. */
  readonly address?: string;

  /**
   * Default gateway.
   *
   * @default - none
   */
  readonly gateway?: string;

  /**
   * Name servers.
   *
   * @default - Talos's own, 1.1.1.1 and 8.8.8.8
   */
  readonly nameServers?: readonly string[];

  /**
   * MAC address of the network device that has the address.
   *
   * @default - the address goes to the only physical network device
   */
  readonly macAddress?: string;

  /** Disk to install to, such as `/dev/sda`. */
  readonly installDisk: string;

  /**
   * What must exist before the machine answers.
   *
   * @default - nothing
   */
  readonly dependency?: ITerraformDependable;
}
