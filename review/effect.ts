/** What a change does, the worst first, in the words of pages. */
export const effects = {
  lost: "What is lost",
  unknown: "What this page cannot judge",
  restarted: "What is restarted",
  upgraded: "What is upgraded",
  pending: "What waits for the VM's next start",
  changed: "What is changed in place",
  made: "What is new",
  recorded: "What is only recorded",
} as const;

export type Effect = keyof typeof effects;

/** The same of one change, in a table. */
export const verdicts: Readonly<Record<Effect, string>> = {
  lost: "lost",
  unknown: "unknown",
  restarted: "restarted",
  upgraded: "upgraded",
  pending: "at its next start",
  changed: "in place",
  made: "new",
  recorded: "nothing",
};

export const effectsWorstFirst = Object.keys(effects) as readonly Effect[];

/** An effect, with what it is for the resource, in words. */
type Outcome = readonly [effect: Effect, words: string];

/** What happens to a resource of a type. */
export interface Consequences {
  /** Of its end, as a whole. */
  readonly deleted: Outcome;
  /** Of being recreated. */
  readonly replaced: Outcome;
  /** Of being made: without it, it is `made`. */
  readonly created?: Outcome;
  /** Of a change, by attribute; each with what holds for all of them. */
  readonly attributes: Readonly<Partial<Record<Effect, readonly string[]>>>;
  readonly words: Readonly<Partial<Record<Effect, string>>>;
}

const command: Consequences = {
  deleted: ["recorded", "its command was run, and is not run again"],
  replaced: ["changed", "its command is run again"],
  attributes: { recorded: ["triggers"] },
  words: {},
};

const upgrade: Consequences = {
  deleted: ["recorded", "what was upgraded stays as it is"],
  replaced: ["upgraded", "the node is upgraded, and away while it restarts"],
  created: ["made", "an existing node is upgraded if it runs another version"],
  attributes: { recorded: ["triggers"] },
  words: {},
};

/** Steps, by the beginning of their names. */
export const steps: readonly (readonly [name: RegExp, Consequences])[] = [
  [
    /^(.+_)?upgrade_kubernetes$/,
    { ...upgrade, replaced: ["upgraded", "Kubernetes is upgraded, its control plane restarts"] },
  ],
  [/^(.+_)?upgrade_/, upgrade],
  [
    /_(identity|known)$/,
    {
      deleted: ["recorded", "which VM there is to keep is forgotten"],
      replaced: ["recorded", "the record of the VM to keep is rewritten"],
      attributes: { recorded: ["triggers", "input"] },
      words: {},
    },
  ],
  [
    /_(disk|node)s?$/,
    {
      deleted: ["recorded", "which disks or nodes there are to keep is forgotten"],
      replaced: ["recorded", "the record of the disks or nodes to keep is rewritten"],
      attributes: { recorded: ["input", "output"] },
      words: {},
    },
  ],
  [
    /_(configuration|check|machine)$/,
    {
      deleted: ["recorded", "the node is not checked any more"],
      replaced: ["recorded", "the node has to show a certificate of its cluster before its configuration changes"],
      created: ["recorded", "the node has to show a certificate of its cluster from its next configuration on"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [
    /^member$/,
    {
      deleted: ["lost", "the node: it is drained, leaves etcd, and is deleted from Kubernetes"],
      replaced: ["lost", "the node, until it joins again: it is drained, leaves etcd, and is deleted from Kubernetes"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [
    /^members$/,
    {
      deleted: ["recorded", "the cluster goes as a whole, and its nodes do not leave it first"],
      replaced: ["recorded", "its nodes leave the cluster as before"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [
    /^members_gone$/,
    {
      deleted: ["recorded", "it is forgotten that the cluster was destroyed as a whole"],
      replaced: ["recorded", "nothing comes of it"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [
    /^worker_taints$/,
    {
      deleted: ["changed", "the worker loses its taint, and any pod may run there"],
      replaced: ["changed", "the worker is tainted again"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [
    /^cilium_upgrade$/,
    {
      deleted: ["recorded", "nothing: it checks which Cilium runs before another version is installed"],
      replaced: ["recorded", "nothing: it checks which Cilium runs, and fails if a minor version would be skipped"],
      created: ["recorded", "nothing: it checks which Cilium runs, and fails if a minor version would be skipped"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [
    /^bootstrap_(begin|end)$/,
    {
      deleted: ["recorded", "nothing: it looks whether etcd is bootstrapped already"],
      replaced: ["recorded", "nothing: it looks whether etcd is bootstrapped already"],
      created: ["recorded", "nothing: it looks whether etcd is bootstrapped already"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [
    /^removed_releases$/,
    {
      deleted: ["recorded", "nothing: it looks whether Helm releases that leave the stack leave the cluster"],
      replaced: ["recorded", "nothing: it fails if a Helm release that leaves the stack is still in the cluster"],
      created: ["recorded", "nothing: it notes in the cluster which Helm releases the stack has"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [
    /^cilium_manifests$/,
    {
      deleted: ["recorded", "Cilium stays as it is"],
      replaced: ["changed", "Cilium's objects are replaced by those of the machine configuration"],
      created: ["made", "Cilium's objects become those of the machine configuration"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [
    /^gateway_api$/,
    {
      deleted: ["recorded", "the CRDs of the Gateway API stay in the cluster, and gateways and routes with them"],
      replaced: ["changed", "the CRDs of the Gateway API are applied over those that are there"],
      created: ["made", "the CRDs of the Gateway API are applied over those that are there"],
      attributes: { recorded: ["triggers"] },
      words: {},
    },
  ],
  [/./, command],
];

const file: Consequences = {
  deleted: ["changed", "the file is removed; its content stays with the cluster"],
  replaced: ["changed", "the file is rewritten"],
  attributes: { changed: ["content", "file_permission", "directory_permission", "filename"] },
  words: {},
};

const mapping: Consequences = {
  deleted: ["lost", "the mapping: VMs that name it do not start any more"],
  replaced: ["restarted", "VMs that name it do not start while it is away"],
  attributes: { pending: ["map", "mediated_devices"], recorded: ["comment"] },
  words: { pending: "a running VM keeps its device until its next start" },
};

const node = ["endpoint", "node", "timeouts", "client_configuration"] as const;

/** What changes do, by type and attribute. What is not here is not known, and pages say so. */
export const consequences: Readonly<Record<string, Consequences>> = {
  helm_release: {
    deleted: ["lost", "what the release runs in the cluster, and what that holds"],
    replaced: ["lost", "what the release runs in the cluster, until it is installed again"],
    attributes: {
      changed: ["chart", "values", "version", "repository", "set", "set_list", "set_sensitive"],
      recorded: [
        "timeout",
        "wait",
        "atomic",
        "upgrade_install",
        "metadata",
        "status",
        "manifest",
        "resources",
        "max_history",
      ],
    },
    words: { changed: "its pods are replaced if their template changes" },
  },
  local_file: file,
  local_sensitive_file: file,
  proxmox_acl: {
    deleted: ["changed", "the CSI driver may no longer use the VM or the storage"],
    replaced: ["changed", "the CSI driver may use another VM or storage, and for a moment neither"],
    attributes: {},
    words: {},
  },
  proxmox_user_token: {
    deleted: ["changed", "the CSI driver is no longer let in"],
    replaced: ["changed", "the CSI driver gets another token"],
    attributes: { changed: ["expiration_date", "privileges_separation"], recorded: ["comment", "value"] },
    words: { changed: "for the CSI driver's next call" },
  },
  proxmox_virtual_environment_role: {
    deleted: ["changed", "the CSI driver may do nothing any more"],
    replaced: ["changed", "the CSI driver may do nothing for a moment"],
    attributes: { changed: ["privileges"] },
    words: { changed: "for the CSI driver's next call" },
  },
  proxmox_virtual_environment_user: {
    deleted: ["changed", "the CSI driver is no longer let in"],
    replaced: ["changed", "the CSI driver gets another account"],
    attributes: {
      changed: ["acl", "enabled", "expiration_date", "groups", "keys", "password"],
      recorded: ["comment", "email", "first_name", "last_name"],
    },
    words: { changed: "for the CSI driver's next call" },
  },
  proxmox_backup_job: {
    deleted: ["changed", "no more backups are made; existing ones stay"],
    replaced: ["changed", "the job is recreated; existing backups stay"],
    attributes: {
      changed: ["prune_backups", "schedule", "storage", "vmid"],
      recorded: ["compress", "enabled", "mode"],
    },
    words: { changed: "from the next backup on" },
  },
  proxmox_virtual_environment_firewall_ipset: {
    deleted: ["changed", "the VM may send from any address"],
    // Its entries are removed before it and added after it, and pve-firewall reads every ten seconds what there is:
    // https://git.proxmox.com/?p=pve-firewall.git;a=blob;f=src/PVE/Service/pve_firewall.pm
    replaced: ["changed", "the VM may send from other addresses; for up to ten seconds from none, or from any"],
    attributes: {},
    words: {},
  },
  proxmox_virtual_environment_firewall_options: {
    deleted: ["recorded", "Proxmox keeps the VM's firewall options"],
    replaced: ["changed", "the VM's firewall is set up again"],
    attributes: {
      changed: ["enabled", "input_policy", "output_policy", "macfilter", "dhcp", "ndp", "radv", "ipfilter"],
    },
    words: { changed: "at once" },
  },
  proxmox_virtual_environment_firewall_rules: {
    deleted: ["changed", "every address reaches the VM"],
    replaced: ["changed", "other addresses reach the VM"],
    attributes: { changed: ["rule"] },
    words: { changed: "other addresses reach the VM, at once" },
  },
  proxmox_download_file: {
    deleted: ["changed", "the image is removed from the storage; VMs keep their disks"],
    replaced: ["changed", "the image is removed and downloaded; VMs keep their disks"],
    attributes: { recorded: ["overwrite", "overwrite_unmanaged", "upload_timeout", "verify", "size"] },
    words: {},
  },
  proxmox_hardware_mapping_pci: mapping,
  proxmox_hardware_mapping_usb: mapping,
  proxmox_virtual_environment_vm: {
    deleted: ["lost", "the VM, with all that is on its disks"],
    replaced: ["lost", "the VM, with all that is on its disks; another one is made"],
    attributes: {
      restarted: [
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
      ],
      changed: [
        "cdrom",
        "description",
        "disk",
        "hook_script_file_id",
        "name",
        "network_device",
        "on_boot",
        "pool_id",
        "protection",
        "startup",
        "tags",
      ],
      recorded: [
        "delete_unreferenced_disks_on_destroy",
        "ipv4_addresses",
        "ipv6_addresses",
        "mac_addresses",
        "migrate",
        "network_interface_names",
        "purge_on_destroy",
        "reboot",
        "reboot_after_update",
        "stop_on_destroy",
        "timeout_clone",
        "timeout_create",
        "timeout_migrate",
        "timeout_reboot",
        "timeout_shutdown_vm",
        "timeout_start_vm",
        "timeout_stop_vm",
      ],
    },
    words: {
      restarted: "the VM is restarted, and its node is away meanwhile",
      changed: "while it runs; a change of disks detaches those that others attached",
    },
  },
  talos_cluster_kubeconfig: {
    deleted: ["recorded", "access to Kubernetes is forgotten; the cluster stays"],
    replaced: ["changed", "the file for kubectl gets another certificate"],
    attributes: {
      changed: ["certificate_renewal_duration", "kubeconfig_raw", "kubernetes_client_configuration"],
      recorded: node,
    },
    words: { changed: "the file for kubectl gets another certificate" },
  },
  talos_image_factory_schematic: {
    deleted: ["recorded", "the image factory keeps it"],
    replaced: ["recorded", "another schematic, to which the node is upgraded"],
    attributes: { recorded: ["schematic"] },
    words: {},
  },
  talos_machine_bootstrap: {
    deleted: ["recorded", "the cluster goes on"],
    replaced: ["lost", "etcd starts empty on a machine that has none: all Kubernetes objects are lost"],
    attributes: { recorded: node },
    words: {},
  },
  talos_machine_configuration_apply: {
    deleted: ["recorded", "the node keeps its configuration"],
    replaced: ["restarted", "the configuration is applied again, for which the node may restart"],
    attributes: {
      restarted: [
        "config_patches",
        "machine_configuration",
        "machine_configuration_hash",
        "machine_configuration_input",
      ],
      recorded: [...node, "apply_mode", "on_destroy", "resolved_apply_mode"],
    },
    words: {
      restarted: "the configuration is applied, for which the node may restart",
      changed: "the configuration is applied, for which the node does not restart",
    },
  },
  talos_machine_secrets: {
    deleted: ["lost", "the cluster's CAs and keys: the cluster can no longer be administered"],
    replaced: ["lost", "the cluster's CAs and keys: no access is valid any more, and the cluster has to be recreated"],
    attributes: { recorded: ["talos_version", "machine_secrets", "client_configuration"] },
    words: {},
  },
};

/** What of a disk is changed while the VM runs, at once or from its next start on. */
export const diskOptions: Readonly<Record<string, "changed" | "pending">> = {
  aio: "pending",
  backup: "changed",
  cache: "pending",
  discard: "pending",
  iothread: "pending",
  replicate: "changed",
  size: "changed",
  speed: "changed",
  ssd: "pending",
};

/** Of a resource of this type and name; undefined if they are not known. */
export const consequencesOf = (type: string, name: string): Consequences | undefined =>
  ["null_resource", "terraform_data"].includes(type)
    ? steps.find(([pattern]) => pattern.test(name))?.[1]
    : Object.hasOwn(consequences, type)
      ? consequences[type]
      : undefined;
