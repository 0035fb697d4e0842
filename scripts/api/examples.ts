import { isConstructClass } from "./members";
import type { Declared } from "./source";

/** What examples take as given. The test creates it. */
const names = ["app", "stack", "connection", "image", "vm", "node", "talos"];

/** The examples of the constructs as functions, so that the compiler and the tests see them. */
export function examplesFile(declarations: readonly Declared[]): string {
  const constructs = declarations.filter(isConstructClass);
  const examples = constructs.flatMap(({ name, docstring }) =>
    (docstring.tags.example ?? []).map((example) => ({ name, example: example.trim() })),
  );
  const text = examples.map(({ example }) => example).join("\n");
  const used = constructs.filter(({ name }) => new RegExp(`new ${name}\\b`).test(text)).map(({ name }) => name);
  return [
    "// Written by `npm run docs` from the docstrings of the constructs.",
    'import { TerraformStack } from "cdktf";',
    `import { ${used.join(", ")} } from "../constructs";`,
    'import type { Given } from "./given";',
    "",
    "export const examples: Readonly<Record<string, (given: Given) => void>> = {",
    ...examples.flatMap(({ name, example }) => [
      `  ${name}: ({ ${givenTo(example).join(", ")} }) => {`,
      ...example.split("\n").map((line) => `    ${line}`),
      "  },",
    ]),
    "};",
    "",
  ].join("\n");
}

/** The names that an example uses and does not declare. */
const givenTo = (example: string): string[] =>
  names.filter((name) => new RegExp(`\\b${name}\\b(?!["=:.-])`).test(example) && !example.includes(`const ${name} =`));
