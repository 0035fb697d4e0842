import { eventually } from "./support/eventually";
import { ollama } from "./support/ollama";
import { placed } from "./support/placed";
import { requested } from "./support/request";
import { strictly } from "./support/strict";
import { succeeded } from "./support/succeeded";
import { unchanged } from "./support/unchanged";

test("an inference server has a GPU, a volume for its models and an address, after one apply to an empty host", async () => {
  const { lab, terraform, vmid } = await placed("examples/inference.ts");
  const { code, output } = await terraform.apply();
  expect([code, output]).toEqual([0, expect.stringContaining("curl http://192.168.1.240:11434/api/generate --data")]);
  expect(output).toContain("a volume on node talos-inference has outlived its pod");
  await unchanged(terraform);
  const kubectl = await lab.kubectl(vmid);
  expect(await strictly(kubectl)).toMatchObject({ ollama: "" });
  const inNamespace = <T>(kind: string) => kubectl.get<T>(kind, "ollama", "--namespace=ollama");
  const { status } = await inNamespace<{ status: { readyReplicas: number } }>("deployment");
  expect(status.readyReplicas).toBe(1);
  const claim = await inNamespace<{ spec: object; status: object }>("pvc");
  expect(claim).toMatchObject({ spec: { storageClassName: "local" }, status: { phase: "Bound" } });
  const service = await inNamespace<{ spec: object; status: object }>("service");
  expect(service).toMatchObject({
    spec: { type: "LoadBalancer", ports: [{ port: 11434 }] },
    status: { loadBalancer: { ingress: [{ ip: "192.168.1.240" }] } },
  });
  const { items: pools } = await kubectl.get<{ items: { spec: object }[] }>("ciliumloadbalancerippools");
  expect(pools.map((pool) => pool.spec)).toMatchObject([
    { blocks: [{ start: "192.168.1.240", stop: "192.168.1.240" }] },
  ]);
  await eventually(async () => {
    const node = await kubectl.get<{ status: { allocatable: object } }>("node", "talos-inference");
    expect(node.status.allocatable).toMatchObject({ "nvidia.com/gpu": "1" });
  });

  // What the user types in the end, as the output has it.
  const request = String((await terraform.outputs()).request?.value);
  const answered = await requested(lab, kubectl, request, ollama);
  expect(JSON.parse(answered)).toMatchObject({ model: "llama3.2", response: "an answer to Why is the sky blue?" });
  succeeded(await terraform.destroy());
});
