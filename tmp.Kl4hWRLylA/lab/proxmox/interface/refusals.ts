import { Checker, type Refusals, type Value } from "./property";
import { own, ProxmoxInterface, type ProxmoxVersion } from "./schema";

export type { Refusals } from "./property";
export { type ProxmoxVersion, proxmoxVersions } from "./schema";

/**
 * What Proxmox's own schema refuses of a call, by parameter and with Proxmox's reasons; nothing when it takes the call.
 * Privileges and the state of the host are not its business.
 *
 * @param path below `/api2/json`, such as `/nodes/pve/qemu`; what it holds are parameters too
 * @param parameters query and body; a parameter that is given several times holds all its values
 * @example
 * refusals("9.2.6", "POST", "/nodes/pve/qemu", { vmid: "100", net0: "virtio,tag=4095" })
 * // { net0: "invalid format - format error\nnet0.tag: value must have a maximum value of 4094\n" }
 * @throws when `schemas/proxmox-api` does not have the call
 */
export function refusals(
  version: ProxmoxVersion,
  method: string,
  path: string,
  parameters: Readonly<Record<string, Value>>,
): Refusals {
  const proxmox = ProxmoxInterface.of(version);
  const found = proxmox.find(method, path);
  if (!found) throw new Error(`schemas/proxmox-api/${version}.json has no call ${method} ${path}`);
  const { properties } = found.call;
  const values = Object.entries({ ...parameters, ...found.parameters }).map(([name, value]): [string, Value] => {
    if (own(properties, name)?.type === "array") return [name, typeof value === "string" ? [value] : value];
    // What is given twice and is no array, Proxmox's server joins like this.
    return [name, typeof value === "string" ? value : value.join("\0")];
  });
  return new Checker(proxmox).all(properties, Object.fromEntries(values));
}
