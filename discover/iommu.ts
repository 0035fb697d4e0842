import type { HostNode } from "./node";

/** Linux switches the IOMMU of Intel on by itself from here on; that of AMD always. */
const automatic = [6, 8] as const;

/**
 * What to do on a node whose IOMMU is disabled, step by step.
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-sysadmin.html#sysboot_edit_kernel_cmdline
 */
export function iommuSteps({ name, processor = "", boot }: HostNode): string[] {
  const isAmd = /\bAMD\b/i.test(processor);
  const firmware = isAmd ? "AMD-Vi (IOMMU)" : /\bIntel\b/i.test(processor) ? "VT-d" : "VT-d or AMD-Vi";
  const [major = 0, minor = 0] = (boot?.kernel ?? "").split(".").map(Number);
  const isAutomatic = major > automatic[0] || (major === automatic[0] && minor >= automatic[1]);
  const steps = [`enable ${firmware} in the firmware of ${name}, and reboot it`];
  if (!isAmd) {
    const when = isAutomatic
      ? `if it is still disabled then (Linux ${boot?.kernel} needs no more, unless its command line says intel_iommu=off), `
      : "with Intel before Linux 6.8 also ";
    steps.push(`${when}add "intel_iommu=on" to the kernel's command line: ${commandLine(boot)}, and reboot again`);
  }
  return steps;
}

const grub = "in GRUB_CMDLINE_LINUX_DEFAULT of /etc/default/grub, then `update-grub`";
const systemdBoot = "in /etc/kernel/cmdline, then `proxmox-boot-tool refresh`";

/** Where the command line is kept depends on the boot loader: systemd-boot is for UEFI without Secure Boot on ZFS. */
function commandLine(boot: HostNode["boot"]): string {
  if (boot && (!boot.isEfi || boot.isSecure)) return `${grub} (it boots by GRUB)`;
  return `${grub}; or, where / is on ZFS and systemd-boot boots it (\`efibootmgr -v\` tells), ${systemdBoot}`;
}
