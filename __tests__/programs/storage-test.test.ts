import { storageTest } from "../../constructs/storage/storage-test";
import type { TalosNode } from "../../constructs/talos/node";
import { contentOf, file, program, run } from "../provisioner";

/** A cluster as kubectl and talosctl show it; every call and every manifest is written down. */
interface Cluster {
  /** Of the Jobs that write and read. */
  readonly jobs?: readonly [write: string, read: string];
  readonly provisioner?: string;
  readonly events?: string;
  readonly claim?: string;
  readonly unscheduled?: string;
  /** What Talos says of the user volume; without it there is no talosctl. */
  readonly volume?: string;
  readonly refuses?: string;
  /** What kubectl does where it is asked for the log of a Job. */
  readonly logs?: string;
}

function cluster({ provisioner = "1", claim = "Bound", ...answers }: Cluster): void {
  const { jobs = ["Complete", "Complete"], events = "", unscheduled = "", volume, refuses } = answers;
  const { logs = "echo 'cat: /data/text: No such file or directory'" } = answers;
  program(
    "kubectl",
    `echo "$*" >>${file("calls")}
case "$*" in
  *"apply "*) for manifest; do :; done; cat "\${manifest#--filename=}" >>${file("manifests")}; ${refuses ? `echo '${refuses}'; exit 1` : ""};;
  *"get job storage-test-write"*) printf '%s' '${jobs[0]}';;
  *"get job storage-test-read"*) printf '%s' '${jobs[1]}';;
  *"get deployment"*) printf '%s' '${provisioner}';;
  *"get events"*) printf '${events}';;
  *volumeName*) printf 'pvc-1';;
  *"get pvc"*) printf '%s' '${claim}';;
  *job-name=*PodScheduled*) printf '%s' '${unscheduled}';;
  *logs*) ${logs};;
  *describe*) echo 'the last event';;
esac`,
  );
  if (volume !== undefined) program("talosctl", `echo "$*" >>${file("talos-calls")}; printf '${volume}'`);
}

const nodes = [
  { name: "GPU-1", address: "192.168.1.51" },
  { name: "gpu-2", address: "192.168.1.52" },
] as TalosNode[];

const prove = () => {
  const script = storageTest({
    kubeconfig: "kubeconfig",
    nodes,
    storageClasses: ["local"],
    namespace: "local-storage",
    provisioner: "localpv-provisioner",
    userVolume: { name: "local", talosconfig: "talosconfig", endpoint: "192.168.1.50" },
  });
  return run({ ...script, environment: { ...script.environment, PATIENCE: "0" } });
};

const volume = (phase: string, why = "") =>
  `node: 192.168.1.51\\nspec:\\n    phase: ${phase}\\n${why && `    errorMessage: ${why}\\n`}`;

describe("the test of local volumes", () => {
  test("writes and reads on each node, from two Jobs, and leaves nothing behind", () => {
    cluster({});
    const { status, stdout, stderr } = prove();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("a volume on node gpu-1 has outlived its pod");
    expect(stdout).toContain("a volume on node gpu-2 has outlived its pod");
    const manifests = contentOf("manifests");
    expect(manifests.match(/kubernetes.io\/hostname: \S+/g)).toEqual([
      'kubernetes.io/hostname: "gpu-1"',
      'kubernetes.io/hostname: "gpu-1"',
      'kubernetes.io/hostname: "gpu-2"',
      'kubernetes.io/hostname: "gpu-2"',
    ]);
    const calls = contentOf("calls").trim().split("\n");
    expect(calls.at(-1)).toMatch(
      /delete --ignore-not-found .*job\/storage-test-write job\/storage-test-read pvc\/storage-test/,
    );
    // Even if the class keeps its volumes.
    expect(calls.at(-2)).toMatch(/patch pv pvc-1 .*"persistentVolumeReclaimPolicy":"Delete"/);
    const order = calls
      .filter((call) => /delete --wait=true|get job/.test(call))
      .map((call) => /write|read/.exec(call)?.[0]);
    expect(order.slice(0, 3)).toEqual(["write", "write", "read"]);
  });

  const forbidden = 'pods "init-pvc-1" is forbidden: violates PodSecurity "baseline:latest"';
  test.each<[string, Cluster, string]>([
    [
      "no disk",
      { volume: volume("failed", "no disks matched selector for volume") },
      "no disk: node gpu-1 has none for the user volume local; see the VM's hardware in Proxmox",
    ],
    ["no user volume", { volume: "" }, "no user volume: Talos on node gpu-1 knows none of the name local"],
    [
      "a user volume that is not ready",
      { volume: volume("waiting", "disk is busy") },
      "no user volume: local on node gpu-1 is waiting disk is busy",
    ],
    [
      "a provisioner that does not run",
      { provisioner: "" },
      "the provisioner does not run: see the pods of deployment localpv-provisioner in namespace local-storage",
    ],
    [
      "a provisioner whose pods were refused",
      { provisioner: "0", events: "localpv-provisioner-5d4 0/1 nodes are available\\n" },
      "the provisioner does not run: 0/1 nodes are available",
    ],
    [
      "pod security",
      { events: `storage-test-write Error creating: ${forbidden}\\n` },
      `pod security refused the pod: Error creating: ${forbidden}`,
    ],
    [
      "a missing image",
      { events: "storage-test-write-x Failed to pull image: not found\\n" },
      "an image was not pulled: Failed to pull image: not found",
    ],
    [
      "a claim that is refused",
      { claim: "Pending", events: "storage-test failed to provision volume\\n" },
      "the claim is Pending: failed to provision volume",
    ],
    [
      "a claim that no node fits",
      { claim: "Pending", unscheduled: "0/1 nodes are available: 1 node(s) did not match" },
      "the claim is Pending: 0/1 nodes are available: 1 node(s) did not match",
    ],
    [
      "an account that Proxmox refuses",
      { claim: "Pending", events: "storage-test rpc error: not authorized to access endpoint\\n" },
      "the claim is Pending: Proxmox refuses the driver's account; check its permissions and its token in Proxmox: rpc error: not authorized to access endpoint",
    ],
    [
      "a token that Proxmox does not know",
      { claim: "Pending", events: "storage-test rpc error: invalid token value!\\n" },
      "the claim is Pending: Proxmox refuses the driver's account; check its permissions and its token in Proxmox: rpc error: invalid token value!",
    ],
    [
      "a certificate that is not trusted",
      { claim: "Pending", events: "storage-test rpc error: x509: certificate signed by unknown authority\\n" },
      "the claim is Pending: the driver does not trust the certificate of Proxmox; see certificateAuthority: rpc error: x509: certificate signed by unknown authority",
    ],
    [
      "a volume that is not attached",
      { events: "storage-test-write-x AttachVolume.Attach failed: storage fast does not exist\\n" },
      "the volume is not attached to the VM: AttachVolume.Attach failed: storage fast does not exist",
    ],
    [
      "a volume that is not mounted",
      { events: "storage-test-write-x MountVolume.MountDevice failed: device is not found\\n" },
      "the volume is attached, and not mounted: MountVolume.MountDevice failed: device is not found",
    ],
  ])("names %s", (_, given, why) => {
    cluster({ jobs: ["", ""], ...given });
    const { status, stderr } = prove();
    expect([status, stderr]).toEqual([1, `node gpu-1 has no volume that survives its pod: ${why}\n`]);
  });

  test("tells what is lost between the two Jobs", () => {
    cluster({ jobs: ["Complete", "Failed"], volume: volume("ready") });
    expect(prove().stderr).toBe(
      "node gpu-1 has no volume that survives its pod: the Job storage-test-read failed: the last event\ncat: /data/text: No such file or directory\n",
    );
  });

  test("tells of a Job whose pod is gone, and its log with it", () => {
    cluster({ jobs: ["Failed", ""], volume: volume("ready"), logs: "echo 'pods not found' >&2; exit 1" });
    expect(prove().stderr).toBe(
      "node gpu-1 has no volume that survives its pod: the Job storage-test-write failed: the last event\npods not found\n",
    );
  });

  test("tells why Kubernetes takes none of it", () => {
    cluster({ refuses: "the server could not find the requested resource" });
    expect(prove().stderr).toBe(
      "node gpu-1 has no volume that survives its pod: Kubernetes refuses the claim: the server could not find the requested resource\n",
    );
  });

  test("proves each storage class, of which none is on a user volume", () => {
    cluster({});
    const script = storageTest({
      ...{ kubeconfig: "kubeconfig", nodes, storageClasses: ["fast", "slow"] },
      ...{ namespace: "csi-proxmox", provisioner: "proxmox-csi-plugin-controller" },
    });
    expect(run(script).status).toBe(0);
    expect(contentOf("manifests").match(/storageClassName: .*/g)).toEqual(
      ["fast", "slow", "fast", "slow"].map((name) => `storageClassName: "${name}"`),
    );
    expect(contentOf("talos-calls")).toBe("");
  });

  test("is bounded", () => {
    cluster({ jobs: ["", ""] });
    expect(prove().stderr).toContain("the Job storage-test-write did not end within 300 seconds: the last event");
  });
});
