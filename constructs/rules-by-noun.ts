import * as install from "./cilium/install";
import * as loadBalancer from "./cilium/load-balancer";
import * as ciliumValues from "./cilium/values";
import * as ciliumVersion from "./cilium/version";
import * as agent from "./proxmox/agent";
import * as bootMedium from "./proxmox/boot-medium";
import * as connection from "./proxmox/connection";
import * as cpu from "./proxmox/cpu";
import * as disk from "./proxmox/disk";
import * as firmware from "./proxmox/firmware";
import * as gpu from "./proxmox/gpu";
import * as vm from "./proxmox/gpu-vm";
import * as initialization from "./proxmox/initialization";
import * as memory from "./proxmox/memory";
import * as networkDevice from "./proxmox/network-device";
import * as pciMapping from "./proxmox/pci-mapping";
import * as scsiController from "./proxmox/scsi-controller";
import * as template from "./proxmox/template";
import * as vmId from "./proxmox/vm-id";
import type { Rule } from "./rules/rule";
import { propType } from "./rules/shape";
import * as image from "./talos/image";
import * as nvidiaDriver from "./talos/nvidia-driver";
import { talosPatchRules } from "./talos/patch-rules";
import * as singleNode from "./talos/single-node-rules";
import { kubernetesVersionRules, talosVersionRules } from "./talos/version";
import { addressRules } from "./terraform/address";

/** What is to be read of a rule. Some are checked of several nouns, each in its own file. */
export type RuleDescription = Omit<Rule<never>, "checks">;

/** Every rule, by noun. */
export const rulesByNoun: Readonly<Record<string, readonly RuleDescription[]>> = {
  "Any construct": [propType, ...addressRules],
  "Proxmox connection": connection.rules,
  VM: [...vm.nameRules, ...vmId.rules, ...template.rules, ...scsiController.rules, ...bootMedium.rules, ...agent.rules],
  GPU: [...gpu.rules, ...pciMapping.rules],
  "Processor, memory and firmware": [...cpu.rules, ...memory.rules, ...firmware.rules],
  "Disks and network": [...disk.rules, ...networkDevice.rules, ...initialization.rules],
  "Talos image": [...image.rules, ...nvidiaDriver.rules],
  "Talos node": [...talosVersionRules, ...kubernetesVersionRules, ...singleNode.rules, ...talosPatchRules],
  Cilium: [...ciliumVersion.rules, ...install.rules, ...ciliumValues.rules, ...loadBalancer.rules],
};
