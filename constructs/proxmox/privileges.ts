/** Major versions of Proxmox VE, by which privileges differ. */
export const proxmoxMajors = [8, 9] as const;
export type ProxmoxMajor = (typeof proxmoxMajors)[number];

/**
 * Where a stack needs privileges: each area has a role of its own, which is given on the area's paths. What is given on a
 * path takes the place of what the path would inherit.
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-pveum.html#pveum_permission_management
 */
const areas = {
  host: { role: "TerraformHost", everywhere: ["/"] },
  vm: { role: "TerraformVm", everywhere: ["/vms"] },
  template: { role: "TerraformTemplate", everywhere: ["/vms"] },
  disk: { role: "TerraformDisk", everywhere: ["/storage"] },
  image: { role: "TerraformImage", everywhere: ["/storage"] },
  file: { role: "TerraformFile", everywhere: ["/storage"] },
  backup: { role: "TerraformBackup", everywhere: ["/storage"] },
  bridge: { role: "TerraformDevice", everywhere: ["/sdn/zones"] },
  mapping: { role: "TerraformDevice", everywhere: ["/mapping"] },
  volume: { role: "TerraformVolume", everywhere: ["/storage"] },
  access: { role: "TerraformAccess", everywhere: ["/access"] },
} as const;

type Area = keyof typeof areas;

/** The ACL paths of a stack, by area. An area that is left out is not known: the role is given on all of its kind. */
export type Paths = Readonly<Partial<Record<Area, readonly string[]>>>;

type Privileges = Readonly<Partial<Record<Area, readonly string[]>>>;

/**
 * What the CSI driver needs on the VMs of its nodes, and on the storages of its volumes. Proxmox 8 and 9 call it the same.
 *
 * @see https://github.com/sergelogvinov/proxmox-csi-plugin/blob/main/docs/install.md#proxmox-configuration
 */
export const csiPrivileges = {
  vm: ["VM.Audit", "VM.Config.Disk"],
  storage: ["Datastore.Allocate", "Datastore.AllocateSpace", "Datastore.Audit"],
} as const;

/** What something takes on a Proxmox host. */
interface Use {
  /** What is done, for tables and messages. */
  readonly does: string;
  readonly privileges: Privileges | ((major: ProxmoxMajor) => Privileges);
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
    privileges: {
      disk: ["Datastore.AllocateSpace", "Datastore.Audit"],
      vm: [
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
  },
  pool: { does: "puts VMs into a pool", privileges: { vm: ["Pool.Audit"] } },
  network: { does: "connects VMs to a bridge", privileges: { bridge: ["SDN.Use"], vm: ["VM.Config.Network"] } },
  cloudInit: { does: "gives VMs addresses and DNS servers", privileges: { vm: ["VM.Config.Cloudinit"] } },
  cdrom: {
    does: "puts an ISO image, or the cloud-init drive of a clone, into a VM's CD drive",
    privileges: { vm: ["VM.Config.CDROM"] },
  },
  file: { does: "boots from an image that is there", privileges: { file: ["Datastore.Audit"] } },
  guestAgent: {
    does: "reads the addresses that the guest agent reports",
    privileges: (major) => ({ vm: [major === 8 ? "VM.Monitor" : "VM.GuestAgent.Audit"] }),
  },
  clone: { does: "clones a template", privileges: { template: ["VM.Audit", "VM.Clone"] } },
  image: {
    does: "downloads and removes images",
    privileges: {
      host: ["Sys.AccessNetwork"],
      image: ["Datastore.Allocate", "Datastore.AllocateTemplate", "Datastore.Audit"],
    },
  },
  mappedDevice: { does: "passes a device through by its mapping", privileges: { mapping: ["Mapping.Use"] } },
  mapping: { does: "creates, changes and removes mappings", privileges: { mapping: ["Mapping.Modify"] } },
  startup: { does: "gives VMs a place in the order of start", privileges: { host: ["Sys.Modify"] } },
  backup: {
    does: "backs VMs up by a job",
    privileges: { backup: ["Datastore.Allocate"], host: ["Sys.Audit", "Sys.Modify"] },
  },
  csi: {
    does: "creates the account of a CSI driver, and gives it what it needs on VMs and storages",
    // Without Permissions.Modify one gives away what one has.
    privileges: {
      access: ["Realm.AllocateUser", "Sys.Modify", "User.Modify"],
      vm: ["VM.Allocate", ...csiPrivileges.vm],
      volume: csiPrivileges.storage,
    },
  },
  hostFacts: {
    does: "asks the host for its hardware, memory and storages",
    privileges: {
      host: ["Sys.Audit"],
      disk: ["Datastore.Audit"],
      image: ["Datastore.Audit"],
      file: ["Datastore.Audit"],
      backup: ["Datastore.Audit"],
    },
  },
} as const satisfies Record<string, Use>;

/** Something that a stack does on Proxmox. */
export type ProxmoxUse = keyof typeof uses;

export const proxmoxUses = Object.keys(uses) as readonly ProxmoxUse[];

/** What a use does, as a sentence about a stack goes on: "clones a template". */
export const descriptionOf = (use: ProxmoxUse): string => uses[use].does;

/** The privileges of a use on the paths of each area. */
function privilegesOf(use: ProxmoxUse, major: ProxmoxMajor): (readonly [Area, readonly string[]])[] {
  const { privileges }: Use = uses[use];
  const byArea = typeof privileges === "function" ? privileges(major) : privileges;
  return Object.entries(byArea) as [Area, readonly string[]][];
}

const roleOf = (privileges: Iterable<string>): string[] => [...new Set(privileges)].sort();

/**
 * The privileges that one role on `/` needs for all of these, and no others; sorted.
 *
 * @example
 * privilegesFor(["vm", "network", "guestAgent"], 9)
 */
export function privilegesFor(wanted: Iterable<ProxmoxUse>, major: ProxmoxMajor): string[] {
  const uses = [...wanted];
  const all = roleOf(uses.flatMap((use) => privilegesOf(use, major).flatMap(([, privileges]) => privileges)));
  // On all storages at once, who may allocate on them sees and reads them. It takes the privilege itself to give it away.
  if (uses.includes("csi")) return all;
  return all.filter((privilege) => privilege !== "Datastore.Audit" || !all.includes("Datastore.Allocate"));
}

/** A role, and where it is given. */
export interface Grant {
  readonly role: string;
  readonly privileges: readonly string[];
  readonly paths: readonly string[];
}

/**
 * The roles that a stack needs, each on the paths of its area; an area that needs nothing has none.
 *
 * @example
 * grantsFor(["vm", "network"], { vm: ["/pool/talos"], disk: ["/storage/local-lvm"] }, 9)
 */
export function grantsFor(wanted: Iterable<ProxmoxUse>, paths: Paths, major: ProxmoxMajor): Grant[] {
  const found = [...wanted].flatMap((use) => privilegesOf(use, major));
  const needed = (Object.keys(areas) as Area[]).filter(
    (area) => paths[area]?.length !== 0 && found.some(([each]) => each === area),
  );
  return [...new Set(needed.map((area) => areas[area].role))].map((role) => {
    const own = needed.filter((area) => areas[area].role === role);
    return {
      role,
      privileges: roleOf(found.filter(([area]) => own.includes(area)).flatMap(([, privileges]) => privileges)),
      paths: [...new Set(own.flatMap((area) => pathsIn(area, paths)))].sort(),
    };
  });
}

/** The paths become commands that root runs: a name that is none, whoever wrote it, must not be one of them. */
const isPath = (path: string): boolean => /^[\w./-]+$/.test(path);

const pathsIn = (area: Area, { [area]: known }: Paths): readonly string[] =>
  known?.every(isPath) ? known : areas[area].everywhere;

/** The command that makes a role, to run on the host as root. */
export const roleCommand = ({ role, privileges }: Pick<Grant, "role" | "privileges">): string =>
  `pveum role add ${role} --privs "${privileges.join(" ")}"`;

/** The commands that give roles to an account, a path a line. */
export function aclCommands(account: string, grants: readonly Grant[]): string[] {
  const kind = account.includes("!") ? "tokens" : "users";
  const paths = [...new Set(grants.flatMap((grant) => grant.paths))].sort();
  return paths.map((path) => {
    const roles = grants.filter((grant) => grant.paths.includes(path)).map(({ role }) => role);
    return `pveum acl modify ${path} --${kind} '${account}' --roles ${roles.join(",")}`;
  });
}

/** All commands that an account needs to have these roles. */
export const grantCommands = (account: string, grants: readonly Grant[]): string =>
  [...grants.map(roleCommand), ...aclCommands(account, grants)].join("\n");
