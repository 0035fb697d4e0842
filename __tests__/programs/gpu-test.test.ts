import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { methods } from "../../constructs/gpu/nvidia";
import { smokeTest } from "../../constructs/gpu/smoke-test";
import { commandOf, filesOf, scriptFolder } from "../../constructs/terraform/script";
import { contentOf, file, program } from "../provisioner";

const root = join(__dirname, "../..");
beforeEach(() => {
  program(
    "kubectl",
    `echo "$*" >>${file("calls")}\ncase "$*" in *"get job"*) printf Complete;; *apply*) cat >/dev/null;; esac`,
  );
});

const kubeconfig = "${local_file.kubeconfig.filename}";
const smoke = smokeTest(methods["device-plugin"], { kubeconfig, talosconfig: "", node: "" });

/** A stack as a synth writes it, with the scripts that it runs. */
function stack(name: string, resource: object): void {
  const index = file(`stacks/${name}`);
  mkdirSync(join(index, scriptFolder), { recursive: true });
  writeFileSync(join(index, "cdk.tf.json"), JSON.stringify({ resource }));
  for (const each of filesOf(smoke.file)) copyFileSync(each, join(index, scriptFolder, basename(each)));
}

const proof = {
  null_resource: {
    gpu_smoke_test: {
      provisioner: [{ "local-exec": { command: commandOf(smoke), environment: smoke.environment } }],
    },
  },
  local_file: { kubeconfig: { filename: "../../clusters/one/kubeconfig" } },
};

const run = (...args: string[]) =>
  spawnSync(process.execPath, ["--require", "./scripts/typescript.cjs", "scripts/gpu-test.ts", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, CDKTF_OUTDIR: file("."), PATH: `${file(".")}:${process.env.PATH}` },
  });

test("npm run gpu:test runs the proof of the only stack that has one, with its kubeconfig", () => {
  stack("one", proof);
  stack("without", {});
  expect(run()).toMatchObject({ status: 0, stderr: "" });
  expect(contentOf("calls")).toMatch(/^(--kubeconfig=[.][.]\/[.][.]\/clusters\/one\/kubeconfig .*\n)+$/);
});

test("npm run gpu:test asks which stack is meant, and says where there is none", () => {
  expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining("run npm run synth first") });
  stack("one", proof);
  stack("two", proof);
  expect(run()).toMatchObject({ status: 1, stderr: "name one of the stacks: one, two\n" });
  expect(run("two").status).toBe(0);
});
