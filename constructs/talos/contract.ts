import { Token } from "cdktf";
import type { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { matches } from "../rules/condition";
import { expression } from "../rules/expression";
import { byTalosMinor } from "./version";

/** Clusters that began before it have its contract since their upgrade: what came with it is in their configurations. */
const first = "v1.13";
const before = ["1.11", "1.12"];

/**
 * The contract of the machine configuration: the Talos version that the cluster began with, whatever version it runs. A Talos
 * library from 1.14 on writes the configuration of another contract in another form, the encryption of Secrets in etcd too.
 *
 * @param version the Talos version to run
 * @see https://github.com/siderolabs/terraform-provider-talos/issues/401
 */
export function contractOf({ talosVersion: began }: MachineSecrets, version: string): string {
  const isBefore = matches(began, /^v?1[.](11|12)([.]|$)/);
  const kept = Token.asString(expression`${isBefore} ? ${first} : ${began}`);
  return byTalosMinor(version, ({ minor }) => (before.includes(minor) ? version : kept));
}
