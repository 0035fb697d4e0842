import { TerraformVariable } from "cdktf";
import { HelmInstall, type HelmInstallProps } from "../../constructs";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

/** What Helm takes apart unless it is told not to, and YAML takes for a number. */
const secret = '007,{a}=[1]."\\';

/** A cluster with a chart of which no construct knows, and a secret value. */
const deploy = (lab: Lab, props: Partial<HelmInstallProps> = {}): Promise<Terraform> =>
  deployCluster(lab, {
    environment: { TF_VAR_server_password: secret },
    force: (stack) => {
      const password = new TerraformVariable(stack, "server_password", { type: "string", sensitive: true });
      new HelmInstall(stack, "server", {
        node: stack.cluster,
        chart: "lab-server",
        repository: "https://charts.example/",
        version: "1.0.0",
        name: "server",
        secretValues: { "auth.password": password.stringValue },
        timeout: 60,
        ...props,
      });
    },
  });

async function passwordIn(kubectl: Kubectl): Promise<string> {
  const { data } = await kubectl.get<{ data: { password: string } }>("secret", "server", "-n", "server");
  return Buffer.from(data.password, "base64").toString();
}

test("a chart is installed in its namespace, with its secret, which is in no state and outlives every change", async () => {
  const lab = await startLab();
  const terraform = await deploy(lab);
  succeeded(await terraform.apply());
  await unchanged(terraform);
  const kubectl = await lab.kubectl(100);
  const namespace = await kubectl.get<{ metadata: { labels: object } }>("namespace", "server");
  expect(namespace.metadata.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "baseline" });
  expect(await passwordIn(kubectl)).toBe(secret);
  const { output: state } = await terraform.run("state", "pull");
  expect(state).toContain('"set_wo_revision": 1');
  expect(state).not.toContain("007,");

  const scaled = await deploy(lab, { values: { replicas: 2 } });
  expect((await scaled.changes()).map(({ address, change }) => `${change.actions} ${address}`)).toEqual([
    "update helm_release.server",
    "update helm_release.server_inputs",
    "delete,create null_resource.wait_for_server",
  ]);
  succeeded(await scaled.apply());
  await unchanged(scaled);
  expect(await passwordIn(kubectl)).toBe(secret);
  const { status } = await kubectl.get<{ status: object }>("statefulset", "server", "-n", "server");
  expect(status).toMatchObject({ readyReplicas: 2 });

  succeeded(await scaled.destroy());
  expect(await scaled.addresses()).toEqual([]);
});

test("pods that the namespace does not allow end the apply", async () => {
  const lab = await startLab();
  const refused = await deploy(lab, { values: { hostPath: true } });
  const { code, output } = await refused.apply();
  expect(code).toBe(1);
  expect(unwrapped(output)).toContain("context deadline exceeded");
  const kubectl = await lab.kubectl(100);
  const events = await kubectl.run("get", "events", "--namespace=server", "--output=jsonpath={.items[*].message}");
  expect(events.output).toContain('violates PodSecurity "baseline');
});
