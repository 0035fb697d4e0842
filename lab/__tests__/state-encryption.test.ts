import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StateEncryption } from "../../constructs";
import { build } from "../build";
import { Terraform } from "../terraform";
import { credentials } from "./support/accounts";
import { deployCluster } from "./support/cluster";
import { secretsIn } from "./support/secrets";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";

const stateFile = "../../../terraform.talos-gpu.tfstate";
// The secrets of a cluster need no node.
const target = "-target=talos_machine_secrets.cluster";

test("OpenTofu encrypts a state that was in plaintext, and from then on no other is read or written", async () => {
  build("opentofu");
  process.env.TERRAFORM_BINARY_NAME = "tofu";
  const lab = await startLab();
  const passphrase = { TF_VAR_state_passphrase: "a passphrase of the lab" };
  const write = (migrate?: boolean, environment: NodeJS.ProcessEnv = passphrase) =>
    deployCluster(lab, {
      environment,
      force: (cluster) => {
        if (migrate !== undefined) new StateEncryption(cluster, "state_encryption", { migrate });
      },
    });
  const plain = await write();
  succeeded(await plain.apply(target));
  const inPlaintext = plain.state(stateFile);
  const secrets = secretsIn(JSON.parse(inPlaintext));
  expect(secrets.length).toBeGreaterThan(5);
  const found = (text: string) => secrets.filter((secret) => text.includes(secret));

  succeeded(await (await write(true)).apply(target));
  expect(found(plain.state(stateFile))).toEqual([]);

  const tofu = await write(false);
  expect((await tofu.plan(target)).changes).toBe(false);
  await tofu.succeed("plan", "-out=saved", "-input=false", target);
  expect(found(readFileSync(join(plain.directory, "saved"), "latin1"))).toEqual([]);
  const other = { ...lab.environment, ...credentials, TF_VAR_state_passphrase: "another passphrase of the lab" };
  expect((await new Terraform(plain.directory, other).plan(target)).code).toBe(1);
  writeFileSync(join(plain.directory, stateFile), inPlaintext);
  const unencrypted = await tofu.plan(target);
  expect([unencrypted.code, unencrypted.output]).toEqual([1, expect.stringContaining("encrypt")]);
});

afterAll(() => {
  delete process.env.TERRAFORM_BINARY_NAME;
});
