import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { Acl } from "../../.gen/providers/proxmox/acl";
import { UserToken } from "../../.gen/providers/proxmox/user-token";
import { VirtualEnvironmentRole } from "../../.gen/providers/proxmox/virtual-environment-role";
import { VirtualEnvironmentUser } from "../../.gen/providers/proxmox/virtual-environment-user";
import type { ProxmoxConnection } from "../proxmox/connection";
import type { ProxmoxGpuVm } from "../proxmox/gpu-vm";
import { csiPrivileges } from "../proxmox/privileges";
import { isUnknown } from "../rules/condition";
import { expression } from "../rules/expression";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";

/** Whom the driver is on Proxmox, and what it works on. */
interface CsiAccountProps {
  /** What its resources are named after. */
  readonly name: string;
  readonly connection: ProxmoxConnection;
  /** Name of the user, without its realm, and of its roles. */
  readonly account: string;
  readonly vms: readonly ProxmoxGpuVm[];
  readonly storages: readonly string[];
}

/** The account of the driver: a user with a token, and roles of exactly what it needs on its VMs and storages. */
export class CsiAccount extends Construct {
  readonly token: UserToken;
  /** What comes before the driver. Its VMs do not: with the driver after them, a VM that is replaced could be in a cycle. */
  readonly storageAcls: readonly ITerraformDependable[];

  constructor(scope: Construct, { name, connection, account, vms, storages }: CsiAccountProps) {
    super(scope, "Account");
    const { provider } = connection;
    const roleFor = (area: keyof typeof csiPrivileges) =>
      withLogicalId(
        `${name}_${area}`,
        new VirtualEnvironmentRole(this, `Role ${area}`, {
          provider,
          roleId: escapeTemplate(`${account}-${area}`),
          privileges: [...csiPrivileges[area]],
        }),
      );
    const user = withLogicalId(
      name,
      new VirtualEnvironmentUser(this, "User", {
        provider,
        userId: escapeTemplate(`${account}@pve`),
        comment: "CSI driver of a Kubernetes cluster, created by Terraform",
      }),
    );
    this.token = withLogicalId(
      name,
      new UserToken(this, "Token", {
        provider,
        userId: user.userId,
        tokenName: "csi",
        // It has the privileges of its user.
        privilegesSeparation: false,
      }),
    );
    const [vmRole, storageRole] = [roleFor("vm"), roleFor("storage")];
    const aclOf = (address: string, path: string, { roleId }: VirtualEnvironmentRole) =>
      withLogicalId(
        `${name}_${address}`,
        new Acl(this, `Acl ${address}`, { provider, userId: user.userId, path, roleId, propagate: true }),
      );
    // Proxmox removes the ACL of a VM with it. Of a VM that is replaced Terraform knows no id, and writes another ACL.
    for (const { node, resource } of vms) aclOf(`vm_${node.id}`, `/vms/${resource.id}`, vmRole);
    this.storageAcls = storages.map((storage, index) =>
      aclOf(`storage_${nameOf(storage, index)}`, `/storage/${escapeTemplate(storage)}`, storageRole),
    );
  }

  /** The id of the token. */
  get tokenId(): string {
    return this.token.id;
  }

  /** Its secret: the provider has it behind its id. */
  get secret(): string {
    return Token.asString(expression`split("=", ${this.token.value})[1]`);
  }

  /** Another text for each token, which tells nothing of its secret. */
  get fingerprint(): string {
    return Token.asString(expression`nonsensitive(sha256(${this.token.value}))`);
  }
}

/** A storage as part of an address in Terraform. */
const nameOf = (storage: string, index: number): string =>
  isUnknown(storage) ? String(index) : storage.replace(/[^\w-]/g, "_");
