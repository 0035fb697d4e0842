import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./program";

const root = join(__dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const programs = ["README.md", "docs/configuration.md", "docs/deploy.md"].flatMap((file) =>
  [...read(file).matchAll(/^```ts\n(import .*?)^```$/gms)].map(([, program = ""]) => program),
);

const programWith = (text: string) => programs.filter((program) => program.includes(text));

test("README stays short, and its first commands set up, synthesize and test", () => {
  const readme = read("README.md");
  expect(readme.split("\n").length).toBeLessThan(150);
  const commands = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block.trim());
  expect(commands.slice(0, 3)).toEqual([
    "git clone <this repository> talos-gpu-node\ncd talos-gpu-node",
    "npm ci --omit=dev && npm run synth",
    "npm ci && npm test",
  ]);
});

describe("README and the pages of configuration and deployment", () => {
  test("have programs that run, each as it stands", () => {
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
      '[talos-gpu/proxmox] proxmox.endpoint "https://10.0.0.2:8006/" is not in our domain; write it as in "https://pve.example:8006/" [house-domain]',
    );
  });

  test("shows how state is kept elsewhere", () => {
    const [program = ""] = programWith("S3Backend");
    expect(run(program)["talos-gpu"]).toMatchObject({ terraform: { backend: { s3: { bucket: "terraform-state" } } } });
  });
});
