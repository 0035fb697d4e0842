import { checkHostName, hostName } from "../network/host-name";
import type { Rule } from "../rules/rule";
import { useRules } from "./connection";
import * as hostMemory from "./host/host-memory";
import * as hostProcessors from "./host/host-processors";
import * as sameHost from "./host/same-host";
import * as template from "./host/template";
import { checkNodeName, proxmoxName } from "./name";
import * as gpu from "./pci/gpu";
import * as hostDevice from "./pci/host-device";
import * as hostMapping from "./pci/host-mapping";
import * as passthrough from "./pci/passthrough";
import * as agent from "./vm/agent";
import * as backup from "./vm/backup";
import * as bootMedium from "./vm/boot-medium";
import * as clone from "./vm/clone";
import * as cpu from "./vm/cpu";
import * as description from "./vm/description";
import * as disk from "./vm/disk";
import * as vmFirewall from "./vm/firewall";
import * as firmware from "./vm/firmware";
import * as guest from "./vm/guest";
import * as initialization from "./vm/initialization";
import * as machineType from "./vm/machine-type";
import * as memory from "./vm/memory";
import * as networkDevice from "./vm/network-device";
import * as pool from "./vm/pool";
import * as identity from "./vm/replacement-guard";
import * as scsiController from "./vm/scsi-controller";
import * as serialDevice from "./vm/serial-device";
import * as startup from "./vm/startup";
import * as tags from "./vm/tags";
import * as usb from "./vm/usb";
import * as vga from "./vm/vga";
import * as vmId from "./vm/vm-id";
import * as vmStorage from "./vm/vm-storage";

export const nameRules: readonly Rule<{ readonly name: string }>[] = [
  { ...hostName, checks: ({ name }) => [checkHostName("name", name)] },
];

export const nodeRules: readonly Rule<{ readonly node: string }>[] = [
  { ...proxmoxName, checks: ({ node }) => [checkNodeName("node", node)] },
];

/** All rules of a VM, in the order in which problems are reported. */
export const rules = [
  ...useRules,
  ...nameRules,
  ...nodeRules,
  ...description.rules,
  ...guest.rules,
  ...vmId.rules,
  ...identity.rules,
  ...template.rules,
  ...scsiController.rules,
  ...gpu.rules,
  ...passthrough.rules,
  ...usb.rules,
  ...serialDevice.rules,
  ...bootMedium.rules,
  ...sameHost.rules,
  ...clone.rules,
  ...cpu.rules,
  ...memory.rules,
  ...machineType.rules,
  ...firmware.rules,
  ...disk.rules,
  ...networkDevice.rules,
  ...vmFirewall.rules,
  ...initialization.rules,
  ...agent.rules,
  ...vga.rules,
  ...startup.rules,
  ...backup.rules,
  ...pool.rules,
  ...tags.rules,
  ...hostDevice.rules,
  ...hostMapping.rules,
  ...hostMemory.rules,
  ...hostProcessors.rules,
  ...vmStorage.rules,
];
