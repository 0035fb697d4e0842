import { Testing } from "cdktf";
import * as cilium from "../../constructs/cilium/install-props";
import * as gpu from "../../constructs/gpu/install-props";
import * as gpuVm from "../../constructs/proxmox/gpu-vm-props";
import * as talosCluster from "../../constructs/talos/cluster";
import * as talosImage from "../../constructs/talos/image";
import * as singleNode from "../../constructs/talos/single-node";
import { schema as ofStack } from "../../constructs/talos-gpu-cluster";
import { conformance } from "../conformance";
import { cycles } from "../dependency-graph";
import { acceptedOf, drawn, notDrawn, parts, sampleOf, siteIn } from "../random-site";
import { newApp, problemsOf, type TerraformJson } from "../stacks";

const { controlPlanes, workers, fromSingleNode, ...ofSeveral } = talosCluster.schema;
const schemas = {
  vm: gpuVm.schema,
  talos: { ...talosImage.schema, datastore: 1, checksum: 1, installer: 1 },
  cluster: { ...singleNode.schema, ...ofSeveral },
  cilium: cilium.schema,
  nvidia: gpu.schema,
  amd: gpu.schema,
  intel: gpu.schema,
  machines: { controlPlanes, workers },
};

test.each(parts)("random sites have every prop of %s, or a reason why not", (part) => {
  expect([...Object.keys(drawn[part]), ...Object.keys(notDrawn[part])].sort()).toEqual(
    Object.keys(schemas[part]).sort(),
  );
});

test("random sites have every part of a stack, or a reason why not", () => {
  const others = ["proxmox", "boot", ...Object.keys(drawn.machines)];
  const own = parts.filter((part) => part !== "machines");
  expect([...own, ...others].sort()).toEqual(Object.keys(ofStack).sort());
});

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("every site that is refused is so in sentences with the ids of rules", () => {
  for (const seed of seeds(200)) {
    const problems = problemsOf((stack) => void siteIn(stack, sampleOf(seed)));
    const unnamed = problems.filter((each) => !/\[[a-z0-9-]+\]$/.test(each));
    expect({ seed, unnamed }).toEqual({ seed, unnamed: [] });
  }
}, 600_000);

test("what the rules accept of a site fits the providers, and Terraform finds an order for any change of it", () => {
  for (const seed of seeds(20)) {
    const site = acceptedOf(sampleOf(seed));
    const stack: TerraformJson = JSON.parse(Testing.synth(siteIn(newApp(), site), true));
    expect({ seed, wrong: conformance(stack), cycles: cycles(stack) }).toEqual({ seed, wrong: [], cycles: [] });
    expect(JSON.stringify(stack)).not.toMatch(/\$\{TfToken|undefined|\[object Object\]|NaN/);
  }
}, 600_000);
