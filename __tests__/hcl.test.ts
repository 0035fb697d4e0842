import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "@cdktf/hcl2json";
import { TerraformOutput, TerraformStack } from "cdktf";
import { StrictApp } from "../constructs";
import { toHcl } from "../synth/hcl";
import { entries, isObject, type Json } from "./json";
import { nodeIn, synthesizedJson } from "./stacks";
import { type Stack, shippedStacks, synthesize } from "./synthesized";

describe("says what the JSON says", () => {
  test.each(shippedStacks.map(([file]) => file))("%s", async (file) => {
    for (const [name, stack] of Object.entries(synthesize(file))) {
      expect(comparable(await parse(`${name}.tf`, toHcl(stack)))).toEqual(comparable(withBareExpressions(stack)));
    }
  });
});

test("writes an expression of several lines", async () => {
  const stack = synthesizedJson((stack) => void nodeIn(stack, { secretsFile: true }));
  expect(comparable(await parse("secrets.tf", toHcl(stack)))).toEqual(comparable(withBareExpressions(stack)));
});

/** JSON in which one block is not told from a list of one, nor an expression by its spaces. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? comparable(value[0]) : value.map(comparable);
  if (isObject(value)) return Object.fromEntries(entries(value).map(([key, inner]) => [key, comparable(inner)]));
  if (typeof value !== "string") return value;
  return value.startsWith("${") ? value.replace(/ /g, "") : value.replace(/\bif \(/g, "if(");
}

/** The stack with `${…}` around what JSON writes without. */
function withBareExpressions(stack: Stack): unknown {
  return JSON.parse(JSON.stringify(stack), (key, value) => {
    if (["depends_on", "ignore_changes", "replace_triggered_by"].includes(key))
      return value.map((reference: string) => `\${${reference}}`);
    // Several blocks of a kind are one list.
    if (key === "provisioner" && value.length > 1)
      return { "local-exec": value.map((each: Json) => each["local-exec"]) };
    if (key === "when" || (key === "provider" && typeof value === "string")) return `\${${value}}`;
    if (key !== "variable") return value;
    return Object.fromEntries(
      Object.entries<Json>(value).map(([name, variable]) => [name, { ...variable, type: `\${${variable.type}}` }]),
    );
  });
}

describe("writes", () => {
  test("the `if` of a `for` before parentheses as fmt has it, and only there", () => {
    const value = '${[for each in var.all : each if ((each.a == "x if (y)") && each.b)]}';
    expect(toHcl({ output: { all: { value } } })).toContain(
      'value = [for each in var.all : each if((each.a == "x if (y)") && each.b)]',
    );
  });

  test("a script in one column with its neighbours, whatever its lines end in", () => {
    const environment = { A_LONG_NAME: "a", SCRIPT: "refuse() {\n  exit 1\n}\n" };
    const provisioner = [{ "local-exec": { command: "x", environment } }];
    expect(toHcl({ resource: { null_resource: { one: { provisioner } } } })).toMatch(
      /A_LONG_NAME = "a"\n +SCRIPT {6}= <<-EOT\n/,
    );
  });

  test("sections in their usual order, each block set off", () => {
    const stack = {
      output: { size: { value: "${var.size}" } },
      resource: { null_resource: { one: {} } },
      variable: { size: { type: "number" } },
      terraform: {
        required_version: ">= 1.5",
        required_providers: { null: { source: "null", version: "3.2.4" } },
        backend: { local: { path: "a" } },
      },
    };
    expect(toHcl(stack)).toBe(`terraform {
  required_version = ">= 1.5"

  required_providers {
    null = {
      source  = "null"
      version = "3.2.4"
    }
  }

  backend "local" {
    path = "a"
  }
}

variable "size" {
  type = number
}

resource "null_resource" "one" {}

output "size" {
  value = var.size
}
`);
  });

  test("blocks as blocks, and lists of objects as attributes", () => {
    const vm = {
      cpu: { cores: 8 },
      disk: [{ interface: "scsi0" }, { interface: "scsi1" }],
      network_device: [{ bridge: "vmbr0", mtu: null }],
    };
    expect(toHcl({ resource: { proxmox_virtual_environment_vm: { node: vm } } })).toBe(`\
resource "proxmox_virtual_environment_vm" "node" {
  network_device = [
    {
      bridge = "vmbr0"
      mtu    = null
    },
  ]

  cpu {
    cores = 8
  }

  disk {
    interface = "scsi0"
  }

  disk {
    interface = "scsi1"
  }
}
`);
  });

  test("meta-arguments in their places, and provisioners with their environment", () => {
    const wait = {
      "//": { metadata: { path: "stack/wait" } },
      depends_on: ["null_resource.other"],
      lifecycle: {
        ignore_changes: ["triggers"],
        precondition: [{ condition: "${var.a == 1}", error_message: 'write "1"' }],
      },
      provisioner: [{ "local-exec": { command: "true", environment: { A: "${var.a}" }, when: "destroy" } }],
      triggers: { a: "${var.a}" },
      count: 2,
    };
    expect(toHcl({ resource: { null_resource: { wait } } })).toBe(`resource "null_resource" "wait" {
  count = 2

  triggers = {
    a = var.a
  }

  provisioner "local-exec" {
    command = "true"
    when    = destroy

    environment = {
      A = var.a
    }
  }

  lifecycle {
    ignore_changes = [triggers]

    precondition {
      condition     = var.a == 1
      error_message = "write \\"1\\""
    }
  }

  depends_on = [null_resource.other]
}
`);
  });

  test("check blocks with their assertions", () => {
    const check = { free: { assert: [{ condition: "${var.a}", error_message: "a" }] } };
    expect(toHcl({ check })).toBe(`check "free" {
  assert {
    condition     = var.a
    error_message = "a"
  }
}
`);
  });

  test("a list of lines that end as heredocs", () => {
    expect(written(["a:\n  b: ${var.c}\n", "d:\n\n  e\n"])).toBe(`[
    <<-EOT
      a:
        b: \${var.c}
    EOT
    ,
    <<-EOT
      d:

        e
    EOT
  ]`);
  });

  test.each<[string, unknown, string]>([
    ["an expression", '${join(",", ["a"])}', 'join(",", ["a"])'],
    ["an expression with objects", '${yamlencode({a = {"b" = "{}"}})}', 'yamlencode({ a = { "b" = "{}" } })'],
    ["an expression in text", '"${lower("A")}" \\', '"\\"${lower("A")}\\" \\\\"'],
    ["two expressions", "${var.a}${var.b}", '"${var.a}${var.b}"'],
    ["doubled signs", "$${a} %%{b}", '"$${a} %%{b}"'],
    ["a sign before an expression", '${"$"}${var.a}', '"${"$"}${var.a}"'],
    ["lines without an end", "a\nb", '"a\\nb"'],
    ["one line with its end", "a\n", '"a\\n"'],
    ["lines that are all indented", "  a\n  b\n", '"  a\\n  b\\n"'],
    ["a line of spaces", "a\n  \nb\n", '"a\\n  \\nb\\n"'],
    ["a line that would end a heredoc", "EOT\na\n", '"EOT\\na\\n"'],
    ["control characters", "a\u0007\r\nb\n", '"a\\u0007\\r\\nb\\n"'],
    ["empty collections", [[], {}], "[[], {}]"],
    ["null", null, "null"],
    ["keys that are not names", { "a b": 1, for: true }, '{\n    "a b" = 1\n    "for" = true\n  }'],
  ])("%s", async (_, value, code) => {
    expect(written(value)).toBe(code);
    expect(await parse("a.tf", toHcl({ output: { a: { value } } }))).toBeTruthy();
  });

  const written = (value: unknown) => /value = (.*)\n}\n$/s.exec(toHcl({ output: { a: { value } } }))?.[1];
});

test("refuses what the schemas do not know, since it may be a block or an attribute", () => {
  expect(() => toHcl({ resource: { aws_instance: { a: {} } } })).toThrow("schemas/ does not know aws_instance");
  expect(() => toHcl({ resource: { null_resource: { a: { trigger: {} } } } })).toThrow(
    "schemas/ does not know trigger",
  );
});

test("an app that is asked for HCL writes it", () => {
  const outdir = mkdtempSync(join(tmpdir(), "hcl-"));
  try {
    const printed = jest.spyOn(console, "log").mockReturnValue();
    const app = new StrictApp({ outdir, hclOutput: true });
    const stack = new TerraformStack(app, "stack");
    new TerraformOutput(stack, "quotes", { value: 'a "${path.module}"' });
    app.synth();
    const file = join(outdir, "stacks/stack/cdk.tf");
    expect(printed.mock.calls).toEqual([[file]]);
    expect(readFileSync(file, "utf8")).toBe(toHcl(stack.toTerraform()));
  } finally {
    rmSync(outdir, { recursive: true });
    jest.restoreAllMocks();
  }
});
