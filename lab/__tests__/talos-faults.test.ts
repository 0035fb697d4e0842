import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { attribute } from "./support/state";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

/** A cluster whose steps give up soon, so that a test need not wait for them. */
const impatient = (lab: Lab, node: ClusterOptions["node"] = {}): Promise<Terraform> =>
  deployCluster(lab, {
    node: { readyTimeout: 300, ...node },
    force: ({ cluster }) => {
      for (const step of [cluster.configurationApply, cluster.bootstrap, cluster.kubeconfig]) {
        step.addOverride("timeouts", { create: "20s" });
      }
    },
  });

test("a configuration that Talos refuses is reported with Talos's words, and a later apply converges", async () => {
  const message = "configuration validation failed: no hostname";
  const refusal = { method: "ApplyConfiguration", code: "InvalidArgument", message, times: 1 };
  const lab = await startLab({ nodeFaults: [refusal] });
  const terraform = await impatient(lab);
  const { code, output } = await terraform.apply();
  expect(code).toBe(1);
  expect(unwrapped(output)).toContain(message);
  expect(output).toContain("talos_machine_configuration_apply.node");
  succeeded(await terraform.apply());
  await unchanged(terraform);
});

test("a bootstrap that the state does not know is named with what to type, refused by the node within the step's time, and recorded", async () => {
  const lab = await startLab();
  const terraform = await impatient(lab);
  succeeded(await terraform.apply());
  // What a remote state has if the apply of another machine is killed in the middle of the bootstrap, and what this machine has.
  await terraform.succeed("state", "rm", "talos_machine_bootstrap.cluster");
  rmSync(join(terraform.directory, "../../../clusters/talos-gpu"), { recursive: true });
  const { code, output } = await terraform.apply();
  expect(code).toBe(1);
  expect(unwrapped(output)).toMatch(/talos_machine_bootstrap\.cluster.*AlreadyExists/);
  expect(output.indexOf("etcd of talos-gpu is bootstrapped already. If Terraform creates")).toBeGreaterThan(0);
  expect(output.indexOf("etcd of talos-gpu is bootstrapped already. If Terraform creates")).toBeLessThan(
    output.indexOf("talos_machine_bootstrap.cluster: Creating..."),
  );
  expect(await (await lab.node(100)).state()).toMatchObject({ stage: "bootstrapped", bootstraps: 1 });
  await terraform.succeed("import", "talos_machine_bootstrap.cluster", "talos-gpu");
  rmSync(join(terraform.directory, "../../../clusters/talos-gpu/bootstrapping"));
  succeeded(await terraform.apply());
  await unchanged(terraform);
});

test("a kubeconfig that is not there yet is asked for again", async () => {
  const lab = await startLab({
    nodeFaults: [{ method: "Kubeconfig", code: "Unavailable", message: "not yet", times: 2 }],
  });
  const terraform = await impatient(lab);
  succeeded(await terraform.apply());
  const { calls } = await (await lab.node(100)).state();
  expect(calls.filter(({ method }) => method === "Kubeconfig").map(({ code }) => code)).toEqual([
    "Unavailable",
    "Unavailable",
    "OK",
  ]);
});

test("a Kubernetes API that never answers is waited for no longer than asked, and a later apply converges", async () => {
  const lab = await startLab({ nodeFaults: [{ method: "listen" }] });
  const { code, output } = await (await impatient(lab, { readyTimeout: 60 })).apply();
  expect(code).toBe(1);
  expect(unwrapped(output)).toContain(`Kubernetes at https://${lab.address}:6443 is not ready after 60 seconds`);
  await (await lab.node(100)).setFaults();
  const terraform = await impatient(lab);
  succeeded(await terraform.apply());
  await unchanged(terraform);
});

test("a node whose address is in the subnet of the pods starts no kubelet, and comes up once that is moved", async () => {
  const lab = await startLab();
  // No rule sees it: in the stack the node has another address than here.
  const everywhere = ["127.0.0.0/9", "127.128.0.0/9"];
  const configured = (podSubnets: string[]) => [{ cluster: { network: { podSubnets } } }];
  const stack = await impatient(lab, { readyTimeout: 60, configPatches: configured(everywhere) });
  const stuck = await stack.apply();
  expect(stuck.code).toBe(1);
  expect(unwrapped(stuck.output)).toContain(`Kubernetes at https://${lab.address}:6443 is not ready after 60 seconds`);
  const node = await lab.node(100);
  expect(await node.state()).toMatchObject({ stage: "bootstrapped", kubernetes: false });
  const terraform = await impatient(lab, { configPatches: configured(["10.42.0.0/16"]) });
  succeeded(await terraform.apply());
  await unchanged(terraform);
  expect(await node.state()).toMatchObject({ kubernetes: true });
});

test("a Terraform that is killed after bootstrap leaves what a later apply completes", async () => {
  const lab = await startLab({ nodeFaults: [{ method: "Kubeconfig", delayMilliseconds: 60_000 }] });
  const terraform = await impatient(lab);
  const killed = terraform.apply();
  await terraform.until("talos_cluster_kubeconfig.cluster: Creating...");
  // Terraform is not killed while it writes the state, which would be cut off.
  await eventually(() => expect(attribute(terraform, "talos_machine_bootstrap", "id")).toBeDefined());
  terraform.kill();
  expect((await killed).code).not.toBe(0);
  const node = await lab.node(100);
  await node.setFaults();
  succeeded(await terraform.apply());
  expect((await node.state()).bootstraps).toBe(1);
});

test("a Terraform that is killed in the middle of the bootstrap leaves what the next apply names at once, with what to type", async () => {
  const lab = await startLab({ nodeFaults: [{ method: "Bootstrap", delayMilliseconds: 120_000, times: 1 }] });
  const terraform = await deployCluster(lab);
  const killed = terraform.apply();
  await terraform.until("talos_machine_bootstrap.cluster: Still creating...");
  terraform.kill();
  expect((await killed).code).not.toBe(0);
  const node = await lab.node(100);
  await eventually(async () => expect((await node.state()).bootstraps).toBe(1));

  const { code, output } = await terraform.apply();
  expect(code).toBe(1);
  expect(output).not.toContain("talos_machine_bootstrap.cluster: Creating...");
  const note = "../../../clusters/talos-gpu/bootstrapping";
  expect(unwrapped(output)).toContain(
    "etcd of talos-gpu is bootstrapped already: an apply was interrupted in the middle of that. Record it with the next apply:",
  );

  // What to type, of which the test adds what a person answers.
  const typed = /rm '.*?' >import\.tf\.json/.exec(unwrapped(output))?.[0] ?? "";
  expect(typed).toContain(note);
  execFileSync("sh", ["-c", typed], { cwd: terraform.directory });
  succeeded(await terraform.apply());
  rmSync(join(terraform.directory, "import.tf.json"));
  await unchanged(terraform);
  expect(existsSync(join(terraform.directory, note))).toBe(false);
  expect((await node.state()).bootstraps).toBe(1);
});
