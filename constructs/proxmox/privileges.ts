/** Major versions of Proxmox VE, by which privileges differ. */
export const proxmoxMajors = [8, 9] as const;
export type ProxmoxMajor = (typeof proxmoxMajors)[number];

/** What something takes on a Proxmox host. */
interface Use {
  /** What is done, for tables and messages. */
  readonly does: string;
  /** Privileges, on `/` or on the paths that are concerned. */
  readonly privileges: readonly string[] | ((major: ProxmoxMajor) => readonly string[]);
}

/**
 * What the resources of a stack do, and the privileges that Proxmox demands for it.
 *
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/API2/Qemu.pm
 * @see https://git.proxmox.com/?p=pve-manager.git;a=blob;f=PVE/API2/Backup.pm
 */
const uses = {
  vm: {
    does: "creates, changes, starts, stops and destroys VMs",
    privileges: [
      "Datastore.AllocateSpace",
      "Datastore.Audit",
      "VM.Allocate",
      "VM.Audit",
      "VM.Config.CPU",
      "VM.Config.Disk",
      "VM.Config.HWType",
      "VM.Config.Memory",
      "VM.Config.Options",
      "VM.PowerMgmt",
    ],
  },
  network: { does: "connects VMs to a bridge", privileges: ["SDN.Use", "VM.Config.Network"] },
  cloudInit: { does: "gives VMs addresses and DNS servers", privileges: ["VM.Config.Cloudinit"] },
  cdrom: {
    does: "puts an ISO image, or the cloud-init drive of a clone, into a VM's CD drive",
    privileges: ["VM.Config.CDROM"],
  },
  guestAgent: {
    does: "reads the addresses that the guest agent reports",
    privileges: (major) => [major === 8 ? "VM.Monitor" : "VM.GuestAgent.Audit"],
  },
  clone: { does: "clones a template", privileges: ["VM.Clone"] },
  image: {
    does: "downloads and removes images",
    privileges: ["Datastore.Allocate", "Datastore.AllocateTemplate", "Sys.AccessNetwork"],
  },
  mappedDevice: { does: "passes a device through by its mapping", privileges: ["Mapping.Use"] },
  mapping: { does: "creates, changes and removes mappings", privileges: ["Mapping.Modify"] },
  startup: { does: "gives VMs a place in the order of start", privileges: ["Sys.Modify"] },
  backup: {
    does: "backs VMs up by a job",
    privileges: ["Datastore.Allocate", "Sys.Audit", "Sys.Modify"],
  },
  hostFacts: {
    does: "asks the host for its hardware, memory and storages",
    privileges: ["Datastore.Audit", "Sys.Audit"],
  },
} as const satisfies Record<string, Use>;

/** Something that a stack does on Proxmox. */
export type ProxmoxUse = keyof typeof uses;

export const proxmoxUses = Object.keys(uses) as readonly ProxmoxUse[];

/** What a use does, as a sentence about a stack goes on: "clones a template". */
export const descriptionOf = (use: ProxmoxUse): string => uses[use].does;

/** Privileges that another one holds too. */
const covered: readonly (readonly [privilege: string, by: string])[] = [["Datastore.Audit", "Datastore.Allocate"]];

/**
 * The privileges that a role needs for all of these, and no others; sorted.
 *
 * @example
 * privilegesFor(["vm", "network", "guestAgent"], 9)
 */
export function privilegesFor(wanted: Iterable<ProxmoxUse>, major: ProxmoxMajor): string[] {
  const all = new Set(
    [...wanted].flatMap((use): readonly string[] => {
      const { privileges }: Use = uses[use];
      return typeof privileges === "function" ? privileges(major) : privileges;
    }),
  );
  for (const [privilege, by] of covered) if (all.has(by)) all.delete(privilege);
  return [...all].sort();
}

/** The command that makes a role, to run on the host as root. */
export const roleCommand = (role: string, privileges: readonly string[]): string =>
  `pveum role add ${role} --privs "${privileges.join(" ")}"`;
