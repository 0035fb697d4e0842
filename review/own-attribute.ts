import { allMethods } from "../constructs/gpu/vendors";
import { csiPrivileges } from "../constructs/proxmox/privileges";
import * as localStorage from "../constructs/storage/local-storage";
import * as proxmoxCsi from "../constructs/storage/proxmox-csi";
import { stages } from "../constructs/terraform/null-resource";
import { isInStack } from "./chart";
import { type Facts, refersTo } from "./fact";
import { blocksOf } from "./json";
import type { Leaf } from "./leaf";
import { isOwnTrigger } from "./own-trigger";
import { ownRepositories } from "./source";
import type { Element } from "./stack";

/** Whether a value is the constructs' own, or is shown elsewhere on the page. */
type Known = RegExp | ((value: Leaf["value"], facts: Facts, element: Element) => boolean);

/** Shown elsewhere on the page, or of no consequence. */
const shown = /[\s\S]*/;
const address: Known = (value, { addresses }) => addresses.has(String(value));
const cluster: Known = (value, { clusterNames }) => clusterNames.has(String(value));
const reference =
  (type: string, attribute: RegExp): Known =>
  (value, facts) =>
    refersTo(facts, value, type, attribute);
const vmReference = reference("proxmox_virtual_environment_vm", /^(node_name|vm_id)$/);
const csiUser = reference("proxmox_virtual_environment_user", /^user_id$/);
const csiRole = new Set<string>(Object.values(csiPrivileges).flat());
const clientConfiguration = reference("talos_machine_secrets", /^client_configuration$/);

/** Changes that Terraform does not see, by type. */
const ignored: Readonly<Record<string, RegExp>> = {
  helm_release: /^take_ownership$/,
  null_resource: /^triggers(\["created"\])?$/,
  proxmox_virtual_environment_vm: /^(clone|disk(\[0\]\.import_from)?|initialization\[0\]\.dns)$/,
  talos_machine_bootstrap: /^node$/,
  talos_machine_secrets: /^talos_version$/,
  terraform_data: /^input(\["[0-9]+"\])?$/,
};

const onAll: Readonly<Record<string, Known>> = {
  "depends_on[]": shown,
  "lifecycle.ignore_changes[]": (value, _facts, { type, name }) =>
    (type === "null_resource" ? /_(identity|kept)$/.test(name) : true) && (ignored[type]?.test(String(value)) ?? false),
  "lifecycle.replace_triggered_by[]":
    /^((proxmox_virtual_environment_vm|talos_image_factory_schematic)\.[\w-]+\.id|talos_machine_configuration_apply\.[\w-]+)$/,
};

const device: Readonly<Record<string, Known>> = {
  "hostpci[].device": shown,
  "hostpci[].id": shown,
  "hostpci[].mapping": shown,
  "hostpci[].pcie": /^true$/,
  "hostpci[].rombar": /^(true|false)$/,
  "hostpci[].xvga": /^false$/,
  "usb[].mapping": shown,
  "usb[].usb3": shown,
};

const disk: Readonly<Record<string, Known>> = {
  "disk[].backup": /^true$/,
  // Others lose what a guest has written if the host fails.
  "disk[].cache": /^(none|directsync|writethrough)$/,
  "disk[].datastore_id": shown,
  "disk[].discard": shown,
  "disk[].import_from": reference("proxmox_download_file", /^id$/),
  "disk[].interface": shown,
  "disk[].iothread": shown,
  "disk[].size": shown,
  "disk[].ssd": shown,
};

const vm: Readonly<Record<string, Known>> = {
  ...device,
  ...disk,
  "agent.enabled": /^true$/,
  "agent.trim": /^true$/,
  "agent.type": /^virtio$/,
  bios: shown,
  "boot_order[]": (value, _facts, { body }) => String(value) === firstDiskOf(body),
  "clone.full": shown,
  "clone.node_name": shown,
  "clone.vm_id": shown,
  "cpu.cores": shown,
  "cpu.sockets": shown,
  "cpu.type": shown,
  "efi_disk.datastore_id": shown,
  "efi_disk.pre_enrolled_keys": /^false$/,
  "efi_disk.type": /^4m$/,
  "initialization.datastore_id": shown,
  "initialization.dns.servers[]": shown,
  "initialization.ip_config[].ipv4.address": shown,
  "initialization.ip_config[].ipv4.gateway": shown,
  "initialization.ip_config[].ipv6.address": shown,
  "initialization.ip_config[].ipv6.gateway": shown,
  machine: shown,
  "memory.dedicated": shown,
  "memory.floating": /^0$/,
  name: shown,
  "network_device[].bridge": shown,
  "network_device[].firewall": /^true$/,
  "network_device[].mac_address": shown,
  "network_device[].model": shown,
  "network_device[].vlan_id": shown,
  node_name: shown,
  on_boot: shown,
  "operating_system.type": /^l26$/,
  scsi_hardware: /^virtio-scsi-(pci|single)$/,
  "serial_device[].device": /^socket$/,
  stop_on_destroy: /^true$/,
  vm_id: shown,
};

/** Whether the last rule drops what the others have not accepted, from everywhere. */
function endsInDrop(rules: unknown): boolean {
  const last = blocksOf(rules).at(-1);
  return last?.action === "DROP" && last.source === undefined;
}

function firstDiskOf(body: Element["body"]): string | undefined {
  const [first] = [body.disk].flat() as { readonly interface?: string }[];
  return first?.interface;
}

/** Where the constructs install charts. */
const namespaces = new Set([
  "kube-system",
  ...[...allMethods, localStorage, proxmoxCsi].map(({ namespace }) => namespace),
]);

/** The secret of the account of Proxmox's CSI driver, for its chart alone. */
const csiSecret =
  (form: RegExp) =>
  (value: Leaf["value"], _facts: Facts, { body }: Element) =>
    body.chart === proxmoxCsi.name && form.test(String(value));

const release: Readonly<Record<string, Known>> = {
  // A chart from elsewhere is named apart; one in the stack's folder is there.
  chart: (value) => !/^[.~/]|^assets\//.test(String(value)) || isInStack(String(value)),
  create_namespace: shown,
  kube_version: shown,
  include_crds: shown,
  name: (value, _facts, { body }) => value === body.chart || !Object.hasOwn(ownRepositories, String(body.chart)),
  namespace: (value) => namespaces.has(String(value)),
  repository: shown,
  "set_wo[].name": csiSecret(/^config[.]clusters\[0\][.]token_secret$/),
  "set_wo[].type": /^string$/,
  "set_wo[].value": csiSecret(
    /^\$\{replace\(split\("=", proxmox_user_token[.]\w+[.]value\)\[1\], "[^"]*(\\"[^"]*)?", "[^"]*"\)\}$/,
  ),
  set_wo_revision: /^\$\{helm_release[.][\w-]+[.]metadata[.]revision\}$/,
  take_ownership: /^true$/,
  timeout: shown,
  upgrade_install: /^true$/,
  version: shown,
  wait: /^true$/,
};

/** Attributes by type, with the values that are no news: every other one is on the page. */
const known: Readonly<Record<string, Readonly<Record<string, Known>>>> = {
  helm_release: release,
  "data.helm_template": { ...release, provider: /^helm[.]rendering$/ },
  local_file: {
    content: (value, facts) =>
      refersTo(facts, value, "talos_cluster_kubeconfig", /^kubeconfig_raw$/) ||
      refersTo(facts, value, "data.talos_client_configuration", /^talos_config$/) ||
      /^\$\{yamlencode\(.*talos_machine_secrets[.]\w+[.]/.test(String(value)),
    directory_permission: /^0700$/,
    file_permission: /^0600$/,
    filename: (value, { clusterNames }) =>
      clusterNames.has(
        /^([.][.]\/){3}clusters\/([\w-][\w.-]*)\/(kubeconfig|talosconfig|secrets[.]yaml)$/.exec(String(value))?.[2] ??
          "",
      ),
    provider: /^local[.]kubernetes$/,
  },
  null_resource: { provider: new RegExp(`^null[.](${stages.join("|")})$`) },
  terraform_data: {
    input:
      /^\$\{(plantimestamp\(\)|tomap\(\{\}\)|(tomap\(\{for place in range\(1, [0-9]+\) : place => )?jsonencode\(zipmap\([^()]*\)\)(\}\))?)\}$/,
    triggers_replace:
      /^[\w.,-]+$|^\$\{nonsensitive\(sha256\(data[.]talos_machine_configuration[.][\w-]+[.]machine_configuration\)\)\}$/,
  },
  proxmox_backup_job: {
    id: shown,
    enabled: shown,
    schedule: shown,
    storage: shown,
    mode: shown,
    compress: shown,
    node: shown,
    "vmid[]": vmReference,
    "prune_backups.keep-last": shown,
  },
  proxmox_download_file: {
    checksum_algorithm: /^sha(256|384|512)$/,
    content_type: shown,
    datastore_id: shown,
    file_name: /^talos-v[\w.-]+-\$\{talos_image_factory_schematic[.][\w-]+[.]id\}-nocloud-amd64[.]qcow2$/,
    node_name: (value, { hosts }) => hosts.has(String(value)),
    overwrite: /^false$/,
    url: (value, { versions }) => {
      const [, version] = /^https:\/\/factory[.]talos[.]dev\/.*\/(v[\d.]+)\/nocloud-/.exec(String(value)) ?? [];
      return version === undefined || versions.has(version);
    },
  },
  proxmox_virtual_environment_firewall_ipset: {
    "cidr[].name": shown,
    name: /^ipfilter-net\d+$/,
    node_name: vmReference,
    vm_id: vmReference,
  },
  proxmox_virtual_environment_firewall_options: {
    dhcp: /^true$/,
    enabled: /^true$/,
    input_policy: /^ACCEPT$/,
    macfilter: /^true$/,
    ndp: /^true$/,
    node_name: vmReference,
    output_policy: /^ACCEPT$/,
    radv: /^false$/,
    vm_id: vmReference,
  },
  proxmox_virtual_environment_firewall_rules: {
    node_name: vmReference,
    "rule[].action": (value, _facts, { body }) =>
      String(value) === "DROP" || (String(value) === "ACCEPT" && endsInDrop(body.rule)),
    "rule[].dport": /^2379:2380,6443,10250,50000:50001$/,
    "rule[].proto": /^tcp$/,
    "rule[].source": shown,
    "rule[].type": /^in$/,
    vm_id: vmReference,
  },
  proxmox_hardware_mapping_pci: {
    "map[].id": shown,
    "map[].iommu_group": shown,
    "map[].node": shown,
    "map[].path": shown,
    "map[].subsystem_id": shown,
    comment: shown,
    name: shown,
  },
  proxmox_hardware_mapping_usb: { "map[].id": shown, "map[].node": shown, "map[].path": shown, name: shown },
  proxmox_acl: {
    path: (value) =>
      /^[/]storage[/][\w.-]+$/.test(String(value)) ||
      /^[/]vms[/][$][{]proxmox_virtual_environment_vm[.][\w-]+[.]id[}]$/.test(String(value)),
    propagate: /^true$/,
    role_id: reference("proxmox_virtual_environment_role", /^role_id$/),
    user_id: csiUser,
  },
  proxmox_user_token: { privileges_separation: /^false$/, token_name: /^csi$/, user_id: csiUser },
  proxmox_virtual_environment_role: {
    "privileges[]": (value) => csiRole.has(String(value)),
    role_id: /^csi-[\w.-]+-(vm|storage)$/,
  },
  proxmox_virtual_environment_user: { comment: shown, user_id: /^csi-[\w.-]+@pve$/ },
  proxmox_virtual_environment_vm: vm,
  talos_cluster_kubeconfig: {
    client_configuration: clientConfiguration,
    endpoint: address,
    node: address,
  },
  talos_image_factory_schematic: {},
  talos_machine_bootstrap: { client_configuration: clientConfiguration, endpoint: address, node: address },
  talos_machine_configuration_apply: {
    client_configuration: clientConfiguration,
    endpoint: address,
    machine_configuration_input: reference("data.talos_machine_configuration", /^machine_configuration$/),
    node: address,
    provider: /^talos[.]joining$/,
  },
  talos_machine_secrets: { talos_version: shown },
  "data.proxmox_datastores": { node_name: shown },
  "data.proxmox_hardware_mappings": { check_node: shown, type: shown },
  "data.proxmox_hardware_pci": { node_name: shown },
  "data.proxmox_version": {},
  "data.proxmox_virtual_environment_node": { node_name: shown },
  "data.proxmox_virtual_environment_vms": { "filter[].name": shown, "filter[].values[]": shown },
  "data.talos_client_configuration": {
    client_configuration: clientConfiguration,
    cluster_name: cluster,
    "endpoints[]": address,
    "nodes[]": address,
  },
  "data.talos_image_factory_urls": {
    architecture: /^amd64$/,
    platform: /^nocloud$/,
    schematic_id: reference("talos_image_factory_schematic", /^id$/),
    talos_version: (value, { versions }) => versions.has(String(value)),
  },
  "data.talos_machine_configuration": {
    cluster_endpoint: shown,
    cluster_name: cluster,
    kubernetes_version: shown,
    machine_secrets: reference("talos_machine_secrets", /^machine_secrets$/),
    machine_type: /^(controlplane|worker)$/,
    talos_version: shown,
  },
};

const kindOf = ({ isData, type }: Element): string => `${isData ? "data." : ""}${type}`;

/** Whether the page knows what a resource or data source of this type is. */
export const isKnownType = (element: Element): boolean => Object.hasOwn(known, kindOf(element));

/** Whether the value of an attribute is the constructs' own, or is shown elsewhere on the page. */
export function isKnownAttribute(element: Element, { path, value }: Leaf, facts: Facts): boolean {
  if (/^(for_each|triggers)\b/.test(path)) return isOwnTrigger(element, { path, value });
  const form = known[kindOf(element)]?.[path] ?? onAll[path];
  if (form === undefined) return false;
  return form instanceof RegExp ? form.test(String(value)) : form(value, facts, element);
}

/** Why an approver should look at an attribute. */
const dangers: readonly (readonly [attribute: RegExp, reason: string])[] = [
  [/[.]provider$/, "another connection or account than the rest of the stack"],
  [/[.]connection\b/, "how Terraform logs in to a machine, to run commands there"],
  [/^vm[.](delete_unreferenced_disks_on_destroy|purge_on_destroy)/, "disks and jobs that end with the VM"],
  [/^vm[.](amd_sev|vga(\[\])?[.]clipboard)/, "what the host sees of the VM, or the VM of who looks at its screen"],
  [/^vm[.]pool_id/, "who may use the VM: the accounts of its pool"],
  [/^vm[.]cpu(\[\])?[.](flags|affinity)/, "protections of the processor, or other VMs' processors"],
  [/^vm[.]kvm_arguments/, "arguments of QEMU, by which the VM reaches the host"],
  [/^vm[.]hook_script_file_id/, "a script that the host runs as root"],
  [/^vm[.]initialization[.]\w+_data_file_id/, "cloud-init data that is not on this page"],
  [/^vm[.]initialization[.]user_account/, "who can log in to the VM"],
  [/^vm[.]serial_device/, "a device of the host"],
  [
    /^vm[.]disk\[\][.](path_in_datastore|file_id|import_from)|^vm[.]cdrom/,
    "an image, a volume or a device of the host",
  ],
  [/^vm[.]virtiofs/, "a directory of the host"],
  [/^vm[.]usb/, "a USB device of the host"],
  [/^vm[.]boot_order/, "another device to start from"],
  [/^vm[.]network_device\[\][.](firewall|trunks|disconnected|enabled)/, "the network or the firewall of the VM"],
  [/^vm[.]hostpci\[\][.]rom_file/, "firmware of a device, from a file of the host"],
  [/^proxmox_(virtual_environment_(user|role)|acl|user_token)/, "an account on Proxmox, or what it may do"],
  [/^proxmox_virtual_environment_firewall/, "a firewall other than the project's, or of another VM"],
  [
    /^talos_machine_configuration_apply[.](apply_mode|on_destroy)/,
    "when a configuration takes effect, or a node is wiped",
  ],
  [/^vm[.](efi_disk|tpm_state|rng|smbios)/, "firmware or identity of the VM"],
  [/^helm_\w+[.]postrender/, "a program of this machine that changes what a chart makes"],
  [/^helm_\w+[.](set|values|reuse_values|reset_values)/, "values of a chart"],
  [
    /^helm_\w+[.](repository_|pass_credentials|verify|keyring|devel|dependency_update|provider)/,
    "from where a chart comes, and whether it is checked",
  ],
  [/^helm_\w+[.](chart|name|namespace|disable_|skip_|replace|force|take_ownership)/, "how a chart is installed"],
  [/^local_file[.]/, "a file on this machine that is not a cluster's kubeconfig or talosconfig"],
  [
    /^proxmox_download_file[.](verify|overwrite|checksum_algorithm|decompression|file_name|node_name|url)/,
    "how an image is checked or replaced",
  ],
  [/^proxmox_backup_job[.](?!(vmid|all|pool|exclude))/, "what Proxmox runs, or sends, with a backup"],
  [/^proxmox_backup_job[.]/, "backups of other VMs"],
  [/^talos_image_factory_urls[.]/, "another image of Talos, or another installer"],
  [/^null_resource[.](triggers|for_each|count)/, "when a step runs, and for what"],
  [/machine_configuration_input/, "a machine configuration that is not on this page"],
  [/machine_secrets|client_configuration/, "other keys than those of the cluster"],
  [
    /^talos_\w+[.](node|endpoint|nodes\[\]|endpoints\[\])$/,
    "a node that is none of the VMs: it is given the cluster's keys",
  ],
  [/^talos_cluster_kubeconfig[.]certificate/, "how long an administrator's access is valid"],
  [/^\w+[.]dynamic\b/, "a form that this page does not read"],
  [/^\w+[.](for_each|count)\b/, "how many there are of it"],
  [/lifecycle[.]ignore_changes/, "changes that Terraform no longer sees"],
];

/** Why an approver should look at an attribute; undefined if it is one setting among many. */
export function reasonOfAttribute({ type }: Element, { path }: Leaf): string | undefined {
  const name = `${type === "proxmox_virtual_environment_vm" ? "vm" : type}.${path}`;
  return dangers.find(([pattern]) => pattern.test(name))?.[1];
}
