import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const root = join(__dirname, "..");

/** From where a room takes what it needs, itself aside. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  "constructs/rules": [],
  "constructs/versions": ["constructs/rules"],
  "constructs/props": ["constructs/rules"],
  "constructs/network": ["constructs/rules"],
  "constructs/terraform": ["constructs/rules"],
  "constructs/proxmox": ["constructs/network", "constructs/props", "constructs/rules", "constructs/terraform"],
  "constructs/talos": [
    "constructs/network",
    "constructs/props",
    "constructs/rules",
    "constructs/terraform",
    "constructs/versions",
  ],
  "constructs/helm": [
    "constructs/talos",
    "constructs/network",
    "constructs/props",
    "constructs/rules",
    "constructs/terraform",
  ],
  "constructs/cilium": [
    "constructs/helm",
    "constructs/talos",
    "constructs/network",
    "constructs/props",
    "constructs/rules",
    "constructs/terraform",
    "constructs/versions",
  ],
  "constructs/gpu": [
    "constructs/helm",
    "constructs/talos",
    "constructs/props",
    "constructs/rules",
    "constructs/terraform",
    "constructs/versions",
  ],
  "constructs/storage": [
    "constructs/helm",
    "constructs/talos",
    "constructs/proxmox",
    "constructs/network",
    "constructs/props",
    "constructs/rules",
    "constructs/terraform",
  ],
  constructs: [
    "constructs/storage",
    "constructs/gpu",
    "constructs/cilium",
    "constructs/proxmox",
    "constructs/talos",
    "constructs/helm",
    "constructs/props",
    "constructs/rules",
    "constructs/terraform",
    "constructs/versions",
    "synth",
  ],
  synth: [],
  discover: [
    "constructs/rules",
    "constructs/proxmox",
    "constructs/talos",
    "constructs/cilium",
    "constructs/gpu",
    "constructs/versions",
  ],
  review: [
    "constructs/gpu",
    "constructs/cilium",
    "constructs/helm",
    "constructs/storage",
    "constructs/proxmox",
    "constructs/talos",
    "constructs/rules",
    "constructs/terraform",
    "constructs/versions",
  ],
};

/** Where Proxmox and Talos meet, and a command reads its arguments as all do. */
const meetings = [
  "constructs/proxmox/gpu-vm.ts -> constructs/talos/machine.ts",
  "discover/discover.ts -> scripts/command-line.ts",
];

const read = (file: string): string => readFileSync(join(root, file), "utf8");

const filesIn = (directory: string): string[] =>
  readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.includes("node_modules") && !file.startsWith(".cache"))
    .map((file) => join(directory, file));

const files = ["constructs", "discover", "review", "synth"].flatMap(filesIn);

/** The folder that a file belongs to; folders in those of Proxmox, Talos and synth are parts of them. */
const roomOf = (file: string): string => dirname(file).replace(/^(constructs[/](?:proxmox|talos)|synth)[/].*/, "$1");

const fileOf = (module: string): string =>
  existsSync(join(root, `${module}.ts`)) ? `${module}.ts` : `${module}/index.ts`;

/** What the file imports or re-exports, for its names or its effects, or requires. */
const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/(?:from|import|import\(|require\() ?"(\.[^"]+)"/g)]
    .filter(([, target = ""]) => !/\.c?js(on)?$/.test(target))
    .map(([, target = ""]) => fileOf(relative(root, join(root, dirname(file), target))))
    .filter((target) => !target.startsWith(".gen/"));

test("every room is on the map, and holds something", () => {
  expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(arrows).sort());
});

test.each(files)("%s imports along the arrows", (file) => {
  const room = roomOf(file);
  const wrong = importsOf(file).filter(
    (target) =>
      roomOf(target) !== room && !arrows[room]?.includes(roomOf(target)) && !meetings.includes(`${file} -> ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("no file imports itself, through whatever others", () => {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, way: string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file]);
    else if (!done.has(file)) for (const target of importsOf(file)) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of [...files, ...filesIn("lab")]) visit(file, []);
  expect(circles).toEqual([]);
});

test("the map of docs/contributing.md has these arrows", () => {
  const [, map = ""] = /```mermaid\nflowchart TD\n(.*?)```/s.exec(read("docs/contributing.md")) ?? [];
  const name = (room: string) => room.replace("constructs/", "");
  const drawn = [...map.matchAll(/^ +(\S+) --> (\S+)$/gm)].map(([, from, to]) => `${from} --> ${to}`);
  const held = Object.entries(arrows).flatMap(([from, to]) => to.map((each) => `${name(from)} --> ${name(each)}`));
  expect(drawn.sort()).toEqual(held.sort());
});

const configurations = readdirSync(join(root, "examples")).map((file) => join("examples", file));

test.each(configurations)("%s imports the public interface, and nothing behind it", (file) => {
  const imported = [...read(file).matchAll(/ from "([^"]+)"/g)].map(([, name]) => name);
  const index = "../constructs";
  expect(imported).toContain(index);
  expect([index, "cdktf", "constructs"]).toEqual(expect.arrayContaining(imported));
});
