import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseFileSync } from "@swc/core";

// A Condition is true, false, or an expression that Terraform decides. `if (condition)` takes the expression for true, and
// no type of TypeScript's forbids it: https://github.com/microsoft/TypeScript/issues/6474

// biome-ignore lint/suspicious/noExplicitAny: nodes of the syntax tree, of which swc has no visitor
type Node = any;

const root = join(__dirname, "..");
const files = ["constructs", "synth", "discover", "review", "scripts"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file)),
);

const parse = (file: string): Node => parseFileSync(file, { syntax: "typescript", target: "es2022" });

function nodesOf(node: Node): Node[] {
  if (typeof node !== "object" || node === null) return [];
  const inside = Object.values(node).flatMap(nodesOf);
  return "type" in node ? [node, ...inside] : inside;
}

const isCondition = (annotation: Node): boolean => annotation?.typeAnnotation?.typeName?.value === "Condition";

/** Whether it is a method, or a prop that is a function, whose result is a Condition. */
const returnsCondition = ({ type, typeAnnotation, key, function: body }: Node): boolean =>
  (type === "TsMethodSignature" && isCondition(typeAnnotation)) ||
  (type === "TsPropertySignature" && isCondition(typeAnnotation?.typeAnnotation?.typeAnnotation)) ||
  (type === "ClassMethod" && key !== undefined && isCondition(body?.returnType));

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

const trees = files.map((file) => ({ file, nodes: nodesOf(parse(join(root, file))) }));
/** Names of members that return one. */
const methods = new Set(
  trees.flatMap(({ nodes }) => nodes.filter(returnsCondition).map(({ key }) => key.value as string)),
);
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

/** The parts of what is taken for a boolean: both sides of `a && b`, and what `!a` and `(a)` are about. */
function partsOf(node: Node): Node[] {
  switch (node?.type) {
    case "ParenthesisExpression":
      return partsOf(node.expression);
    case "UnaryExpression":
      return node.operator === "!" ? partsOf(node.argument) : [];
    case "BinaryExpression":
      return ["&&", "||"].includes(node.operator) ? [...partsOf(node.left), ...partsOf(node.right)] : [];
    case "BlockStatement":
      return nodesOf(node).flatMap((each) => (each.type === "ReturnStatement" ? partsOf(each.argument) : []));
    default:
      return [node];
  }
}

/** What is taken for a boolean in the node. */
function booleansIn(node: Node): Node[] {
  switch (node.type) {
    case "IfStatement":
    case "ConditionalExpression":
    case "WhileStatement":
    case "DoWhileStatement":
    case "ForStatement":
      return partsOf(node.test);
    case "UnaryExpression":
      return partsOf(node);
    case "BinaryExpression":
      return ["&&", "||"].includes(node.operator) ? partsOf(node.left) : [];
    case "AssignmentExpression":
      return ["&&=", "||="].includes(node.operator) ? partsOf(node.left) : [];
    case "CallExpression":
      return ["filter", "find", "findLast", "some", "every", "findIndex"].includes(node.callee.property?.value) ||
        node.callee.value === "Boolean"
        ? node.arguments.flatMap(({ expression }: Node) => partsOf(expression.body ?? expression))
        : [];
    default:
      return [];
  }
}

/** What it calls, or the member that it reads; of an object with a name, that before a dot. */
function nameOf(node: Node): string | undefined {
  if (node?.type === "CallExpression") {
    const { callee } = node;
    return callee.type === "MemberExpression" ? `${callee.object.value ?? ""}.${callee.property.value}` : callee.value;
  }
  return node?.type === "MemberExpression" && node.property.value === "condition" ? ".condition" : node?.value;
}

const importedIn = (nodes: readonly Node[]): string[] =>
  nodes.filter(({ type }) => type === "ImportSpecifier").map(({ local }) => local.value);

const namespacesIn = (nodes: readonly Node[]): string[] =>
  nodes.filter(({ type }) => type === "ImportNamespaceSpecifier").map(({ local }) => local.value);

/** What is compared before, as in `typeof known === "boolean"`. */
const narrowedIn = (nodes: readonly Node[]): string[] =>
  nodes
    .filter(({ operator, right }) => operator === "===" && right.value === "boolean")
    .flatMap(({ left }) => left.argument?.value ?? []);

/** Those of lists, sets and texts return booleans. */
const builtIn = (name: string): boolean => [[], new Set(), ""].some((each) => name in Object(each));

function takenForBooleans(nodes: readonly Node[]): string[] {
  const imported = importedIn(nodes).filter((name) => exported.includes(name));
  const known = new Set([...imported, ...conditionsIn(nodes), ".condition"]);
  const namespaces = namespacesIn(nodes);
  const isCondition = (name = ""): boolean => {
    const [, owner = "", member = ""] = name.match(/^(.*)[.](.*)$/) ?? [];
    const isOfNamespace = namespaces.includes(owner) && exported.includes(member);
    return known.has(name) || isOfNamespace || (methods.has(member) && !builtIn(member));
  };
  // Results without a type of their own.
  for (const { type, id, init } of nodes)
    if (type === "VariableDeclarator" && init?.type === "CallExpression" && isCondition(nameOf(init)))
      known.add(id.value);
  for (const name of narrowedIn(nodes)) known.delete(name);
  return [...new Set(nodes.flatMap(booleansIn))].flatMap((node) =>
    isCondition(nameOf(node)) ? [`${nameOf(node)}`] : [],
  );
}

test.each(trees)("$file takes no Condition for a boolean", ({ nodes }) => {
  expect(takenForBooleans(nodes)).toEqual([]);
});

test("a Condition that is taken for a boolean is found", () => {
  const code = join(__dirname, "condition-use.example.ts");
  const found = takenForBooleans(nodesOf(parse(code)));
  const lines = readFileSync(code, "utf8").split("\n");
  expect(found.length).toBe(lines.filter((line) => line.includes("// wrong")).length);
  expect([...new Set(found)].sort()).toEqual(
    ["ip.isAddress", "device.isSuch", ".condition", "isAddress", "is6", "known"].sort(),
  );
});
