import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";

const page = join(__dirname, "../../docs/day-two.md");

interface State {
  readonly resources: readonly {
    readonly type: string;
    readonly instances: readonly { readonly attributes: { readonly machine_secrets?: unknown } }[];
  }[];
}

test("the secrets of a cluster are kept in a file, from which the state is made anew", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, { node: { secretsFile: true } });
  succeeded(await terraform.apply("-target=local_file.secrets"));
  const file = join(terraform.directory, "../../../clusters/talos-gpu/secrets.yaml");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const secrets = () => {
    const state: State = JSON.parse(terraform.state("../../../terraform.talos-gpu.tfstate"));
    const [only] = state.resources.filter(({ type }) => type === "talos_machine_secrets");
    return only?.instances[0]?.attributes.machine_secrets;
  };
  const before = secrets();
  expect(before).toBeDefined();

  const kept = readFileSync(file, "utf8");
  // The state is lost.
  await terraform.succeed("state", "rm", "talos_machine_secrets.cluster", "local_file.secrets");
  expect(secrets()).toBeUndefined();
  const [block] = /^import \{[^}]*\}$/m.exec(readFileSync(page, "utf8")) ?? [];
  writeFileSync(join(terraform.directory, "import.tf"), String(block));
  succeeded(await terraform.apply("-target=local_file.secrets"));
  // Talos's own library has read the file.
  expect([secrets(), readFileSync(file, "utf8")]).toEqual([before, kept]);
});
