import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentOf, file, program } from "./provisioner";

const root = join(__dirname, "..");
beforeEach(() => {
  program(
    "kubectl",
    `echo "$KUBECONFIG $*" >>${file("calls")}\ncase "$*" in *"get job"*) printf Complete;; *apply*) cat >/dev/null;; esac`,
  );
});

function stack(name: string, resource: object): void {
  const place = file(`stacks/${name}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "cdk.tf.json"), JSON.stringify({ resource }));
}

const proof = {
  null_resource: {
    gpu_smoke_test: {
      provisioner: [
        {
          "local-exec": {
            command: 'set -eu\neval "$SCRIPT"',
            environment: { KUBECONFIG: "${local_file.kubeconfig.filename}", SCRIPT: "kubectl get job x" },
          },
        },
      ],
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
  expect(contentOf("calls")).toBe("../../clusters/one/kubeconfig get job x\n");
});

test("npm run gpu:test asks which stack is meant, and says where there is none", () => {
  expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining("run npm run synth first") });
  stack("one", proof);
  stack("two", proof);
  expect(run()).toMatchObject({ status: 1, stderr: "name one of the stacks: one, two\n" });
  expect(run("two").status).toBe(0);
});
