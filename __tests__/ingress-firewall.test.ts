import { parseAllDocuments } from "yaml";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import type { TalosClusterProps } from "../constructs";
import { clusterIn, problemsOf, synthesizedJson } from "./stacks";

const firewall = { management: ["192.168.20.0/24", "10.0.0.7"] };

/** The documents of Talos's firewall in the configuration of a machine. */
function documentsOf(name: string, props: Partial<TalosClusterProps> = {}) {
  const { data } = synthesizedJson((stack) => void clusterIn(stack, { firewall, ...props }));
  const patches: string[] = data[DataTalosMachineConfiguration.tfResourceType][name].config_patches;
  return patches
    .flatMap((patch) => parseAllDocuments(patch).map((document) => document.toJS()))
    .filter(({ kind }) => String(kind).startsWith("Network"));
}

const rule = (name: string, protocol: string, ports: readonly unknown[], subnets: readonly string[]) => ({
  apiVersion: "v1alpha1",
  kind: "NetworkRuleConfig",
  name,
  portSelector: { ports, protocol },
  ingress: subnets.map((subnet) => ({ subnet })),
});

describe("Talos's firewall", () => {
  const nodes = ["192.168.1.51", "192.168.1.52", "192.168.1.53", "192.168.1.61", "192.168.1.62"];

  test.each(["control-1", "worker-1"])(
    "admits who manages the cluster and the nodes, and blocks all else: %s",
    (name) => {
      const others = nodes.map((address) => `${address}/32`);
      expect(documentsOf(name)).toEqual([
        { apiVersion: "v1alpha1", kind: "NetworkDefaultActionConfig", ingress: "block" },
        rule("management", "tcp", [6443, 50000], ["192.168.20.0/24", "10.0.0.7/32"]),
        rule("nodes-tcp", "tcp", ["1-65535"], others),
        rule("nodes-udp", "udp", ["1-65535"], others),
      ]);
    },
  );

  test("stays as it is, whatever patches say, and takes further rules", () => {
    const http = rule("http", "tcp", [80, 443], ["0.0.0.0/0"]);
    expect(documentsOf("worker-1", { workerPatches: [http] })).toContainEqual(http);
    const open = { apiVersion: "v1alpha1", kind: "NetworkDefaultActionConfig", ingress: "accept" };
    expect(problemsOf((stack) => void clusterIn(stack, { firewall, configPatches: [open] }))).toEqual([
      expect.stringMatching(/configPatches\[0\].*ingress.*\[config-patch-settings\]/),
    ]);
  });

  test("is not there unless it is asked for", () => {
    expect(documentsOf("control-1", { firewall: undefined })).toEqual([]);
  });
});
