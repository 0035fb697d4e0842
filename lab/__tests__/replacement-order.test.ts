import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dependencyGraph, providerOf } from "../../__tests__/dependency-graph";
import type { TerraformJson } from "../../__tests__/stacks";
import { synthesize } from "../../__tests__/synthesized";
import { build, built } from "../build";
import { Terraform } from "../terraform";

let directory: string;
beforeAll(() => {
  build("providers");
  directory = mkdtempSync(join(tmpdir(), "replacement-order-"));
  const mirror = `provider_installation { filesystem_mirror { path = ${JSON.stringify(built.mirror)} } }`;
  writeFileSync(join(directory, "terraformrc"), mirror);
});
afterAll(() => rmSync(directory, { recursive: true }));

const isRelease = (address: string): boolean => address.startsWith("helm_release.");
const mirrored = (address: string): string =>
  `${isRelease(address) ? "talos_machine_secrets" : "null_resource"}.${address.replace(".", "_")}`;

/**
 * The order of a stack in Terraform, without what it creates: each resource is a null resource of its own provider configuration,
 * and each release one of a provider that is configured by what Helm is configured by.
 *
 * @param version another one replaces everything but releases
 * @param removed the release that is left out
 */
function orderOf(stack: TerraformJson, version: string, removed?: string): TerraformJson {
  const { bodies, references } = dependencyGraph(stack);
  const managed = (names: readonly string[]): string[] =>
    names.flatMap((name) => (name.startsWith("data.") ? managed(references(bodies.get(name))) : [name]));
  const resource: TerraformJson = { null_resource: {}, talos_machine_secrets: {} };
  const aliases = new Set<string>();
  for (const [address, body] of bodies) {
    if (address.startsWith("data.") || address === removed) continue;
    const [type = "", name = ""] = mirrored(address).split(".");
    const alias = providerOf(address, body).replace(".", "_");
    const own = { provider: `null.${alias}`, triggers: { version } };
    if (!isRelease(address)) aliases.add(alias);
    const before = managed(references(body)).filter((each) => each !== removed);
    resource[type][name] = { ...(!isRelease(address) && own), depends_on: [...new Set(before.map(mirrored))] };
  }
  const ofHelm = managed(references({ configurations: stack.provider.helm })).map((each) => `\${${mirrored(each)}.id}`);
  return {
    terraform: { required_providers: { talos: { source: "siderolabs/talos" } } },
    provider: {
      null: [...aliases].map((alias) => ({ alias })),
      talos: { image_factory_url: `http://factory.example/${ofHelm.join("")}` },
    },
    resource,
  };
}

/** Terraform's order is another one at each run. */
const runs = 10;

test.each([
  ["examples/mapping.ts", "talos-gpu-mapping", "nvidia_device_plugin"],
  ["examples/gitops.ts", "talos-gitops", "flux"],
] as const)(
  "Terraform finds an order to replace %s and to remove its last release",
  async (file, name, release) => {
    const stack = synthesize(file)[name] as TerraformJson;
    expect(stack.resource.helm_release).toHaveProperty(release);
    const folder = mkdtempSync(join(directory, "order-"));
    const write = (order: TerraformJson) => writeFileSync(join(folder, "main.tf.json"), JSON.stringify(order));
    const terraform = new Terraform(folder, { ...process.env, TF_CLI_CONFIG_FILE: join(directory, "terraformrc") });
    write(orderOf(stack, "1"));
    await terraform.init();
    await terraform.succeed("apply", "-auto-approve", "-input=false", "-no-color");
    write(orderOf(stack, "2", `helm_release.${release}`));
    await terraform.succeed("plan", "-out=plan", "-refresh=false", "-input=false", "-no-color");
    for (let run = 0; run < runs; run++) await terraform.succeed("graph", "-plan=plan");
  },
  300_000,
);
