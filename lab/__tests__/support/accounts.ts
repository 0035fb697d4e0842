import type { Account } from "../../proxmox/access";

/** Privileges that a token needs for the example with a resource mapping. */
export const privileges = [
  "Datastore.Allocate",
  "Datastore.AllocateSpace",
  "Datastore.AllocateTemplate",
  "Datastore.Audit",
  "Mapping.Audit",
  "Mapping.Modify",
  "Mapping.Use",
  "SDN.Use",
  "Sys.AccessNetwork",
  "Sys.Audit",
  "VM.Allocate",
  "VM.Audit",
  "VM.Clone",
  "VM.Config.CDROM",
  "VM.Config.CPU",
  "VM.Config.Cloudinit",
  "VM.Config.Disk",
  "VM.Config.HWType",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.Options",
  "VM.GuestAgent.Audit",
  "VM.PowerMgmt",
];

export const root: Account = { id: "root@pam", secret: "a-password-of-root" };
export const token: Account = { id: "terraform@pve!lab", secret: "5a9cf6a5-3b8e-4c11-9d6e-000000000001", privileges };

/** The credentials that a program may ask for. */
export const credentials = {
  TF_VAR_proxmox_password: root.secret,
  TF_VAR_proxmox_api_token: `${token.id}=${token.secret}`,
};
