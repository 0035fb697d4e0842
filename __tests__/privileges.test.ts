import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  descriptionOf,
  grantCommands,
  grantsFor,
  type Paths,
  type ProxmoxUse,
  privilegesFor,
  proxmoxMajors,
  proxmoxUses,
} from "../constructs/proxmox/privileges";
import { pathsOf, proxmoxUsesOf } from "../review/privilege";
import { synthesize } from "./synthesized";

const page = readFileSync(join(__dirname, "../docs/host.md"), "utf8").replace(/ {2,}/g, " ");

test.each(proxmoxMajors)(
  "docs/host.md has the roles of the example with a mapping for Proxmox %d, and their paths",
  (major) => {
    const stack = synthesize("examples/mapping.ts")["talos-gpu-mapping"] ?? {};
    const grants = grantsFor(proxmoxUsesOf(stack), pathsOf(stack), major);
    const [roles, paths] = ["pveum role add", "pveum acl modify"].map((command) =>
      grantCommands("terraform@pve", grants)
        .split("\n")
        .filter((line) => line.startsWith(command))
        .join("\n"),
    );
    expect(page).toContain(`\n${paths}\n`);
    for (const role of String(roles).split("\n")) expect(page).toContain(`\n${role}\n`);
  },
);

test.each(proxmoxUses)("docs/host.md says what it takes that a stack %s", (use) => {
  const rolesOf = (major: 8 | 9) =>
    grantsFor([use], {}, major)
      .map(({ role, privileges }) => `${role}: ${privileges.map((privilege) => `\`${privilege}\``).join(" ")}`)
      .join("; ");
  const onEight = rolesOf(8) === rolesOf(9) ? "" : `; on 8 ${rolesOf(8)}`;
  expect(page).toContain(`\n| ${descriptionOf(use)} | ${rolesOf(9)}${onEight} |\n`);
});

describe("grants", () => {
  const paths: Paths = {
    vm: ["/pool/talos"],
    disk: ["/storage/local-lvm"],
    file: [],
    backup: [],
    bridge: ["/sdn/zones/localnetwork/vmbr0"],
  };

  test("are on the paths of each area, and where a path is not known on all of its kind", () => {
    const uses: readonly ProxmoxUse[] = ["network", "mappedDevice", "hostFacts"];
    expect(grantsFor(uses, paths, 9)).toEqual([
      { role: "TerraformHost", privileges: ["Sys.Audit"], paths: ["/"] },
      { role: "TerraformVm", privileges: ["VM.Config.Network"], paths: ["/pool/talos"] },
      { role: "TerraformDisk", privileges: ["Datastore.Audit"], paths: ["/storage/local-lvm"] },
      { role: "TerraformImage", privileges: ["Datastore.Audit"], paths: ["/storage"] },
      {
        role: "TerraformDevice",
        privileges: ["Mapping.Use", "SDN.Use"],
        paths: ["/mapping", "/sdn/zones/localnetwork/vmbr0"],
      },
    ]);
  });

  test("are on all of a kind where a name is no part of a path: root runs the commands", () => {
    const [grant] = grantsFor(["file"], { file: ["/storage/a; reboot"] }, 9);
    expect(grant?.paths).toEqual(["/storage"]);
  });

  test("of one path are given together, as an ACL of it takes the place of what it inherits", () => {
    const grants = grantsFor(["vm", "image"], { ...paths, image: ["/storage/local-lvm"] }, 9);
    expect(grantCommands("a@pve!t", grants).split("\n").slice(-3)).toEqual([
      "pveum acl modify / --tokens 'a@pve!t' --roles TerraformHost",
      "pveum acl modify /pool/talos --tokens 'a@pve!t' --roles TerraformVm",
      "pveum acl modify /storage/local-lvm --tokens 'a@pve!t' --roles TerraformDisk,TerraformImage",
    ]);
  });
});

test("a role has each privilege once, sorted, and none that another one holds", () => {
  expect(privilegesFor(["hostFacts", "image", "vm"], 9)).toEqual([
    "Datastore.Allocate",
    "Datastore.AllocateSpace",
    "Datastore.AllocateTemplate",
    "Sys.AccessNetwork",
    "Sys.Audit",
    "VM.Allocate",
    "VM.Audit",
    "VM.Config.CPU",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Options",
    "VM.PowerMgmt",
  ]);
  expect(privilegesFor(["hostFacts"], 9)).toEqual(["Datastore.Audit", "Sys.Audit"]);
  expect(privilegesFor([], 9)).toEqual([]);
  // Who gives a privilege away has to have it.
  expect(privilegesFor(["csi"], 9)).toEqual([
    ...["Datastore.Allocate", "Datastore.AllocateSpace", "Datastore.Audit", "Realm.AllocateUser", "Sys.Modify"],
    ...["User.Modify", "VM.Allocate", "VM.Audit", "VM.Config.Disk"],
  ]);
});

test("the guest agent's privilege is the version's", () => {
  expect([privilegesFor(["guestAgent"], 8), privilegesFor(["guestAgent"], 9)]).toEqual([
    ["VM.Monitor"],
    ["VM.GuestAgent.Audit"],
  ]);
});
