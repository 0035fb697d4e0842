import type { Attribute, Block, BlockType, Provider } from "./provider-schema";

// The Terraform language itself in the form of provider schemas, so that one walk through a schema reads a whole stack.
// https://developer.hashicorp.com/terraform/language/syntax/json

/** A block, by the label that tells which, for example the type of a resource; undefined when there is none. */
export type Labelled = (label: string) => LanguageBlock | Labelled | undefined;

export interface LanguageBlock extends Omit<Block, "attributes" | "block_types"> {
  readonly attributes?: Readonly<Record<string, LanguageAttribute>>;
  readonly block_types?: Readonly<Record<string, LanguageBlockType>>;
  /** Attributes of any other name are allowed, with any value. */
  readonly open?: boolean;
}

export interface LanguageAttribute extends Attribute {
  /** Strings in it are expressions as they stand, without `${…}`. */
  readonly bare?: boolean;
}

export interface LanguageBlockType extends Omit<BlockType, "block"> {
  readonly block: LanguageBlock | Labelled;
}

const string: LanguageAttribute = { type: "string", optional: true };
const number: LanguageAttribute = { type: "number", optional: true };
const bool: LanguageAttribute = { type: "bool", optional: true };
const anything: LanguageAttribute = { type: "dynamic", optional: true };
const references: LanguageAttribute = { type: ["list", "string"], optional: true, bare: true };
const expression: LanguageAttribute = { type: "dynamic", optional: true, bare: true };
const required = (attribute: LanguageAttribute): LanguageAttribute => ({ ...attribute, required: true });

const one = (block: LanguageBlock | Labelled): LanguageBlockType => ({ nesting_mode: "single", block });
const many = (block: LanguageBlock | Labelled, min_items?: number): LanguageBlockType => ({
  nesting_mode: "list",
  block,
  min_items,
});
/** Blocks that differ in a name that the user gave them. */
const named = (block: LanguageBlock): LanguageBlockType => many(() => block);

const open: LanguageBlock = { open: true };
const condition = many({ attributes: { condition: required(bool), error_message: required(string) } });

const commonProvisioner = { when: expression, on_failure: expression };
const provisioners: Record<string, LanguageBlock> = {
  "local-exec": {
    attributes: {
      ...commonProvisioner,
      command: required(string),
      working_dir: string,
      interpreter: { type: ["list", "string"], optional: true },
      environment: { type: ["map", "string"], optional: true },
      quiet: bool,
    },
  },
  "remote-exec": {
    attributes: {
      ...commonProvisioner,
      inline: { type: ["list", "string"], optional: true },
      script: string,
      scripts: { type: ["list", "string"], optional: true },
    },
    block_types: { connection: one(open) },
  },
  file: {
    attributes: { ...commonProvisioner, source: string, content: string, destination: required(string) },
    block_types: { connection: one(open) },
  },
};

const encrypted = { attributes: { method: expression, enforced: bool } };
/** https://opentofu.org/docs/language/state/encryption/ */
const encryption = one({
  block_types: {
    key_provider: many(() => () => open),
    method: many(() => () => open),
    state: one({ ...encrypted, block_types: { fallback: one(encrypted) } }),
    plan: one(encrypted),
  },
});

const metaArguments = {
  count: number,
  for_each: anything,
  provider: { ...string, bare: true },
  depends_on: references,
};

const lifecycle = one({
  attributes: {
    create_before_destroy: bool,
    prevent_destroy: bool,
    ignore_changes: expression,
    replace_triggered_by: references,
  },
  block_types: { precondition: condition, postcondition: condition },
});

const dataLifecycle = one({ block_types: { precondition: condition, postcondition: condition } });

/** The block with the arguments that Terraform adds to every one of its kind. */
const plus = (block: Block, extra: LanguageBlock): LanguageBlock => ({
  attributes: { ...block.attributes, ...extra.attributes },
  block_types: { ...block.block_types, ...extra.block_types },
});

/** Resources of Terraform's own: https://developer.hashicorp.com/terraform/language/resources/terraform-data */
const builtIn: Readonly<Record<string, Block>> = {
  terraform_data: { attributes: { input: anything, triggers_replace: anything } },
};

/** What a stack may hold, in the order in which it is usually written. */
export function terraformLanguage(providers: ReadonlyMap<string, Provider>): LanguageBlock {
  const all = [...providers.values()];
  const resource = (type: string) =>
    builtIn[type] ?? all.map(({ resource_schemas }) => resource_schemas?.[type]).find(Boolean)?.block;
  const dataSource = (type: string) =>
    all.map(({ data_source_schemas }) => data_source_schemas?.[type]).find(Boolean)?.block;
  return {
    block_types: {
      terraform: one({
        attributes: { required_version: string },
        block_types: { required_providers: one(open), backend: many(() => open), encryption },
      }),
      provider: many((name) => {
        const block = providers.get(name)?.provider.block;
        return block && plus(block, { attributes: { alias: string } });
      }),
      variable: named({
        attributes: {
          type: expression,
          default: anything,
          description: string,
          nullable: bool,
          sensitive: bool,
          ephemeral: bool,
        },
        block_types: { validation: condition },
      }),
      locals: one(open),
      data: many((type) => {
        const block = dataSource(type);
        return block && (() => plus(block, { attributes: metaArguments, block_types: { lifecycle: dataLifecycle } }));
      }),
      resource: many((type) => {
        const block = resource(type);
        const provisioner = many((label) => provisioners[label]);
        return (
          block &&
          (() =>
            plus(block, { attributes: metaArguments, block_types: { connection: one(open), provisioner, lifecycle } }))
        );
      }),
      check: named({ block_types: { assert: { ...condition, min_items: 1 } } }),
      output: named({
        attributes: {
          value: required(anything),
          description: string,
          sensitive: bool,
          ephemeral: bool,
          depends_on: references,
        },
        block_types: { precondition: condition },
      }),
      moved: many({ attributes: { from: required(expression), to: required(expression) } }),
      import: many({
        attributes: { to: required(expression), id: required(string), provider: { ...string, bare: true } },
      }),
    },
  };
}
