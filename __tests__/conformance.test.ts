import { pins } from "../scripts/pins";
import { conformance } from "./conformance";
import { shippedStacks, synthesize } from "./synthesized";

const nic = {
  bridge: "vmbr0",
  disconnected: null,
  enabled: null,
  firewall: null,
  mac_address: null,
  model: null,
  mtu: null,
  queues: null,
  rate_limit: null,
  trunks: null,
  vlan_id: null,
};
const vm = { node_name: "pve", hostpci: [{ device: "hostpci0", rombar: false }], network_device: [nic] };
const mapping = { name: "gpu", map: [{ id: "10de:2684", node: "pve", path: "0000:01:00" }] };
const precondition = { condition: "${var.size > 0}", error_message: "the size is ${var.size}" };
/** As it is pinned, so that only what a newer interface lacks fails here. */
const pinned = pins().find(({ name }) => name === "proxmox")?.version ?? "";
const proxmox = { source: "bpg/proxmox", version: pinned };
const secrets = { talos_version: "v1.13.9" };

const vmWith = (more: object) => stackWith({ proxmox_virtual_environment_vm: { node: { ...vm, ...more } } });
const mappingWith = (more: object) => stackWith({ proxmox_hardware_mapping_pci: { gpu: { ...mapping, ...more } } });
const outputOf = (value: unknown) => stackWith({}, { output: { value: { value } } });

/** A stack that conforms, with a VM, a mapping, secrets and a null resource; and what makes it another. */
function stackWith(resources: object, sections: object = {}) {
  return {
    "//": { metadata: {} },
    terraform: {
      backend: { local: { path: "terraform.tfstate" } },
      required_providers: {
        proxmox,
        talos: { source: "siderolabs/talos", version: "0.11.0" },
        null: { source: "null", version: "3.2.4" },
      },
    },
    provider: { proxmox: [{ endpoint: "https://pve.example:8006/" }] },
    variable: { size: { type: "number" } },
    data: { proxmox_virtual_environment_vms: { all: {} } },
    resource: {
      proxmox_virtual_environment_vm: { node: vm },
      proxmox_hardware_mapping_pci: { gpu: mapping },
      talos_machine_secrets: { cluster: secrets },
      null_resource: { wait: { provisioner: [{ "local-exec": { command: "true", environment: { A: "b" } } }] } },
      ...resources,
    },
    ...sections,
  };
}

describe("conforms", () => {
  test.each(shippedStacks.map(([file]) => file))("every stack of %s", (file) => {
    const stacks = Object.entries(synthesize(file));
    expect(stacks).not.toHaveLength(0);
    for (const [name, stack] of stacks) expect([name, conformance(stack)]).toEqual([name, []]);
  });

  test.each([
    ["a number or a boolean as text", vmWith({ vm_id: "100", on_boot: "true", name: 7, description: true })],
    ["an expression in place of any value", vmWith({ vm_id: "${var.size}", hostpci: [], tags: '${split(",", "a")}' })],
    ["an expression within text, where Terraform converts it", vmWith({ vm_id: "1${var.size}" })],
    [
      "a block that may be given once, as an object or a list",
      vmWith({ agent: { enabled: true }, cpu: [{ cores: 2 }] }),
    ],
    [
      "the meta-arguments",
      vmWith({
        count: 1,
        provider: "proxmox",
        depends_on: ["null_resource.wait"],
        lifecycle: { prevent_destroy: true, ignore_changes: ["tags"], precondition: [precondition] },
        connection: { host: "pve" },
      }),
    ],
    [
      "an element of a repeated resource",
      stackWith({ null_resource: { wait: { count: 2, triggers: { first: "${null_resource.wait[0].id}" } } } }),
    ],
    [
      "names that only the expression knows",
      outputOf("${[for key, vm in data.proxmox_virtual_environment_vms.all.vms : vm.name if key.x]}"),
    ],
    [
      "doubled signs and strings in expressions, which refer to nothing",
      outputOf('$${a.b} ${format("a.b %s", "c.d")}'),
    ],
    [
      "attributes behind lists, splats and nested blocks",
      outputOf(
        "${proxmox_virtual_environment_vm.node.hostpci[0].id} ${data.proxmox_virtual_environment_vms.all.vms[*].vm_id}",
      ),
    ],
  ])("%s", (_, stack) => {
    expect(conformance(stack)).toEqual([]);
  });
});

describe("does not conform", () => {
  const node = "resource.proxmox_virtual_environment_vm.node";
  const gpu = "resource.proxmox_hardware_mapping_pci.gpu";

  test.each<[string, object, string]>([
    ["an unknown section", stackWith({}, { ressource: {} }), "ressource: there is no such argument"],
    [
      "an unknown type of resource",
      stackWith({ null_ressource: { a: {} } }),
      "resource.null_ressource: the schemas know no null_ressource",
    ],
    [
      "an unknown type of data source",
      stackWith({}, { data: { null_data_source: { a: {} } } }),
      "data.null_data_source: the schemas know no null_data_source",
    ],
    ["an unknown argument", vmWith({ node: "pve" }), `${node}.node: there is no such argument`],
    [
      "an unknown argument of a block",
      vmWith({ hostpci: [{ device: "hostpci0", romBar: false }] }),
      `${node}.hostpci[0].romBar: there is no such argument`,
    ],
    [
      "an unknown argument of a nested attribute",
      mappingWith({ map: [{ ...mapping.map[0], nodeAttribute: "pve" }] }),
      `${gpu}.map[0].nodeAttribute: there is no such argument`,
    ],
    [
      "an unknown argument of a provider",
      stackWith({}, { provider: { proxmox: [{ host: "pve" }] } }),
      "provider.proxmox[0].host: there is no such argument",
    ],
    [
      "an unknown provisioner",
      stackWith({ null_resource: { wait: { provisioner: [{ exec: {} }] } } }),
      "resource.null_resource.wait.provisioner[0].exec: the schemas know no exec",
    ],
    ["text for a number", vmWith({ vm_id: "a hundred" }), `${node}.vm_id: "a hundred" is not a number`],
    [
      "text for a boolean",
      vmWith({ hostpci: [{ device: "hostpci0", rombar: "on" }] }),
      `${node}.hostpci[0].rombar: "on" is not a bool`,
    ],
    [
      "a number for a boolean",
      vmWith({ hostpci: [{ device: "hostpci0", rombar: 1 }] }),
      `${node}.hostpci[0].rombar: 1 is not a bool`,
    ],
    ["a boolean for a number", vmWith({ vm_id: true }), `${node}.vm_id: true is not a number`],
    ["an object for text", vmWith({ name: {} }), `${node}.name: {} is not a string`],
    ["a scalar for a list", vmWith({ tags: "gpu" }), `${node}.tags: "gpu" is not a list`],
    [
      "a list for a map",
      stackWith({ null_resource: { wait: { triggers: ["a"] } } }),
      'resource.null_resource.wait.triggers: ["a"] is not a map',
    ],
    ["an element of another type", vmWith({ tags: ["gpu", ["x"]] }), `${node}.tags[1]: ["x"] is not a string`],
    [
      "an object for a nested set",
      mappingWith({ map: mapping.map[0] }),
      `${gpu}.map: ${JSON.stringify(mapping.map[0])} is not a set`,
    ],
    ["text for a block", vmWith({ cpu: "host" }), `${node}.cpu: "host" is not a block`],
    ["a missing argument", vmWith({ node_name: undefined }), `${node}.node_name: missing, and required`],
    ["a required argument that is null", vmWith({ node_name: null }), `${node}.node_name: missing, and required`],
    [
      "a missing argument of a block",
      vmWith({ hostpci: [{ pcie: true }] }),
      `${node}.hostpci[0].device: missing, and required`,
    ],
    [
      "a missing argument of a nested attribute",
      mappingWith({ map: [{ id: "10de:2684", path: "0000:01:00" }] }),
      `${gpu}.map[0].node: missing, and required`,
    ],
    [
      "a key missing of an object that needs all",
      vmWith({ network_device: [{ ...nic, mtu: undefined }] }),
      `${node}.network_device[0].mtu: missing; an object of this type needs every key, if only as null`,
    ],
    [
      "an argument that only the provider sets",
      vmWith({ ipv4_addresses: [["192.168.1.50"]] }),
      `${node}.ipv4_addresses: only the provider sets it`,
    ],
    ["too many blocks", vmWith({ cpu: [{ cores: 1 }, { cores: 2 }] }), `${node}.cpu: 2 blocks, at most 1 allowed`],
    ["too few blocks", stackWith({}, { check: { free: {} } }), "check.free.assert: 0 blocks, at least 1 needed"],
    [
      "a precondition without a message",
      vmWith({ lifecycle: { precondition: [{ condition: true }] } }),
      `${node}.lifecycle.precondition[0].error_message: missing, and required`,
    ],
    [
      "an unknown argument of the life cycle",
      vmWith({ lifecycle: { protect: true } }),
      `${node}.lifecycle.protect: there is no such argument`,
    ],
    [
      "another version than that of the schema",
      stackWith(
        {},
        {
          terraform: {
            required_providers: {
              ...stackWith({}).terraform.required_providers,
              proxmox: { ...proxmox, version: "0.1.0" },
            },
          },
        },
      ),
      `terraform.required_providers.proxmox.version: "0.1.0", and the schema is that of ${pinned}`,
    ],
    [
      "another source than that of the schema",
      stackWith(
        {},
        {
          terraform: {
            required_providers: {
              ...stackWith({}).terraform.required_providers,
              proxmox: { ...proxmox, source: "telmate/proxmox" },
            },
          },
        },
      ),
      'terraform.required_providers.proxmox.source: "telmate/proxmox", and the schema is that of registry.terraform.io/bpg/proxmox',
    ],
    [
      "a provider without a declaration",
      stackWith({}, { provider: { proxmox: [{}], helm: [{}] } }),
      "terraform.required_providers.helm: missing, and the provider is in use",
    ],
    [
      "a provider without a configuration of its alias",
      { ...vmWith({ provider: "proxmox.second" }), provider: { proxmox: [{}, { alias: "other" }] } },
      `${node}.provider: proxmox.second is not in the stack`,
    ],
    [
      "a provider configured twice",
      stackWith({}, { provider: { proxmox: [{}, {}] } }),
      "provider.proxmox: configured twice under one alias",
    ],
    [
      "a reference to no resource",
      outputOf("${null_resource.wiat.id}"),
      "output.value.value: null_resource.wiat.id is not in the stack",
    ],
    [
      "a reference to no data source",
      outputOf("${data.proxmox_virtual_environment_vms.none.vms}"),
      "output.value.value: data.proxmox_virtual_environment_vms.none.vms is not in the stack",
    ],
    ["a reference to no variable", outputOf("${var.sise}"), "output.value.value: var.sise is not in the stack"],
    ["a reference to no local value", outputOf("${local.size}"), "output.value.value: local.size is not in the stack"],
    [
      "a reference to no attribute",
      outputOf("${talos_machine_secrets.cluster.secret}"),
      "output.value.value: talos_machine_secrets.cluster.secret has no such attribute",
    ],
    [
      "a reference past a scalar",
      outputOf("${null_resource.wait.id.x}"),
      "output.value.value: null_resource.wait.id.x has no such attribute",
    ],
    [
      "a reference to no attribute of a list's elements",
      outputOf("${data.proxmox_virtual_environment_vms.all.vms[*].vmid}"),
      "output.value.value: data.proxmox_virtual_environment_vms.all.vms.*.vmid has no such attribute",
    ],
    [
      "a broken reference in a string within an expression",
      outputOf('${join("-", ["x ${var.sise}"])}'),
      "output.value.value: var.sise is not in the stack",
    ],
    [
      "a dependency on nothing",
      vmWith({ depends_on: ["null_resource.wiat"] }),
      `${node}.depends_on[0]: null_resource.wiat is not in the stack`,
    ],
  ])("%s", (_, stack, problem) => {
    expect(conformance(stack)).toEqual([problem]);
  });
});
