import { dependable, TerraformStack, Testing } from "cdktf";
import { CiliumInstall, HelmInstall, LocalStorage, NvidiaInstall, TalosGpuCluster } from "../constructs";
import { cycles } from "./dependency-graph";
import { csi, csiOnWorkers } from "./fixtures/proxmox-csi";
import { clusterIn, newApp, nodeIn, synthesizedJson, type TerraformJson } from "./stacks";
import { shippedStacks, synthesize } from "./synthesized";

const vmAt = (name: string, number: number) => ({
  name,
  node: "pve",
  vmId: number,
  initialization: { ipConfigs: [{ address: `192.168.1.${number}/24`, gateway: "192.168.1.1" }] },
});

const stacks: readonly (readonly [string, () => TerraformJson])[] = [
  ...shippedStacks.map(([file, name]) => [file, () => synthesize(file)[name]] as const),
  [
    "a single node that has grown",
    () =>
      JSON.parse(
        Testing.synth(
          new TalosGpuCluster(newApp(), "grown", {
            proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
            vm: vmAt("talos-gpu", 100),
            workers: [vmAt("worker-1", 101), vmAt("worker-2", 102)],
            cluster: { clusterName: "talos-gpu" },
            cilium: { gatewayApi: true },
          }),
          true,
        ),
      ),
  ],
  ["volumes on Proxmox", () => synthesizedJson(csi({ storageClasses: [{ storage: "local-lvm" }] }))],
  ["volumes on Proxmox, of workers", () => synthesizedJson(csiOnWorkers(["pve", "pve"]))],
  ...[nodeIn, clusterIn].map(
    (make) =>
      [
        `everything that is installed, in ${make === nodeIn ? "one node" : "several"}`,
        () => {
          const stack = new TerraformStack(newApp(), "stack");
          const node = make(stack, {
            talos: { version: "v1.13.9", nvidia: { kernelModules: "open", branch: "production" } },
          });
          new CiliumInstall(stack, "cilium", { node, gatewayApi: true });
          new NvidiaInstall(stack, "nvidia", { node });
          new LocalStorage(stack, "storage", { node, disk: "scsi1" });
          const charts = ["first", "second", "third"].map(
            (name) =>
              new HelmInstall(stack, name, {
                node,
                chart: name,
                repository: "https://charts.example",
                version: "1.0.0",
              }),
          );
          charts.slice(1).forEach(({ resource }, index) => {
            const { rollout } = charts[index] ?? {};
            if (resource && rollout) resource.dependsOn = [...(resource.dependsOn ?? []), dependable(rollout)];
          });
          return JSON.parse(Testing.synth(stack, true));
        },
      ] as const,
  ),
];

test.each(stacks)("a release of %s is removed in one apply with whatever is replaced", (_, stack) => {
  expect(cycles(stack())).toEqual([]);
});
