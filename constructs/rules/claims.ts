import { TerraformStack } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import { isUnknown } from "./condition";

/** Something of which an app may have only one, such as a VM id of a Proxmox cluster. */
interface Claim<Value> {
  readonly claimant: Construct;
  readonly claimed: EarlierClaim<Value>;
}

/** What another construct has claimed before. */
export interface EarlierClaim<Value> {
  readonly value: Value;
  /** The construct's path, or what its claim is called. */
  readonly by: string;
}

interface Claimed<Value> {
  readonly known: Map<string, Claim<Value>[]>;
  /** By stack: a Terraform expression can only be compared with others of its own stack. */
  readonly unknown: Map<TerraformStack, Claim<Value>[]>;
  readonly all: Map<TerraformStack, Claim<Value>[]>;
}

const claimedInApps = new WeakMap<IConstruct, Map<string, Claimed<unknown>>>();

/**
 * Claims a value for a construct, anywhere in its app.
 *
 * @param within what the value is unique in, such as one Proxmox cluster's VM ids
 * @param key the value or the part of it by which claims may collide
 * @param name what the claim is called in messages; the construct's path unless it is given
 * @returns the claims of other constructs before it that are, or may turn out to be, of the same value
 */
export function claim<Value>(
  within: string,
  key: string | number,
  value: Value,
  by: Construct,
  name = by.node.path,
): EarlierClaim<Value>[] {
  const claimed = claimedIn(by.node.root, within) as Claimed<Value>;
  const stack = TerraformStack.of(by);
  const earlier = isUnknown(key)
    ? entry(claimed.all, stack)
    : [...entry(claimed.known, String(key)), ...entry(claimed.unknown, stack)];
  const ofOthers = earlier.flatMap((claim) => (claim.claimant === by ? [] : claim.claimed));
  const own = { claimant: by, claimed: { value, by: name } };
  entry(claimed.all, stack).push(own);
  if (isUnknown(key)) entry(claimed.unknown, stack).push(own);
  else entry(claimed.known, String(key)).push(own);
  return ofOthers;
}

function claimedIn(app: IConstruct, within: string): Claimed<unknown> {
  const kinds = claimedInApps.get(app) ?? new Map<string, Claimed<unknown>>();
  claimedInApps.set(app, kinds);
  const claimed = kinds.get(within) ?? { known: new Map(), unknown: new Map(), all: new Map() };
  kinds.set(within, claimed);
  return claimed;
}

function entry<Key, Item>(map: Map<Key, Item[]>, key: Key): Item[] {
  const items = map.get(key) ?? [];
  map.set(key, items);
  return items;
}
