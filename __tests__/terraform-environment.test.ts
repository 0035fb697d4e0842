import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { terraformEnvironment } from "../scripts/environment";

const folder = join(__dirname, "../scripts");
const calls = readdirSync(folder)
  .filter((name) => name.endsWith(".ts"))
  .flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/\((?:\[terraform,|terraform, \[)[^;]*;/g)].map(
      ([call]) => [name, call] as const,
    ),
  );

test("commands start Terraform in several places", () => expect(calls.length).toBeGreaterThan(3));

// The Helm provider adds KUBE_TOKEN to the credentials of a stack, and sends it to that stack's cluster.
test.each(calls)("%s starts Terraform without credentials of other clusters", (_, call) => {
  expect(call).toMatch(/\benv\b/);
});

test("the environment of Terraform has none of them, and all else", () => {
  const before = process.env;
  process.env = { KUBE_TOKEN: "x", KUBECONFIG: "x", KUBE_PROXY_URL: "x", HELM_KUBETOKEN: "x", TF_VAR_a: "y" };
  try {
    expect(terraformEnvironment()).toEqual({ TF_VAR_a: "y", CHECKPOINT_DISABLE: "1" });
  } finally {
    process.env = before;
  }
});
