import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { TerraformStack } from "cdktf";
import { StrictApp } from "../../constructs";
import { formatPath, isFree, isScalar, pathsIn, replaced, site, subjects, withSecrets } from "../every-prop";
import { newStack } from "../stacks";

const root = join(__dirname, "../..");

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "canaries-"));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

/** All that is in the files of the directory, with their names. */
const filesIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${name}\n${readFileSync(join(parentPath, name), "utf8")}`)
    .join("\n");

/** All that a synth of the construct says and writes. */
function synthOf(make: (stack: TerraformStack) => void): string {
  const said: unknown[] = [];
  for (const way of ["log", "error", "warn"] as const) {
    jest.spyOn(console, way).mockImplementation((...words) => void said.push(...words));
  }
  const outdir = mkdtempSync(join(directory, "synth-"));
  try {
    const app = new StrictApp({ outdir });
    make(new TerraformStack(app, "stack"));
    app.synth();
  } catch (error) {
    said.push(error instanceof Error ? `${error.message}\n${error.stack}` : error);
  }
  return [...said, filesIn(outdir)].join("\n");
}

const kinds = Object.entries(withSecrets);

test.each(subjects)("a synth with a secret in a scalar of %s says and writes none", (_, { create, places }) => {
  // A synth that writes takes long; wrong-things.test.ts has every scalar.
  const scalars = places.filter(isScalar).filter((_, index) => index % 5 === 0);
  const told = scalars.flatMap(({ path, props }, index) => {
    const [kind, secret] = kinds[index % kinds.length] ?? ["", ""];
    const all = synthOf(
      (stack) => void new create(stack, "it", replaced(props(stack), path, { value: secret }) as never),
    );
    expect(all).toContain("nothing was written");
    return /canary/i.test(all) ? [`${formatPath(path)} with ${kind}`] : [];
  });
  expect(told).toEqual([]);
});

test.each(subjects)(
  "a synth with all props of %s at a wrong place says and writes no secret",
  (_, { create, props }) => {
    const secrets = {
      password: "canary-9",
      url: withSecrets["a URL with a password"],
      token: withSecrets["an API token"],
    };
    const all = [
      synthOf((stack) => void new create(stack, "it", { ...props(stack), ...secrets } as never)),
      synthOf((stack) => void new create(stack, "it", secrets as never)),
      synthOf((stack) => void new create(stack, "it", { ...props(stack), nested: { secrets: [secrets] } } as never)),
      ...Object.keys(props(newStack()))
        .filter((name) => !isFree([name]))
        .map((name) => synthOf((stack) => void new create(stack, "it", { ...props(stack), [name]: secrets } as never))),
    ];
    expect(all.filter((each) => /canary/i.test(each))).toEqual([]);
  },
);

/** The site with a secret in every text, as a program. */
const program = `
import { StrictApp, TalosGpuCluster } from ${JSON.stringify(join(root, "constructs"))};
const app = new StrictApp();
new TalosGpuCluster(app, "talos-gpu", SITE as never);
app.synth();
`;

/** Runs a script of package.json on the program, with a Terraform that tells what it is started with. */
function run(script: string, props: object, ...args: string[]): string {
  const programs = join(directory, "programs");
  mkdirSync(programs, { recursive: true });
  for (const name of ["terraform", "kubectl", "talosctl"]) {
    writeFileSync(join(programs, name), '#!/bin/sh\necho "$0 $*" >&2\nexit 1\n');
    chmodSync(join(programs, name), 0o755);
  }
  writeFileSync(join(directory, "site.ts"), program.replace("SITE", JSON.stringify(props)));
  const hook = join(root, "scripts/typescript.cjs");
  const app = `${process.execPath} --require ${hook} site.ts`;
  writeFileSync(join(directory, "cdktf.json"), JSON.stringify({ language: "typescript", app, projectId: "test" }));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--require", hook, join(root, script), ...args], {
    cwd: directory,
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: [programs, process.env.PATH].join(delimiter),
      TF_VAR_proxmox_password: "canary-10",
      PROXMOX_VE_PASSWORD: "canary-11",
      CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
    },
  });
  expect(status).not.toBe(0);
  return `${stdout}${stderr}`;
}

test.each([
  ["review", ["scripts/review.ts"]],
  ["diff", ["scripts/cdktf.ts", "diff"]],
  ["deploy", ["scripts/cdktf.ts", "deploy", "--auto-approve"]],
  ["destroy", ["scripts/cdktf.ts", "destroy", "--auto-approve"]],
])("%s of a site with a secret in every text says and writes none", (_, [script = "", ...args]) => {
  const all = pathsIn(site).filter(
    (path) => typeof path.reduce<unknown>((inside, key) => Object(inside)[key], site) === "string" && !isFree(path),
  );
  const props = all.reduce<unknown>(
    (some, path, index) => replaced(some, path, { value: kinds[index % kinds.length]?.[1] }),
    site,
  );
  expect(JSON.stringify(props)).toMatch(/canary/);
  const said = run(script, props as object, ...args);
  expect(said).not.toMatch(/canary/i);
  rmSync(join(directory, "site.ts"));
  expect(filesIn(directory)).not.toMatch(/canary/i);
});
