import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, token } from "./support/accounts";
import { placed } from "./support/placed";
import { secretsIn } from "./support/secrets";
import { succeeded } from "./support/succeeded";

interface State {
  readonly resources: readonly {
    readonly type: string;
    readonly instances: readonly { readonly attributes: unknown }[];
  }[];
}

test("no secret is in the synthesized stack, in Terraform's output, or in files that others can read", async () => {
  const { program, lab, terraform } = await placed("examples/default.ts");
  lab.proxmox.faults.add({ method: "POST", path: /status\/start$/, call: 1, outcome: { failTask: "start failed" } });
  expect((await terraform.apply()).code).toBe(1);
  succeeded(await terraform.apply());
  succeeded(await terraform.plan());
  await terraform.succeed("output", "-no-color");
  await terraform.succeed("show", "-no-color");
  const outputs = await terraform.outputs();

  const state: State = JSON.parse(terraform.state(join("../../..", `terraform.${program.stack}.tfstate`)));
  const ofCluster = secretsIn(state.resources.filter(({ type }) => type === "talos_machine_secrets"));
  const files = [outputs.kubeconfig_path, outputs.talosconfig_path].map((path) =>
    join(terraform.directory, String(path?.value)),
  );
  const kubeconfig = readFileSync(String(files[0]), "utf8");
  const keys = [...kubeconfig.matchAll(/client-key-data: (\S+)/g)].map(([, key]) => String(key));
  const secrets = [root.secret, token.secret, ...lab.proxmox.host.access.secrets, ...ofCluster, ...keys];
  expect(ofCluster.length).toBeGreaterThanOrEqual(10);
  expect(keys).toHaveLength(1);

  const synthesized = JSON.stringify(program.configuration);
  for (const secret of secrets) {
    if (synthesized.includes(secret)) throw new Error("a secret is in the synthesized stack");
    const at = terraform.transcript.indexOf(secret);
    if (at >= 0) throw new Error(`a secret is in the output after: ${terraform.transcript.slice(at - 200, at)}`);
  }
  for (const file of files) {
    expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
  }
});
