import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkNode, noteMachineEnd } from "../../constructs/talos/node-check";
import { contentOf, file, program, run, whileItSleeps } from "../provisioner";

const node = () => ({
  name: "node",
  address: "192.168.1.50",
  ca: "unused",
  directory: file("clusters"),
  timeout: 60,
});

/** The step with what Terraform fills in. */
function check() {
  const script = checkNode(node());
  const CA = Buffer.from("the CA of the cluster\n").toString("base64");
  return run({ ...script, environment: { ...script.environment, NODE: "192.168.1.50", CA, TIMEOUT: "60" } });
}

const certificates = () =>
  writeFileSync(
    join(file("clusters"), "talosconfig"),
    "context: c\ncontexts:\n  c:\n    ca: Y2E=\n    crt: Y3J0\n    key: a2V5\n",
  );

/** What kubectl says at the port of the Talos API, and with what it asks. */
const answering = (answer: string) =>
  program(
    "kubectl",
    `echo "$*" >>${file("calls")}; for word; do case "$word" in --*=/*) cat "\${word#*=}" >>${file("files")};; esac; done\necho '${answer}' >&2; exit 1`,
  );

const [method, unknown, asks, silent] = [
  "Error from server (InternalError): an error on the server prevented the request from succeeding",
  "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority",
  "Unable to connect to the server: remote error: tls: certificate required",
  "The connection to the server 192.168.1.50:50000 was refused",
];

describe("before a new configuration, the node", () => {
  beforeEach(() => {
    mkdirSync(file("clusters"));
    certificates();
  });

  test("passes if it answers by mutual TLS", () => {
    answering(method);
    const { status, stdout } = check();
    expect([status, stdout]).toEqual([0, "192.168.1.50 shows a certificate of this cluster\n"]);
    expect(contentOf("calls")).toMatch(
      /--kubeconfig=[/]dev[/]null .*--server=https:[/][/]192[.]168[.]1[.]50:50000 .*get --raw [/]\n/,
    );
    expect(contentOf("files")).toBe("the CA of the cluster\ncrtkey");
  });

  test.each([
    ["a certificate of somebody else", unknown],
    ["a certificate of somebody else, where the files of the cluster are not", unknown],
  ])("is an alarm with %s, at once and each time", (where, answer) => {
    if (where.includes("where the files")) writeFileSync(join(file("clusters"), "talosconfig"), "");
    answering(answer);
    for (const _ of [1, 2]) {
      const { status, stderr } = check();
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(
          /another machine may have the address.*state rm null_resource[.]node_check.*x509.*\[node-without-configuration\]\n$/,
        ),
      ]);
    }
    expect(contentOf("calls").trim().split("\n")).toHaveLength(2);
  });

  test("does not pass by a TLS alert alone, which anybody sends", () => {
    answering(asks);
    expect(check()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/does not answer, after 60 seconds, so nothing was changed/),
    });
  });

  test("passes where the files of the cluster are not, if it asks for a certificate after it has shown its own", () => {
    writeFileSync(join(file("clusters"), "talosconfig"), "");
    answering(asks);
    expect(check().status).toBe(0);
    expect(contentOf("calls")).not.toContain("client-certificate");
    // Without one, kubectl would ask for a name, and send nothing.
    expect(contentOf("calls")).toContain("--token=none");
  });

  test("is waited for while it does not answer", () => {
    answering(silent);
    expect(check()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/does not answer, after 60 seconds.*was refused/),
    });
    whileItSleeps(`echo "echo '${method}' >&2; exit 1" >${file("kubectl")}`);
    expect(check().status).toBe(0);
  });

  test("is not asked if its machine goes in the same run of Terraform", () => {
    answering(unknown);
    expect(run(noteMachineEnd(node())).status).toBe(0);
    expect(check()).toMatchObject({ status: 0, stdout: "192.168.1.50 is replaced or destroyed, and not checked\n" });
    expect(existsSync(join(file("clusters"), "ending-node"))).toBe(false);
    expect(contentOf("calls")).toBe("");
    // The note of another run does not count.
    writeFileSync(join(file("clusters"), "ending-node"), "1\n");
    expect(check().status).toBe(1);
  });
});
