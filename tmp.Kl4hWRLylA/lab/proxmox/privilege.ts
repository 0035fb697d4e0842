import type { ProxmoxVersion } from "./interface/schema";

const common = [
  ...["Allocate", "AllocateSpace", "AllocateTemplate", "Audit"].map((name) => `Datastore.${name}`),
  ...["Audit", "Modify", "Use"].map((name) => `Mapping.${name}`),
  ...["Allocate", "Audit", "Use"].map((name) => `SDN.${name}`),
  ...["AccessNetwork", "Audit", "Console", "Incoming", "Modify", "PowerMgmt", "Syslog"].map((name) => `Sys.${name}`),
  ...["Allocate", "Audit", "Backup", "Clone", "Console", "Migrate", "PowerMgmt", "Snapshot", "Snapshot.Rollback"].map(
    (name) => `VM.${name}`,
  ),
  ...["CDROM", "CPU", "Cloudinit", "Disk", "HWType", "Memory", "Network", "Options"].map((name) => `VM.Config.${name}`),
  ...["Group.Allocate", "Permissions.Modify", "Pool.Allocate", "Pool.Audit"],
  ...["Realm.Allocate", "Realm.AllocateUser", "User.Modify"],
];

const guestAgent = ["Audit", "FileRead", "FileSystemMgmt", "FileWrite", "Unrestricted"];

/**
 * Every privilege that a role may have.
 *
 * @see https://git.proxmox.com/?p=pve-access-control.git;a=blob;f=src/PVE/AccessControl.pm
 */
export const knownPrivileges = (version: ProxmoxVersion): readonly string[] =>
  version.startsWith("8.")
    ? [...common, "VM.Monitor"]
    : [...common, "VM.Replicate", ...guestAgent.map((name) => `VM.GuestAgent.${name}`)];
