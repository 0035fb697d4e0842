import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { filesOf } from "../../constructs/terraform/script";
import { program, run } from "../provisioner";
import { isLibrary, scriptFiles, steps, withVariables } from "../script-files";

// Processes start slowly where many tests run.
jest.setTimeout(60_000);

const libraries = scriptFiles.filter(isLibrary);
const textOf = (path: string) => readFileSync(path, "utf8");
const named = (paths: readonly string[]) => paths.map((path) => [basename(path), path] as const);

test("every script has a name of its own, under which stacks have it", () => {
  const names = scriptFiles.map((path) => basename(path));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

describe.each(named(scriptFiles))("%s", (name, path) => {
  // What stands where a command does, comments left out.
  const calls = [
    ...textOf(path)
      .replace(/^\s*#.*$/gm, "")
      .replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, (text) => (text.includes("$(") ? text : ""))
      .matchAll(/(?:^|[;|&({!]|\b(?:then|do|else|if|while|until|try|exec|env))\s*([\w-]+)/gm),
  ].map(([, call = ""]) => call);

  test("calls kubectl, talosctl and Helm by functions of lib.sh, which say whose credentials they use and for how long", () => {
    if (name === "lib.sh") return;
    expect(calls.filter((call) => /^(kubectl|talosctl|helm)$/.test(call))).toEqual([]);
  });

  test("prints by say and fail, and runs no text as code", () => {
    // The echo of some shells makes escape sequences of backslashes.
    expect(calls.filter((call) => /^(echo|eval)$/.test(call))).toEqual([]);
  });
});

test.each(named(steps))("%s says what it is for, begins with its library, and tells what it does", (_, path) => {
  expect(textOf(path)).toMatch(/^#!\/bin\/sh\n(#.*\n)+\. "\$\(dirname "\$0"\)\/lib[\w-]*\.sh"\n/);
  const all = filesOf(path).filter((each) => basename(each) !== "lib.sh");
  expect(all.map(textOf).join("")).toMatch(/^ *say "/m);
});

test.each(named(libraries))("%s is sourced, and says what it is for", (_, path) => {
  expect(textOf(path)).toMatch(/^# shellcheck shell=sh\n#.*\n/);
});

/** Escape sequences alone, and in what could be the record of a node, a pod or an event. */
const answers: readonly (readonly [answer: string, status: number])[] = [
  ["\\033[31mred\\302\\233\\n", 0],
  ["\\033[31mred\\302\\233\\n", 1],
  ["name\\033[2J 1 0 False 3 Error \\033]0;title\\007 \\033[31mred\\rforbidden\\n", 0],
];

describe.each(answers)("where every answer of a cluster is %j, and its status %i,", (answer, status) => {
  test.each(named(steps))("%s prints no escape sequence", (_, path) => {
    for (const name of ["kubectl", "talosctl"])
      program(name, `printf '${answer}'; printf '\\033]0;title\\007\\n' >&2; exit ${status}`);
    const { stdout, stderr, error } = run(withVariables(path));
    expect(error).toBeUndefined();
    expect(stdout + stderr).toBe((stdout + stderr).replace(/[^\t\n\P{Cc}]/gu, ""));
  });
});
