import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { TerraformVariable } from "cdktf";
import { parseAllDocuments } from "yaml";
import type { Registries } from "../constructs";
import { certificate } from "./certificate";
import { nodeIn, synthesizedJson, type TerraformJson } from "./stacks";

const mirrors = [{ registry: "docker.io", endpoints: ["https://mirror.example"], fallback: false }];

const patchesOf = (version: string, registries: Registries): string[] => {
  const json: TerraformJson = synthesizedJson((stack) => {
    nodeIn(stack, { talos: { version }, registries });
  });
  return json.data.talos_machine_configuration.node.config_patches;
};
const documentsOf = (version: string, registries: Registries) =>
  patchesOf(version, registries).flatMap((patch) => parseAllDocuments(patch).map((document) => document.toJS()));

describe("registries", () => {
  test("are part of the machine configuration of Talos 1.11, and documents from 1.12 on", () => {
    expect(documentsOf("v1.11.6", { mirrors })).toContainEqual({
      machine: {
        registries: {
          mirrors: {
            "docker.io": { endpoints: ["https://mirror.example"], overridePath: false, skipFallback: true },
          },
          config: {},
        },
      },
    });
    for (const version of ["v1.12.6", "v1.13.9", "v1.14.1"]) {
      const documents = documentsOf(version, { mirrors });
      expect(documents).toContainEqual({
        apiVersion: "v1alpha1",
        kind: "RegistryMirrorConfig",
        name: "docker.io",
        endpoints: [{ url: "https://mirror.example", overridePath: false }],
        skipFallback: true,
      });
      expect(documents.some(({ machine }) => machine?.registries)).toBe(false);
    }
  });

  test("have their passwords from variables, which the stack does not have", () => {
    const json: TerraformJson = synthesizedJson((stack) => {
      const password = new TerraformVariable(stack, "password", { type: "string", sensitive: true }).stringValue;
      nodeIn(stack, { registries: { credentials: [{ registry: "ghcr.io", username: "robot", password }] } });
    });
    const patches: string[] = json.data.talos_machine_configuration.node.config_patches;
    expect(patches.filter((patch) => patch.includes("RegistryAuthConfig"))).toEqual([
      '${yamlencode({"apiVersion" = "v1alpha1", "kind" = "RegistryAuthConfig", "name" = "ghcr.io", "username" = "robot", "password" = var.password})}',
    ]);
  });

  test("have an image cache on every version, if that is wanted", () => {
    const cache = { machine: { features: { imageCache: { localEnabled: true } } } };
    for (const version of ["v1.11.6", "v1.12.6", "v1.13.9", "v1.14.1"]) {
      expect(documentsOf(version, { imageCache: true })).toContainEqual(cache);
      expect(documentsOf(version, { imageCache: false })).not.toContainEqual(cache);
    }
  });

  test("have a volume for the image cache of an ISO, as the docs have it, on every version", () => {
    const page = readFileSync(join(__dirname, "../docs/talos-single-node.md"), "utf8");
    const [, text = ""] = /\n(configPatches: \[\n[^`]*IMAGECACHE[^`]*)```/.exec(page) ?? [];
    const { configPatches } = runInNewContext(`({ ${text} })`);
    for (const version of ["v1.11.6", "v1.12.6", "v1.13.9", "v1.14.1"]) {
      const json: TerraformJson = synthesizedJson((stack) => {
        nodeIn(stack, { talos: { version }, registries: { imageCache: true }, configPatches });
      });
      expect(json.data.talos_machine_configuration.node.config_patches.join()).toContain("name: IMAGECACHE");
    }
  });

  test("trust further certificate authorities, on every version", () => {
    const certificateAuthorities = [certificate, `# another\n${certificate}`];
    for (const version of ["v1.11.6", "v1.14.1"]) {
      expect(documentsOf(version, { certificateAuthorities })).toContainEqual({
        apiVersion: "v1alpha1",
        kind: "TrustedRootsConfig",
        name: "certificate-authorities",
        certificates: certificateAuthorities.join(""),
      });
    }
  });
});
