import type { ClassDeclaration, ClassMember, TsType, TsTypeElement } from "@swc/core";
import type { Docstring } from "./docstring";
import { baseOf, type Declared } from "./source";

/** A prop of an interface, or a public member of a class. */
export interface Member {
  readonly name: string;
  /** Its type, as it is written; of a method, its parameters and what it returns. */
  readonly type: string;
  readonly isOptional: boolean;
  readonly docstring: Docstring;
  readonly owner: Declared;
}

const withoutMark = (type: string): string => type.replace(/^:\s*/, "").replace(/\s+/g, " ");

/** The props of an interface: the required ones first, and of these and of the others those last that it inherits. */
export function propsOf(declared: Declared): Member[] {
  const { node, file } = declared;
  if (node.type === "TsTypeAliasDeclaration") return signaturesOf(literalsIn(node.typeAnnotation), declared);
  if (node.type !== "TsInterfaceDeclaration") return [];
  const inherited = node.extends.flatMap(({ expression }) => {
    const base = expression.type === "Identifier" ? file.resolve(expression.value) : undefined;
    return base ? propsOf(base) : [];
  });
  const own = signaturesOf(node.body.body, declared);
  const all = [...own, ...inherited.filter(({ name }) => own.every((each) => each.name !== name))];
  return [...all.filter(({ isOptional }) => !isOptional), ...all.filter(({ isOptional }) => isOptional)];
}

/** What the objects in a type without a name have. */
const literalsIn = (type: TsType): TsTypeElement[] => {
  if (type.type === "TsTypeLiteral") return type.members;
  return type.type === "TsUnionType" || type.type === "TsIntersectionType" ? type.types.flatMap(literalsIn) : [];
};

function signaturesOf(elements: readonly TsTypeElement[], owner: Declared): Member[] {
  const { file } = owner;
  return elements.flatMap((element) => {
    if (element.type !== "TsPropertySignature" && element.type !== "TsMethodSignature") return [];
    if (element.key.type !== "Identifier") return [];
    const written = file.text(element).replace(/;$/, "");
    const name = element.key.value;
    const type = withoutMark(written.slice(written.indexOf(name) + name.length).replace(/^[?]/, ""));
    // What excludes another prop is none.
    if (type === "never") return [];
    return [{ name, type, isOptional: element.optional, docstring: file.docstringOf(element), owner }];
  });
}

/** The public members of a class of this project, those of its base class last. */
export function membersOf(declared: Declared): Member[] {
  const { node } = declared;
  if (node.type !== "ClassDeclaration") return [];
  const own = node.body.flatMap((member) => {
    const found = publicMember(member, declared);
    return found ? [found] : [];
  });
  const base = baseOf(declared);
  const isOwn = new Set(own.map(({ name }) => name));
  const inherited = base ? membersOf(base).filter(({ name }) => !isOwn.has(name)) : [];
  // What overrides a member has its description.
  const described = own.map((member) => {
    const overridden = base && membersOf(base).find(({ name }) => name === member.name);
    return member.docstring.text || !overridden ? member : { ...member, docstring: overridden.docstring };
  });
  return [...described, ...inherited];
}

function publicMember(member: ClassMember, owner: Declared): Member | undefined {
  const { file } = owner;
  if (member.type !== "ClassProperty" && member.type !== "ClassMethod") return undefined;
  if (member.accessibility === "private" || member.accessibility === "protected") return undefined;
  if (member.key.type !== "Identifier") return undefined;
  const name = member.key.value;
  const docstring = file.docstringOf(member);
  if (member.type === "ClassProperty") {
    const type = member.typeAnnotation ? withoutMark(file.text(member.typeAnnotation)) : "";
    return { name, type, isOptional: member.isOptional, docstring, owner };
  }
  const { params, returnType } = member.function;
  const result = returnType ? withoutMark(file.text(returnType)) : "";
  if (member.kind === "setter") return undefined;
  if (member.kind === "getter") return { name, type: result, isOptional: false, docstring, owner };
  const list = params.map((param) => file.text(param)).join(", ");
  const shown = `(${list})${result && ` => ${result}`}`.replace(/\s+/g, " ");
  return { name: member.isStatic ? `static ${name}` : name, type: shown, isOptional: false, docstring, owner };
}

/** The interfaces behind a type: those that its names stand for, through aliases. */
export function interfacesIn(type: string, from: Declared, seen = new Set<string>()): Declared[] {
  return [...type.matchAll(/(?:([A-Za-z]+)[.])?([A-Z][A-Za-z0-9]*)/g)].flatMap(([, namespace, name = ""]) => {
    const declared = namespace ? inNamespace(from, namespace, name) : from.file.resolve(name);
    if (!declared || seen.has(declared.name)) return [];
    seen.add(declared.name);
    if (declared.node.type === "TsInterfaceDeclaration") return [declared];
    // A construct is described by its props.
    if (declared.node.type === "ClassDeclaration") return declared.file.resolve(`${declared.name}Props`) ?? [];
    if (declared.node.type !== "TsTypeAliasDeclaration") return [];
    const parts = interfacesIn(declared.file.text(declared.node.typeAnnotation), declared, seen);
    return propsOf(declared).length > 0 ? [declared, ...parts] : parts;
  });
}

const inNamespace = ({ file }: Declared, namespace: string, name: string): Declared | undefined =>
  file.namespaceOf(namespace)?.resolve(name);

export const isConstructClass = (declared: Declared): boolean =>
  declared.node.type === "ClassDeclaration" &&
  (baseOf(declared)
    ? isConstructClass(baseOf(declared) as Declared)
    : ["Construct", "App", "TerraformStack"].includes(superName(declared.node)));

const superName = ({ superClass }: ClassDeclaration): string =>
  superClass?.type === "Identifier" ? superClass.value : "";
