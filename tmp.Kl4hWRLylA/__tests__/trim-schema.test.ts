import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pins } from "../scripts/pins";
import { trimSchema } from "../scripts/trim-schema";

describe("a committed schema", () => {
  test.each(pins())("of $name is not changed by trimming it again", ({ name, address, version }) => {
    const committed = readFileSync(join(__dirname, `../schemas/${name}@${version}.json`), "utf8");
    expect(trimSchema(JSON.parse(committed), address, version)).toBe(committed);
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
