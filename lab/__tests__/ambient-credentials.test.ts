import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { built } from "../build";
import { LoopbackNetwork } from "../loopback";
import { Processes, type Run } from "../processes";
import { authority, Impostor } from "./support/impostor";

/** A script as the JSON of a stack has it. */
interface Step {
  readonly stack: string;
  readonly address: string;
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ambient "));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const root = resolve(__dirname, "../..");
const processes = new Processes();

/** The scripts of the stacks that an app writes, each file once with what one of its resources gives it. */
async function stepsOf(app: string): Promise<Step[]> {
  const outdir = join(directory, app.replaceAll("/", "-"));
  const { code, output } = await processes.run(process.execPath, ["--require", "./scripts/typescript.cjs", app], {
    directory: root,
    environment: { CDKTF_OUTDIR: outdir },
  });
  expect([code, output]).toEqual([0, expect.anything()]);
  return readdirSync(join(outdir, "stacks")).flatMap((name) => {
    const stack = join(outdir, "stacks", name);
    const { resource } = JSON.parse(readFileSync(join(stack, "cdk.tf.json"), "utf8"));
    const resources = Object.entries<{ provisioner?: { "local-exec": Omit<Step, "stack" | "address"> }[] }>(
      resource.null_resource ?? {},
    );
    return resources.flatMap(([address, { provisioner = [] }]) =>
      provisioner.map(({ "local-exec": step }) => ({ ...step, stack, address })),
    );
  });
}

/** A machine of somebody who administers other clusters, and has credentials of everything. */
function machineOfAnAdministrator({ address, proxyUrl }: Impostor) {
  const home = join(directory, "home");
  const kubeconfig = (token: string) =>
    JSON.stringify({
      ...{ apiVersion: "v1", kind: "Config", "current-context": "production" },
      contexts: [{ name: "production", context: { cluster: "production", user: "admin" } }],
      clusters: [
        { name: "production", cluster: { server: `https://${address}:6443`, "insecure-skip-tls-verify": true } },
      ],
      users: [{ name: "admin", user: { token } }],
    });
  const files = {
    ".kube/config": kubeconfig("canary-of-home"),
    "kubeconfig-of-environment": kubeconfig("canary-of-environment"),
    ".talos/config": `context: production\ncontexts: {production: {endpoints: [${address}], nodes: [${address}]}}`,
    ".config/helm/registry/config.json": `{"auths":{"${address}:6443":{"auth":"Y2FuYXJ5OmNhbmFyeQ=="}}}`,
    ".docker/config.json": `{"auths":{"${address}:6443":{"auth":"Y2FuYXJ5OmNhbmFyeQ=="}}}`,
    ".netrc": `default login canary password canary\n`,
    ".curlrc": `header = "X-Canary: canary"\n`,
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(home, name, ".."), { recursive: true });
    writeFileSync(join(home, name), content);
  }
  return {
    ...{ HOME: home, KUBECONFIG: join(home, "kubeconfig-of-environment"), TALOSCONFIG: join(home, ".talos/config") },
    ...{ HTTPS_PROXY: proxyUrl, https_proxy: proxyUrl, HTTP_PROXY: proxyUrl, ALL_PROXY: proxyUrl },
    ...{ KUBERNETES_SERVICE_HOST: address, KUBERNETES_SERVICE_PORT: "6443", TF_VAR_proxmox_password: "canary" },
    ...{ AWS_SECRET_ACCESS_KEY: "canary", GITHUB_TOKEN: "canary", HELM_KUBETOKEN: "canary", SIDEROV1_KEYS_DIR: home },
  };
}

/** The cluster's own files, of a CA that has not signed the impostor. */
async function clusterFiles(address: string) {
  const { cert, private: key } = await authority("cluster");
  const [ca, crt, pem] = [cert, cert, key].map((each) => Buffer.from(each).toString("base64"));
  const files = join(directory, "cluster's files");
  mkdirSync(files, { recursive: true });
  const paths = { kubeconfig: join(files, "kubeconfig"), talosconfig: join(files, "talosconfig") };
  writeFileSync(
    paths.kubeconfig,
    JSON.stringify({
      ...{ apiVersion: "v1", kind: "Config", "current-context": "own" },
      contexts: [{ name: "own", context: { cluster: "own", user: "own" } }],
      clusters: [{ name: "own", cluster: { server: `https://${address}:6443`, "certificate-authority-data": ca } }],
      users: [{ name: "own", user: { token: "canary-of-cluster" } }],
    }),
  );
  writeFileSync(
    paths.talosconfig,
    `context: own\ncontexts:\n  own:\n    endpoints: [${address}]\n    nodes: [${address}]\n    ca: ${ca}\n    crt: ${crt}\n    key: ${pem}\n`,
  );
  return { ...paths, directory: files };
}

/** A folder with kubectl, and another one with talosctl too. */
function programs() {
  const own = (name: string, ...files: string[]) => {
    const path = join(directory, name);
    mkdirSync(path);
    for (const file of files) copyFileSync(file, join(path, "talosctl"));
    return path;
  };
  const withTalosctl = own("with talosctl", join(built.kubernetes, "talosctl"));
  return { withTalosctl: `${withTalosctl}${delimiter}${process.env.PATH}`, without: process.env.PATH ?? "" };
}

/** Runs a step as Terraform does, on that machine, where the node's address is the impostor's. */
async function run(
  step: Step,
  impostor: Impostor,
  PATH: string,
  files: Awaited<ReturnType<typeof clusterFiles>>,
): Promise<Run> {
  const filled = (name: string, value: string) =>
    ({ TIMEOUT: "1", PATIENCE: "0", DIRECTORY: files.directory, FIRST_VERSION: step.environment.TALOS_VERSION ?? "" })[
      name
    ] ??
    value
      .replace(
        /\$\{local_file\.(kubeconfig|talosconfig)\.filename\}/g,
        (_, file: "kubeconfig" | "talosconfig") => files[file],
      )
      .replace(/\$\{self\.triggers\.role\}/, "controlplane")
      .replace(/\$\{[^}]*\}/g, "some-value")
      .replace(/\b192\.168\.\d+\.\d+\b/g, impostor.address);
  const environment = Object.fromEntries(
    Object.entries(step.environment).map(([name, value]) => [name, filled(name, value)]),
  );
  return processes.run("/bin/sh", ["-c", step.command], {
    directory: step.stack,
    environment: { ...machineOfAnAdministrator(impostor), PATH, ...environment },
  });
}

test.each([
  ["takes everybody", 200],
  ["takes nobody", 401],
])("no script sends an impostor that %s anything of whoever deploys or of the cluster", async (_, answer) => {
  const impostor = await Impostor.start(await new LoopbackNetwork().freeAddress(), answer);
  try {
    // The impostor is heard of what is sent to it: by a plain kubectl, which takes the credentials that it finds.
    await processes.run(
      "kubectl",
      [`--server=https://${impostor.address}:6443`, "--insecure-skip-tls-verify", "get", "--raw", "/readyz"],
      {
        directory,
        environment: { ...machineOfAnAdministrator(impostor), HTTPS_PROXY: "", https_proxy: "" },
      },
    );
    expect(impostor.received.map(({ headers }) => headers).join()).toContain("canary-of-environment");
    impostor.received.length = 0;

    const files = await clusterFiles(impostor.address);
    const { withTalosctl, without } = programs();
    const steps = (await Promise.all(["main.ts", "examples/cluster.ts", "examples/mapping.ts"].map(stepsOf))).flat();
    expect(steps.length).toBeGreaterThan(15);
    for (const PATH of [withTalosctl, without]) {
      // Without talosctl and without a kubeconfig the machine could be a new one.
      if (PATH === without) rmSync(files.kubeconfig);
      const runs = await Promise.all(steps.map((step) => run(step, impostor, PATH, files)));
      for (const [index, { output }] of runs.entries()) expect([steps[index]?.address, output]).not.toContain("canary");
    }
    const sent = impostor.received.map(({ at, request, headers }) => `${at} ${request} ${headers}`);
    expect(
      sent.filter((each) => /canary|Y2FuYXJ5/.test(each) && !/^proxy CONNECT github\.com:443 /.test(each)),
    ).toEqual([]);
    // Two steps ask whether the machine is new, as nobody.
    expect(sent).toContainEqual(expect.stringMatching(/^kubernetes GET .*"authorization":"Bearer none"/));
    expect(sent.filter((each) => /"authorization":(?!"Bearer none")/i.test(each))).toEqual([]);
    expect(impostor.received.filter(({ hasClientCertificate }) => hasClientCertificate)).toEqual([]);
  } finally {
    await impostor.stop();
  }
});

test("without any kubeconfig and without talosctl, a cluster that answers is no new machine", async () => {
  const impostor = await Impostor.start(await new LoopbackNetwork().freeAddress(), 401);
  try {
    const files = await clusterFiles(impostor.address);
    rmSync(files.kubeconfig);
    const steps = (await stepsOf("main.ts")).filter(({ address }) => /^upgrade_/.test(address));
    expect(steps).toHaveLength(2);
    for (const step of steps) {
      expect(await run(step, impostor, programs().without, files)).toEqual({
        code: 1,
        output: expect.stringMatching(/^talosctl is missing/),
      });
      rmSync(join(directory, "with talosctl"), { recursive: true });
    }
  } finally {
    await impostor.stop();
  }
});
