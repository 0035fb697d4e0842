import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

jest.setTimeout(300_000);

const root = join(__dirname, "../..");
const hook = join(root, "scripts/typescript.cjs");

/** A configuration of which Terraform has all resources by itself. */
const configuration = (backend: string) => `
import { HttpBackend, LocalBackend, TerraformStack } from "${root}/node_modules/cdktf";
import { StrictApp } from "${root}/constructs";

const app = new StrictApp();
const stack = new TerraformStack(app, "moved");
stack.addOverride("resource.terraform_data.kept", { input: "kept" });
${backend}
app.synth();
`;
const local = `new LocalBackend(stack, { path: "../../../terraform.moved.tfstate" });`;
/** As docs/state.md has it for GitLab. */
const remote = (address: string) => `new HttpBackend(stack, {
  address: "${address}",
  lockAddress: "${address}/lock",
  lockMethod: "POST",
  unlockAddress: "${address}/lock",
  unlockMethod: "DELETE",
});`;

let directory: string;
let server: Server;
let address: string;
let stored: string | undefined;
let locks: string[];
beforeAll((done) => {
  directory = mkdtempSync(join(tmpdir(), "state-move-"));
  locks = [];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      if (request.url?.endsWith("/lock")) locks.push(String(request.method));
      else if (request.method === "POST") stored = body;
      const isMissing = request.method === "GET" && stored === undefined;
      response.writeHead(isMissing ? 404 : 200).end(request.method === "GET" ? stored : "");
    });
  }).listen(0, "127.0.0.1", () => {
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/state`;
    done();
  });
  writeFileSync(
    join(directory, "cdktf.json"),
    JSON.stringify({
      language: "typescript",
      app: `${process.execPath} --require ${hook} moved.ts`,
      projectId: "test",
    }),
  );
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

/** Runs a command in the folder of the configuration, and answers its questions. */
async function run(command: readonly [string, ...string[]], answer = ""): Promise<string> {
  const [program, ...args] = command;
  const env = { ...process.env, TF_CLI_CONFIG_FILE: "/dev/null", CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1" };
  const child = spawn(program, args, { cwd: directory, env });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part) => {
      said += part;
    });
  child.stdin.end(answer);
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}:\n${said}`);
  return said;
}

const synthesize = async (backend: string): Promise<void> => {
  writeFileSync(join(directory, "moved.ts"), configuration(backend));
  await run([process.execPath, "--require", hook, "moved.ts"]);
};
const terraform = (args: readonly string[], answer?: string) =>
  run(["terraform", "-chdir=cdktf.out/stacks/moved", ...args], answer);
const diff = () =>
  run([process.execPath, "--require", hook, join(root, "scripts/cdktf.ts"), "diff", "--skip-provider-lock"]);
const localState = () => readFileSync(join(directory, "terraform.moved.tfstate"), "utf8");

test("a state moves from its file to a backend, and back, as docs/state.md has it", async () => {
  await synthesize(local);
  await terraform(["init"]);
  await terraform(["apply", "-auto-approve"]);
  const { resources } = JSON.parse(localState());

  await synthesize(remote(address));
  await terraform(["init", "-migrate-state"], "yes\n");
  expect(JSON.parse(stored ?? "")).toMatchObject({ resources });
  expect(locks).toEqual(expect.arrayContaining(["POST", "DELETE"]));
  expect(await diff()).toContain("No changes.");

  rmSync(join(directory, "terraform.moved.tfstate"));
  await synthesize(local);
  await terraform(["init", "-migrate-state"], "yes\n");
  expect(JSON.parse(localState())).toMatchObject({ resources });
  expect(existsSync(join(directory, "cdktf.out/stacks/moved/plan"))).toBe(false);
});
