import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalBackend } from "cdktf";
import { S3Backend } from "cdktf/lib/backends/s3-backend";
import { StrictApp, TalosGpuCluster, type TalosGpuClusterProps } from "../constructs";

const root = join(__dirname, "..");
const site: TalosGpuClusterProps = {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: {
    name: "talos-gpu",
    node: "pve",
    gpus: [{ address: "01:00" }],
    initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
  },
  cluster: { clusterName: "talos-gpu" },
};

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "strict-app-"));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(outdir, { recursive: true });
});

/** Runs an app as its user does. */
function run(program: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(root, `.app-${process.pid}.ts`);
  writeFileSync(file, program);
  try {
    return spawnSync(process.execPath, ["--require", "./scripts/typescript.cjs", file], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: outdir, ...env },
    });
  } finally {
    rmSync(file);
  }
}

const program = (...clusters: string[]) => `
import { StrictApp, TalosGpuCluster } from "./constructs";
const app = new StrictApp();
${clusters.join("\n")}
app.synth();
`;
const cluster = (name: string, vm: object) =>
  `new TalosGpuCluster(app, "${name}", ${JSON.stringify({ ...site, vm: { ...site.vm, ...vm } })});`;

describe("StrictApp", () => {
  test("writes every stack where nothing is wrong, and tells where", () => {
    const log = jest.spyOn(console, "log").mockImplementation();
    const app = new StrictApp({ outdir });
    for (const name of ["one", "two"]) new TalosGpuCluster(app, name, { ...site, vm: { ...site.vm, gpus: [] } });
    app.synth();
    expect(log.mock.calls.flat()).toEqual(["one", "two"].map((name) => join(outdir, "stacks", name, "cdk.tf.json")));
    expect(readdirSync(join(outdir, "stacks"))).toEqual(["one", "two"]);
  });

  test("tells a warning, and writes all the same", () => {
    jest.spyOn(console, "log").mockImplementation();
    const error = jest.spyOn(console, "error").mockImplementation();
    const app = new StrictApp({ outdir });
    new TalosGpuCluster(app, "one", { ...site, vm: { ...site.vm, scsiHardware: "virtio-scsi-single" } });
    app.synth();
    expect(error.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^Warning: \[one\/talos_node\] scsiHardware is "virtio-scsi-single".*\[scsi-controller\]$/,
        ),
      ],
    ]);
    expect(readdirSync(join(outdir, "stacks"))).toEqual(["one"]);
  });

  test("writes no stack, tells every problem of all stacks and fails where one is wrong", () => {
    const { status, stderr } = run(
      program(
        cluster("good", { name: "good" }),
        cluster("wrong", { name: "wrong", gpus: [{ address: "02:00", rombar: 1 }], cpu: { type: "kvm64" } }),
        cluster("twice", { name: "twice" }),
      ),
    );
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([
      "Nothing was written, for 3 problems:",
      "  [wrong/talos_node] gpus[0].rombar is 1; write true [rombar-boolean]",
      expect.stringMatching(/^ {2}\[wrong\/talos_node\] cpu\.type is "kvm64".*\[cpu-type-host\]$/),
      expect.stringMatching(
        /^ {2}\[twice\/talos_node\] gpus\[0\]\.address .*by good\/talos_node.*\[pci-device-once\]$/,
      ),
    ]);
    expect(readdirSync(join(outdir, "stacks"))).toEqual([]);
  });

  test("refuses the default stack where the environment's API token would be used for its raw PCI address", () => {
    const { status, stderr } = spawnSync(process.execPath, ["--require", "./scripts/typescript.cjs", "main.ts"], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: outdir, PROXMOX_VE_API_TOKEN: "root@pam!ci=secret" },
    });
    expect(status).toBe(1);
    expect(stderr).toContain("[pci-address-needs-root-password]");
    expect(stderr).not.toContain("secret");
    expect(readdirSync(join(outdir, "stacks"))).toEqual([]);
  });
});

describe("TalosGpuCluster", () => {
  const backends = (stack: TalosGpuCluster) => {
    stack.prepareStack();
    return stack.node.children.filter((child) => child.constructor.name.endsWith("Backend"));
  };

  test("keeps its state beside cdktf.out, by a relative path", () => {
    const [backend, ...others] = backends(new TalosGpuCluster(new StrictApp({ outdir }), "one", site));
    expect(backend).toBeInstanceOf(LocalBackend);
    expect((backend as LocalBackend).toTerraform()).toEqual({
      terraform: { backend: { local: { path: "../../../terraform.one.tfstate" } } },
    });
    expect(others).toEqual([]);
  });

  test("leaves the state to a backend that it is given", () => {
    const stack = new TalosGpuCluster(new StrictApp({ outdir }), "one", site);
    const backend = new S3Backend(stack, { bucket: "state", key: "one" });
    expect(backends(stack)).toEqual([backend]);
  });

  test("leaves Cilium out where it is told to", () => {
    const stack = new TalosGpuCluster(new StrictApp({ outdir }), "one", { ...site, cilium: false });
    expect(stack.cilium).toBeUndefined();
    expect(JSON.stringify(stack.toTerraform())).not.toContain("helm");
  });

  test("tells what is missing of the props, not where it crashed", () => {
    const app = new StrictApp({ outdir });
    new TalosGpuCluster(app, "one", {} as TalosGpuClusterProps);
    expect(app.problems()).toEqual(
      expect.arrayContaining([
        "[one/talos_node] name is missing [prop-type]",
        "[one/cluster] clusterName is missing [prop-type]",
        "[one] proxmox is missing [prop-type]",
      ]),
    );
  });
});
