import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { nodeIn, synthesizedJson } from "../stacks";

const ca = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const [own, accepted, strange] = [ca("b3du"), ca("YWNjZXB0ZWQ="), ca("c3RyYW5nZQ==")];
const machineConfiguration = stringify({
  cluster: { ca: { crt: base64(own), key: "" }, acceptedCAs: [{ crt: base64(accepted) }] },
});

interface Kubeconfig {
  readonly authority?: string;
  /** In the file, if it is another one. */
  readonly inFile?: string;
  readonly cluster?: object;
  readonly user?: object;
  readonly users?: readonly object[];
}

/** What the provider has of a kubeconfig. */
function stored({ authority = own, inFile = authority, cluster, user, users = [] }: Kubeconfig) {
  const data = { "client-certificate-data": "Yw==", "client-key-data": "aw==" };
  const server = { server: "https://192.168.1.50:6443", "certificate-authority-data": base64(inFile) };
  return {
    kubeconfig_raw: stringify({
      clusters: [{ name: "c", cluster: { ...server, ...cluster } }],
      users: [{ name: "u", user: { ...data, ...user } }, ...users],
    }),
    kubernetes_client_configuration: { ca_certificate: base64(authority) },
  };
}

const cases: readonly [what: string, holds: boolean, kubeconfig: object][] = [
  ["the cluster's own", true, stored({})],
  ["one with a further CA of the configuration", true, stored({ authority: accepted + own })],
  ["one with another CA", false, stored({ authority: strange })],
  ["one with another CA beside the own", false, stored({ authority: own + strange })],
  ["one without a CA", false, stored({ authority: "" })],
  ["one with something else", false, stored({ authority: `${own}x` })],
  ["one with another CA in its file", false, stored({ inFile: strange })],
  ["one that runs a program", false, stored({ user: { exec: { command: "sh" } } })],
  ["one with a token", false, stored({ user: { token: "x" } })],
  ["one with a proxy", false, stored({ cluster: { "proxy-url": "http://evil.example" } })],
  ["one that checks no certificate", false, stored({ cluster: { "insecure-skip-tls-verify": true } })],
  ["one with a further user", false, stored({ users: [{ name: "x", user: { exec: { command: "sh" } } }] })],
  ["a text", false, { ...stored({}), kubeconfig_raw: "x" }],
];

test("a kubeconfig is taken if it is of the cluster and names nothing else", () => {
  const { resource } = synthesizedJson((stack) => void nodeIn(stack));
  const [{ condition }] = resource.talos_cluster_kubeconfig.cluster.lifecycle.postcondition;
  const about = (index: number) =>
    condition
      .replaceAll("self.", `local.kubeconfigs[${index}].`)
      .replaceAll("data.talos_machine_configuration.node.machine_configuration", "local.configuration");
  const directory = mkdtempSync(join(tmpdir(), "own-kubeconfig-"));
  try {
    const configuration = {
      locals: { configuration: machineConfiguration, kubeconfigs: cases.map(([, , kubeconfig]) => kubeconfig) },
      output: Object.fromEntries(cases.map((_, index) => [`case_${index}`, { value: about(index) }])),
    };
    writeFileSync(join(directory, "main.tf.json"), JSON.stringify(configuration));
    const { status, stdout, stderr } = spawnSync(
      process.env.TERRAFORM_BINARY_NAME ?? "terraform",
      ["apply", "-auto-approve", "-no-color"],
      {
        cwd: directory,
        encoding: "utf8",
        env: { ...process.env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: "/dev/null" },
      },
    );
    expect([status, stderr]).toEqual([0, ""]);
    const holds = new Map(
      [...stdout.matchAll(/^case_(\d+) = (true|false)$/gm)].map(([, index, value]) => [index, value]),
    );
    expect(cases.map(([what], index) => [what, holds.get(String(index))])).toEqual(
      cases.map(([what, holds]) => [what, String(holds)]),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
