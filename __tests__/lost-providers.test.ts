import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lostProviders } from "../scripts/lost-providers";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lost-providers-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const stored = (address: string, provider: string, mode = "managed") => {
  const [type = "", name = ""] = address.split(".");
  const [local, alias] = provider.split(".");
  return {
    mode,
    type,
    name,
    provider: `provider["registry.terraform.io/hashicorp/${local}"]${alias ? `.${alias}` : ""}`,
  };
};

/** What is said of a stack with these providers and resources. */
function said(stack: object, ...resources: readonly object[]): string[] {
  writeFileSync(join(directory, "cdk.tf.json"), JSON.stringify(stack));
  return lostProviders([{ stack: "lab", directory, state: { resources: resources as never } }]);
}

const wait = stored("null_resource.wait_for_kubernetes", "null.kubernetes");
const release = stored("helm_release.cilium", "helm");

test("what a stack has lost with its cluster is told, with the command that forgets it", () => {
  expect(
    said({ provider: { null: [{}] } }, wait, release, stored("local_file.kubeconfig", "local.kubernetes")),
  ).toEqual([
    expect.stringMatching(
      /^lab no longer has its cluster, .*terraform state rm 'null_resource.wait_for_kubernetes' 'helm_release.cilium' 'local_file.kubeconfig'\)$/,
    ),
  ]);
});

test.each<[string, object, object]>([
  ["has", { resource: { null_resource: { wait_for_kubernetes: {} } } }, wait],
  ["can remove", { provider: { null: [{ alias: "kubernetes" }] } }, wait],
  ["can remove of Helm", { provider: { helm: [{ kubernetes: {} }] } }, release],
  ["can remove with a provider that has no settings", {}, stored("null_resource.first_snapshot", "null")],
  ["reads", {}, stored("helm_template.cilium", "helm.rendering", "data")],
])("nothing is told of what a stack %s", (_, stack, resource) => {
  expect(said(stack, resource)).toEqual([]);
});
