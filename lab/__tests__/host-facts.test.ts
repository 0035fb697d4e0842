import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { privilegesFor } from "../../constructs/proxmox/privileges";
import { pinnedProviders } from "../../synth/provider-schema";
import { proxmoxVersions } from "../proxmox/interface/refusals";
import { root, tokenWithRole } from "./support/accounts";
import { ApiClient } from "./support/api-client";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

const node_name = "pve";

/** What can be asked of a host at plan. */
const data = {
  proxmox_version: { host: {} },
  proxmox_virtual_environment_node: { host: { node_name } },
  proxmox_hardware_pci: { host: { node_name } },
  proxmox_datastores: { host: { node_name } },
  proxmox_hardware_mappings: { host: { type: "pci", check_node: node_name } },
};

const output = {
  version: "${data.proxmox_version.host.version}",
  memory: "${data.proxmox_virtual_environment_node.host.memory_total}",
  threads: "${data.proxmox_virtual_environment_node.host.cpu_count}",
  gpu: '${one([for d in data.proxmox_hardware_pci.host.devices : d if startswith(d.class, "0x03")])}',
  datastores: "${{ for d in data.proxmox_datastores.host.datastores : d.id => d.content_types }}",
  mappings: "${data.proxmox_hardware_mappings.host}",
};

const mappings = {
  good: "id=10de:2684,node=pve,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf",
  stale: "id=10de:2684,node=pve,path=0000:01:00,iommugroup=15,subsystem-id=1458:40bf",
};

/** What Terraform knows of the host after a plan of a token with these privileges, or why it does not. */
async function facts(version: (typeof proxmoxVersions)[number], privileges: readonly string[]) {
  const account = tokenWithRole(privileges);
  const lab = await startLab({ version, accounts: [root, account] });
  const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
  for (const [id, map] of Object.entries(mappings)) await client.call("POST", "cluster/mapping/pci", { id, map });
  const directory = join(lab.directory, "facts");
  mkdirSync(directory);
  const proxmox = { source: "bpg/proxmox", version: pinnedProviders().get("proxmox")?.version };
  const configuration = {
    terraform: { required_providers: { proxmox } },
    provider: { proxmox: { endpoint: lab.proxmox.endpoint } },
    data,
    output: Object.fromEntries(Object.entries(output).map(([name, value]) => [name, { value }])),
  };
  writeFileSync(join(directory, "main.tf.json"), JSON.stringify(configuration));
  const terraform = lab.terraform(directory, { PROXMOX_VE_API_TOKEN: `${account.id}=${account.secret}` });
  await terraform.init();
  const { code, output: said } = await terraform.apply();
  if (code !== 0) return unwrapped(said);
  return Object.fromEntries(Object.entries(await terraform.outputs()).map(([name, { value }]) => [name, value]));
}

describe.each(proxmoxVersions)("on Proxmox %s", (version) => {
  const role = privilegesFor(["hostFacts", "mappedDevice"], version.startsWith("8.") ? 8 : 9);

  test("the provider reads what there is of hardware, memory, storages and mappings", async () => {
    expect(await facts(version, role)).toEqual({
      version,
      memory: 64 * 1024 ** 3,
      threads: 32,
      gpu: expect.objectContaining({
        id: "0000:01:00.0",
        device_name: "AD102 [GeForce RTX 4090]",
        iommu_group: 14,
        // What Proxmox does not say is no null.
        subsystem_device_name: "",
      }),
      datastores: {
        local: ["images", "import", "iso", "snippets", "vztmpl"],
        "local-lvm": ["images", "rootdir"],
      },
      mappings: expect.objectContaining({
        ids: ["good", "stale"],
        checks: [
          {
            mapping_id: "stale",
            severity: "error",
            message: "Invalid configuration: 'iommugroup' does not match for 'stale' (14 != 15)",
          },
        ],
      }),
    });
  });

  test("it is refused without Sys.Audit, and sees no storage without Datastore.Audit", async () => {
    const without = (privilege: string) => role.filter((each) => each !== privilege);
    expect(await facts(version, without("Sys.Audit"))).toMatch(/Permission check failed \(\/[^)]*Sys\.Audit/);
    expect(await facts(version, without("Datastore.Audit"))).toMatchObject({ datastores: {} });
    expect(await facts(version, without("Mapping.Use"))).toMatchObject({ mappings: { ids: [] } });
  });
});
