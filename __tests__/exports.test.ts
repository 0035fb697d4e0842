import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "@swc/core";
import { isObject, type Json } from "./json";

const constructs = join(__dirname, "../constructs");
const syntaxOf = (file: string): Json =>
  parseSync(readFileSync(join(constructs, file), "utf8"), { syntax: "typescript" }) as never;

/** Every node of a syntax tree that is of the type. */
function* nodesOf(type: string, tree: unknown): Generator<Json> {
  if (Array.isArray(tree)) for (const each of tree) yield* nodesOf(type, each);
  if (!isObject(tree)) return;
  if (tree.type === type) yield tree;
  for (const each of Object.values(tree)) yield* nodesOf(type, each);
}

const textOf = (identifier: unknown): string => (isObject(identifier) ? String(identifier.value) : "");

/** The interfaces and types of all constructs, by their names. */
const declared = new Map(
  readdirSync(constructs, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const tree = syntaxOf(file);
      return [...nodesOf("TsInterfaceDeclaration", tree), ...nodesOf("TsTypeAliasDeclaration", tree)];
    })
    .map((declaration) => [textOf(declaration.id), declaration] as const),
);

const exported = new Set([...nodesOf("ExportSpecifier", syntaxOf("index.ts"))].map(({ orig }) => textOf(orig)));

/** The name of a type; of one in a namespace, its own. */
const lastOf = (name: unknown): string =>
  isObject(name) && (name.type === "TsQualifiedName" || name.type === "MemberExpression")
    ? textOf(name.right ?? name.property)
    : textOf(name);

/** The types that a declaration is made of, and those that it extends. */
const typesIn = (declaration: unknown): string[] => [
  ...[...nodesOf("TsTypeReference", declaration)].map(({ typeName }) => lastOf(typeName)),
  ...[...nodesOf("TsExpressionWithTypeArguments", declaration)].map(({ expression }) => lastOf(expression)),
];

test("every type that the props of a public construct are made of is public", () => {
  const props = [...exported].filter((name) => declared.has(name));
  expect(props).toEqual(expect.arrayContaining(["ProxmoxGpuVmProps", "TalosClusterProps", "TalosGpuClusterProps"]));
  const hidden = props.flatMap((name) =>
    typesIn(declared.get(name))
      .filter((type) => declared.has(type) && !exported.has(type))
      .map((type) => `${name} has ${type}`),
  );
  expect(hidden).toEqual([]);
});
