import { TerraformStack, Testing } from "cdktf";
import { CiliumInstall, HelmInstall, LocalStorage, NvidiaInstall, TalosGpuCluster } from "../constructs";
import { clusterIn, newApp, nodeIn, type TerraformJson } from "./stacks";
import { shippedStacks, synthesize } from "./synthesized";

/** Elements by address, and what comes before each. */
function graphOf({ resource, data, provider }: TerraformJson) {
  const bodies = new Map<string, TerraformJson>();
  for (const [prefix, kinds] of [["", resource] as const, ["data.", data] as const])
    for (const [type, named] of Object.entries<object>(kinds ?? {}))
      for (const [name, body] of Object.entries(named)) bodies.set(`${prefix}${type}.${name}`, body);
  const references = ({ "//": _, ...body }: TerraformJson): string[] =>
    [...JSON.stringify(body).matchAll(/(?:data\.)?[a-z]\w*\.[\w-]+/g)].map(String).filter((name) => bodies.has(name));
  const ofHelm = references({ configurations: provider.helm });
  const steps = new Map(
    [...bodies].map(([name, body]) => [name, [...references(body), ...(name.startsWith("helm_") ? ofHelm : [])]]),
  );
  const all = (names: readonly string[], found = new Set<string>()): Set<string> => {
    for (const name of names) if (!found.has(name)) all(steps.get(name) ?? [], found.add(name));
    return found;
  };
  return { bodies, ofCluster: all(ofHelm), before: (name: string) => [...all(steps.get(name) ?? [])] };
}

/** The provider configuration of a resource, by which Terraform tells whether it may omit an edge. */
const providerOf = (address: string, body: TerraformJson): string =>
  body.provider ?? (address.startsWith("terraform_data.") ? "terraform" : address.split("_")[0]);

/**
 * Pairs of resources of one provider configuration, of which Helm's cluster needs the first, and a release the second. If both are
 * replaced and the release is destroyed, Terraform finds a cycle, or not, as its random order has it.
 */
function cycles(stack: TerraformJson): string[] {
  const { bodies, ofCluster, before } = graphOf(stack);
  const ofReleases = new Set([...bodies.keys()].filter((name) => name.startsWith("helm_release.")).flatMap(before));
  const isManaged = (name: string) => !name.startsWith("data.") && !name.startsWith("helm_release.");
  return [...ofReleases]
    .filter((name) => isManaged(name) && !ofCluster.has(name))
    .flatMap((name) =>
      before(name)
        .filter((earlier) => isManaged(earlier) && ofCluster.has(earlier))
        .filter((earlier) => providerOf(earlier, bodies.get(earlier)) === providerOf(name, bodies.get(name)))
        .map((earlier) => `${earlier}, ${name}`),
    );
}

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
          new HelmInstall(stack, "app", { node, chart: "app", repository: "https://charts.example", version: "1.0.0" });
          return JSON.parse(Testing.synth(stack, true));
        },
      ] as const,
  ),
];

test.each(stacks)("a release of %s is removed in one apply with whatever is replaced", (_, stack) => {
  expect(cycles(stack())).toEqual([]);
});
