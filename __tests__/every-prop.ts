import type { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { TalosGpuCluster } from "../constructs";
import * as talosGpuCluster from "../constructs/talos-gpu-cluster";
import { type Case, cases } from "../lab/changes/cases";
import { after, withValues } from "../lab/changes/props";
import { siteWithDataDisk } from "../lab/changes/site";
import { newStack } from "./stacks";
import { type Class, type Subject, subjects as table } from "./subjects";

export type Props = Record<string, unknown>;

/** A prop, a value of it, and props that break no rule and have this value. */
export interface Place {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly props: (stack: TerraformStack) => Props;
}

/** A construct, props that break no rule, and where wrong things may take the place of its props. */
export interface EveryProp {
  readonly create: Class;
  readonly props: (stack: TerraformStack) => Props;
  readonly places: readonly Place[];
}

export const formatPath = (path: readonly string[]) =>
  path
    .map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`))
    .join("")
    .slice(1);

const keysOf = (prop: string): string[] => prop.match(/[^.[\]]+/g) ?? [];

/** The props of every row of the table, those that they are in, and those that the row's value has. */
function everyPropOf({ create, own, props, cases, onlyChecked = [] }: Subject): EveryProp {
  const placeIn = (some: object) => (path: readonly string[]) => ({
    path,
    value: at(some, path),
    props: (stack: TerraformStack) => ({ ...own?.(stack), ...some }),
  });
  const ofRows = [...cases, ...onlyChecked].flatMap((each) => {
    if (each.to === undefined) return [];
    const keys = keysOf(each.prop);
    const within = pathsIn(each.to).map((path) => [...keys, ...path]);
    const paths = [...keys.map((_, index) => keys.slice(0, index + 1)), ...within];
    return paths.map(placeIn(after(each, props)));
  });
  const ofOwn = Object.keys(own?.(newStack()) ?? {}).map((key) => [key]);
  const all = [...[...ofOwn, ...pathsIn(props)].map(placeIn(props)), ...ofRows];
  // What is within values of a user's own may be anything.
  const known = all.filter(({ path }) => !isFree(path.slice(0, -1)));
  return {
    create,
    props: (stack) => ({ ...own?.(stack), ...props }),
    places: [...new Map(known.map((each) => [formatPath(each.path), each])).values()],
  };
}

/** The row as one of the whole cluster. */
function within(part: string, { prop, given = {}, along = {}, ...row }: Case): Case {
  const inPart = (values: Props) =>
    Object.fromEntries(Object.entries(values).map(([path, value]) => [`${part}.${path}`, value]));
  return { ...row, prop: `${part}.${prop}`, given: inPart(given), along: inPart(along) };
}

const ofCluster: readonly Case[] = [
  ...table.ProxmoxConnection.cases.map((each) => within("proxmox", each)),
  // It boots the image that the cluster downloads, and is no VM of another guest.
  ...table.ProxmoxGpuVm.cases
    .filter(({ prop, given }: Case) => !prop.startsWith("boot.") && given?.guest === undefined)
    .map((each) => within("vm", each)),
  ...(["talos", "cluster", "cilium", "nvidia"] as const).flatMap((part) =>
    cases[part].map((each) => within(part, each)),
  ),
];

const cluster: Subject = {
  schema: talosGpuCluster.schema,
  create: TalosGpuCluster as never,
  props: siteWithDataDisk,
  cases: ofCluster,
};

const isAlone = ({ to, given = {}, along = {} }: Case): boolean =>
  to !== undefined && Object.keys({ ...given, ...along }).length === 0;

/** A cluster with a value for each prop that needs no other one. */
export const site: Readonly<Record<string, object>> = withValues(
  siteWithDataDisk,
  Object.fromEntries(ofCluster.filter(isAlone).map(({ prop, to }) => [prop, to])),
) as never;

export const subjects: readonly (readonly [name: string, EveryProp])[] = [
  ...Object.entries<Subject>(table),
  ["TalosGpuCluster", cluster] as const,
].map(([name, subject]) => [name, everyPropOf(subject)]);

/** The paths of all that is in the value, but in constructs. */
export function pathsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null || Construct.isConstruct(value)) return [];
  return Object.entries(value).flatMap(([key, inside]) =>
    inside === undefined ? [] : [[...path, key], ...pathsIn(inside, [...path, key])],
  );
}

/** A copy of the value with another one at the path, or a getter. */
export function replaced(value: unknown, [key, ...rest]: readonly string[], wrong: PropertyDescriptor): unknown {
  if (key === undefined) return value;
  const copy = Array.isArray(value) ? [...value] : { ...(value as Props) };
  const inside = (value as Props)[key];
  Object.defineProperty(
    copy,
    key,
    rest.length > 0 ? { value: replaced(inside, rest, wrong), enumerable: true } : { enumerable: true, ...wrong },
  );
  return copy;
}

/** A copy of the object in which the last letter of the key at the path is doubled. */
export function misspelt(value: unknown, [key = "", ...rest]: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => (`${index}` === key ? misspelt(item, rest) : item));
  const written = rest.length > 0 ? key : key + key.slice(-1);
  const entries = Object.entries(value as Props).map(([name, inside]) =>
    name === key ? [written, rest.length > 0 ? misspelt(inside, rest) : inside] : [name, inside],
  );
  return Object.fromEntries(entries);
}

/** What people write where no secret may be; each has a secret of its own in it. */
export const withSecrets = {
  "a URL with a password": "https://root:canary-1@pve.example:8006/",
  "a URL with a password for a user of a realm": "https://root@pam:canary-1@pve.example:8006/",
  "a URL with a token in its query": "https://pve.example:8006/?a=b&token=canary-2",
  "a URL with a password in its fragment": "https://pve.example/a.qcow2#password=canary-2",
  "an API token": "root@pam!ci=canary-3-canary-3",
  "an API token as a UUID": "ci@pve!talos=c0ffee00-cafe-4bad-8bad-canary000000",
  "a ticket": "PVE:root@pam:65C0FFEE::canary-4canary-4==",
  "a private key": "-----BEGIN EC PRIVATE KEY-----\ncanary-5\n-----END EC PRIVATE KEY-----",
};

/** What a user's own values and patches hold is the cluster's, secrets too. */
export function isFree(path: readonly string[]): boolean {
  return path.some((key) => /^values$|Patches$/.test(key));
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inside, key) => Object(inside)[key], value);
}

/** Whether the value of the prop is a scalar, and not of a user's own. */
export const isScalar = ({ path, value }: Place): boolean =>
  value !== undefined && typeof value !== "object" && !isFree(path);
