import * as gatewayApi from "./cilium/gateway-api";
import * as inlineManifests from "./cilium/inline-manifests";
import * as install from "./cilium/install";
import * as loadBalancer from "./cilium/load-balancer";
import * as valuePairs from "./cilium/value-pairs";
import * as valueSchema from "./cilium/value-schema";
import * as ciliumValues from "./cilium/values";
import * as ciliumVersion from "./cilium/version";
import * as nvidiaInstall from "./nvidia/install";
import * as gpuSharing from "./nvidia/sharing";
import * as agent from "./proxmox/agent";
import * as backup from "./proxmox/backup";
import * as bootMedium from "./proxmox/boot-medium";
import * as clone from "./proxmox/clone";
import * as connection from "./proxmox/connection";
import * as cpu from "./proxmox/cpu";
import * as description from "./proxmox/description";
import * as disk from "./proxmox/disk";
import * as downloadedImage from "./proxmox/downloaded-image";
import * as firmware from "./proxmox/firmware";
import * as gpu from "./proxmox/gpu";
import * as vm from "./proxmox/gpu-vm";
import * as guest from "./proxmox/guest";
import * as hostDevice from "./proxmox/host-device";
import * as hostMapping from "./proxmox/host-mapping";
import * as hostMemory from "./proxmox/host-memory";
import * as hostProcessors from "./proxmox/host-processors";
import * as hostStorage from "./proxmox/host-storage";
import * as identity from "./proxmox/identity";
import * as initialization from "./proxmox/initialization";
import * as machineType from "./proxmox/machine-type";
import * as memory from "./proxmox/memory";
import * as networkDevice from "./proxmox/network-device";
import * as passthrough from "./proxmox/passthrough";
import * as pciMapping from "./proxmox/pci-mapping";
import * as sameHost from "./proxmox/same-host";
import * as scsiController from "./proxmox/scsi-controller";
import * as serialDevice from "./proxmox/serial-device";
import * as startup from "./proxmox/startup";
import * as tags from "./proxmox/tags";
import * as template from "./proxmox/template";
import * as usb from "./proxmox/usb";
import * as vga from "./proxmox/vga";
import * as vmId from "./proxmox/vm-id";
import * as vmStorage from "./proxmox/vm-storage";
import type { Rule } from "./rules/rule";
import { secretInText } from "./rules/secret";
import { propType } from "./rules/shape";
import * as apiEndpoint from "./talos/api-endpoint";
import * as clusterOnce from "./talos/cluster-once";
import * as cluster from "./talos/cluster-rules";
import * as clusterSubnets from "./talos/cluster-subnet-rules";
import * as deviceSelector from "./talos/device-selector";
import * as extension from "./talos/extension";
import * as gpuDriver from "./talos/gpu-driver";
import * as image from "./talos/image";
import * as kubernetesVersion from "./talos/kubernetes-version";
import * as machine from "./talos/machine-rules";
import * as members from "./talos/members";
import * as nodeRestriction from "./talos/node-restriction";
import * as nvidiaDriver from "./talos/nvidia-driver";
import * as patchRole from "./talos/patch-role";
import * as patch from "./talos/patch-rules";
import * as talosVersion from "./talos/version";
import * as talosGpuCluster from "./talos-gpu-cluster";
import * as logicalId from "./terraform/logical-id";

/** What is to be read of a rule. Some are checked of several nouns, each in its own file. */
export type RuleDescription = Omit<Rule<never>, "checks">;

/** Every rule, by noun. */
export const rulesByNoun: Readonly<Record<string, readonly RuleDescription[]>> = {
  "Any construct": [propType, secretInText, ...logicalId.rules],
  "A cluster as a whole": talosGpuCluster.rules,
  "Proxmox connection": [...connection.rules, ...connection.useRules],
  VM: [
    ...vm.nameRules,
    ...vm.nodeRules,
    ...description.rules,
    ...guest.rules,
    ...vmId.rules,
    ...identity.rules,
    ...template.rules,
    ...bootMedium.rules,
    ...downloadedImage.rules,
    ...sameHost.rules,
    ...clone.rules,
    ...agent.rules,
    ...startup.rules,
    ...backup.rules,
    ...tags.rules,
  ],
  GPU: [...gpu.rules, ...passthrough.rules, ...pciMapping.rules],
  "The host, at plan": [
    ...hostDevice.rules,
    ...gpuDriver.rules,
    ...hostMapping.rules,
    ...hostStorage.rules,
    ...hostMemory.rules,
    ...hostProcessors.rules,
    ...vmStorage.rules,
  ],
  "USB and serial devices": [...usb.rules, ...serialDevice.rules],
  "Processor, memory and firmware": [
    ...cpu.rules,
    ...memory.rules,
    ...machineType.rules,
    ...firmware.rules,
    ...vga.rules,
  ],
  "Disks and network": [...scsiController.rules, ...disk.rules, ...networkDevice.rules, ...initialization.rules],
  "Talos image": [...image.rules, ...extension.rules, ...nvidiaDriver.rules],
  "Talos node": [
    ...talosVersion.rules,
    ...kubernetesVersion.rules,
    ...machine.plainMachineRules,
    ...machine.machineRules,
    ...apiEndpoint.rules,
    ...cluster.rules,
    ...clusterSubnets.rules,
    ...clusterOnce.rules,
    ...patch.rules,
    ...patchRole.rules,
    ...deviceSelector.rules,
    ...nodeRestriction.rules,
  ],
  "Cluster of several machines": members.rules,
  "GPUs for pods": [...nvidiaInstall.rules, ...gpuSharing.rules],
  Cilium: [
    ...ciliumVersion.rules,
    ...install.rules,
    ...gatewayApi.rules,
    ...inlineManifests.rules,
    ...ciliumValues.rules,
    ...valuePairs.rules,
    ...valueSchema.rules,
    ...loadBalancer.rules,
    ...loadBalancer.subnetRules,
  ],
};
