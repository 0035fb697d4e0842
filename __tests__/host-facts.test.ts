import type { TerraformStack } from "cdktf";
import { DownloadedImage, PciMapping, ProxmoxConnection } from "../constructs";
import { apiToken, password, synthesizedJson, type TerraformJson, vmIn } from "./stacks";

const kinds = [
  "proxmox_hardware_pci",
  "proxmox_hardware_mappings",
  "proxmox_datastores",
  "proxmox_version",
  "proxmox_virtual_environment_node",
];

/** The data sources of hosts in the stack, each with what it is asked. */
function asked(build: (stack: TerraformStack) => void): Record<string, TerraformJson> {
  const { data = {} } = synthesizedJson(build);
  return Object.fromEntries(
    kinds.flatMap((kind) =>
      Object.entries<TerraformJson>(data[kind] ?? {}).map(([name, asking]) => [`${kind}.${name}`, asking]),
    ),
  );
}

const imageFile = { url: "https://example.org/talos.qcow2", fileName: "talos.qcow2" };
const gpus = [{ address: "01:00" }];

describe("a host is asked", () => {
  test("for what the stack needs, once", () => {
    const sources = asked((stack) => {
      const connection = new ProxmoxConnection(stack, "proxmox", password);
      const image = new DownloadedImage(stack, "image", { connection, node: "pve", ...imageFile });
      vmIn(stack, { boot: { image }, gpus });
      vmIn(stack, { gpus: [{ address: "02:00" }] }, password, "second");
    });
    expect(sources).toEqual({
      "proxmox_hardware_pci.host": { node_name: "pve" },
      "proxmox_datastores.host": { node_name: "pve" },
      "proxmox_version.host": {},
      "proxmox_virtual_environment_node.host": { node_name: "pve" },
    });
  });

  test("for its storages and processors alone by a VM without GPUs", () => {
    expect(asked((stack) => void vmIn(stack))).toEqual({
      "proxmox_datastores.host": { node_name: "pve" },
      "proxmox_virtual_environment_node.host": { node_name: "pve" },
    });
  });

  test("for mappings where one is used by its name, and for no devices then", () => {
    expect(asked((stack) => void vmIn(stack, { gpus: [{ mapping: "gpu" }] }, apiToken))).toEqual({
      "proxmox_hardware_mappings.host": { type: "pci", check_node: "pve" },
      "proxmox_datastores.host": { node_name: "pve" },
      "proxmox_virtual_environment_node.host": { node_name: "pve" },
    });
  });

  test("at an address of its own where it is not the stack's first, but of its cluster's version once", () => {
    const sources = asked((stack) => {
      const connection = new ProxmoxConnection(stack, "proxmox", password);
      for (const node of ["pve1", "pve2"]) {
        new DownloadedImage(stack, `image_${node}`, { connection, node, ...imageFile });
      }
    });
    expect(sources).toEqual({
      "proxmox_datastores.host": { node_name: "pve1" },
      "proxmox_datastores.host_pve2": { node_name: "pve2" },
      "proxmox_version.host": {},
    });
  });

  test("by each connection of its own", () => {
    const sources = asked((stack) => {
      vmIn(stack, { gpus });
      const elsewhere = { ...password, endpoint: "https://far.example:8006/" };
      vmIn(stack, { connection: new ProxmoxConnection(stack, "remote", elsewhere), gpus }, password, "far");
    });
    expect(sources).toMatchObject({
      "proxmox_hardware_pci.host": { node_name: "pve" },
      "proxmox_hardware_pci.remote_host": { node_name: "pve", provider: "proxmox.remote" },
    });
  });

  test("for nothing at all where the connection says so, and nothing of it is left", () => {
    const { data, resource, check } = synthesizedJson((stack) => {
      const connection = new ProxmoxConnection(stack, "proxmox", { ...password, checkHost: false });
      const image = new DownloadedImage(stack, "image", { connection, node: "pve", ...imageFile });
      vmIn(stack, { boot: { image }, gpus: [...gpus, { mapping: "gpu" }] });
    });
    expect(data).toBeUndefined();
    expect(check).toBeUndefined();
    expect(JSON.stringify(resource)).not.toMatch(/\$\{[^}]*\bdata\./);
  });
});

describe("a mapping has of its host", () => {
  const mapOf = (props: object, connection = apiToken) =>
    synthesizedJson((stack) => {
      const of = { connection: new ProxmoxConnection(stack, "proxmox", connection), node: "pve", name: "gpu" };
      new PciMapping(stack, "gpu", { ...of, address: "01:00", ...props });
    }).resource.proxmox_hardware_mapping_pci.gpu.map;

  test("what is not given", () => {
    const [{ id, subsystem_id, iommu_group }] = mapOf({});
    for (const each of [id, subsystem_id, iommu_group]) {
      expect(each).toMatch(
        /^\$\{one\(\[for device in data\.proxmox_hardware_pci\.host\.devices : .*"0000:01:00\.0".*\]\)\}$/,
      );
    }
  });

  test("nothing of what is given, in lower case", () => {
    expect(mapOf({ deviceId: "10DE:2684", subsystemId: "1458:40BF", iommuGroup: 14 })).toEqual([
      { node: "pve", path: "0000:01:00", id: "10de:2684", subsystem_id: "1458:40bf", iommu_group: 14 },
    ]);
  });

  test.each([
    ["id", { subsystemId: "1458:40bf", iommuGroup: 14 }],
    ["subsystem_id", { deviceId: "10de:2684", iommuGroup: 14 }],
    ["iommu_group", { deviceId: "10de:2684", subsystemId: "1458:40bf" }],
  ])("%s, where the others are given", (missing, given) => {
    const [entry] = mapOf(given);
    expect(entry).toMatchObject({ [missing]: expect.stringContaining("data.proxmox_hardware_pci.host.devices") });
  });

  test("for each device of a pool that of its node", () => {
    const map = mapOf({
      address: "01:00",
      alternatives: [{ address: "05:00" }, { node: "pve2", address: "03:00.1" }],
    });
    expect(map).toEqual([
      expect.objectContaining({
        node: "pve",
        path: "0000:01:00",
        id: expect.stringMatching(/pci\.host\.devices .*"0000:01:00\.0"/),
      }),
      expect.objectContaining({ node: "pve", id: expect.stringMatching(/pci\.host\.devices .*"0000:05:00\.0"/) }),
      expect.objectContaining({ node: "pve2", id: expect.stringMatching(/pci\.host_pve2\.devices .*"0000:03:00\.1"/) }),
    ]);
  });
});
