import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nextSteps } from "../scripts/next-steps";
import { synthesize } from "./synthesized";

let output: string;
beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), "next-steps-"));
});
afterEach(() => rmSync(output, { recursive: true }));

/** An output folder with these stacks. */
function synthesized(stacks: Readonly<Record<string, unknown>>): void {
  writeFileSync(join(output, "manifest.json"), JSON.stringify({ stacks }));
  for (const [name, stack] of Object.entries(stacks)) {
    mkdirSync(join(output, "stacks", name), { recursive: true });
    writeFileSync(join(output, "stacks", name, "cdk.tf.json"), JSON.stringify(stack));
  }
}

test("a deployment ends with the way to a pod on the GPU, in commands for the folder of the configuration", () => {
  synthesized({ ...synthesize("examples/default.ts"), ...synthesize("examples/template.ts") });
  const folder = join(output, "stacks/talos-gpu");
  expect(nextSteps(output, ["talos-gpu"])).toBe(`
To use the cluster of talos-gpu, in this folder:

  export KUBECONFIG="$PWD"/clusters/talos-gpu/kubeconfig TALOSCONFIG="$PWD"/clusters/talos-gpu/talosconfig
  kubectl get nodes
  talosctl --nodes 192.168.1.50 dashboard

To run a pod on its GPU, then:

  terraform -chdir=${folder} output -raw gpu_example_pod | kubectl apply -f -
  kubectl logs -f gpu-example

For all outputs, with the commands that restore etcd:

  terraform -chdir=${folder} output
`);
  expect(nextSteps(output, [])).toContain("To use the cluster of talos-gpu-template");
});

test("a stack without a cluster, or with what only Terraform knows, has no such end", () => {
  synthesized(synthesize("examples/golden-image.ts"));
  expect(nextSteps(output, [])).toBe("");
  synthesized({ one: { output: { access_instructions: { value: "talosctl --nodes ${var.address}" } } } });
  expect(nextSteps(output, [])).toBe("");
});
