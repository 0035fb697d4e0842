import type { Json } from "../json";
import { type Placed, placed } from "./support/placed";
import { succeeded } from "./support/succeeded";

/** What a user edits in the program once the cluster runs. */
function edit(configuration: Json): void {
  const { resource, data } = configuration as never as {
    resource: {
      proxmox_virtual_environment_vm: { talos_node: { cpu: { cores: number }; memory: { dedicated: number } } };
    };
    data: { talos_machine_configuration: { node: { config_patches: string[] } } };
  };
  resource.proxmox_virtual_environment_vm.talos_node.cpu.cores = 12;
  resource.proxmox_virtual_environment_vm.talos_node.memory.dedicated = 24_576;
  data.talos_machine_configuration.node.config_patches.push("machine:\n  sysctls:\n    vm.max_map_count: '262144'\n");
}

describe.each([
  ["the default stack", "main.ts"],
  ["the example with a resource mapping", "examples/mapping.ts"],
  ["the example with a template", "examples/template.ts"],
])("%s", (_, file) => {
  test("is created, stays as it is, is updated in place and destroyed without a trace", async () => {
    const { program, lab, terraform, vmid } = await placed(file);
    const before = traces(lab);

    await terraform.validate();
    expect(await terraform.plan()).toMatchObject({ code: 2 });
    succeeded(await terraform.apply());
    expect(await terraform.plan()).toMatchObject({ code: 0, changes: false });
    const node = await lab.node(vmid);
    expect(await node.state()).toMatchObject({ stage: "bootstrapped", bootstraps: 1 });

    program.placeIn(lab.site, edit);
    const changes = (await terraform.changes()).map(({ address, change }) => `${change.actions} ${address}`);
    expect(changes).toEqual([
      "update proxmox_virtual_environment_vm.talos_node",
      "update talos_machine_configuration_apply.node",
    ]);
    succeeded(await terraform.apply());
    expect(await terraform.plan()).toMatchObject({ code: 0, changes: false });
    expect(lab.proxmox.host.vm(vmid)).toMatchObject({ running: true, config: { cores: 12, memory: "24576" } });
    expect((await node.state()).applied.at(-1)?.documents[0]).toMatchObject({
      machine: { sysctls: { "vm.max_map_count": "262144" } },
    });
    expect((await node.state()).bootstraps).toBe(1);

    succeeded(await terraform.destroy());
    expect(await terraform.addresses()).toEqual([]);
    expect(traces(lab)).toEqual(before);
  });
});

/** What is on the host: VMs, volumes, mappings. */
function traces({ proxmox: { host } }: Placed["lab"]): string[] {
  return [
    ...[...host.vms.values()].map((vm) => `${vm.id} ${vm.name}`),
    ...host.storages.all.flatMap(({ content }) => content.map(({ volid }) => volid)),
    ...host.mappings.all.map(({ id }) => id),
  ];
}
