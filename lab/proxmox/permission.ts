import type { Caller } from "./access";
import type { ProxmoxVersion } from "./interface/schema";

/**
 * What a call demands before its parameters are looked at. Answers what the caller lacks, in Proxmox's words: path and
 * privilege; nothing but "" where Proxmox does not say; undefined when the caller may.
 */
export type Permission = (
  caller: Caller,
  parameters: Readonly<Record<string, string | undefined>>,
  version: ProxmoxVersion,
) => string | undefined;

const filled = (path: string, parameters: Readonly<Record<string, string | undefined>>): string =>
  path.replace(/:(\w+)/g, (_, name: string) => parameters[name] ?? "");

/** Whoever is logged in. What they see or may do depends on more than the call. */
export const everyone: Permission = () => undefined;

/** All of the privileges; `:name` in the path stands for a parameter. */
export const all =
  (path: string, ...privileges: readonly string[]): Permission =>
  (caller, parameters) => {
    const where = filled(path, parameters);
    const lacking = privileges.find((privilege) => !caller.may(where, privilege));
    return lacking === undefined ? undefined : `${where}, ${lacking}`;
  };

/** One of the privileges. */
export const any =
  (path: string, ...privileges: readonly string[]): Permission =>
  (caller, parameters) => {
    const where = filled(path, parameters);
    return privileges.some((privilege) => caller.may(where, privilege))
      ? undefined
      : `${where}, ${privileges.join("|")}`;
  };

/** Every one of several permissions. */
export const both =
  (...permissions: readonly Permission[]): Permission =>
  (...call) =>
    permissions.map((permission) => permission(...call)).find((lacking) => lacking !== undefined);

/** One of several permissions; Proxmox does not say which. */
export const either =
  (...permissions: readonly Permission[]): Permission =>
  (...call) =>
    permissions.some((permission) => permission(...call) === undefined) ? undefined : "";
