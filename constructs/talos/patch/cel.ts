import type { ASTNode, Environment } from "@marcbachmann/cel-js";

/** What an expression may name, and the type that it must have. */
interface Scope {
  readonly objects?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly functions?: readonly string[];
  readonly type: "bool" | "double";
}

const fields = (type: string, names: string): Record<string, string> =>
  Object.fromEntries(names.split(" ").map((name) => [name, type]));

const disk = {
  ...fields("uint", "size io_size sector_size"),
  ...fields("bool", "readonly rotational cdrom"),
  ...fields(
    "string",
    "model serial modalias wwid uuid bus_path sub_system transport dev_path pretty_size firmware_version",
  ),
  ...fields("list<string>", "secondary_disks symlinks"),
};
const volume = {
  ...fields("uint", "size sector_size io_size block_size filesystem_block_size probed_size partition_index offset"),
  ...fields("string", "name uuid label partition_uuid partition_type partition_label type"),
  ...fields("string", "device_path parent dev_path parent_dev_path pretty_size"),
};
const link = {
  ...fields("uint", "index link_index flags mtu master_index"),
  ...fields("int", "type operational_state speed_megabits port duplex"),
  ...fields("bytes", "hardware_addr broadcast_addr permanent_addr"),
  ...fields("string", "queue_disc kind slave_kind bus_path pciid driver driver_version firmware_version"),
  ...fields("string", "product_id vendor_id product vendor alias"),
  ...fields("bool", "link_state"),
  ...fields("list<string>", "alt_names"),
  ...fields("dyn", "vlan bridge_master bond_master wireguard vrf_master veth"),
};
const units = fields("uint", "KiB MiB GiB TiB PiB EiB kB MB GB TB PB EB");
const classes = fields("int", "Besteffort Burstable Guaranteed Podruntime System");
const glob = "glob(string, string): bool";

const pressures = ["some", "full"].flatMap((kind) =>
  ["avg10", "avg60", "avg300", "total"].map((over) => `memory_${kind}_${over}`),
);
const pressure = {
  ...fields("double", pressures.flatMap((name) => [name, `d_${name}`]).join(" ")),
  ...fields(
    "map<int, double>",
    [...pressures, "memory_current", "memory_peak", "memory_max"]
      .flatMap((name) => [`qos_${name}`, `d_qos_${name}`])
      .join(" "),
  ),
};

/**
 * What Talos's expressions may name, in any of its minor versions.
 *
 * @see https://github.com/siderolabs/talos/blob/v1.14.1/pkg/machinery/cel/celenv/celenv.go
 */
const scopes = {
  disk: { objects: { disk }, variables: { ...units, system_disk: "bool" }, functions: [glob], type: "bool" },
  volume: { objects: { disk, volume }, variables: units, type: "bool" },
  link: { objects: { link }, functions: [glob, "mac(bytes): string"], type: "bool" },
  outOfMemory: {
    variables: { ...units, ...classes, ...pressure, time_since_trigger: "google.protobuf.Duration" },
    functions: ["multiply_qos_vectors(map<int, double>, map<int, double>): double"],
    type: "bool",
  },
  ranking: {
    variables: {
      ...units,
      ...classes,
      ...fields("optional<uint>", "memory_max memory_current memory_peak"),
      path: "string",
      class: "int",
    },
    type: "double",
  },
} as const satisfies Record<string, Scope>;

export type CelScope = keyof typeof scopes;

const environments = new Map<CelScope, Environment>();

/** Made when an expression is there: stacks without one need none. */
function environmentOf(scope: CelScope): Environment {
  const known = environments.get(scope) ?? newEnvironment(scopes[scope]);
  environments.set(scope, known);
  return known;
}

function newEnvironment({ objects = {}, variables = {}, functions = [] }: Scope): Environment {
  const cel = require("@marcbachmann/cel-js") as { Environment: typeof Environment };
  const environment = new cel.Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  for (const [name, schema] of Object.entries(objects)) environment.registerVariable({ name, schema });
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  // Nothing is evaluated.
  for (const signature of [...functions, "int(uint): int"]) environment.registerFunction(signature, () => false);
  return environment;
}

/** The library knows fewer functions than Talos, and compares nothing with null. */
const unsure = /^found no matching overload for| null$/;

/** What is wrong with the expression; undefined if Talos may take it. */
export function celProblem(expression: string, scope: CelScope): string | undefined {
  const environment = environmentOf(scope);
  const { type } = scopes[scope];
  const { valid, type: found, error } = environment.check(expression);
  if (error !== undefined) {
    return unsure.test(error.summary) ? undefined : error.summary;
  }
  const mixed = mixedComparison(environment, environment.parse(expression).ast);
  if (mixed !== undefined) return mixed;
  return valid && found !== type && found !== "dyn" ? `its value is ${found}, not ${type}` : undefined;
}

const numbers = ["int", "uint", "double"];

/** Talos compares numbers of one type only: `disk.size > 10u`. */
function mixedComparison(environment: Environment, node: ASTNode): string | undefined {
  const operands = ([node.args] as unknown[]).flat(3).filter(isNode);
  if (["<", "<=", ">", ">="].includes(node.op)) {
    const types = operands.map((operand) => typeOf(environment, operand));
    const [one, other] = types;
    if (one !== other && types.every((type) => type !== undefined && numbers.includes(type))) {
      return `${one} and ${other} cannot be compared; 10 is an int, 10u a uint, 10.0 a double`;
    }
  }
  for (const operand of operands) {
    const found = mixedComparison(environment, operand);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Undefined for what calls functions, or has variables of a macro in it. */
function typeOf(environment: Environment, { input, range }: ASTNode): string | undefined {
  const operand = input.slice(range.start, range.end);
  const { valid, type } = environment.check(operand);
  return valid && !operand.includes("(") ? type : undefined;
}

const isNode = (value: unknown): value is ASTNode => typeof value === "object" && value !== null && "op" in value;
