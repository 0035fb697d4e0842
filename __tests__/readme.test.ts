import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "@swc/core";
import { stacksIn } from "./synthesized";

const root = join(__dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program = ""]) => program);

/** Runs a program as if it stood in the root, and returns the stacks that it writes. */
function run(program: string) {
  const outdir = mkdtempSync(join(tmpdir(), "readme-"));
  process.env.CDKTF_OUTDIR = outdir;
  jest.spyOn(console, "log").mockImplementation();
  try {
    const { code } = transformSync(program, {
      jsc: { parser: { syntax: "typescript" } },
      module: { type: "commonjs" },
    });
    const requireFromRoot = (name: string) => require(name.startsWith(".") ? join(root, name) : name);
    new Function("require", "exports", code)(requireFromRoot, {});
    return stacksIn(outdir) as Record<string, never>;
  } finally {
    delete process.env.CDKTF_OUTDIR;
    rmSync(outdir, { recursive: true });
    jest.restoreAllMocks();
  }
}

const programWith = (text: string) => programs.filter((program) => program.includes(text));

describe("README", () => {
  test("has programs that run, each as it stands", () => {
    expect(programs).toHaveLength(3);
    for (const program of programs) expect(Object.keys(run(program))).toEqual(["talos-gpu"]);
  });

  test("shows a Terraform variable in the default site, which Terraform checks", () => {
    const [program = ""] = programWith("TerraformVariable");
    expect(run(program)["talos-gpu"]).toMatchObject({
      variable: { gpu_address: { type: "string" } },
      resource: {
        proxmox_virtual_environment_vm: {
          talos_node: {
            lifecycle: {
              precondition: expect.arrayContaining([
                {
                  condition: expect.stringContaining("var.gpu_address"),
                  error_message: expect.stringContaining("[pci-address-format]"),
                },
              ]),
            },
          },
        },
      },
    });
  });

  test("shows a rule of one's own, which refuses what breaks it", () => {
    const [program = ""] = programWith("houseRules");
    expect(() =>
      run(program.replace('endpoint: "https://pve.example:8006/"', 'endpoint: "https://10.0.0.2:8006/"')),
    ).toThrow(
      '[talos-gpu/proxmox] endpoint "https://10.0.0.2:8006/" is not in our domain; write it as in "https://pve.example:8006/" [house-domain]',
    );
  });

  test("shows how state is kept elsewhere", () => {
    const [program = ""] = programWith("S3Backend");
    expect(run(program)["talos-gpu"]).toMatchObject({ terraform: { backend: { s3: { bucket: "terraform-state" } } } });
  });
});
