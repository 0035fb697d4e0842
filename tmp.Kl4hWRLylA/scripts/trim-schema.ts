type Json = Record<string, unknown>;

/** The resources and data sources of a provider that the project uses. */
export interface InUse {
  readonly resources: readonly string[];
  readonly dataSources: readonly string[];
}

/** What `terraform providers schema -json` prints, of which one provider is kept. */
export interface ProviderSchemas {
  readonly format_version: string;
  readonly provider_schemas: Readonly<Record<string, Json>>;
}

/**
 * One provider's interface as a file of `schemas/`: names, types, flags and nesting, without prose, and of all resources
 * and data sources those in use; without `inUse` every one. The form is that of cdktf's schema cache: keys are sorted, so
 * that a new version shows as the difference it makes.
 */
export function trimSchema(schemas: ProviderSchemas, address: string, version: string, inUse?: InUse): string {
  const provider = schemas.provider_schemas[address];
  if (!provider) throw new Error(`Terraform's answer has no ${address}, only ${Object.keys(schemas.provider_schemas)}`);
  const trimmed = {
    format_version: schemas.format_version,
    provider_schemas: {
      [address]: {
        data_source_schemas: each(chosen(provider.data_source_schemas, inUse?.dataSources), versioned),
        provider: versioned(provider.provider as Json),
        resource_schemas: each(chosen(provider.resource_schemas, inUse?.resources), versioned),
      },
    },
    provider_versions: { [address]: version },
  };
  return `${JSON.stringify(trimmed, byKey, 1)}\n`;
}

function chosen(schemas: unknown = {}, names?: readonly string[]): Json {
  const missing = names?.find((name) => !(name in (schemas as Json)));
  if (missing) throw new Error(`the provider has no ${missing}; correct the list in scripts/schema.ts`);
  return Object.fromEntries(Object.entries(schemas as Json).filter(([name]) => names?.includes(name) ?? true));
}

const versioned = (schema: Json) => facts(schema, ["version"], { block });

const block = (schema: Json): Json =>
  facts(schema, ["deprecated"], {
    attributes: (attributes) => each(attributes, attribute),
    block_types: (types) => each(types, (type) => facts(type, ["nesting_mode", "min_items", "max_items"], { block })),
  });

const attribute = (schema: Json): Json =>
  facts(schema, ["type", "required", "optional", "computed", "sensitive", "write_only", "deprecated"], {
    nested_type: (nested) => facts(nested, ["nesting_mode"], { attributes: (inner) => each(inner, attribute) }),
  });

/** The `kept` keys of a schema, and those with parts of their own. */
function facts(schema: Json, kept: readonly string[], parts: Readonly<Record<string, (part: Json) => Json>>): Json {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => {
      const part = parts[key];
      if (part) return [[key, part(value as Json)]];
      return kept.includes(key) ? [[key, value]] : [];
    }),
  );
}

const each = (record: Json, change: (value: Json) => Json): Json =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value as Json)]));

const byKey = (_: string, value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;
