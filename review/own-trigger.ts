import type { Leaf } from "./leaf";
import type { Element } from "./stack";

/** Steps that run once for each machine. */
const forEachMachine = /(^|_)(member|worker_taints)$/;

/** Triggers that are settings, whose values the page shows elsewhere; all others refer to what the step runs after. */
const settings =
  /^triggers[.](bundle|disk|efi_disk_type|enabled|node|nodes|releases|source|storage_class|system_disk|system_disk_size|talos|timeout|version|vm_id|volume)$/;

/** What a step runs again for. */
const reference =
  /^\$\{.*\b(fileexists\(|plantimestamp\(|(data|helm_release|null_resource|talos_\w+|proxmox_\w+)[.][\w-])/s;

/**
 * Whether the constructs give a step this trigger. With a constant instead, an upgrade or a check would run once and never again;
 * what scripts read of triggers is judged with their environment.
 */
export function isOwnTrigger({ type, name }: Element, { path, value }: Leaf): boolean {
  if (type === "terraform_data") return path === "for_each" && /_(disk|node)$/.test(name);
  if (type !== "null_resource") return false;
  if (path === "for_each") return /(^|_)worker_taints$/.test(name);
  if (path.startsWith("for_each.") || path === "triggers") return forEachMachine.test(name);
  return settings.test(path) || reference.test(String(value));
}
