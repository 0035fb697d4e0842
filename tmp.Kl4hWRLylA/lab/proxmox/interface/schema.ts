import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The versions of Proxmox VE (of its `qemu-server`) whose interface is kept in `schemas/proxmox-api`, oldest first. */
export const proxmoxVersions = ["8.4.10", "9.2.6"] as const;
export type ProxmoxVersion = (typeof proxmoxVersions)[number];

/** What a parameter, or a property inside a property string, must be. */
export interface Property {
  readonly type?: "string" | "boolean" | "integer" | "number" | "array";
  readonly optional?: boolean;
  /** Name of a format, or the properties of a property string. */
  readonly format?: string | Properties;
  /** Matches the whole value. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number | string;
  readonly maximum?: number | string;
  readonly maxLength?: number;
  /** Another property that must be there too. */
  readonly requires?: string;
  /** Its name may be left out in a property string. */
  readonly default_key?: 1;
  /** It is another name of this property. */
  readonly alias?: string;
  /** Written under an alias, the alias is the value of this property: `virtio=BC:24:…` is a model too. */
  readonly keyAlias?: string;
  /** Of each element of an array. */
  readonly items?: Property;
}

export type Properties = Readonly<Record<string, Property>>;

/** What is there under a name, and not what every object has. */
export const own = <Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

interface File {
  readonly version: ProxmoxVersion;
  readonly calls: Readonly<Record<string, { readonly properties: Readonly<Record<string, Property | string[]>> }>>;
  readonly formats: Readonly<Record<string, Properties>>;
  readonly cpu: { readonly models: readonly string[]; readonly flags: readonly string[] };
}

/** A call of the API. */
export interface Call {
  readonly method: string;
  /** Below `/api2/json`, with `{name}` for what is a parameter. */
  readonly path: string;
  readonly properties: Properties;
}

/** What the API of one version takes. */
export class ProxmoxInterface {
  private static readonly loaded = new Map<ProxmoxVersion, ProxmoxInterface>();

  static of(version: ProxmoxVersion): ProxmoxInterface {
    const known = ProxmoxInterface.loaded.get(version) ?? new ProxmoxInterface(version);
    ProxmoxInterface.loaded.set(version, known);
    return known;
  }

  readonly calls: readonly Call[];
  /** Property strings that have a name. */
  readonly formats: ReadonlyMap<string, Properties>;
  /** CPU models that a VM may have. */
  readonly cpuModels: ReadonlySet<string>;
  /** CPU flags that a VM may set. */
  readonly cpuFlags: readonly string[];
  private readonly patterns = new Map<string, { readonly call: Call; readonly pattern: RegExp }>();

  private constructor(version: ProxmoxVersion) {
    const path = join(__dirname, `../../../schemas/proxmox-api/${version}.json`);
    const { calls, formats, cpu }: File = JSON.parse(readFileSync(path, "utf8"));
    const named = (key: string): Record<string, Property | string[]> => ({ ...calls[key]?.properties });
    this.calls = Object.keys(calls).map((key) => {
      const [method = "", path = ""] = key.split(" ");
      return { method, path, properties: numbered(withShared(named(key), named)) };
    });
    this.formats = new Map(Object.entries(formats));
    this.cpuModels = new Set(cpu.models);
    this.cpuFlags = cpu.flags;
    for (const call of this.calls) {
      const pattern = new RegExp(`^${call.path.replace(/\{([^}]+)\}/g, "([^/]+)")}$`);
      this.patterns.set(`${call.method} ${call.path}`, { call, pattern });
    }
  }

  /** What the property string of a key of a VM's configuration holds; undefined where it is no property string. */
  vmFormat(key: string): Properties | undefined {
    const format = this.patterns.get("POST /nodes/{node}/qemu")?.call.properties[key]?.format;
    return typeof format === "string" ? this.formats.get(format) : format;
  }

  /** Whether a VM's configuration has this key. */
  hasVmKey(key: string): boolean {
    return this.patterns.get("POST /nodes/{node}/qemu")?.call.properties[key] !== undefined;
  }

  /** The call behind a path, and the parameters that the path holds. */
  find(method: string, path: string): { readonly call: Call; readonly parameters: Record<string, string> } | undefined {
    for (const { call, pattern } of this.patterns.values()) {
      const values = call.method === method ? pattern.exec(path.replace(/\/$/, "")) : null;
      if (!values) continue;
      const names = [...call.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => String(name));
      const parameters = names.map((name, n) => [name, decodeURIComponent(String(values[n + 1]))]);
      return { call, parameters: Object.fromEntries(parameters) };
    }
    return undefined;
  }
}

/** Writes out what a call says to share with another. */
function withShared(
  properties: Record<string, Property | string[]>,
  named: (call: string) => Record<string, Property | string[]>,
): Record<string, Property> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) => {
      if (!Array.isArray(property)) return [[name, property] as const];
      const shared = named(name.replace("$same as ", ""));
      return property.map((key) => [key, shared[key] as Property] as const);
    }),
  );
}

/** Writes out families such as `net[0-31]`. */
function numbered(properties: Record<string, Property>): Properties {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) => {
      const family = /^(?<prefix>.+)\[(?<from>\d+)-(?<to>\d+)\]$/.exec(name)?.groups;
      if (!family) return [[name, property]];
      const [from, to] = [Number(family.from), Number(family.to)];
      return Array.from({ length: to - from + 1 }, (_, n) => [`${family.prefix}${from + n}`, property]);
    }),
  );
}
