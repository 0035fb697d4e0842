import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Change, changesOf, keyOf } from "./changes";
import { inline } from "./docstring";
import { isConstructClass, type Member, membersOf, propsOf } from "./members";
import { importedBy, rulesIn, rulesOf } from "./rules";
import { baseOf, type Declared, SourceFile } from "./source";

const root = join(__dirname, "../..");
const index = () => SourceFile.at(join(root, "constructs/index.ts"));

/** What constructs/index.ts exports, by name. */
export const publicDeclarations = (): Declared[] =>
  [...index().exports.keys()]
    .flatMap((name) => index().resolve(name) ?? [])
    .filter(({ docstring }) => !docstring.tags.deprecated)
    .sort((one, other) => (one.name < other.name ? -1 : 1));

/** docs/api.md, from the docstrings, the rules and docs/changes.md. */
export function apiDocument(): string {
  const all = publicDeclarations();
  const whole = all.find(({ name }) => name === "TalosGpuClusterProps");
  if (!whole) throw new Error("TalosGpuClusterProps is not exported");
  const changes = changesOf(readFileSync(join(root, "docs/changes.md"), "utf8"), whole);
  const page = new Page(all, changes);
  const constructs = all.filter(isConstructClass);
  const propsOfConstructs = new Set(constructs.map(({ name }) => `${name}Props`));
  const types = all.filter((each) => !constructs.includes(each) && !propsOfConstructs.has(each.name));
  return [
    "# API reference",
    "",
    "<!-- Written by `npm run docs` from the docstrings and rules in constructs/, and from changes.md. -->",
    "",
    "Every public construct and type of [constructs/index.ts](../constructs/index.ts). *Rules* links to the rules that check the prop. *A change* is the impact of another value on a",
    "running cluster, as [seen in the lab](changes.md).",
    "",
    `Constructs: ${constructs.map(({ name }) => link(name)).join(" · ")}`,
    "",
    "## Constructs",
    ...constructs.flatMap((each) => page.construct(each)),
    "",
    "## Types",
    ...types.flatMap((each) => page.type(each)),
    "",
    "## Rules of your own",
    ...[...rulesNamespace()].flatMap((each) => page.type(each, `rules.${each.name}`)),
    "",
  ].join("\n");
}

const rulesNamespace = (): Declared[] => {
  const file = index().namespaceOf("rules");
  return file ? [...file.exports.keys()].flatMap((name) => file.resolve(name) ?? []) : [];
};

const link = (name: string): string => `[${name}](#${name.toLowerCase()})`;
const links = (rules: Iterable<string>): string => [...rules].map((id) => `[${id}](rules.md#${id})`).join(", ");
const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => inline(text).replaceAll("|", "\\|");

class Page {
  private readonly isPublic: ReadonlySet<string>;
  private readonly withProps: ReadonlySet<SourceFile>;

  constructor(
    private readonly all: readonly Declared[],
    private readonly changes: ReadonlyMap<string, readonly Change[]>,
  ) {
    this.isPublic = new Set(all.map(({ name }) => name));
    this.withProps = new Set(
      all.flatMap((each) => (propsOf(each).length > 0 || isConstructClass(each) ? [each.file] : [])),
    );
  }

  construct(declared: Declared): string[] {
    const props = this.all.find(({ name }) => name === `${declared.name}Props`);
    return [
      "",
      `### ${declared.name}`,
      ...prose(declared),
      ...(props ? this.props(props, "Props") : []),
      ...this.members(declared),
    ];
  }

  type(declared: Declared, name = declared.name): string[] {
    const { node, file } = declared;
    const heading = ["", `### ${name}`, ...prose(declared)];
    if (propsOf(declared).some(({ docstring }) => docstring.text)) return [...heading, ...this.props(declared)];
    if (node.type === "ClassDeclaration") return [...heading, ...this.members(declared)];
    const written = node.type === "VariableDeclaration" ? signature(declared) : file.text(node);
    return [...heading, "", "```ts", spelledOut(written, declared).replace(/;$/, ""), "```"];
  }

  private props(declared: Declared, title?: string): string[] {
    const nouns = [declared.file, ...this.filesOfConstruct(declared)];
    const files = [...new Set(nouns.flatMap((file) => file.beside()))];
    const others = [...files, ...importedBy(files, (file) => this.withProps.has(file))];
    const props = propsOf(declared).map((prop) => ({ prop, rules: rulesOf(prop.owner.file, others, prop.name) }));
    const named = new Set(props.flatMap(({ rules }) => rules));
    const rest = new Set(
      (title ? others : [declared.file]).flatMap(rulesIn).flatMap(({ id }) => (named.has(id) ? [] : [id])),
    );
    return [
      "",
      ...(title ? [`#### ${title} of ${declared.name.replace(/Props$/, "")}`, ""] : []),
      "| Prop | Type | Default | Description | Rules | A change |",
      "| --- | --- | --- | --- | --- | --- |",
      ...props.map(({ prop, rules }) => this.prop(prop, rules)),
      ...(rest.size > 0 ? ["", `Rules that concern several props, or parts of props: ${links(rest)}`] : []),
    ];
  }

  /** Where the rules of a construct's props are applied: its own file, and those of the classes that it extends. */
  private filesOfConstruct({ name }: Declared): SourceFile[] {
    const files: SourceFile[] = [];
    let found = this.all.find((each) => `${each.name}Props` === name);
    for (; found; found = baseOf(found)) files.push(found.file);
    return files;
  }

  private prop(prop: Member, rules: readonly string[]): string {
    const { name, type, isOptional, docstring } = prop;
    const { default: [value = ""] = [], example = [] } = docstring.tags;
    const examples = example.map((each) => ` Example: ${code(inline(each))}.`).join("");
    const cells = [
      code(name),
      this.typed(spelledOut(type, prop.owner)),
      isOptional
        ? value.replace(/^- /, "").replace(/^("[^"]*"|[0-9]+|true|false)$/, (text) => code(text))
        : "**required**",
      docstring.text + examples,
      links(rules),
      [...new Set((this.changes.get(keyOf(prop)) ?? []).map(({ value, effect }) => `${value}: ${effect}`))].join("; "),
    ];
    return `| ${cells.map(cell).join(" | ")} |`;
  }

  private members(declared: Declared): string[] {
    const members = membersOf(declared).filter(({ docstring }) => !docstring.tags.deprecated);
    if (members.length === 0) return [];
    return [
      "",
      `#### Members of ${declared.name}`,
      "",
      "| Member | Type | Description |",
      "| --- | --- | --- |",
      ...members.map(
        ({ name, type, isOptional, docstring }) =>
          `| ${code(isOptional ? `${name}?` : name)} | ${cell(this.typed(type))} | ${cell(docstring.text)} |`,
      ),
    ];
  }

  /** The props of a construct are below it. */
  private anchorOf(name: string): string {
    const construct = name.replace(/Props$/, "");
    return construct !== name && this.isPublic.has(construct)
      ? `props-of-${construct.toLowerCase()}`
      : name.toLowerCase();
  }

  /** A type, with links to those that are on the page. */
  private typed(type: string): string {
    const names = [...new Set(type.match(/\b[A-Z][A-Za-z0-9]*/g) ?? [])].filter((name) => this.isPublic.has(name));
    return [
      code(type.replace(/\b[a-z][A-Za-z]*[.](?=[A-Z])/g, "")),
      ...names.map((name) => `[→](#${this.anchorOf(name)})`),
    ].join(" ");
  }
}

/** A type whose closed list of strings is a constant: the strings themselves. */
const spelledOut = (type: string, { file }: Declared): string =>
  type.replace(/\(typeof ([a-zA-Z]+)\)\[number\]/g, (whole, name: string) => {
    const constant = file.resolve(name);
    const strings = constant?.file.text(constant.node).match(/"[^"]*"/g);
    return strings ? strings.join(" | ") : whole;
  });

function prose({ docstring: { text, tags } }: Declared): string[] {
  return [
    ...(text ? ["", text] : []),
    ...(tags.see ?? []).flatMap((url) => ["", `See ${url}`]),
    ...(tags.example ?? []).flatMap((example) => ["", "```ts", example, "```"]),
  ];
}

/** A function in a constant, without its body. */
function signature({ file, node }: Declared): string {
  const text = file.text(node);
  return text.slice(0, text.indexOf("=>")).trim();
}
