import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import renovate from "../renovate.json";

const root = join(__dirname, "..");
const files = execFileSync("find", [".", "-type", "f", "-size", "-1000k", ...pruned()], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "")
  .map((file) => file.slice(2));

/** Arguments of find that leave out what is generated or downloaded. */
function pruned(): string[] {
  const folders = ["node_modules", ".git", ".gen", ".cache", "cdktf.out", "cdktf.hcl", "coverage", "schemas"];
  return folders.flatMap((name) => ["-not", "-path", `*/${name}/*`]);
}

/** A pattern of Renovate: a regular expression between slashes. */
const expression = (pattern: string): RegExp => new RegExp(pattern.slice(1, -1));

/** Where the matchers of a file find a version: the manager, and the offset. */
const foundIn = (file: string, text: string) =>
  renovate.customManagers.flatMap(
    ({ description, managerFilePatterns, matchStrings, datasourceTemplate, ...templates }) =>
      managerFilePatterns.some((pattern) => expression(pattern).test(file))
        ? matchStrings.flatMap((pattern) =>
            [...text.matchAll(new RegExp(pattern, "dg"))].map((match) => ({
              description,
              name: nameOf(templates, match.groups),
              datasource: datasourceTemplate,
              at: match.indices?.groups?.currentValue?.[0],
            })),
          )
        : [],
  );

/** The package of a match. */
const nameOf = (
  { packageNameTemplate, depNameTemplate }: { packageNameTemplate?: string; depNameTemplate?: string },
  groups: Readonly<Record<string, string>> = {},
): string =>
  (packageNameTemplate ?? depNameTemplate ?? "{{{depName}}}").replace(
    /\{\{\{([a-zA-Z]+)\}\}\}/g,
    (_, group: string) => groups[group] ?? "",
  );

/** What is a pin in a file of this kind; the version is in the group. */
const pins: readonly { readonly files: RegExp; readonly pin: RegExp }[] = [
  { files: /^constructs[/]cilium[/]version[.]ts$/, pin: /gatewayApi: "([^"]+)"/g },
  // The branches of NVIDIA's driver come with Talos.
  { files: /^constructs[/]versions[/]lives[.]ts$/, pin: /newest: "(v?[0-9]+[.][0-9]+[.][0-9]+)"/g },
  { files: /^constructs[/]gpu[/].*[.]ts$/, pin: /^ +version: "(v?[0-9]+[.][^"]+)"/gm },
  { files: /^constructs[/]gpu[/].*[.]ts$/, pin: /"(?:nvcr|docker)[.]io[^":]*:([^"]+)"/g },
  { files: /^constructs[/]storage[/].*[.]ts$/, pin: /defaultVersion = "([^"]+)"/g },
  { files: /^constructs[/]storage[/].*[.]ts$/, pin: /"registry[.]k8s[.]io[^":]*:([^"]+)"/g },
  // `main.ts` is its owner's, and begins as the default example.
  { files: /^examples[/].*[.]ts$/, pin: /[vV]ersion: "(v?[0-9]+[.][0-9]+[.][0-9]+)"/g },
  { files: /^scripts[/]chart-schema[.]ts$/, pin: /"(v[0-9]+[.][0-9]+[.][0-9]+)"/g },
  { files: /^[.]ci[/]steps[/]node-versions$/, pin: / ([0-9]+[.][0-9]+[.][0-9]+)/g },
  { files: /^cdktf[.]json$/, pin: /"[a-z]+[/][a-z]+@([0-9.]+)"/g },
  { files: /^lab[/]build[.]ts$/, pin: /(?:[vV]ersion(?: =|:) "|"[a-z]+@)([0-9]+[.][0-9]+[.][0-9]+)"/g },
  { files: /^packer[/].*[.]pkr[.]hcl$/, pin: /version += "([^"]+)"/g },
  { files: /^[.]ci[/]steps[/]/, pin: /[a-z]@(v?[0-9]+[.][0-9.]+)/g },
  {
    files: /[.](ts|md|go|sh|hcl)$/,
    pin: /https:[/][/](?:registry[.]terraform[.]io[/]providers[/][a-z]+[/][a-z]+|docs[.]siderolabs[.]com[/]talos|www[.]talos[.]dev|github[.]com[/][\w-]+[/][\w-]+[/]blob)[/](v?[0-9]+[.][0-9.]*[0-9])[/]/g,
  },
];

const found = files.flatMap((file) => {
  const kinds = pins.filter((each) => each.files.test(file));
  if (kinds.length === 0) return [];
  const text = readFileSync(join(root, file), "utf8");
  const matches = foundIn(file, text);
  return kinds.flatMap(({ pin }) =>
    [...text.matchAll(new RegExp(pin, `d${pin.flags}`))].map((match) => {
      const at = match.indices?.[1]?.[0];
      const here = matches.filter((each) => each.at === at);
      const { name = "", datasource = "" } = here[0] ?? {};
      return { file, name, datasource, pin: match[0].trim(), managers: here.map(({ description }) => description) };
    }),
  );
});

test("each pin is found by exactly one matcher of renovate.json", () => {
  expect(found.filter(({ managers }) => managers.length !== 1)).toEqual([]);
});

/** Versions in the code that nothing has to keep up to date, by file. */
const fixed: Readonly<Record<string, readonly string[]>> = {
  // Known to be broken, and the one after it.
  "constructs/cilium/gateway-api.ts": ["1.20.0", "1.20.1"],
  // The first with which a Cilium minor version does not start.
  "constructs/cilium/version.ts": ["v1.5.0"],
  // The first operator with NRI.
  "constructs/gpu/rules.ts": ["v26.7.0"],
  // An example of how one is written.
  "constructs/helm/install.ts": ["1.2.3"],
  // Of the charts that the stacks themselves are.
  "constructs/helm/provider.ts": ["1.0.0"],
  // Three numbers of an address.
  "lab/loopback.ts": ["192.168.77"],
};

test("every version in the code is found by a matcher, or need not be kept up to date", () => {
  const isCode = /^(constructs|examples|scripts|discover|review|synth)[/].*[.]ts$|^lab[/][a-z-]+[.]ts$|[.]pkr[.]hcl$/;
  const unknown = files
    .filter((file) => isCode.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const known = foundIn(file, text).map(({ at }) => at);
      return (
        [...text.matchAll(/"(?:[a-z]+@)?(v?[0-9]+[.][0-9]+[.][0-9]+)"/dg)]
          // What comments name, such as defaults, other tests hold to the code.
          .filter(({ index }) => !/^ *([*]|[/][/*])/.test(text.slice(text.lastIndexOf("\n", index) + 1, index)))
          .filter((match) => !known.includes(match.indices?.[1]?.[0]))
          .flatMap(([, version = ""]) => (fixed[file]?.includes(version) ? [] : [`${file}: ${version}`]))
      );
    });
  expect(unknown).toEqual([]);
});

test("every kind of pin is in the files, and every matcher finds some", () => {
  const used = new Set(found.flatMap(({ managers }) => managers));
  expect(renovate.customManagers.map(({ description }) => description).filter((each) => !used.has(each))).toEqual([]);
});

test("go.mod of another name is one of the files of Renovate's manager for Go", () => {
  const modules = files.filter((file) => /[.]mod$/.test(file) && !file.endsWith("/go.mod"));
  expect(modules).not.toEqual([]);
  const [pattern = ""] = renovate.gomod.managerFilePatterns;
  expect(modules.filter((file) => !expression(pattern).test(file))).toEqual([]);
});

test("matchers use nothing that Renovate's regular expressions lack", () => {
  const patterns = renovate.customManagers.flatMap(({ matchStrings }) => matchStrings);
  // https://github.com/google/re2/wiki/Syntax
  expect(patterns.filter((pattern) => /\(\?<?[=!]|\\[1-9]/.test(pattern))).toEqual([]);
});

test("a package that is pinned in several files is updated in all of them at once", () => {
  const isGrouped = (name: string, datasource: string) =>
    renovate.packageRules.some(
      (rule) =>
        "groupName" in rule &&
        (rule.matchDatasources?.includes(datasource) ?? true) &&
        (rule.matchPackageNames?.some((pattern) => matchesGlob(name, pattern)) ?? rule.matchDatasources !== undefined),
    );
  const filesOf = (name: string) => new Set(found.flatMap((each) => (each.name === name ? [each.file] : [])));
  const several = found.filter(({ name }) => filesOf(name).size > 1);
  expect(several.map(({ name }) => name)).toEqual(expect.arrayContaining(["bpg/proxmox", "siderolabs/talos"]));
  expect(several.filter(({ name, datasource }) => !isGrouped(name, datasource))).toEqual([]);
});

test("a release has to be some days old", () => {
  const ages = renovate.packageRules.flatMap((rule) => rule.minimumReleaseAge ?? []);
  expect([renovate.minimumReleaseAge, ...ages].filter((age) => !/^([3-9]|1[0-9]) days$/.test(age))).toEqual([]);
});

/** Whether a name fits a pattern such as `k8s.io/**`. */
const matchesGlob = (name: string, pattern: string): boolean => {
  const [start = "", end] = pattern.split("**");
  return end === undefined ? name === pattern : name.startsWith(start) && name.endsWith(end);
};
