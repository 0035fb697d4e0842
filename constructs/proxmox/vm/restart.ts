import { createHash } from "node:crypto";
import { DefaultTokenResolver, StringConcat, type TerraformResource, Tokenization } from "cdktf";

/** Attributes of the provider's VM for a change of which it restarts the VM. */
export const restartingAttributes = [
  "acpi",
  "agent",
  "audio_device",
  "bios",
  "boot_order",
  "cpu",
  "efi_disk",
  "hostpci",
  "initialization",
  "keyboard_layout",
  "kvm_arguments",
  "machine",
  "memory",
  "numa",
  "operating_system",
  "rng",
  "scsi_hardware",
  "serial_device",
  "smbios",
  "started",
  "tablet_device",
  "tpm_state",
  "usb",
  "vga",
  "watchdog",
] as const;

/**
 * Triggers that change with what restarts the VM. What Terraform alone knows is a trigger of its own; all the rest is one, so
 * that a plan does not show the VM twice.
 */
export function restartTriggersOf(resource: TerraformResource): Record<string, string> {
  const { resource: blocks } = Tokenization.resolve(resource.toTerraform(), {
    scope: resource,
    resolver: new DefaultTokenResolver(new StringConcat()),
    preparing: false,
  });
  const attributes = blocks[resource.terraformResourceType][resource.friendlyUniqueId];
  const unknown: string[] = [];
  const known = JSON.stringify(
    restartingAttributes.map((name) => attributes[name]),
    (_, value) => {
      if (typeof value !== "string" || !value.includes("${")) return value;
      unknown.push(value);
      return unknown.length;
    },
  );
  const settings = createHash("sha256").update(known).digest("hex").slice(0, 16);
  return { settings, ...Object.fromEntries(unknown.map((value, index) => [`variable_${index + 1}`, value])) };
}
