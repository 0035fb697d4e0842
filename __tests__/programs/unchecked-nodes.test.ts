import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { scriptFolder } from "../../constructs/terraform/script";
import { fetchedStates, statesIn } from "../../scripts/stack-state";
import { hasCheckedNodes, strangeNodes } from "../../scripts/unchecked-nodes";
import { contentOf, file, program } from "../provisioner";

const ca = Buffer.from("the CA of the cluster\n").toString("base64");
const applied = {
  type: "talos_machine_configuration_apply",
  name: "node",
  instances: [{ attributes: { node: "192.168.1.50", client_configuration: { ca_certificate: ca } } }],
};
const talosconfig = {
  type: "local_file",
  name: "talosconfig",
  instances: [{ attributes: { filename: "../../../clusters/one/talosconfig", content: `ca: ${ca}` } }],
};
const check = { type: "null_resource", name: "node_check", instances: [{ attributes: {} }] };

function withState(...resources: readonly object[]): void {
  const stack = file("out/stacks/one");
  mkdirSync(join(stack, dirname(scriptFolder)), { recursive: true });
  symlinkSync(file(scriptFolder), join(stack, scriptFolder));
  mkdirSync(file("clusters/one"), { recursive: true });
  writeFileSync(file("clusters/one/talosconfig"), "    crt: Y3J0\n    key: a2V5\n");
  const backend = { local: { path: "../../../one.tfstate" } };
  writeFileSync(join(stack, "cdk.tf.json"), JSON.stringify({ terraform: { backend } }));
  writeFileSync(file("one.tfstate"), JSON.stringify({ version: 4, resources }));
}

/** What kubectl says at the port of the Talos API. */
const answering = (answer: string) => program("kubectl", `echo "$*" >>${file("calls")}\necho '${answer}' >&2; exit 1`);

const [own, strange, silent] = [
  "Error from server (InternalError): an error on the server prevented the request from succeeding",
  "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority",
  "The connection to the server 192.168.1.50:50000 was refused",
];

let path: string | undefined;
beforeEach(() => {
  path = process.env.PATH;
  process.env.PATH = [dirname(file("x")), path].join(delimiter);
  jest.spyOn(process.stdout, "write").mockImplementation(() => true);
});
afterEach(() => {
  process.env.PATH = path;
  jest.restoreAllMocks();
});

test("after an apply that failed, a node with the certificate of somebody else is told before the next one", () => {
  withState(applied, talosconfig);
  answering(strange);
  expect(strangeNodes(statesIn(file("out")))).toEqual([
    expect.stringMatching(
      /^one: 192[.]168[.]1[.]50 does not show a certificate of this cluster.*terraform -chdir='.*stacks[/]one' apply.*x509.*\[node-without-configuration\]$/,
    ),
  ]);
  expect(contentOf("calls")).toMatch(/--kubeconfig=[/]dev[/]null .*--server=https:[/][/]192[.]168[.]1[.]50:50000 /);
});

test("after an apply that failed, the same is told of a state in another backend", () => {
  withState(applied, talosconfig);
  writeFileSync(file("out/manifest.json"), JSON.stringify({ stacks: { one: {} } }));
  writeFileSync(file("out/stacks/one/cdk.tf.json"), JSON.stringify({ terraform: { backend: { http: {} } } }));
  program("terraform", `case "$1" in init) ;; state) cat ${file("one.tfstate")} ;; esac`);
  jest.spyOn(console, "log").mockImplementation();
  answering(strange);
  const states = () => fetchedStates(file("out"), ["one"], hasCheckedNodes);
  expect(strangeNodes(states())).toEqual([expect.stringContaining("[node-without-configuration]")]);

  // Its apply says why the state is out of reach.
  program("terraform", "exit 1");
  expect(states()).toEqual([]);
  expect(fetchedStates(file("out"), ["other"], hasCheckedNodes)).toEqual([]);
});

test.each<[string, readonly object[], string, number]>([
  ["a node that shows its certificate", [applied, talosconfig], own, 1],
  ["a node that does not answer, for which the apply waits", [applied, talosconfig], silent, 1],
  ["a node that Terraform checks itself", [applied, talosconfig, check], strange, 0],
  ["a machine that was not configured", [talosconfig], strange, 0],
  [
    "a machine whose first configuration failed",
    [{ ...applied, instances: [{ ...applied.instances[0], status: "tainted" }] }, talosconfig],
    strange,
    0,
  ],
])("nothing is told of %s", (_, resources, answer, calls) => {
  withState(...resources);
  answering(answer);
  expect(strangeNodes(statesIn(file("out")))).toEqual([]);
  expect(contentOf("calls") === "").toBe(calls === 0);
});
