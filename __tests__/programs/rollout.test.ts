import { type Rollout, waitForRollout } from "../../constructs/helm/rollout";
import { contentOf, file, program, run } from "../provisioner";

/** A cluster as kubectl shows it. */
interface Cluster {
  readonly workloads?: string;
  /** Workloads that do not run, as a pattern of the shell. */
  readonly behind?: string;
  /** The pods of those, with whether they are ready. */
  readonly pods?: string;
  readonly unscheduled?: string;
  /** Containers, with whether they are ready, how often they were restarted, and why. */
  readonly containers?: string;
  readonly warnings?: string;
  readonly log?: string;
  /** For how many nodes the plugin is, and the checksum of its pods. */
  readonly plugin?: readonly [nodes: string, checksum: string];
  /** `|`-separated as the script asks for them. */
  readonly tolerations?: string;
  readonly taints?: string;
  /** Nodes, revisions and readiness of the pods of a DaemonSet, of which there is the revision `new`. */
  readonly placed?: string;
  /** Its generation, that which its controller has seen, and its number of nodes. */
  readonly wanted?: string;
}

function cluster({ workloads = "daemonset.apps/cilium\ndeployment.apps/cilium-operator", ...answers }: Cluster): void {
  const { behind = "none", pods = "", unscheduled = "", containers = "", warnings = "", log = "" } = answers;
  const [nodes, checksum] = answers.plugin ?? ["1", ""];
  const { tolerations = "", taints = "", placed = "", wanted = "1 1 1" } = answers;
  program(
    "kubectl",
    `echo "$*" >>${file("calls")}
case "$*" in
  *"get daemonsets,deployments"*) printf '%s' '${workloads}';;
  *"rollout status ${behind} "*) exit 1;;
  *tolerations*) printf '${tolerations}';;
  *"get nodes"*) printf '${taints}';;
  *observedGeneration*) printf '%s' '${wanted}';;
  *desiredNumberScheduled*) printf '%s' '${nodes}';;
  *controllerrevisions*) printf new;;
  *controller-revision-hash*) printf '${placed}';;
  *checksum/values*) printf '%s' '${checksum}';;
  *matchLabels*) printf 'k8s-app=cilium,';;
  *"get pods"*) printf '${pods}';;
  *PodScheduled*) printf '%s' '${unscheduled}';;
  *nodeName*) printf worker-1;;
  *"get pod "*) printf '${containers}';;
  *"get events"*) printf '${warnings}';;
  *logs*) printf '%s' '${log}';;
esac`,
  );
}

const cilium: Rollout = {
  release: "cilium",
  namespace: "kube-system",
  selector: "app.kubernetes.io/part-of=cilium",
  timeout: 900,
  nodes: ["gpu-1", "gpu-2"],
};
const wait = (rollout: Partial<Rollout> = {}) =>
  run(waitForRollout("kubeconfig", ["cp-1", "gpu-1", "gpu-2"], { ...cilium, ...rollout }));
const calls = () => contentOf("calls");

describe("the wait for a release", () => {
  test("asks for the rollout of each of its workloads", () => {
    cluster({});
    expect(wait()).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toContain(
      "--namespace=kube-system get daemonsets,deployments --selector=app.kubernetes.io/part-of",
    );
    expect(calls()).toContain("rollout status daemonset.apps/cilium ");
    expect(calls()).toContain("rollout status deployment.apps/cilium-operator ");
  });

  test("finds those that Helm has marked as the release's, if they have no label of their own", () => {
    const marked = [
      "Deployment|ollama|ollama|",
      "StatefulSet|models|ollama|RollingUpdate",
      "StatefulSet|by-hand|ollama|OnDelete",
      "DaemonSet|exporter|another|RollingUpdate",
    ].join("\\n");
    program("kubectl", `echo "$*" >>${file("calls")}; case "$*" in *"get daemonsets"*) printf '${marked}\\n';; esac`);
    expect(wait({ release: "ollama", namespace: "models", selector: undefined })).toMatchObject({ status: 0 });
    expect(calls()).toContain("get daemonsets,deployments,statefulsets --selector=app.kubernetes.io/managed-by=Helm");
    const waited = [...calls().matchAll(/rollout status (\S+)/g)].map(([, workload]) => workload);
    expect(waited).toEqual(["deployment/ollama", "statefulset/models"]);
  });

  test("is over at once for a release without workloads", () => {
    program("kubectl", "exit 0");
    expect(wait({ selector: undefined })).toMatchObject({ status: 0, stderr: "" });
  });

  test("goes on until they run", () => {
    cluster({});
    const rollout = `[ -e ${file("asked")} ] || { touch ${file("asked")}; exit 1; }`;
    program("kubectl", `case "$*" in *get*) echo daemonset.apps/cilium;; *rollout*) ${rollout};; esac`);
    expect(wait()).toMatchObject({ status: 0, stderr: "" });
  });

  const agent = { behind: "daemonset.apps/cilium", pods: "cilium-old True\\ncilium-new False\\n" };
  test.each<[string, Cluster, string]>([
    [
      "why no node takes it",
      { ...agent, unscheduled: "0/1 nodes are available: 1 node(s) had untolerated taint(s)." },
      "pod kube-system/cilium-new is not scheduled: 0/1 nodes are available: 1 node(s) had untolerated taint(s).",
    ],
    [
      "the reason, the warning and the last line of the log of its container",
      {
        ...agent,
        containers: "config true 0 Completed\\ncilium-agent false 2 CrashLoopBackOff\\n",
        warnings: "cilium-new Unhealthy\\nother Not this one\\ncilium-new Back-off restarting failed container\\n",
        log: "fatal: unable to connect to the API",
      },
      "container cilium-agent of pod kube-system/cilium-new is not ready: CrashLoopBackOff, Back-off restarting failed container; the last line of its log: fatal: unable to connect to the API",
    ],
    ["its node", agent, "pod kube-system/cilium-new is not ready, though its containers are; see node worker-1"],
    [
      "that old ones are still there",
      { behind: "daemonset.apps/cilium", pods: "cilium-old True\\n" },
      "daemonset.apps/cilium is still replacing its pods",
    ],
    [
      "why it was not created",
      {
        behind: "deployment.apps/cilium-operator",
        warnings:
          'cilium-operator-5d4 Error creating: pods "cilium-operator-5d4-x" is forbidden: violates PodSecurity\\n',
      },
      'deployment.apps/cilium-operator lacks pods: Error creating: pods "cilium-operator-5d4-x" is forbidden: violates PodSecurity',
    ],
    [
      "that there is nothing to run",
      { workloads: "" },
      "nothing in namespace kube-system has the label app.kubernetes.io/part-of=cilium",
    ],
  ])("that is over tells of the pod %s", (_, given, why) => {
    cluster(given);
    const { status, stderr } = wait();
    expect(stderr).toMatch(/^the release cilium does not run after 9\d\d seconds: /);
    expect([status, stderr.replace(/^.*? seconds: /, "")]).toEqual([1, `${why}\n`]);
  });

  test("tells kubectl's last answer if the API does not answer", () => {
    program("kubectl", "echo 'connection refused' >&2; exit 1");
    expect(wait().stderr).toMatch(/: kubectl says: connection refused\n$/);
  });

  const plugin = { daemonSet: "nvidia-device-plugin", nodes: 2, settleSeconds: 60, checksum: "abc" };
  test("includes a plugin, on all of its nodes and as its operator made it of this release", () => {
    cluster({ plugin: ["2", "abc"] });
    expect(wait({ plugin })).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toContain("rollout status daemonset.apps/nvidia-device-plugin ");
    cluster({ plugin: ["1", "abc"] });
    expect(wait({ plugin }).stderr).toContain("DaemonSet nvidia-device-plugin is scheduled to 1 of 2 nodes with a GPU");
    cluster({ plugin: ["2", "of the release before"] });
    expect(wait({ plugin }).stderr).toContain("nvidia-device-plugin has not been updated by its operator yet");
  });

  const taints = [
    "gpu-1|dedicated|ml|NoSchedule",
    "gpu-2|soft||PreferNoSchedule",
    "gpu-2|spare||NoExecute",
    "gpu-2|node.kubernetes.io/not-ready||NoExecute",
    "cp-1|node-role.kubernetes.io/control-plane||NoSchedule",
  ]
    .map((line) => `taint|${line}\\n`)
    .join("");
  const [onGpu1, onGpu2, onControlPlane] = [
    "node gpu-1 has the taint dedicated=ml:NoSchedule",
    "node gpu-2 has the taint spare:NoExecute",
    "node cp-1 has the taint node-role.kubernetes.io/control-plane:NoSchedule",
  ];
  test.each([
    ["none", "", [onGpu1, onGpu2]],
    ["another value", "dedicated|Equal|web|NoSchedule", [onGpu1, onGpu2]],
    ["another effect", "dedicated|Exists||NoExecute", [onGpu1, onGpu2]],
    ["the value", "dedicated|Equal|ml|NoSchedule", [onGpu2]],
    ["the value, without an operator and an effect", "dedicated||ml|", [onGpu2]],
    ["the key", "dedicated|Exists||", [onGpu2]],
    ["all of an effect", "|Exists||NoExecute", [onGpu1]],
    ["everything", "|Exists||", []],
  ])("names the taints of its nodes that a plugin does not tolerate, which tolerates %s", (_, tolerated, named) => {
    const tolerations = tolerated && `toleration|${tolerated}\\n`;
    cluster({ plugin: ["0", "abc"], tolerations, taints });
    const why = named.length === 0 ? "; see their labels" : `: ${named.join(", ")}, which it does not tolerate`;
    expect(wait({ plugin }).stderr).toMatch(/is scheduled to 0 of 2 nodes with a GPU/);
    expect(wait({ plugin }).stderr.split("with a GPU")[1]).toBe(`${why}\n`);
  });

  const onMembers = "gpu-1|new|True\\ngpu-2|new|True\\n";
  const left = { behind: "daemonset.apps/cilium", wanted: "2 2 3" };
  test("leaves out nodes that are not of the stack, and names them", () => {
    cluster({ ...left, placed: `${onMembers}by-hand|old|False\\n` });
    expect(wait()).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /all pods of the release cilium run\nleft out: node by-hand, which is not of this stack\n$/,
      ),
    });
  });

  test.each([
    ["that it replaces", { ...left, placed: "gpu-1|new|True\\ngpu-2|old|True\\nby-hand|old|False\\n" }],
    ["that is not ready", { ...left, placed: "gpu-1|new|True\\ngpu-2|new|False\\nby-hand|new|True\\n" }],
    ["that is not there yet", { ...left, placed: "gpu-1|new|True\\nby-hand|old|False\\n" }],
    ["that is the only kind", { ...left, wanted: "2 2 2", placed: "gpu-1|new|True\\ngpu-2|new|False\\n" }],
    ["of a template that is not known yet", { ...left, wanted: "3 2 3", placed: `${onMembers}by-hand|new|False\\n` }],
  ])("waits for a pod on a node of the stack %s", (_, given) => {
    cluster(given);
    expect(wait().status).toBe(1);
  });

  test("tells of a pod on a node of the stack rather than of others", () => {
    cluster({ ...left, pods: "cilium-other False by-hand\\ncilium-own False gpu-2\\n", wanted: "2 2 3" });
    expect(wait().stderr).toContain("pod kube-system/cilium-own is not ready");
    cluster({ behind: "deployment.apps/cilium-operator", pods: "cilium-operator-1 False by-hand\\n" });
    expect(wait().stderr).toContain("pod kube-system/cilium-operator-1 is not ready");
  });

  test("names all taints that keep a pod from being scheduled", () => {
    cluster({ ...agent, unscheduled: "0/3 nodes are available: 3 node(s) had untolerated taint(s).", taints });
    const notReady = "node gpu-2 has the taint node.kubernetes.io/not-ready:NoExecute";
    const all = [onGpu1, onGpu2, notReady, onControlPlane].join(", ");
    expect(wait().stderr).toContain(`had untolerated taint(s). It does not tolerate this: ${all}\n`);
  });

  test.each([
    ["an image that is not there", "ErrImagePull", 0, true],
    ["a container that ended once", "ContainerCreating", 1, false],
    ["a container that ends again and again, while it runs", "", 5, true],
  ])("has as much patience with %s as is given", (_, reason, restarts, isShort) => {
    cluster({ ...agent, plugin: ["2", "abc"], containers: `agent false ${restarts} ${reason}\\n` });
    const [, seconds] = /after (\d+) seconds/.exec(wait({ plugin }).stderr) ?? [];
    expect(Number(seconds) < 200).toBe(isShort);
  });
});
