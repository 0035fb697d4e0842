import { type Configuration, type Document, patched } from "../constructs/talos/patch/merge";
import { forWorkers } from "../constructs/talos/patch/role";

const configuration: Configuration = new Map<string, Document>([
  ["", { machine: { certSANs: ["a"], sysctls: { a: "1" }, network: { interfaces: [{ interface: "ens18" }] } } }],
]);
const machineOf = (patch: string | object) => patched(configuration, patch).get("")?.machine;

// The lab holds the merge against Talos's own library.
describe("a patch", () => {
  test("leaves the configuration that it is applied to", () => {
    const before = JSON.stringify([...configuration]);
    patched(configuration, { machine: { certSANs: ["b"], sysctls: { $patch: "delete" } } });
    expect(JSON.stringify([...configuration])).toBe(before);
  });

  test("appends to lists, and merges maps", () => {
    expect(machineOf({ machine: { certSANs: ["b"], sysctls: { b: "2" } } })).toMatchObject({
      certSANs: ["a", "b"],
      sysctls: { a: "1", b: "2" },
    });
  });

  test("merges the items of a list that are the same device", () => {
    const patch = { machine: { network: { interfaces: [{ interface: "ens18", mtu: 9000 }, { interface: "ens19" }] } } };
    expect(machineOf(patch)).toMatchObject({
      network: { interfaces: [{ interface: "ens18", mtu: 9000 }, { interface: "ens19" }] },
    });
  });

  test("deletes before it sets", () => {
    expect(machineOf({ machine: { sysctls: { a: { $patch: "delete" }, b: "2" } } })).toMatchObject({
      sysctls: { b: "2" },
    });
  });

  test("deletes the item of a list that it names", () => {
    expect(machineOf("machine: {network: {interfaces: [{interface: ens18, $patch: delete}]}}")).toMatchObject({
      network: { interfaces: [] },
    });
  });

  test("adds a document, and takes it away again", () => {
    const volume = { apiVersion: "v1alpha1", kind: "UserVolumeConfig", name: "data" };
    const added = patched(configuration, volume);
    expect(added.get("UserVolumeConfig/data")).toEqual(volume);
    expect([...patched(added, { ...volume, $patch: "delete" }).keys()]).toEqual([""]);
  });

  test("is no change where it is no object", () => {
    for (const patch of ["a: [b", "- a", ""]) expect(patched(configuration, patch)).toEqual(configuration);
  });
});

describe("a patch for workers", () => {
  test("is what it was, without keys of control plane nodes", () => {
    const patch = "# A comment\nmachine: {sysctls: {a: '1'}}\n";
    expect(forWorkers(patch)).toBe(patch);
  });

  test("lacks those keys, and documents with nothing else", () => {
    expect(
      forWorkers({ cluster: { etcd: {}, network: { dnsDomain: "a" } }, machine: { sysctls: { a: "1" } } }),
    ).toEqual({
      cluster: { network: { dnsDomain: "a" } },
      machine: { sysctls: { a: "1" } },
    });
    expect(forWorkers("cluster: {etcd: {a: b}}\n---\napiVersion: v1alpha1\nkind: OOMConfig\n")).toBe(
      "apiVersion: v1alpha1\nkind: OOMConfig\n",
    );
    expect(forWorkers({ machine: { features: { kubernetesTalosAPIAccess: { enabled: true } } } })).toBeUndefined();
  });
});
