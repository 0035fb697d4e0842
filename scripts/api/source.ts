import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ClassDeclaration, type Declaration, type Module, parseSync, type Span } from "@swc/core";
import { type Docstring, parseDocstring } from "./docstring";

/** A declaration, and the file that it is in. */
export interface Declared {
  readonly file: SourceFile;
  readonly name: string;
  readonly node: Declaration;
  readonly docstring: Docstring;
}

interface Import {
  readonly path: string;
  /** The name there; `*` for all of it. */
  readonly name: string;
}

/** A file of TypeScript, with what it declares, imports and exports. */
export class SourceFile {
  readonly declarations = new Map<string, Declared>();
  readonly imports = new Map<string, Import>();
  readonly exports = new Map<string, Import>();
  readonly module: Module;
  private readonly bytes: Buffer;

  private constructor(readonly path: string) {
    this.bytes = readFileSync(path);
    this.module = parseSync(this.bytes.toString(), { syntax: "typescript", target: "es2022" });
    for (const item of this.module.body) this.read(item);
  }

  private static readonly files = new Map<string, SourceFile>();

  static at(path: string): SourceFile {
    const file = SourceFile.files.get(path) ?? new SourceFile(path);
    SourceFile.files.set(path, file);
    return file;
  }

  /** The text of a node. The parser counts bytes, from 1. */
  text({ span }: { readonly span: Span }): string {
    return this.bytes.subarray(span.start - 1, span.end - 1).toString();
  }

  /** The docstring that ends where the node begins. */
  docstringOf({ span }: { readonly span: Span }): Docstring {
    const before = this.bytes.subarray(0, span.start - 1).toString();
    return parseDocstring(/\/[*][*]((?:(?![*]\/)[\s\S])*)[*]\/\s*$/.exec(before)?.[1] ?? "");
  }

  /** What a name stands for in this file; undefined for what is from a package. */
  resolve(name: string): Declared | undefined {
    const own = this.declarations.get(name);
    if (own) return own;
    const from = this.imports.get(name) ?? this.exports.get(name);
    return from && from.name !== "*" ? SourceFile.at(from.path).resolve(from.name) : undefined;
  }

  /** Another file. */
  at(path: string): SourceFile {
    return SourceFile.at(path);
  }

  /** The files of the same noun: its props, its rules, and itself. */
  beside(): SourceFile[] {
    const noun = this.path.replace(/(-props|-rules)?[.]ts$/, "");
    const paths = ["", "-rules", "-props"].map((part) => `${noun}${part}.ts`);
    return paths.filter((path) => existsSync(path)).map((path) => this.at(path));
  }

  /** The file that the name stands for in whole. */
  namespaceOf(name: string): SourceFile | undefined {
    const from = this.imports.get(name) ?? this.exports.get(name);
    return from?.name === "*" ? SourceFile.at(from.path) : undefined;
  }

  private read(item: Module["body"][number]): void {
    if (item.type === "ImportDeclaration") {
      const path = this.pathOf(item.source.value);
      for (const specifier of path ? item.specifiers : []) {
        const imported = specifier.type === "ImportSpecifier" ? (specifier.imported ?? specifier.local).value : "*";
        this.imports.set(specifier.local.value, { path: path ?? "", name: imported });
      }
    } else if (item.type === "ExportNamedDeclaration") {
      const path = this.pathOf(item.source?.value ?? "");
      for (const specifier of path ? item.specifiers : []) {
        if (specifier.type === "ExportSpecifier") {
          const name = (specifier.exported ?? specifier.orig).value;
          this.exports.set(name, { path: path ?? "", name: specifier.orig.value });
        } else if (specifier.type === "ExportNamespaceSpecifier") {
          this.exports.set(specifier.name.value, { path: path ?? "", name: "*" });
        }
      }
    } else if (item.type === "ExportAllDeclaration") {
      const path = this.pathOf(item.source.value);
      for (const name of path ? exportedBy(SourceFile.at(path)) : [])
        this.exports.set(name, { path: path ?? "", name });
    } else {
      const isExported = item.type === "ExportDeclaration";
      this.declare(isExported ? item.declaration : (item as Declaration), item);
    }
  }

  private declare(node: Declaration, item: Module["body"][number]): void {
    const docstring = this.docstringOf(item as { readonly span: Span });
    const add = (name: string) => this.declarations.set(name, { file: this, name, node, docstring });
    if (node.type === "ClassDeclaration" || node.type === "FunctionDeclaration") add(node.identifier.value);
    else if (node.type === "TsInterfaceDeclaration" || node.type === "TsTypeAliasDeclaration") add(node.id.value);
    else if (node.type === "VariableDeclaration")
      for (const { id } of node.declarations) if (id.type === "Identifier") add(id.value);
  }

  private pathOf(specifier: string): string | undefined {
    const path = `${join(dirname(this.path), specifier)}.ts`;
    return specifier.startsWith(".") && !path.includes("/.gen/") && existsSync(path) ? path : undefined;
  }
}

/** The names of the declarations that a file exports itself. */
const exportedBy = ({ module }: SourceFile): string[] =>
  module.body.flatMap((item) => {
    if (item.type !== "ExportDeclaration") return [];
    const { declaration } = item;
    if (declaration.type === "ClassDeclaration" || declaration.type === "FunctionDeclaration")
      return [declaration.identifier.value];
    if (declaration.type === "TsInterfaceDeclaration" || declaration.type === "TsTypeAliasDeclaration")
      return [declaration.id.value];
    return declaration.type === "VariableDeclaration"
      ? declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.value] : []))
      : [];
  });

/** The class that another extends; undefined for one of a package. */
export function baseOf({ file, node }: Declared): Declared | undefined {
  const { superClass } = node as ClassDeclaration;
  return superClass?.type === "Identifier" ? file.resolve(superClass.value) : undefined;
}
