import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publicDeclarations } from "../scripts/api/document";
import { examplesFile } from "../scripts/api/examples";
import { isConstructClass, membersOf, propsOf } from "../scripts/api/members";
import { examples } from "./docstring-examples";
import { Given } from "./given";

const declarations = publicDeclarations();
const constructs = declarations.filter(isConstructClass).map(({ name }) => name);

let outdir = "";
beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), "examples-"));
  process.env.CDKTF_OUTDIR = outdir;
  jest.spyOn(console, "log").mockImplementation();
});
afterAll(() => {
  jest.restoreAllMocks();
  delete process.env.CDKTF_OUTDIR;
  rmSync(outdir, { recursive: true });
});

test("the examples of the docstrings are those that are compiled; `npm run docs` writes them", () => {
  expect(readFileSync(join(__dirname, "docstring-examples.ts"), "utf8")).toBe(examplesFile(declarations));
});

test("every construct has an example", () => {
  expect(Object.keys(examples).sort()).toEqual([...constructs].sort());
});

test.each(constructs)("the example of %s breaks no rule", (name) => {
  const given = new Given();
  examples[name]?.(given);
  expect(given.app.problems()).toEqual([]);
});

test("every example is applied by a test of the lab", () => {
  const folder = join(__dirname, "../lab/__tests__");
  const tests = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const applied = tests.map(({ name }) => readFileSync(join(folder, name), "utf8")).join();
  const examples = readdirSync(join(__dirname, "../examples"));
  expect(examples.filter((name) => !applied.includes(`"examples/${name}"`))).toEqual([]);
});

test("every public declaration, prop and member has a docstring", () => {
  const missing = declarations.flatMap((declared) => [
    ...(declared.docstring.text ? [] : [declared.name]),
    ...[...membersOf(declared), ...propsOf(declared)]
      .filter(({ docstring }) => docstring.text === "" && !docstring.tags.deprecated)
      .map(({ owner, name }) => `${owner.name}.${name}`),
  ]);
  // What a VM boots from is described by the types of its keys.
  expect([...new Set(missing)].filter((name) => !name.startsWith("BootMedium."))).toEqual([]);
});
