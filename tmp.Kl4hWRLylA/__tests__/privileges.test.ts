import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  descriptionOf,
  type ProxmoxUse,
  privilegesFor,
  proxmoxMajors,
  proxmoxUses,
  roleCommand,
} from "../constructs/proxmox/privileges";

const page = readFileSync(join(__dirname, "../docs/host.md"), "utf8").replace(/ {2,}/g, " ");

/** What the example with a resource mapping does. */
const example: readonly ProxmoxUse[] = [
  ...(["vm", "network", "cloudInit", "guestAgent", "image", "mapping", "mappedDevice", "hostFacts"] as const),
];

test.each(proxmoxMajors)("docs/host.md has the role for Proxmox %d", (major) => {
  expect(page).toContain(`\n${roleCommand("TerraformTalos", privilegesFor(example, major))}\n`);
});

test.each(proxmoxUses)("docs/host.md says what it takes that a stack %s", (use) => {
  const list = (major: 8 | 9) =>
    privilegesFor([use], major)
      .map((privilege) => `\`${privilege}\``)
      .join(" ");
  const onEight = list(8) === list(9) ? "" : `; on 8 ${list(8)}`;
  expect(page).toContain(`\n| ${descriptionOf(use)} | ${list(9)}${onEight} |\n`);
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
});

test("the guest agent's privilege is the version's", () => {
  expect([privilegesFor(["guestAgent"], 8), privilegesFor(["guestAgent"], 9)]).toEqual([
    ["VM.Monitor"],
    ["VM.GuestAgent.Audit"],
  ]);
});
