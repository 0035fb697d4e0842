import { addressRules } from "./address";
import { agentRules } from "./agent";
import { bootMediumRules } from "./boot-medium";
import { ciliumInstallRules } from "./cilium-install";
import { loadBalancerRules } from "./cilium-load-balancer";
import { ciliumValuesRules } from "./cilium-values";
import { ciliumVersionRules } from "./cilium-version";
import { cpuRules } from "./cpu";
import { diskRules } from "./disk";
import { firmwareRules } from "./firmware";
import { gpuRules } from "./gpu";
import { initializationRules } from "./initialization";
import { memoryRules } from "./memory";
import { networkDeviceRules } from "./network-device";
import { nvidiaRules } from "./nvidia";
import { pciMappingRules } from "./pci-mapping";
import { proxmoxConnectionRules } from "./proxmox-connection";
import { vmRules } from "./proxmox-gpu-vm";
import type { Rule } from "./rule";
import { propType } from "./shape";
import { talosImageRules } from "./talos-image";
import { talosPatchRules } from "./talos-patch-rules";
import { talosSingleNodeRules } from "./talos-single-node-rules";
import { kubernetesVersionRules, talosVersionRules } from "./talos-version";

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
