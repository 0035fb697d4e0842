import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { type TerraformStack, TerraformVariable } from "cdktf";
import { ProxmoxGpuVm, StrictApp, TalosGpuCluster } from "../../constructs";
import {
  formatPath,
  isFree,
  isScalar,
  misspelt,
  type Props,
  replaced,
  site,
  subjects,
  withSecrets,
} from "../every-prop";
import { nodeIn, outcomeOf, problemsOf } from "../stacks";
import type { Class } from "../subjects";

/** Something of which a prop may have none, made for a stack. */
const cycle: Props = {};
cycle.self = [cycle];
class Mine {
  readonly secret = "canary";
  resolve() {
    return this.secret;
  }
}
const nested = () => {
  let value: object = {};
  for (let level = 0; level < 20_000; level++) value = { value };
  return value;
};
const wrongThings: Readonly<Record<string, (stack: TerraformStack) => unknown>> = {
  "a construct": (stack) => stack.node.tryFindChild("wrong") ?? new Resource(stack, "wrong"),
  "a VM": (stack) =>
    stack.node.tryFindChild("wrong_vm") ??
    new ProxmoxGpuVm(stack, "wrong_vm", { name: "wrong", node: "pve", boot: { clone: { id: 1000 } } } as never),
  "an app": (stack) => stack.node.root,
  "a variable": (stack) => stack.node.tryFindChild("variable") ?? new TerraformVariable(stack, "variable", {}),
  "a function": () => () => "canary",
  "a class": () => Mine,
  "an object of a class": () => new Mine(),
  "a promise": () => Promise.resolve("canary"),
  "a Map": () => new Map([["canary", "canary"]]),
  "a Set": () => new Set(["canary"]),
  "a Date": () => new Date(0),
  "a Buffer": () => Buffer.from("canary"),
  "a pattern": () => /canary/,
  "a Proxy": () => new Proxy({}, { get: () => "canary", ownKeys: () => ["canary"] }),
  "a Proxy of anything": () => {
    const endless: object = new Proxy(() => endless, { get: () => endless, has: () => true });
    return endless;
  },
  "a circular object": () => cycle,
  "an object that holds a secret": () => ({ password: "canary" }),
  "a symbol": () => Symbol("wrong"),
  "an object that is nested 20,000 times": nested,
  "a list of a thousand million": () => new Array(1_000_000_000),
};
const names = Object.keys(wrongThings);
const exhaustive = process.env.EXHAUSTIVE !== undefined;

/** A whole cluster takes long, and its parts are tested by themselves. */
const sample = <Item>(create: Class, items: readonly Item[]): readonly Item[] =>
  create === (TalosGpuCluster as never) && !exhaustive ? items.filter((_, index) => index % 4 === 0) : items;

function problemsWith(
  create: Class,
  props: (stack: TerraformStack) => Props,
  change: (stack: TerraformStack, props: Props) => unknown,
) {
  return problemsOf((stack) => void new create(stack, "it", change(stack, props(stack)) as never)).filter(
    (problem) => !problem.includes("without a matching provider") && !problem.startsWith("[stack/wrong_vm]"),
  );
}

describe.each(subjects)("%s", (_, { create, props, places: all }) => {
  test("breaks no rule", () => {
    expect(problemsWith(create, props, (_, right) => right)).toEqual([]);
  });
  const places = sample(create, all);

  test("refuses all that is wrong in any prop, in one short message, and at once", () => {
    const failures: string[] = [];
    for (const [index, { path, props }] of places.entries()) {
      // Every kind of wrong thing at every prop takes a minute; this way each meets many props.
      for (const name of process.env.WRONG
        ? [process.env.WRONG]
        : exhaustive
          ? names
          : [names[index % names.length] as string]) {
        const wrong = { value: (stack: TerraformStack) => wrongThings[name]?.(stack) };
        const problems = problemsWith(create, props, (stack, right) =>
          replaced(right, path, { value: wrong.value(stack) }),
        );
        const [problem = ""] = problems;
        const isAsDue =
          problems.length > 0 &&
          // Of an object without what is due, what lacks it tells as well.
          problems.length <= (/object that|circular/.test(name) ? 20 : 1) &&
          problem.length < 2000 &&
          !/canary|\n\s+at /.test(problem);
        if (!isAsDue)
          failures.push(
            `${formatPath(path)} that is ${name}: ${problems.map((each) => each.slice(0, 300)).join(" | ")}`,
          );
      }
    }
    expect(failures).toEqual([]);
  });

  // The props of a whole cluster are those of its parts.
  if (create === (TalosGpuCluster as never)) return;
  test("tells of a misspelt prop in one message, and of nothing that follows from it", () => {
    const named = places.filter(({ path }) => !isFree(path.slice(0, -1)) && !/^\d+$/.test(path.at(-1) ?? ""));
    expect(named).not.toEqual([]);
    for (const { path, props } of named) {
      const problems = problemsWith(create, props, (_, right) => misspelt(right, path));
      expect([formatPath(path), ...problems]).toEqual([
        formatPath(path),
        expect.stringMatching(/ is not a prop; .* \[prop-type\]$/),
      ]);
    }
  });

  test("refuses props that cannot be read", () => {
    for (const { path, props } of places.filter((_, index) => index % 5 === 0)) {
      const getter = {
        get: () => {
          throw new Error("canary");
        },
      };
      const problems = problemsWith(create, props, (_, right) => replaced(right, path, getter));
      expect([formatPath(path), ...problems]).toEqual([
        formatPath(path),
        expect.stringMatching(/ cannot be read; write .* \[[a-z-]+\]$/),
      ]);
    }
  });

  // A function gives the props of a stack, and a class is one that fails.
  const instead = names.filter((name) => create !== (TalosGpuCluster as never) || !/function|class$/.test(name));
  test.each(instead)("refuses %s instead of its props", (name) => {
    const problems = problemsWith(create, props, (stack) => wrongThings[name]?.(stack));
    expect(problems).toContainEqual(
      expect.stringMatching(
        / (the props object (is|cannot be read).*; write|(self|value|password) is not a prop;) .*\[prop-type\]$/,
      ),
    );
    expect(problems.join("\n").length).toBeLessThan(2000);
    expect(problems.join("\n")).not.toMatch(/canary/);
  });
});

describe.each(["addConfigPatch", "addConfigPatch within", "configPatches"])("a patch by %s", (way) => {
  test.each(names)("that is %s is refused in one short message", (name) => {
    const problems = problemsOf((stack) => {
      const wrong = wrongThings[name]?.(stack);
      const patch = (way.endsWith("within") ? { machine: { sysctls: wrong } } : wrong) as object;
      const node = nodeIn(stack, way === "configPatches" ? { configPatches: [patch] } : {});
      if (way !== "configPatches") node.addConfigPatch(patch);
    }).filter((problem) => !/without a matching provider|^\[stack\/wrong_vm\]/.test(problem));
    // A password is no more than a key that Talos does not know, or a variable of its kernel.
    expect(problems.length).toBeLessThanOrEqual(1);
    expect(problems.join()).not.toMatch(/canary|\n\s+at /);
    expect(problems.join().length).toBeLessThan(500);
    if (!(way.endsWith("within") && name === "an object that holds a secret")) {
      expect(problems).toEqual([expect.stringMatching(/ \[(config-patch-keys|prop-type)\]$/)]);
    }
  });
});

test.each(subjects)("a secret in any scalar of %s is neither shown nor written", (_, { create, places }) => {
  const told = sample(create, places.filter(isScalar)).flatMap(({ path, props }, index) => {
    // Every kind at every text takes long; this way each meets many.
    const [name, secret] = Object.entries(withSecrets)[index % Object.keys(withSecrets).length] ?? [];
    const outcome = outcomeOf(
      (stack) => void new create(stack, "it", replaced(props(stack), path, { value: secret }) as never),
    );
    const problems = outcome.problems().filter((problem) => !problem.includes("without a matching provider"));
    const messages = [...problems, ...outcome.warnings()].filter((message) => message.includes("canary"));
    return problems.length === 0 ? [`${formatPath(path)} takes ${name}`] : messages;
  });
  expect(told).toEqual([]);
});

test("a refused program shows no secret of its props, and writes no file", () => {
  const outdir = mkdtempSync(join(tmpdir(), "secrets-"));
  try {
    const app = new StrictApp({ outdir });
    const proxmox = { endpoint: withSecrets["a URL with a password"], username: withSecrets["an API token"] };
    const secrets = {
      ...proxmox,
      credentials: { password: "canary-6" },
      password: "canary-7",
      insecure: { canary: "canary-8" },
    };
    new TalosGpuCluster(app, "one", {
      ...site,
      proxmox: secrets,
      vm: { ...site.vm, description: withSecrets["a private key"] },
    } as never);
    expect(() => app.synth()).toThrow(/endpoint-no-secrets/);
    expect(() => app.synth()).not.toThrow(/canary/);
    expect(readdirSync(outdir, { recursive: true })).toEqual(["stacks"]);
  } finally {
    rmSync(outdir, { recursive: true });
  }
});
