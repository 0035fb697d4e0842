import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { synthesize } from "./synthesized";

/** The stacks as a Terraform user reviews them. After a change that is meant, `npm test -- -u` writes them anew. */
describe.each([
  ["main.ts", "talos-gpu"],
  ["examples/mapping.ts", "talos-gpu-mapping"],
  ["examples/template.ts", "talos-gpu-template"],
])("%s", (file, name) => {
  test("synthesizes to its golden stack", () => {
    expect(synthesize(file)).toEqual({ [name]: expect.anything() });
    expect(synthesize(file)[name]).toMatchSnapshot();
  });

  test("names no directory of this machine", () => {
    const text = JSON.stringify(synthesize(file));
    for (const directory of [join(__dirname, ".."), homedir(), tmpdir()]) expect(text).not.toContain(directory);
  });
});

test("two runs synthesize the same", () => {
  jest.isolateModules(() => {
    const again = jest.requireActual<typeof import("./synthesized")>("./synthesized");
    expect(again.synthesize).not.toBe(synthesize);
    expect(again.synthesize("main.ts")).toEqual(synthesize("main.ts"));
  });
});
