/**
 * Lets Node.js run TypeScript: `node --require ./scripts/typescript.cjs main.ts`. Types are left out, not checked.
 *
 * Packages are loaded by Node.js alone. Runners that look into every file of theirs take twice as long for it.
 */
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join, relative } = require("node:path");
const { Script } = require("node:vm");

const cache = join(__dirname, "../node_modules/.cache/typescript");
// A small compiler in plain JavaScript: `npm ci --omit=dev` installs it, on every platform.
const options = { transforms: ["typescript", "imports"], disableESTransforms: true };
const compiler = JSON.stringify([require("sucrase/package.json").version, options]);
const translations = new Map();

require("./uncaught.cjs");

// What V8 makes of the JavaScript is kept too, from Node.js 22.1 on.
Module.enableCompileCache?.();

Module._extensions[".ts"] = (module, filename) => {
  const translation = translate(filename);
  translations.set(filename, translation);
  // The word first, as few files have it, and the pattern reads each line of those that have not.
  if (translation.code.includes("await") && /^(?!\s*(\/\/|\*)).*\bawait\b/m.test(translation.code))
    refuseAwait(translation.code, filename);
  module._compile(translation.code, filename);
};

/** Outside a function, where Node.js would read the file again as an ES module, and not know what TypeScript is. */
function refuseAwait(code, filename) {
  try {
    new Script(`(function () {${code}\n})`);
  } catch (error) {
    if (!/^await is only valid/.test(error.message)) return;
    throw mistake(
      relative(process.cwd(), filename),
      "await stands outside a function, which a CommonJS module does not allow; write async function main() { … app.synth(); } around it, and main(); behind",
    );
  }
}

/** A mistake in the text of a program, which has no stack. */
const mistake = (place, message) => Object.assign(new Error(message), { name: "SyntaxError", place });

/** The mistake that the compiler found. */
function syntaxError(filename, { message, loc }) {
  if (loc === undefined) return mistake(relative(process.cwd(), filename), message);
  const what = message.replace(/^Error transforming .*?: /, "").replace(/ \(\d+:\d+\)$/, "");
  return mistake(`${relative(process.cwd(), filename)}:${loc.line}:${loc.column}`, what);
}

function translate(filename) {
  const source = readFileSync(filename, "utf8");
  const kept = join(cache, createHash("sha256").update(compiler).update(filename).update(source).digest("hex"));
  const before = read(`${kept}.js`);
  if (before !== undefined) return { code: before, map: () => read(`${kept}.map`) };
  const { code, map } = compiled(source, filename);
  keep(`${kept}.map`, map);
  keep(`${kept}.js`, code);
  return { code, map: () => map };
}

function compiled(source, filename) {
  try {
    const { code, sourceMap } = require("sucrase").transform(source, {
      ...options,
      filePath: filename,
      sourceMapOptions: { compiledFilename: filename },
    });
    return { code, map: JSON.stringify(sourceMap) };
  } catch (error) {
    throw syntaxError(filename, error);
  }
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Whole or not at all, as another process may be reading; where nothing can be written, the next start is slower. */
function keep(file, text) {
  const partial = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(partial, text);
    renameSync(partial, file);
  } catch {}
}

/** Positions in the TypeScript. Node's own source maps would be read at every start, those of all packages included. */
Error.prepareStackTrace = (error, frames) => [error, ...frames.map((frame) => `    at ${inSource(frame)}`)].join("\n");

function inSource(frame) {
  const translation = translations.get(frame.getFileName());
  if (translation === undefined) return frame;
  translation.positions ??= new Module.SourceMap(JSON.parse(translation.map() ?? '{"sources":[],"mappings":""}'));
  const { originalLine, originalColumn } = translation.positions.findEntry(
    frame.getLineNumber() - 1,
    frame.getColumnNumber() - 1,
  );
  if (originalLine === undefined) return frame;
  return String(frame).replace(/:\d+:\d+(?=\)?$)/, `:${originalLine + 1}:${originalColumn + 1}`);
}
