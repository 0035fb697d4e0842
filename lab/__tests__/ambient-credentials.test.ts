import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { scriptFiles } from "../../__tests__/script-files";
import { commandOf, filesOf, scriptFolder } from "../../constructs/terraform/script";
import { build, built } from "../build";
import { inParallel } from "../in-parallel";
import { LoopbackNetwork } from "../loopback";
import type { Certificate } from "../proxmox/certificate";
import { Impostor, ports, selfSigned } from "./support/impostor";

/** What would be seen of whoever deploys, and what of the cluster. */
const canary = "canary-of-the-operator";
const own = "key-of-the-cluster";

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A kubeconfig that trusts a CA, or whoever answers. */
const kubeconfig = (server: string, client: Certificate, token: string, ca?: string) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "c",
        cluster:
          ca === undefined
            ? { server, "insecure-skip-tls-verify": true }
            : { server, "certificate-authority-data": base64(ca) },
      },
    ],
    users: [
      {
        name: "u",
        user: { "client-certificate-data": base64(client.cert), "client-key-data": base64(client.key), token },
      },
    ],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });

const talosconfig = (address: string, client: Certificate, ca: string) =>
  JSON.stringify({
    context: "x",
    contexts: {
      x: { endpoints: [address], nodes: [address], ca: base64(ca), crt: base64(client.cert), key: base64(client.key) },
    },
  });

let directory: string;
let impostor: Impostor;
/** Environment of somebody who has access to much. */
let canaries: NodeJS.ProcessEnv;
let identities: { readonly canary: Certificate; readonly own: Certificate };

beforeAll(async () => {
  build("talosctl");
  directory = mkdtempSync(join(tmpdir(), "lab-canaries-"));
  const address = new LoopbackNetwork().gateway;
  const impostorsOwn = await selfSigned("impostor", address);
  impostor = await Impostor.at(address, impostorsOwn);
  identities = { canary: await selfSigned(canary), own: await selfSigned(own) };
  const home = join(directory, "home");
  const write = (name: string, content: string) => {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), content);
    return join(home, name);
  };
  // As if its CA were one that the operator trusts: whatever is offered, is given.
  const kube = write(".kube/config", kubeconfig(`https://${address}:${ports.kubernetes}`, identities.canary, canary));
  const talos = write(".talos/config", talosconfig(address, identities.canary, impostorsOwn.cert));
  write(".netrc", `machine ${address} login operator password ${canary}\n`);
  write(".curlrc", `header = "x-canary: ${canary}"\ninsecure\n`);
  write(".docker/config.json", JSON.stringify({ auths: { [address]: { auth: base64(`operator:${canary}`) } } }));
  write(".config/helm/registry/config.json", JSON.stringify({ auths: { [address]: { auth: base64(`o:${canary}`) } } }));
  write(".aws/credentials", `[default]\naws_access_key_id = ${canary}\naws_secret_access_key = ${canary}\n`);
  const proxy = `https://operator:${canary}@${address}:${ports.web}`;
  canaries = {
    HOME: home,
    PATH: `${dirname(built.opentofu)}${delimiter}${process.env.PATH}`,
    TMPDIR: directory,
    KUBECONFIG: kube,
    TALOSCONFIG: talos,
    SSL_CERT_FILE: write("ca.pem", impostorsOwn.cert),
    ...Object.fromEntries(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map((name) => [name, proxy])),
    ...Object.fromEntries(
      ["KUBE_TOKEN", "KUBE_PASSWORD", "TF_VAR_proxmox_password", "PROXMOX_VE_PASSWORD", "AWS_SECRET_ACCESS_KEY"].map(
        (name) => [name, canary],
      ),
    ),
    ...Object.fromEntries(["HELM_KUBETOKEN", "GITHUB_TOKEN", "OMNI_SERVICE_ACCOUNT_KEY"].map((name) => [name, canary])),
    TALOSCONFIG_CONTEXT: "x",
    KUBE_CONFIG_PATH: kube,
  };
}, 300_000);

afterAll(async () => {
  await impostor?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** What the impostor learns while something runs. */
async function learned(work: () => Promise<unknown>): Promise<string[]> {
  const before = impostor.told.length;
  await work();
  return impostor.told.slice(before);
}

/** The secrets in what somebody was told, by whose they are. */
const secretsIn = (told: readonly string[]): string[] => {
  const all = told.join("\n");
  const known = Object.entries(identities).flatMap(([name, { cert, key }]) => {
    const der = cert.replace(/-----[^-]+-----|\s/g, "");
    return [[name, der] as const, [name, base64(key)] as const];
  });
  const words = [
    ["canary", canary],
    ["canary", base64(`operator:${canary}`)],
    ["own", own],
  ] as const;
  return [...new Set([...known, ...words].filter(([, secret]) => all.includes(secret)).map(([name]) => name))];
};

/** Values of the variables of scripts; of the others, anything. */
const values = (folder: string): Readonly<Record<string, string>> => ({
  NODE: impostor.address,
  DIRECTORY: folder,
  KUBECONFIG: join(folder, "kubeconfig"),
  TALOSCONFIG: join(folder, "talosconfig"),
  TIMEOUT: "3",
  PATIENCE: "0",
  ENABLED: "true",
  SNAPSHOT: "true",
  DIRECTLY: "true",
  FIRST_VERSION: "v1.13.0",
  TALOS_VERSION: "v1.13.9",
  KUBERNETES_VERSION: "v1.35.4",
  SOURCE: `https://${impostor.address}:${ports.web}/standard-install.yaml`,
  BUNDLE: "v1.4.1",
  MANIFESTS: "{}",
  JOB: '{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"gpu-smoke-test"}}',
});

const steps = scriptFiles.filter((path) => !basename(path).startsWith("lib"));

/** Runs a script as Terraform does, or as a person does. @returns its exit code */
async function run(file: string, hasFiles: boolean, byHand: boolean): Promise<number> {
  const stack = mkdtempSync(join(directory, "stack-"));
  mkdirSync(join(stack, scriptFolder), { recursive: true });
  for (const script of scriptFiles) copyFileSync(script, join(stack, scriptFolder, basename(script)));
  const folder = join(stack, "clusters");
  if (hasFiles) {
    mkdirSync(folder);
    const server = `https://${impostor.address}:${ports.kubernetes}`;
    // The cluster's own CA is not the one that answers.
    writeFileSync(join(folder, "kubeconfig"), kubeconfig(server, identities.own, own, identities.own.cert));
    writeFileSync(join(folder, "talosconfig"), talosconfig(impostor.address, identities.own, identities.own.cert));
  }
  const known = values(folder);
  const names = filesOf(file).flatMap((each) =>
    [...readFileSync(each, "utf8").matchAll(/\$\{?([A-Z][A-Z_]+)\b/g)].map(([, name = ""]) => name),
  );
  const environment = Object.fromEntries(
    names
      .filter((name) => !/^(HOME|PATH|PPID|TMPDIR|HTTPS_PROXY|NO_PROXY|TERRAFORM_BINARY_NAME)$/.test(name))
      .map((name) => [
        name,
        name === "ENDPOINT" && file.endsWith("wait-for-kubernetes.sh")
          ? `https://${impostor.address}:6443`
          : (known[name] ?? impostor.address),
      ]),
  );
  const command = byHand ? `exec sh ${join(scriptFolder, basename(file))}` : commandOf({ file, environment });
  const child = spawn("/bin/sh", ["-c", command], {
    cwd: stack,
    env: { ...canaries, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [, , [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return code;
}

/** The scripts that ask no cluster, or of one node none; one leaves it to the Helm release after it to fail, and a report stops nothing. */
const offline = [
  "begin-bootstrap.sh",
  "begin-destruction.sh",
  "check-cluster-files.sh",
  "end-bootstrap.sh",
  "end-destruction.sh",
  "note-machine-end.sh",
  "report-volumes.sh",
  "wait-for-runtime-class.sh",
];

const filesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }).sort() : [];

test("the canaries are sent where a program uses what it finds", async () => {
  const calls = [
    [
      "kubectl",
      `--server=https://${impostor.address}:${ports.kubernetes}`,
      "--insecure-skip-tls-verify",
      "get",
      "nodes",
    ],
    ["talosctl", "--nodes", impostor.address, "version"],
  ];
  for (const [program = "", ...args] of calls) {
    const told = await learned(async () => {
      const child = spawn(program, args, { env: canaries, stdio: "ignore" });
      await once(child, "close");
    });
    expect([program, secretsIn(told)]).toEqual([program, ["canary"]]);
  }
  rmSync(join(String(canaries.HOME), ".kube/cache"), { recursive: true, force: true });
}, 60_000);

test.each([
  ["before there is a cluster, by Terraform", false, false],
  ["of a cluster, by Terraform", true, false],
  ["of a cluster, by hand", true, true],
])(
  "no script %s, tells an impostor a secret or reads the operator's home",
  async (_, hasFiles, byHand) => {
    const home = filesIn(String(canaries.HOME));
    const succeeded: string[] = [];
    const told = await learned(() =>
      inParallel(steps, async (file) => {
        if ((await run(file, hasFiles, byHand)) === 0) succeeded.push(basename(file));
      }),
    );
    expect(secretsIn(told)).toEqual([]);
    expect(succeeded.sort()).toEqual(offline);
    // Otherwise nothing was tried.
    expect(told.length).toBeGreaterThan(0);
    expect(filesIn(String(canaries.HOME))).toEqual(home);
  },
  600_000,
);
