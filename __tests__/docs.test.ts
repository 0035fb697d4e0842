import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ciliumMinors, defaultCiliumVersion } from "../constructs/cilium/version";
import { talosDocs } from "../constructs/rules/source";
import { defaultKubernetesVersion } from "../constructs/talos/kubernetes-version";
import { defaultTalosVersion, talosMinors } from "../constructs/talos/version";
import packageJson from "../package.json";
import { apiDocument } from "../scripts/api/document";
import { rulesDocument } from "../scripts/rules-document";

const root = join(__dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const headings = new Map<string, ReadonlySet<string>>();
/** A page without the padding of its tables. */
const unpadded = (file: string): string => read(file).replace(/ {2,}/g, " ");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((page) => page.endsWith(".md"))
    .map((page) => `docs/${page}`),
];

test("docs/rules.md is what the rules say; `npm run docs` writes it", () => {
  expect(read("docs/rules.md")).toBe(rulesDocument());
});

test("docs/api.md is what the docstrings, the rules and docs/changes.md say; `npm run docs` writes it", () => {
  expect(read("docs/api.md")).toBe(apiDocument());
});

describe.each(pages)("%s", (page) => {
  const text = read(page);

  test("links to files and headings that exist", () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = links.flatMap(([, file = "", heading]) => {
      const target = file === "" ? page : join(dirname(page), file);
      const exists = existsSync(join(root, target)) && (!heading || headingsOf(target).has(heading));
      return exists ? [] : [heading ? `${target}#${heading}` : target];
    });
    expect(broken).toEqual([]);
  });

  test("names npm scripts that exist", () => {
    const scripts = [...text.matchAll(/npm run ([a-z0-9:]+)/g)].map(([, script]) => script);
    expect(Object.keys(packageJson.scripts)).toEqual(expect.arrayContaining(scripts));
  });
});

test("the page of TalosSingleNode has the supported versions", () => {
  const rows = talosMinors.map(
    ({ minor, kubernetes: [min, max], defaultKubernetes }) =>
      `| ${minor} | 1.${min} – 1.${max} | ${defaultKubernetes} |`,
  );
  expect(unpadded("docs/talos-single-node.md")).toContain(rows.join("\n"));
});

test("the page of NvidiaInstall has the drivers of each Talos minor version", () => {
  const rows = unpadded("docs/nvidia-install.md").matchAll(/^[|] ([0-9., ]+) [|] ([0-9]+) [|] ([0-9]+) [|]$/gm);
  const drivers = [...rows].flatMap(([, minors = "", lts, production]) =>
    minors.split(", ").map((minor) => ({ minor, lts: Number(lts), production: Number(production) })),
  );
  expect(drivers).toEqual(talosMinors.map(({ minor, nvidiaDriver }) => ({ minor, ...nvidiaDriver })));
});

test("the page of CiliumInstall has the Gateway API of each minor version", () => {
  const rows = unpadded("docs/cilium-install.md").matchAll(/^[|] (1[.][0-9]+) [|] (v[0-9.]+) [|]/gm);
  const expected = Object.entries(ciliumMinors).map(([minor, { gatewayApi }]) => [minor, gatewayApi]);
  expect([...rows].map(([, minor, gatewayApi]) => [minor, gatewayApi])).toEqual(expected);
});

test("the README has the default versions", () => {
  expect(unpadded("README.md")).toContain(`| ${defaultKubernetesVersion}, ${defaultCiliumVersion} |`);
  expect(unpadded("README.md")).toContain(`| ${defaultTalosVersion}, open kernel modules |`);
});

describe("links to Talos's documentation", () => {
  const links = filesOf(".").flatMap((file) =>
    [...read(file).matchAll(/https?:[/][/](?:www[.]talos[.]dev|docs[.]siderolabs[.]com)[^\s")`'>]*/g)].map(
      ([link]) => link,
    ),
  );

  test("go to where they are now, in the one release", () => {
    const known = [talosDocs(""), "https://docs.siderolabs.com/kubernetes-guides/"];
    expect(links).not.toEqual([]);
    expect([...new Set(links)].filter((link) => !known.some((site) => `${link}/`.startsWith(site)))).toEqual([]);
  });

  test("are made by one function, but for those in comments", () => {
    const written = filesOf("constructs").filter((file) =>
      /"https:[/][/]docs[.]siderolabs[.]com[/]talos[/]/.test(read(file)),
    );
    expect(written).toEqual([join("constructs", "rules", "source.ts")]);
  });

  test("end without the slash that the old site wanted", () => {
    expect(links.filter((link) => /^https:[/][/]docs[.].*[/]$/.test(link))).toEqual([]);
  });
});

describe("links to the documentation of providers", () => {
  const link = /https:[/][/]registry[.]terraform[.]io[/]providers[/][a-z]+[/]([a-z]+)[/]([0-9.]+)[/]/g;

  test("are made by one function, except those in comments", () => {
    const written = filesOf("constructs").filter((file) => new RegExp(`"${link.source}`).test(read(file)));
    expect(written).toEqual([join("constructs", "rules", "source.ts")]);
  });

  test("name the version that the stacks pin", () => {
    const pinned = readdirSync(join(root, "schemas")).map((file) => file.replace(/[.]json$/, ""));
    const named = filesOf("constructs").flatMap((file) =>
      [...read(file).matchAll(link)].map(([, name, version]) => `${name}@${version}`),
    );
    expect(named).not.toEqual([]);
    expect(named.filter((each) => !pinned.includes(each))).toEqual([]);
  });
});

/** The project's own files, below a directory, that may link somewhere. */
function filesOf(directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory())
      return /^[.]|^(node_modules|cdktf[.].*|clusters|__tests__)$/.test(entry.name) ? [] : filesOf(path);
    return /[.](ts|go|md|sh|hcl|tf)$/.test(entry.name) ? [path] : [];
  });
}

/** The anchors of a page's headings. */
function headingsOf(page: string): ReadonlySet<string> {
  const known = headings.get(page);
  if (known) return known;
  const anchors = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, "")
      .replaceAll(" ", "-"),
  );
  const found = new Set(anchors);
  headings.set(page, found);
  return found;
}
