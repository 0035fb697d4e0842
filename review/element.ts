import { isInStack } from "./chart";
import { blocksOf, type Json, textOf, textsOf } from "./json";
import { code, codes, grouped, type Markdown, none, table } from "./markdown";
import { dataOf, type Element, resourcesOf, type Stack } from "./stack";

const shown = (body: Json, attribute: string): Markdown => code(textOf(body[attribute]) ?? "");

const named = (blocks: unknown, attribute: string): string[] =>
  blocksOf(blocks).flatMap((each) => textsOf(each[attribute]));

/** What a resource is, in words; a resource that is not listed here is described by its type. */
const resources: Readonly<Record<string, (body: Json) => Markdown>> = {
  helm_release: (body) => {
    const isOwn = isInStack(textOf(body.chart));
    const version = textOf(body.version) === undefined ? "" : ` ${shown(body, "version")}`;
    const chart = isOwn ? "a chart of the stack's own" : `the chart ${shown(body, "chart")}${version}`;
    return `Helm release ${shown(body, "name")} in ${shown(body, "namespace")}, of ${chart}`;
  },
  local_file: (body) => `file ${shown(body, "filename")}, mode ${shown(body, "file_permission")}`,
  local_sensitive_file: (body) => `file ${shown(body, "filename")}, mode ${shown(body, "file_permission")}`,
  null_resource: ({ provisioner }) =>
    blocksOf(provisioner).length > 0
      ? "a step that runs a command on this machine"
      : "what Terraform remembers from apply to apply",
  terraform_data: () => "what Terraform remembers from apply to apply",
  proxmox_acl: (body) => `role ${shown(body, "role_id")} on ${shown(body, "path")} for ${shown(body, "user_id")}`,
  proxmox_user_token: (body) => `API token ${shown(body, "token_name")} of ${shown(body, "user_id")}`,
  proxmox_virtual_environment_role: (body) =>
    `role ${shown(body, "role_id")} of Proxmox: ${codes(textsOf(body.privileges))}`,
  proxmox_virtual_environment_user: (body) => `user ${shown(body, "user_id")} of Proxmox`,
  proxmox_backup_job: (body) =>
    `job ${shown(body, "id")} that backs up to the storage ${shown(body, "storage")}, at ${shown(body, "schedule")}`,
  proxmox_download_file: (body) =>
    `download of ${shown(body, "url")} to the storage ${shown(body, "datastore_id")} of ${shown(body, "node_name")}`,
  proxmox_hardware_mapping_pci: (body) => `mapping ${shown(body, "name")} of a PCI device`,
  proxmox_hardware_mapping_usb: (body) => `mapping ${shown(body, "name")} of a USB device`,
  proxmox_virtual_environment_firewall_ipset: (body) =>
    `IP addresses from which the VM sends, ${shown(body, "name")}: ${codes(named(body.cidr, "name"))}`,
  proxmox_virtual_environment_firewall_options: () => "Proxmox's firewall of a VM",
  proxmox_virtual_environment_firewall_rules: (body) =>
    `who reaches the APIs of Talos and Kubernetes on the VM: ${codes(named(body.rule, "source"))}`,
  proxmox_virtual_environment_vm: (body) =>
    `VM ${shown(body, "name")}, id ${shown(body, "vm_id")}, on ${shown(body, "node_name")}: see Machines`,
  talos_cluster_kubeconfig: (body) => `access to Kubernetes as its administrator, from ${shown(body, "node")}`,
  talos_image_factory_schematic: () => "contents of the Talos image, sent to the Image Factory",
  talos_machine_bootstrap: (body) => `first start of etcd on ${shown(body, "node")}`,
  talos_machine_configuration_apply: (body) => `configuration of the Talos node ${shown(body, "node")}`,
  talos_machine_secrets: () => "CAs, keys and tokens of a cluster",
};

/** What a data source asks for. */
const asked: Readonly<Record<string, (body: Json) => Markdown>> = {
  helm_template: (body) => `what the chart ${shown(body, "chart")} would make`,
  proxmox_datastores: (body) => `the storages of the node ${shown(body, "node_name")}`,
  proxmox_hardware_mappings: () => "the mappings of devices, and whether they fit the hardware",
  proxmox_hardware_pci: (body) => `the PCI devices of the node ${shown(body, "node_name")}`,
  proxmox_version: () => "the version of Proxmox",
  proxmox_virtual_environment_node: (body) => `memory and processors of the node ${shown(body, "node_name")}`,
  proxmox_virtual_environment_vms: () => "all VMs, by name and id",
  talos_client_configuration: (body) => `access to Talos, of the cluster ${shown(body, "cluster_name")}`,
  talos_image_factory_urls: (body) => `where the image of Talos ${shown(body, "talos_version")} is`,
  talos_machine_configuration: (body) => `configuration of a Talos node, of the cluster ${shown(body, "cluster_name")}`,
};

const isKnown = (words: object, type: string): boolean => Object.hasOwn(words, type);

export const wordsFor = ({ isData, type, body }: Element): Markdown => {
  const words = isData ? asked : resources;
  return isKnown(words, type)
    ? (words[type]?.(body) ?? none)
    : `unknown to this page: see the provider's ${code(type)}`;
};

const tableOf = (head: string, elements: readonly Element[], otherwise: Markdown) =>
  table(["address", head], grouped(elements.map((element) => [code(element.address), wordsFor(element)])), otherwise);

export const elementSection = (stack: Stack): Markdown =>
  [
    "## What is created",
    tableOf("is", resourcesOf(stack), "Nothing."),
    "Read, and never changed:",
    tableOf("asks for", dataOf(stack), "Nothing."),
  ].join("\n\n");
