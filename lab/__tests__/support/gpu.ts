import { join, resolve } from "node:path";
import type { TalosGpuCluster } from "../../../constructs";
import type { Kubectl } from "../../kubectl";
import type { Lab } from "../../lab";
import { Processes, type Run } from "../../processes";
import { eventually } from "./eventually";
import { succeeded } from "./succeeded";

/** Gives a link that is broken so many seconds to mend by itself, instead of a minute and more. */
export const impatient =
  (seconds: number) =>
  ({ nvidia }: TalosGpuCluster): void => {
    for (const proof of nvidia?.smokeTest?.provisioners ?? []) {
      if (proof.type === "local-exec" && proof.environment) proof.environment.PATIENCE = String(seconds);
    }
  };

/** Number of GPUs that Kubernetes can allocate, as a number of the node's. */
export async function allocatable(kubectl: Kubectl): Promise<string> {
  const path = "--output=jsonpath={.items[*].status.allocatable.nvidia\\.com/gpu}";
  return (await kubectl.run("get", "nodes", path)).output.trim();
}

/** Devices that can be claimed. */
export async function claimable(kubectl: Kubectl): Promise<string> {
  return (await kubectl.run("get", "resourceslices", "--output=jsonpath={.items[*].spec.devices[*].name}")).output;
}

/** Pods that each have a GPU for as long as they are there. */
export async function useGpus(kubectl: Kubectl, replicas: number): Promise<void> {
  const labels = { app: "worker" };
  const container = { name: "worker", image: "worker", resources: { limits: { "nvidia.com/gpu": 1 } } };
  const worker = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "worker", namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { runtimeClassName: "nvidia", containers: [container] } },
    },
  };
  succeeded(await kubectl.apply(worker));
}

/** What the pods that use GPUs do now, such as `Running`. */
export async function workers(kubectl: Kubectl): Promise<string[]> {
  const phases = "--output=jsonpath={range .items[*]}{.status.phase}{'\\n'}{end}";
  return (await kubectl.run("get", "pods", "--selector=app=worker", phases)).output.split("\n").filter(Boolean).sort();
}

/** What stays the same of GPUs in use, whatever changes around them. */
export const gpusInUse = async (kubectl: Kubectl) => ({
  allocatable: await allocatable(kubectl),
  workers: await workers(kubectl),
});

/** Takes the GPUs back. */
export async function stopUsingGpus(kubectl: Kubectl): Promise<void> {
  succeeded(await kubectl.run("delete", "deployment", "worker"));
  await eventually(async () => expect(await workers(kubectl)).toEqual([]));
}

/** `npm run gpu:test` for a stack of the lab. */
export function gpuTest(lab: Lab, stack: string): Promise<Run> {
  const script = ["--require", "./scripts/typescript.cjs", "scripts/gpu-test.ts", stack];
  return new Processes().run(process.execPath, script, {
    directory: resolve(__dirname, "../../.."),
    environment: { ...lab.environment, CDKTF_OUTDIR: join(lab.directory, "cdktf.out") },
  });
}
