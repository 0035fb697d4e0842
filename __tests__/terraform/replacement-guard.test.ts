import { setTimeout } from "node:timers/promises";
import { Resource } from "@cdktf/provider-null/lib/resource";
import type { ProxmoxGpuVmProps } from "../../constructs";
import { checksIn, synthesizedJson, vmIn } from "../stacks";
import { apply, loseState, terraform, write } from "./remembered";

jest.setTimeout(120_000);

/** When the last plan began. */
let planned = 0;

/**
 * What Terraform remembers of a VM and checks by that, without any provider: its own resource stands for one of triggers.
 *
 * @param names those of the VMs of id 100 that Proxmox has
 */
async function applied(props: Partial<ProxmoxGpuVmProps> = {}, names = ["talos-gpu"]): Promise<string> {
  const json = synthesizedJson((stack) => void vmIn(stack, { vmId: 100, guest: "linux", ...props }));
  const precondition = checksIn(json)
    .filter(({ message, condition }) => /\[vm-(kept|id-free)\]/.test(message) && /_(identity|known)\./.test(condition))
    .map(({ message, condition }) => ({ condition, error_message: message }));
  const { triggers, lifecycle } = json.resource[Resource.tfResourceType].talos_node_identity;
  const entries = Object.entries(triggers).map(([name, fact]) =>
    name === "created" ? `${name} = plantimestamp()` : `${name} = ${JSON.stringify(fact)}`,
  );
  const identity = {
    triggers_replace: `\${tomap({${entries.join(", ")}})}`,
    lifecycle: JSON.parse(JSON.stringify(lifecycle).replaceAll("triggers", "triggers_replace")),
  };
  const { talos_node_known } = json.resource.terraform_data;
  const checked = JSON.stringify({ lifecycle: { precondition } })
    .replace(/null_resource(\.talos_node_identity)\.triggers/g, "terraform_data$1.triggers_replace")
    .replace(/data\.proxmox_virtual_environment_vms\.same_id\.vms\[\*\]\.vm_id/g, JSON.stringify(names.map(() => 100)))
    .replace(
      /data\.proxmox_virtual_environment_vms\.same_id\.vms\[\*\]\.name/g,
      JSON.stringify(names).replaceAll('"', '\\"'),
    );
  write({ talos_node_identity: identity, talos_node_known, checked: JSON.parse(checked) });
  // A plan does not know what was created in its own second.
  await setTimeout(planned + 1000 - Date.now());
  planned = Date.now();
  return apply();
}

const create = (props: Partial<ProxmoxGpuVmProps> = {}) => applied(props, []);

const lost = (prop: string, effect: string) => expect.stringContaining(`${prop} would ${effect}`);

describe("a VM is not replaced unnoticed", () => {
  test.each<[string, Partial<ProxmoxGpuVmProps>, Partial<ProxmoxGpuVmProps>, unknown]>([
    ["by another node", {}, { node: "pve2" }, lost('node "pve2"', 'replace the VM that has "pve"')],
    [
      "by another type of its EFI disk",
      {},
      { efiDisk: { type: "2m" } },
      lost('efiDisk.type "2m"', 'replace the VM that has "4m"'),
    ],
    ["by the default type", { efiDisk: { type: "2m" } }, {}, lost('efiDisk.type "4m"', 'replace the VM that has "2m"')],
    ["nor by another storage of it", {}, { efiDisk: { datastore: "other" } }, "applied"],
    ["nor without it", {}, { bios: "seabios", efiDisk: false }, "applied"],
    ["nor with it", { bios: "seabios", efiDisk: false }, { efiDisk: { type: "2m" } }, "applied"],
  ])("%s", async (_, before, after, expected) => {
    expect(await create(before)).toBe("applied");
    expect(await applied(after)).toEqual(expected);
    expect(await applied({ ...after, replaceable: true })).toBe("applied");
    expect(await applied(after)).toBe("applied");
  });
});

describe("a VM that the state does not know is not taken over unnoticed", () => {
  const unknown = expect.stringContaining('vmId 100 belongs to a VM "talos-gpu" that this state does not know');

  test.each([false, true])("replaceable: %s", async (replaceable) => {
    expect(await create({ replaceable })).toBe("applied");
    expect(await applied({ replaceable })).toBe("applied");
    loseState();
    expect(await applied({ replaceable: true, node: "pve2" })).toEqual(unknown);
    expect(await applied({ replaceable })).toEqual(unknown);
    expect(terraform("apply", "-auto-approve", "-target=terraform_data.talos_node_identity").status).toBe(0);
    planned = Date.now();
    expect(await applied({ replaceable })).toBe("applied");
  });
});
