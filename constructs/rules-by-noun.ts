import { ciliumInstallRules } from "./cilium/install";
import { loadBalancerRules } from "./cilium/load-balancer";
import { ciliumValuesRules } from "./cilium/values";
import { ciliumVersionRules } from "./cilium/version";
import { agentRules } from "./proxmox/agent";
import { bootMediumRules } from "./proxmox/boot-medium";
import { proxmoxConnectionRules } from "./proxmox/connection";
import { cpuRules } from "./proxmox/cpu";
import { diskRules } from "./proxmox/disk";
import { firmwareRules } from "./proxmox/firmware";
import { gpuRules } from "./proxmox/gpu";
import { vmRules } from "./proxmox/gpu-vm";
import { initializationRules } from "./proxmox/initialization";
import { memoryRules } from "./proxmox/memory";
import { networkDeviceRules } from "./proxmox/network-device";
import { pciMappingRules } from "./proxmox/pci-mapping";
import type { Rule } from "./rules/rule";
import { propType } from "./rules/shape";
import { talosImageRules } from "./talos/image";
import { nvidiaRules } from "./talos/nvidia-driver";
import { talosPatchRules } from "./talos/patch-rules";
import { talosSingleNodeRules } from "./talos/single-node-rules";
import { kubernetesVersionRules, talosVersionRules } from "./talos/version";
import { addressRules } from "./terraform/address";

/** What is to be read of a rule. Some are checked of several nouns, each in its own file. */
export type RuleDescription = Omit<Rule<never>, "checks">;

/** Every rule, by noun. */
export const rulesByNoun: Readonly<Record<string, readonly RuleDescription[]>> = {
  "Any construct": [propType, ...addressRules],
  "Proxmox connection": proxmoxConnectionRules,
  VM: [...vmRules, ...bootMediumRules, ...agentRules],
  GPU: [...gpuRules, ...pciMappingRules],
  "Processor, memory and firmware": [...cpuRules, ...memoryRules, ...firmwareRules],
  "Disks and network": [...diskRules, ...networkDeviceRules, ...initializationRules],
  "Talos image": [...talosImageRules, ...nvidiaRules],
  "Talos node": [...talosVersionRules, ...kubernetesVersionRules, ...talosSingleNodeRules, ...talosPatchRules],
  Cilium: [...ciliumVersionRules, ...ciliumInstallRules, ...ciliumValuesRules, ...loadBalancerRules],
};
