import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { NvidiaInstall, type TalosClusterProps } from "../../constructs";
import { contentOf, file, pathOfTools, program, run as runProvisioner } from "../provisioner";
import { clusterIn, machineAt, synthesizedJson, type TerraformJson, vmIn, workers } from "../stacks";

const driver = { kernelModules: "open", branch: "production" } as const;
const talos = { version: "v1.13.9", nvidia: driver };
const gpuWorker = { machine: machineAt("GPU-1", 71), talos };

/** The steps of a cluster with a worker for all pods, and those with GPUs. */
const stepsOf = (taint: boolean | undefined, props: Partial<TalosClusterProps> = {}): TerraformJson =>
  synthesizedJson((stack) => {
    const node = clusterIn(stack, { workers: [...workers, gpuWorker], ...props });
    if (taint !== undefined) new NvidiaInstall(stack, "nvidia", { node, taint });
  }).resource[Resource.tfResourceType];

const triggers = { node: "gpu-1", taints: "nvidia.com/gpu=present:NoSchedule" };

describe("the taints of workers", () => {
  test("are a step for each worker that is to have some", () => {
    expect(stepsOf(true).worker_taints.for_each).toEqual({ "GPU-1": triggers });
  });

  test.each([
    ["taint is false", false],
    ["nothing hands out GPUs", undefined],
  ])("have a step for none where %s, whose block stays to remove them", (_, taint) => {
    expect(stepsOf(taint).worker_taints).toMatchObject({ for_each: {}, triggers: "${each.value}" });
  });

  test("are set again on another machine", () => {
    const steps = synthesizedJson((stack) => {
      const machine = vmIn(stack, {
        name: "gpu-1",
        gpus: [{ address: "01:00" }],
        initialization: { ipConfigs: [{ address: "192.168.1.71/24" }] },
      });
      new NvidiaInstall(stack, "nvidia", {
        node: clusterIn(stack, { workers: [...workers, { machine, talos }] }),
        taint: true,
      });
    }).resource[Resource.tfResourceType];
    const machine = "${proxmox_virtual_environment_vm.talos_node.id}";
    expect(steps.worker_taints.for_each).toEqual({ "gpu-1": { ...triggers, machine } });
  });

  test("come after the cluster is ready, and go before it knows that it is destroyed as a whole no more", () => {
    const { worker_taints, members } = stepsOf(true);
    expect(worker_taints.depends_on).toEqual(["null_resource.members_gone", "null_resource.wait_for_kubernetes"]);
    expect(members.depends_on).toContain("null_resource.worker_taints");
  });

  test("are none of a cluster without workers, whose control plane nodes Talos taints", () => {
    const json = synthesizedJson((stack) => {
      const [first, second, third] = [51, 52, 53].map((number) => machineAt(`control-${number}`, number));
      const controlPlanes = [first, second, { machine: third, talos }] as TalosClusterProps["controlPlanes"];
      new NvidiaInstall(stack, "nvidia", { node: clusterIn(stack, { workers: [], controlPlanes }), taint: true });
    });
    expect(json.resource[Resource.tfResourceType].worker_taints).toBeUndefined();
    expect(JSON.stringify(json.data.talos_machine_configuration["control-53"])).toContain("nodeTaints");
  });
});

const [taint, untaint] = stepsOf(true).worker_taints.provisioner.map((each: TerraformJson) => each["local-exec"]);
const script = (name: string) => join(__dirname, "../../constructs/talos/scripts", name);

let access: string;
beforeEach(() => {
  access = file("access");
  mkdirSync(access);
  writeFileSync(join(access, "kubeconfig"), "secret");
});

/** Runs a script with the environment of its step. */
function run(name: "taint-node.sh" | "untaint-node.sh", taints = triggers.taints, path?: string) {
  const { environment } = name === "taint-node.sh" ? taint : untaint;
  const values = { ...environment, DIRECTORY: access, NODE: triggers.node, TAINTS: taints };
  return runProvisioner({ file: script(name), environment: values }, path);
}
const kubectl = (answer: string) => program("kubectl", `echo "$*" >>${file("asked")}\n${answer}`);
const asked = (...taints: string[]) =>
  taints.map((each) => `--kubeconfig=${access}/kubeconfig --request-timeout=10s taint nodes gpu-1 ${each}\n`).join("");

test("the steps are those of the scripts", () => {
  expect(taint.command).toMatch(/ sh assets\/scripts\/taint-node[.]sh$/);
  expect(untaint).toMatchObject({
    command: expect.stringMatching(/ sh assets\/scripts\/untaint-node[.]sh$/),
    when: "destroy",
  });
});

describe("tainting a node", () => {
  test("sets all its taints, whatever values they had", () => {
    kubectl("");
    expect(run("taint-node.sh", "a=b:NoSchedule c=d:NoExecute")).toMatchObject({ status: 0, stderr: "" });
    expect(contentOf("asked")).toBe(asked("a=b:NoSchedule c=d:NoExecute --overwrite"));
  });

  test("is tried again until it is done", () => {
    kubectl(
      `if [ -e ${file("tried")} ]; then exit 0; fi; touch ${file("tried")}; echo 'connection refused' >&2; exit 1`,
    );
    expect(run("taint-node.sh").status).toBe(0);
  });

  test("tells the node, the taint and the last answer when it is not done", () => {
    kubectl(`echo 'nodes "gpu-1" not found' >&2; exit 1`);
    expect(run("taint-node.sh")).toMatchObject({
      status: 1,
      stderr:
        'the node gpu-1 could not be tainted with nvidia.com/gpu=present:NoSchedule within 300 seconds; the last answer of Kubernetes: nodes "gpu-1" not found\n',
    });
  });

  test("says that kubectl is missing where it is", () => {
    expect(run("taint-node.sh", undefined, pathOfTools()).stderr).toMatch(/^kubectl is missing/);
  });
});

describe("removing the taints of a node", () => {
  test("removes each of them", () => {
    kubectl("");
    expect(run("untaint-node.sh", "a=b:NoSchedule c=d:NoExecute")).toMatchObject({ status: 0, stderr: "" });
    expect(contentOf("asked")).toBe(asked("a=b:NoSchedule-", "c=d:NoExecute-"));
  });

  test.each(['taint "nvidia.com/gpu:NoSchedule" not found', 'nodes "gpu-1" not found'])(
    "takes it that %s",
    (answer) => {
      kubectl(`echo '${answer}' >&2; exit 1`);
      expect(run("untaint-node.sh")).toMatchObject({ status: 0, stderr: "" });
    },
  );

  test("is tried again until it is done, and tells the last answer when it is not", () => {
    kubectl("echo 'connection refused' >&2; exit 1");
    expect(run("untaint-node.sh")).toMatchObject({
      status: 1,
      stderr:
        "the taint nvidia.com/gpu=present:NoSchedule of the node gpu-1 could not be removed within 300 seconds; the last answer of Kubernetes: connection refused\n",
    });
    expect(contentOf("asked").split("\n").length).toBeGreaterThan(2);
  });

  test("waits for the kubeconfig, which the same apply writes where it is missing", () => {
    writeFileSync(join(access, "kubeconfig"), "");
    kubectl("");
    program("sleep", `echo secret >${access}/kubeconfig`);
    expect(run("untaint-node.sh").status).toBe(0);
    expect(contentOf("asked")).toBe(asked("nvidia.com/gpu=present:NoSchedule-"));
  });

  test("is nothing to do for a cluster that is destroyed as a whole", () => {
    kubectl("exit 1");
    writeFileSync(join(access, "destroying"), `${process.pid}\n`);
    expect(run("untaint-node.sh").status).toBe(0);
    expect(contentOf("asked")).toBe("");
    writeFileSync(join(access, "destroying"), "1\n");
    expect(run("untaint-node.sh").status).toBe(1);
  });
});
