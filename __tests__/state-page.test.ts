import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./program";

const page = readFileSync(join(__dirname, "../docs/state.md"), "utf8");
/** Blocks of the page by their headings. */
const blocks = new Map(
  page.split(/^## /m).flatMap((section): [string, string][] => {
    const [heading = ""] = section.split("\n");
    const [, block] = /^```ts\n(.*?)^```$/ms.exec(section) ?? [];
    return block === undefined || section.startsWith("# ") ? [] : [[heading, block]];
  }),
);

/** The section `terraform` of the default stack with a block of the page in it. */
function synthesizedWith(heading: string): unknown {
  const stacks: Record<string, { readonly terraform?: unknown }> = run(`
import { HttpBackend, S3Backend } from "cdktf";
import { StateEncryption, StrictApp, TalosGpuCluster } from "./constructs";
const app = new StrictApp();
const cluster = new TalosGpuCluster(app, "talos-gpu", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: { name: "talos-gpu", node: "pve", initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] } },
  cluster: { clusterName: "talos-gpu" },
});
${blocks.get(heading)}
app.synth();
`);
  return stacks["talos-gpu"]?.terraform;
}

const compatible = {
  use_path_style: true,
  skip_credentials_validation: true,
  skip_metadata_api_check: true,
  skip_region_validation: true,
  skip_requesting_account_id: true,
};
const state = { bucket: "terraform-state", key: "talos-gpu" };
const gitlab = "https://gitlab.example/api/v4/projects/42/terraform/state/talos-gpu";

test.each<[string, object]>([
  ["S3", { backend: { s3: { ...state, region: "eu-central-1", encrypt: true, use_lockfile: true } } }],
  [
    "MinIO",
    {
      backend: { s3: { ...state, ...compatible, endpoints: { s3: "https://minio.example:9000" }, use_lockfile: true } },
    },
  ],
  [
    "Garage",
    {
      backend: { s3: { ...state, ...compatible, endpoints: { s3: "https://garage.example:3900" }, region: "garage" } },
    },
  ],
  [
    "GitLab",
    {
      backend: {
        http: {
          address: gitlab,
          lock_address: `${gitlab}/lock`,
          unlock_address: `${gitlab}/lock`,
          unlock_method: "DELETE",
        },
      },
    },
  ],
  ["Encryption with OpenTofu", { encryption: { state: { enforced: true } }, backend: { local: {} } }],
])("docs/state.md shows a backend that synthesizes: %s", (heading, expected) => {
  expect(synthesizedWith(heading)).toMatchObject(expected);
});

test("docs/state.md has no other block", () => {
  expect([...blocks.keys()]).toEqual(["S3", "MinIO", "Garage", "GitLab", "Encryption with OpenTofu"]);
});

test("docs/how-to.md shows a mirror of a registry that the rules take", () => {
  const howTo = readFileSync(join(__dirname, "../docs/how-to.md"), "utf8");
  const [, cluster = ""] = /^## Pull images from a mirror.*?^```ts\n(.*?)^```$/ms.exec(howTo) ?? [];
  const stack = run(`
import { StrictApp, TalosGpuCluster } from "./constructs";
const app = new StrictApp();
new TalosGpuCluster(app, "talos-gpu", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: { name: "talos-gpu", node: "pve", initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] } },
  ${cluster}
});
app.synth();
`)["talos-gpu"];
  expect(JSON.stringify(stack)).toContain("https://mirror.example");
});
