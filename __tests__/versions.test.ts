import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Testing } from "cdktf";
import { HelmProvider } from "../.gen/providers/helm/provider";
import { ProxmoxProvider } from "../.gen/providers/proxmox/provider";
import { TalosProvider } from "../.gen/providers/talos/provider";
import { talosMinors } from "../constructs/talos/version";
import { pins } from "../scripts/pins";
import { newStack } from "./stacks";

const root = join(__dirname, "..");
const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
const { dependencies, devDependencies, peerDependencies, engines } = read("package.json");
/** A peer of the package, which the lock file pins. */
const { version: cdktf } = read("package-lock.json").packages["node_modules/cdktf"];
const generated = pins().filter(({ name }) => !(`@cdktf/provider-${name}` in dependencies));

test("cdktf.json names exact versions", () => {
  expect(pins().map(({ name }) => name)).toEqual(["proxmox", "talos", "helm", "local", "null"]);
  for (const { version } of pins()) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("schemas/ holds the pinned versions and no others", () => {
  const files = pins().map(({ name, version }) => `${name}@${version}.json`);
  expect(readdirSync(join(root, "schemas")).filter((file) => file.endsWith(".json"))).toEqual(files.sort());
  for (const { name, address, version } of pins()) {
    const { provider_versions, provider_schemas } = read(`schemas/${name}@${version}.json`);
    expect(provider_versions).toEqual({ [address]: version });
    expect(Object.keys(provider_schemas)).toEqual([address]);
  }
});

test(".gen was generated for the pinned versions, by the cdktf in use", () => {
  expect(read(".gen/versions.json")).toEqual(
    Object.fromEntries(generated.map(({ address, version }) => [address, version])),
  );
  expect(read(".gen/constraints.json")).toEqual({
    cdktf,
    providers: Object.fromEntries(generated.map(({ name, version }) => [name, version])),
  });
});

test("stacks require the pinned versions", () => {
  const stack = newStack();
  for (const Provider of [ProxmoxProvider, TalosProvider, HelmProvider, LocalProvider, NullProvider])
    new Provider(stack, Provider.name, {} as never);
  const { terraform } = JSON.parse(Testing.synth(stack));
  const required = Object.entries<{ version: string }>(terraform.required_providers);
  expect(Object.fromEntries(required.map(([name, { version }]) => [name, version]))).toEqual(
    Object.fromEntries(pins().map(({ name, version }) => [name, version])),
  );
});

test("the lab runs the pinned providers", () => {
  const build = readFileSync(join(root, "lab/build.ts"), "utf8");
  const module = readFileSync(join(root, "lab/tools/proxmox/go.mod"), "utf8");
  const [, proxmox] = /terraform-provider-proxmox v([0-9.]+)/.exec(module) ?? [];
  const standIns = [...build.matchAll(/"([a-z]+)@([0-9.]+)"/g)].map(([, name, version]) => [name, version]);
  expect(Object.fromEntries([["proxmox", proxmox], ...standIns])).toEqual(
    Object.fromEntries(pins().map(({ name, version }) => [name, version])),
  );
  expect(/source: "bpg\/proxmox", version: "([0-9.]+)"/.exec(build)?.[1]).toBe(proxmox);
});

describe("a minor of Talos", () => {
  const minors = talosMinors.map(({ minor }) => minor);
  const modules = readdirSync(join(root, "lab/go/validate"));

  test.each(["mod", "sum"])("has a validator in the lab, with its go.%s, and no other has", (file) => {
    expect(modules.filter((name) => name.startsWith("talos-") && name.endsWith(file))).toEqual(
      minors.map((minor) => `talos-${minor}.${file}`),
    );
  });

  test("is validated by its own library", () => {
    for (const minor of minors) {
      const module = readFileSync(join(root, `lab/go/validate/talos-${minor}.mod`), "utf8");
      expect(/talos\/pkg\/machinery v([0-9]+[.][0-9]+)[.]/.exec(module)?.[1]).toBe(minor);
    }
  });
});

test("packages are pinned exactly, and those of cdktf to one version", () => {
  for (const version of Object.values({ ...dependencies, ...devDependencies })) {
    expect(version).toMatch(/^(npm:.+@)?\d+\.\d+\.\d+$/);
  }
  expect(devDependencies).toMatchObject({ "cdktf-cli": cdktf, "@cdktf/hcl2json": cdktf });
  expect(peerDependencies).toEqual({ cdktf: `^${cdktf}`, constructs: expect.stringMatching(/^\^10\.\d+\.\d+$/) });
});

test("the README and package.json name the versions of Node.js that CI tests", () => {
  const step = readFileSync(join(root, ".ci/steps/node-versions"), "utf8");
  const tested = /^for version in (.*); do$/m.exec(step)?.[1]?.split(" ") ?? [];
  const [major, ...others] = tested.map((version) => version.split(".")[0]);
  const oldest = tested[0]?.split(".").slice(0, 2).join(".");
  const last = others.pop();
  expect(engines).toEqual({ node: `>=${oldest}` });
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain(
    `Node.js ${others.join(", ")} or ${last} with npm. Node.js ${major} (from ${oldest}) also works`,
  );
});

describe("package-lock.json", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
  };

  test("names no registry", () => {
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  test("has the packages of every platform, without which `npm ci` refuses it", () => {
    const locked = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + 13)));
    const optional = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    expect(optional.filter((name) => !locked.has(name))).toEqual([]);
  });
});
