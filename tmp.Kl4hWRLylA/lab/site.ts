import type { Json } from "./json";

/** What a stack meets in a lab, where it would meet a host and a network. */
export interface Site {
  /** Where stacks are written and Terraform runs. */
  readonly directory: string;
  /** URL of Proxmox's API, with a certificate that nobody has signed. */
  readonly proxmox: string;
  /** URL of the Image Factory. */
  readonly factory: string;
  /** Address for the node: one of this machine's own, so that the simulated one can answer there. */
  readonly address: string;
  readonly gateway: string;
  /** Fits a configuration to what else the lab has. */
  readonly fit: (configuration: Json) => void;
}
