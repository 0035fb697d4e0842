import type { ProxmoxInterface } from "./schema";

/**
 * What Proxmox demands of a VM's CPU beyond the properties themselves.
 *
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/QemuServer/CPUConfig.pm
 */
export function cpuReason(proxmox: ProxmoxInterface, cpu: Readonly<Record<string, string>>): string | undefined {
  const { cputype, flags = "" } = cpu;
  if (cputype === undefined) return "CPU is missing cputype";
  // Custom models are kept on the host; the simulated one has none.
  if (cputype.startsWith("custom-")) return `Custom cputype '${cputype.slice("custom-".length)}' not found`;
  if (!proxmox.cpuModels.has(cputype)) {
    return `Built-in cputype '${cputype}' is not defined (missing 'custom-' prefix?)`;
  }
  const known = (flag: string) => /^[+-]/.test(flag) && proxmox.cpuFlags.includes(flag.slice(1));
  if (flags !== "" && !flags.split(";").every(known)) {
    return `VM-specific CPU flags must be a subset of: ${proxmox.cpuFlags.join(", ")}`;
  }
  if (cpu["reported-model"] !== undefined) return "Property 'reported-model' not allowed in VM-specific CPU config.";
  return undefined;
}
