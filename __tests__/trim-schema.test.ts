import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CiliumMinor, ciliumMinors } from "../constructs/cilium/version";
import { talosMinors } from "../constructs/talos/version";
import { pins } from "../scripts/pins";
import { trimJsonSchema } from "../scripts/trim-json-schema";
import { trimSchema } from "../scripts/trim-schema";

describe("a committed schema", () => {
  test.each(pins())("of $name is not changed by trimming it again", ({ name, address, version }) => {
    const committed = readFileSync(join(__dirname, `../schemas/${name}@${version}.json`), "utf8");
    expect(trimSchema(JSON.parse(committed), address, version)).toBe(committed);
  });
});

describe("Talos's schema", () => {
  test.each(talosMinors)("of $minor is not changed by trimming it again", ({ minor }) => {
    const committed = readFileSync(join(__dirname, `../schemas/talos-config/${minor}.json`), "utf8");
    expect(trimJsonSchema(JSON.parse(committed))).toBe(committed);
  });

  test("keeps names, types and flags", () => {
    const prose = {
      title: "A",
      description: "Text.",
      markdownDescription: "Text.",
      "x-intellij-html-description": "A",
    };
    const duration = "^[-+]?(((\\d+(\\.\\d*)?|\\d*(\\.\\d+)+)([nuµm]?s|m|h))|0)+$";
    const address = { type: "string", pattern: "^[0-9a-f.:]+$" };
    const properties = {
      title: { ...prose, type: "string" },
      address: { ...prose, ...address },
      timeout: { ...prose, type: "string", pattern: duration },
      list: { ...prose, items: { ...prose, $ref: "#/$defs/Other" }, type: "array" },
      arguments: { ...prose, additionalProperties: { oneOf: [{ ...prose, type: "string" }] }, type: "object" },
    };
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $defs: {
        "v1.Config": { ...prose, properties, additionalProperties: false, required: ["title"], type: "object" },
      },
    };
    const trimmed = trimJsonSchema(schema);
    expect(JSON.parse(trimmed)).toEqual({
      $defs: {
        "v1.Config": {
          additionalProperties: false,
          properties: {
            address: { type: "string" },
            arguments: { additionalProperties: { oneOf: [{ type: "string" }] }, type: "object" },
            list: { items: { $ref: "#/$defs/Other" }, type: "array" },
            timeout: { pattern: duration, type: "string" },
            title: { type: "string" },
          },
          required: ["title"],
          type: "object",
        },
      },
    });
    expect(trimmed.indexOf('"additionalProperties": false')).toBeLessThan(trimmed.indexOf('"properties"'));
  });
});

describe("the schema of Cilium's chart", () => {
  const minors = Object.keys(ciliumMinors) as CiliumMinor[];

  test.each(minors)("of %s is not changed by trimming it again", (minor) => {
    const committed = readFileSync(join(__dirname, `../schemas/charts/cilium-${minor}.json`), "utf8");
    expect(trimJsonSchema(JSON.parse(committed))).toBe(committed);
  });

  test("keeps types and choices, and equal alternatives once", () => {
    const alternatives = [{ type: "string", title: "One" }, { type: "string" }];
    const properties = {
      mode: { description: "Text.", default: "agent", enum: ["agent", "both"], type: ["null", "string"] },
      args: { items: { anyOf: alternatives }, type: "array" },
      port: { items: { anyOf: [...alternatives, { type: "integer" }] } },
    };
    expect(JSON.parse(trimJsonSchema({ $schema: "http://json-schema.org/draft-07/schema#", properties }))).toEqual({
      properties: {
        mode: { enum: ["agent", "both"], type: ["null", "string"] },
        args: { items: { type: "string" }, type: "array" },
        port: { items: { anyOf: [{ type: "string" }, { type: "integer" }] } },
      },
    });
  });
});

describe("of what Terraform prints", () => {
  const prose = { description: "Text.", description_kind: "plain" };
  const size = { type: "number", required: true };
  const address = "registry.terraform.io/acme/demo";
  const printed = {
    format_version: "1.0",
    provider_schemas: {
      [address]: {
        provider: { version: 0, block: { ...prose } },
        resource_schemas: {
          demo_disk: {
            version: 1,
            block: {
              ...prose,
              attributes: {
                size: { ...prose, ...size },
                description: { ...prose, type: "string", optional: true, sensitive: true },
                parts: {
                  ...prose,
                  optional: true,
                  nested_type: { nesting_mode: "list", attributes: { size: { ...prose, ...size } } },
                },
              },
              block_types: {
                cache: {
                  nesting_mode: "list",
                  max_items: 1,
                  block: { ...prose, attributes: { size: { ...prose, ...size } } },
                },
              },
            },
          },
          demo_network: { version: 0, block: {} },
        },
        data_source_schemas: { demo_disks: { version: 0, block: { deprecated: true } } },
        functions: { parse: {} },
      },
      "registry.terraform.io/acme/other": { provider: { version: 0, block: {} } },
    },
  };

  const disk = {
    version: 1,
    block: {
      attributes: {
        size,
        description: { type: "string", optional: true, sensitive: true },
        parts: { optional: true, nested_type: { nesting_mode: "list", attributes: { size } } },
      },
      block_types: { cache: { nesting_mode: "list", max_items: 1, block: { attributes: { size } } } },
    },
  };

  test("keeps the facts of one provider, and what is in use", () => {
    const trimmed = trimSchema(printed, address, "1.2.3", { resources: ["demo_disk"], dataSources: [] });
    expect(JSON.parse(trimmed)).toEqual({
      format_version: "1.0",
      provider_schemas: {
        [address]: {
          provider: { version: 0, block: {} },
          resource_schemas: { demo_disk: disk },
          data_source_schemas: {},
        },
      },
      provider_versions: { [address]: "1.2.3" },
    });
  });

  test("keeps everything of a provider without a list", () => {
    const trimmed = JSON.parse(trimSchema(printed, address, "1.2.3")).provider_schemas[address];
    expect(Object.keys(trimmed.resource_schemas)).toEqual(["demo_disk", "demo_network"]);
    expect(trimmed.data_source_schemas).toEqual({ demo_disks: { version: 0, block: { deprecated: true } } });
  });

  test("refuses a name that the provider does not have", () => {
    const inUse = { resources: ["demo_dsik"], dataSources: [] };
    expect(() => trimSchema(printed, address, "1.2.3", inUse)).toThrow("the provider has no demo_dsik");
    expect(() => trimSchema(printed, "acme/none", "1.2.3")).toThrow("Terraform's answer has no acme/none");
  });
});
