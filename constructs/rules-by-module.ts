import * as gatewayApi from "./cilium/gateway-api";
import * as inlineManifests from "./cilium/inline-manifests";
import * as install from "./cilium/install-rules";
import * as loadBalancer from "./cilium/load-balancer-rules";
import * as valuePairs from "./cilium/value-pairs";
import * as valueSchema from "./cilium/value-schema";
import * as ciliumValues from "./cilium/values";
import * as ciliumVersion from "./cilium/version";
import * as gpuInstall from "./gpu/rules";
import * as gpuSharing from "./gpu/sharing";
import * as helmInstall from "./helm/install";
import * as helmNamespace from "./helm/namespace";
import * as helmRelease from "./helm/release";
import * as secretValues from "./helm/secret-values";
import { propType } from "./props/schema";
import * as connection from "./proxmox/connection";
import * as vm from "./proxmox/gpu-vm-rules";
import * as downloadedImage from "./proxmox/host/downloaded-image";
import * as hostMemory from "./proxmox/host/host-memory";
import * as hostProcessors from "./proxmox/host/host-processors";
import * as imageStorage from "./proxmox/host/image-storage";
import * as sameHost from "./proxmox/host/same-host";
import * as template from "./proxmox/host/template";
import * as gpu from "./proxmox/pci/gpu";
import * as hostDevice from "./proxmox/pci/host-device";
import * as hostMapping from "./proxmox/pci/host-mapping";
import * as passthrough from "./proxmox/pci/passthrough";
import * as pciMapping from "./proxmox/pci/pci-mapping";
import * as agent from "./proxmox/vm/agent";
import * as backup from "./proxmox/vm/backup";
import * as bootMedium from "./proxmox/vm/boot-medium";
import * as clone from "./proxmox/vm/clone";
import * as cpu from "./proxmox/vm/cpu";
import * as description from "./proxmox/vm/description";
import * as disk from "./proxmox/vm/disk";
import * as vmFirewall from "./proxmox/vm/firewall";
import * as firmware from "./proxmox/vm/firmware";
import * as guest from "./proxmox/vm/guest";
import * as initialization from "./proxmox/vm/initialization";
import * as keptDisks from "./proxmox/vm/kept-disks";
import * as leftDisks from "./proxmox/vm/left-disks";
import * as machineType from "./proxmox/vm/machine-type";
import * as memory from "./proxmox/vm/memory";
import * as networkDevice from "./proxmox/vm/network-device";
import * as pool from "./proxmox/vm/pool";
import * as identity from "./proxmox/vm/replacement-guard";
import * as scsiController from "./proxmox/vm/scsi-controller";
import * as serialDevice from "./proxmox/vm/serial-device";
import * as startup from "./proxmox/vm/startup";
import * as tags from "./proxmox/vm/tags";
import * as usb from "./proxmox/vm/usb";
import * as vga from "./proxmox/vm/vga";
import * as vmId from "./proxmox/vm/vm-id";
import * as vmStorage from "./proxmox/vm/vm-storage";
import type { Rule } from "./rules/rule";
import { secretInText } from "./rules/secret";
import * as localStorage from "./storage/local-storage";
import * as proxmoxCsi from "./storage/proxmox-csi-rules";
import * as volumeGuard from "./storage/volume-guard";
import * as apiEndpoint from "./talos/api-endpoint";
import * as members from "./talos/cluster-machine-rules";
import * as clusterOnce from "./talos/cluster-once";
import * as cluster from "./talos/cluster-rules";
import * as clusterSubnets from "./talos/cluster-subnet-rules";
import * as driver from "./talos/driver";
import * as extension from "./talos/extension";
import * as gpuDriver from "./talos/gpu-driver";
import * as image from "./talos/image";
import * as ingressFirewall from "./talos/ingress-firewall";
import * as kubernetesVersion from "./talos/kubernetes-version";
import * as machine from "./talos/machine-rules";
import * as nodeRestriction from "./talos/node-restriction";
import * as deviceSelector from "./talos/patch/device-selector";
import * as patchRole from "./talos/patch/role";
import * as patch from "./talos/patch/rules";
import * as patchSources from "./talos/patch/sources";
import * as patchValues from "./talos/patch/values";
import * as registries from "./talos/registries";
import * as talosVersion from "./talos/version";
import * as talosGpuCluster from "./talos-gpu-cluster";
import * as logicalId from "./terraform/logical-id";
import * as versions from "./versions/rules";

/** What is to be read of a rule. Some are checked of several nouns, each in its own file. */
export type RuleDescription = Omit<Rule<never>, "checks">;

/** Every rule, by noun. */
export const rulesByModule: Readonly<Record<string, readonly RuleDescription[]>> = {
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
    ...pool.rules,
    ...tags.rules,
    ...vmFirewall.rules,
  ],
  GPU: [...gpu.rules, ...passthrough.rules, ...pciMapping.rules],
  "The host, at plan": [
    ...hostDevice.rules,
    ...gpuDriver.rules,
    ...hostMapping.rules,
    ...imageStorage.rules,
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
  "Disks and network": [
    ...scsiController.rules,
    ...disk.rules,
    ...keptDisks.rules,
    ...leftDisks.rules,
    ...networkDevice.rules,
    ...initialization.rules,
  ],
  "Talos image": [...image.rules, ...extension.rules, ...driver.rules],
  Versions: versions.rules,
  "Talos node": [
    ...talosVersion.rules,
    ...kubernetesVersion.rules,
    ...machine.plainMachineRules,
    ...machine.machineRules,
    ...apiEndpoint.rules,
    ...cluster.rules,
    ...ingressFirewall.rules,
    ...clusterSubnets.rules,
    ...clusterOnce.rules,
    ...registries.rules,
    ...patch.rules,
    ...patchRole.rules,
    ...patchSources.rules,
    ...patchValues.rules,
    ...deviceSelector.rules,
    ...nodeRestriction.rules,
  ],
  "Cluster of several machines": members.rules,
  "GPUs for pods": [...gpuInstall.rules, ...gpuInstall.vendorRules, ...gpuInstall.gpuRules, ...gpuSharing.rules],
  "Local volumes": [...localStorage.rules, ...volumeGuard.rules],
  "Volumes on Proxmox": proxmoxCsi.rules,
  "Helm charts": [
    ...helmInstall.rules,
    ...secretValues.rules,
    ...secretValues.valueRules,
    ...helmRelease.rules,
    ...helmNamespace.rules,
  ],
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
