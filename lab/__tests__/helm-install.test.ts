import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TerraformVariable } from "cdktf";
import { HelmInstall, type HelmInstallProps, type TalosGpuCluster } from "../../constructs";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

/** What Helm takes apart unless it is told not to, and YAML takes for a number. */
const secret = '007,{a}=[1]."\\';

const registryPassword = "s3cr3t of the registry";

/** The chart from a registry that asks who reads it. */
function installFromRegistry(stack: TalosGpuCluster): void {
  const password = new TerraformVariable(stack, "registry_password", { type: "string", sensitive: true });
  const { resource } = new HelmInstall(stack, "private", {
    node: stack.cluster,
    chart: "lab-server",
    repository: "oci://registry.example/private",
    version: "1.0.0",
    name: "private",
    values: { auth: { password: "none" } },
  });
  if (!resource) throw new Error("the release is missing");
  resource.repositoryUsername = "reader";
  resource.repositoryPassword = password.stringValue;
}

/** A cluster with a chart of which no construct knows, and a secret value; or without it. */
const deploy = (
  lab: Lab,
  props: Partial<HelmInstallProps> | "removed" = {},
  force: (stack: TalosGpuCluster) => void = () => {},
): Promise<Terraform> =>
  deployCluster(lab, {
    environment: { TF_VAR_server_password: secret, TF_VAR_registry_password: registryPassword },
    force: (stack) => {
      force(stack);
      const password = new TerraformVariable(stack, "server_password", { type: "string", sensitive: true });
      for (const each of stack.cluster.removedReleases.provisioners ?? []) {
        if (each.type === "local-exec" && each.environment) each.environment.TIMEOUT = "10";
      }
      if (props === "removed") return;
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

/** What Helm has in the cluster of the chart, and what the stack says of it. */
async function recordsIn(kubectl: Kubectl): Promise<string[]> {
  const { output } = await kubectl.run(
    ...["get", "secrets", "--all-namespaces", "--selector=owner=helm"],
    "--output=jsonpath={.items[*].metadata.labels.name}",
  );
  return [...new Set(output.split(" "))].filter((name) => name.startsWith("server")).sort();
}
const isLeft = (releases: string) =>
  `the cluster still has Helm releases that the stack no longer has: ${releases}. Uninstall them, and apply again:`;

async function passwordIn(kubectl: Kubectl): Promise<string> {
  const { data } = await kubectl.get<{ data: { password: string } }>("secret", "server", "-n", "server");
  return Buffer.from(data.password, "base64").toString();
}

test("a chart is installed in its namespace, with its secret, which is in no state and outlives every change", async () => {
  const lab = await startLab();
  const terraform = await deploy(lab);
  succeeded(await terraform.apply());
  const kubectl = await lab.kubectl(100);
  const namespace = await kubectl.get<{ metadata: { labels: object } }>("namespace", "server");
  expect(namespace.metadata.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "baseline" });
  expect(await passwordIn(kubectl)).toBe(secret);
  const { output: state } = await terraform.run("state", "pull");
  expect(state).toContain('"set_wo_revision": 1');
  expect(state).not.toContain("007,{a}");

  const scaled = await deploy(lab, { values: { replicas: 2 } });
  expect((await scaled.changes()).map(({ address, change }) => `${change.actions} ${address}`)).toEqual([
    "update helm_release.server",
    "update helm_release.server_inputs",
    "delete,create null_resource.wait_for_server",
  ]);
  succeeded(await scaled.applyPlanned());
  await unchanged(scaled);
  expect(await passwordIn(kubectl)).toBe(secret);
  const { status } = await kubectl.get<{ status: object }>("statefulset", "server", "-n", "server");
  expect(status).toMatchObject({ readyReplicas: 2 });

  // The API restarts while Terraform plans, and the Helm provider takes each release for deleted.
  const node = await lab.node(100);
  const removed = await deploy(lab, "removed");
  await node.setFaults({ method: "listen" });
  expect((await removed.changes()).map(({ address }) => address)).not.toContain("helm_release.server");
  await node.setFaults();
  const { code, output } = await removed.applyPlanned();
  expect(code).toBe(1);
  expect(unwrapped(output)).toContain(isLeft("kube-system/server-namespace server/server server/server-inputs"));
  expect(await recordsIn(kubectl)).toEqual(["server", "server-inputs", "server-namespace"]);
  expect((await removed.apply()).code).toBe(1);

  const back = await deploy(lab, { values: { replicas: 2 } });
  succeeded(await back.apply());
  await unchanged(back);
  expect(await passwordIn(kubectl)).toBe(secret);
  const removedAgain = await deploy(lab, "removed");
  succeeded(await removedAgain.apply());
  await unchanged(removedAgain);
  expect(await recordsIn(kubectl)).toEqual([]);

  // A registry that asks who reads it. Only the state has the password, where the provider keeps it.
  lab.charts.protect("reader", "another");
  const fromRegistry = await deploy(lab, "removed", installFromRegistry);
  const refused = await fromRegistry.apply();
  expect([refused.code, unwrapped(refused.output)]).toEqual([1, expect.stringContaining("OCI Registry Login Failed")]);
  lab.charts.protect("reader", registryPassword);
  succeeded(await fromRegistry.apply());
  await unchanged(fromRegistry);
  const installed = await kubectl.get<{ status: object }>("statefulset", "private", "-n", "private");
  expect(installed.status).toMatchObject({ readyReplicas: 1 });
  expect(readFileSync(join(fromRegistry.directory, "cdk.tf.json"), "utf8")).not.toContain(registryPassword);
  const { output: withRegistry } = await fromRegistry.run("state", "pull");
  expect(withRegistry.split("\n").filter((line) => line.includes(registryPassword))).toEqual([
    expect.stringMatching(/^ *"repository_password": /),
  ]);
  expect(lab.transcript.replace(withRegistry, "")).not.toContain(registryPassword);

  succeeded(await fromRegistry.destroy());
  expect(await fromRegistry.addresses()).toEqual([]);
});

test("a release is found that an apply was killed in the middle of, and that has left the stack", async () => {
  const lab = await startLab();
  // Nothing is left of a namespace that goes with its release.
  const props = { namespace: "default", values: { hostPath: true } };
  const refused = await deploy(lab, props);
  const killed = refused.apply();
  await refused.until("helm_release.server: Creating...");
  const kubectl = await lab.kubectl(100);
  await eventually(async () => expect(await recordsIn(kubectl)).toContain("server"));
  refused.kill();
  expect((await killed).code).not.toBe(0);

  const left = await (await deploy(lab, "removed")).apply();
  expect(left.code).toBe(1);
  expect(unwrapped(left.output)).toContain(isLeft("default/server"));
  succeeded(await kubectl.run("delete", "secrets", "--namespace=default", "--selector=owner=helm,name=server"));

  // Pods that the namespace does not allow end the apply.
  const again = await deploy(lab, props);
  const { code, output } = await again.apply();
  expect(code).toBe(1);
  expect(unwrapped(output)).toContain("context deadline exceeded");
  const events = await kubectl.run("get", "events", "--namespace=default", "--output=jsonpath={.items[*].message}");
  expect(events.output).toContain('violates PodSecurity "baseline');
});
