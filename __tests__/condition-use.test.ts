import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseFileSync } from "@swc/core";

// A Condition is true, false, or an expression that Terraform decides. `if (condition)` takes the expression for true, and
// no type of TypeScript's forbids it: https://github.com/microsoft/TypeScript/issues/6474

// biome-ignore lint/suspicious/noExplicitAny: nodes of the syntax tree, of which swc has no visitor
type Node = any;

const constructs = join(__dirname, "../constructs");
const files = readdirSync(constructs, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

const parse = (file: string): Node => parseFileSync(file, { syntax: "typescript", target: "es2022" });

function nodesOf(node: Node): Node[] {
  if (typeof node !== "object" || node === null) return [];
  const inside = Object.values(node).flatMap(nodesOf);
  return "type" in node ? [node, ...inside] : inside;
}

const isCondition = (annotation: Node): boolean => annotation?.typeAnnotation?.typeName?.value === "Condition";

/** Names of what returns a Condition or is one. */
const conditionsIn = (nodes: readonly Node[]): string[] =>
  nodes.flatMap((node) => {
    if (node.type === "FunctionDeclaration") return isCondition(node.returnType) ? [node.identifier.value] : [];
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier") {
      const returns = node.init?.type === "ArrowFunctionExpression" && isCondition(node.init.returnType);
      return returns || isCondition(node.id.typeAnnotation) ? [node.id.value] : [];
    }
    return node.type === "Identifier" && isCondition(node.typeAnnotation) ? [node.value] : [];
  });

const trees = files.map((file) => ({ file, nodes: nodesOf(parse(join(constructs, file))) }));
const exported = trees.flatMap(({ nodes }) =>
  conditionsIn(
    nodes
      .filter(({ type }) => type === "ExportDeclaration")
      .map(({ declaration }) => declaration)
      .flatMap(declarators),
  ),
);

function declarators(declaration: Node): Node[] {
  return declaration.type === "VariableDeclaration" ? declaration.declarations : [declaration];
}

/** What is taken for a boolean in the node. */
function booleansIn(node: Node): Node[] {
  switch (node.type) {
    case "IfStatement":
    case "ConditionalExpression":
    case "WhileStatement":
      return [node.test];
    case "UnaryExpression":
      return node.operator === "!" ? [node.argument] : [];
    case "BinaryExpression":
      return ["&&", "||"].includes(node.operator) ? [node.left] : [];
    case "CallExpression":
      return ["filter", "find", "some", "every", "findIndex"].includes(node.callee.property?.value)
        ? node.arguments.map(({ expression }: Node) => expression.body ?? expression)
        : [];
    default:
      return [];
  }
}

const nameOf = (node: Node): string | undefined =>
  node.type === "ParenthesisExpression"
    ? nameOf(node.expression)
    : node.type === "CallExpression"
      ? node.callee.value
      : node.type === "MemberExpression" && node.property.value === "condition"
        ? "condition"
        : node.value;

const importedIn = (nodes: readonly Node[]): string[] =>
  nodes.filter(({ type }) => type === "ImportSpecifier").map(({ local }) => local.value);

const takenForBooleans = (nodes: readonly Node[]): string[] => {
  const imported = importedIn(nodes).filter((name) => exported.includes(name));
  const conditions = new Set([...imported, ...conditionsIn(nodes), "condition"]);
  const used = nodes.flatMap(booleansIn).map(nameOf);
  return used.flatMap((name) => (name !== undefined && conditions.has(name) ? [name] : []));
};

test.each(trees)("$file takes no Condition for a boolean", ({ nodes }) => {
  expect(takenForBooleans(nodes)).toEqual([]);
});

test("a Condition that is taken for a boolean is found", () => {
  const code = join(__dirname, "condition-use.example.ts");
  expect(takenForBooleans(nodesOf(parse(code)))).toEqual(["isAddress", "isAddress", "known", "condition", "isAddress"]);
});
