import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

// What `terraform providers schema -json` tells of a provider.
// https://developer.hashicorp.com/terraform/cli/commands/providers/schema

/** A type of Terraform's; the third part of an object names its optional attributes. */
export type Type =
  | "string"
  | "number"
  | "bool"
  | "dynamic"
  | readonly ["list" | "set" | "map", Type]
  | readonly ["object", Readonly<Record<string, Type>>, (readonly string[])?];

export type Nesting = "single" | "list" | "set" | "map";

export interface Attribute {
  readonly type?: Type;
  readonly nested_type?: { readonly nesting_mode: Nesting; readonly attributes: Readonly<Record<string, Attribute>> };
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
}

export interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly block_types?: Readonly<Record<string, BlockType>>;
}

export interface BlockType {
  readonly nesting_mode: Nesting;
  readonly block: Block;
  readonly min_items?: number;
  readonly max_items?: number;
}

export interface ProviderSchema {
  readonly provider: { readonly block: Block };
  readonly resource_schemas?: Readonly<Record<string, { readonly block: Block }>>;
  readonly data_source_schemas?: Readonly<Record<string, { readonly block: Block }>>;
}

/** A file of `schemas/`; both records are keyed by the address of the provider. */
export interface SchemaFile {
  readonly provider_schemas: Readonly<Record<string, ProviderSchema>>;
  readonly provider_versions: Readonly<Record<string, string>>;
}

export interface Provider extends ProviderSchema {
  /** @example "registry.terraform.io/bpg/proxmox" */
  readonly address: string;
  readonly version: string;
}

/** The pinned providers by their local name, such as `proxmox`. */
export function pinnedProviders(directory = join(__dirname, "../schemas")): ReadonlyMap<string, Provider> {
  const files = readdirSync(directory).filter((file) => file.endsWith(".json"));
  return new Map(
    files.flatMap((file) => {
      const { provider_schemas, provider_versions } = JSON.parse(
        readFileSync(join(directory, file), "utf8"),
      ) as SchemaFile;
      return Object.entries(provider_schemas).map(([address, schema]) => [
        address.slice(address.lastIndexOf("/") + 1),
        { ...schema, address, version: provider_versions[address] ?? "" },
      ]);
    }),
  );
}
