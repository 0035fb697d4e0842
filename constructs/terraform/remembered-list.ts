import type { IResolvable } from "cdktf";
import type { Construct } from "constructs";
import type { Condition } from "../rules/condition";
import { expression } from "../rules/expression";
import { withLogicalId } from "./logical-id";
import { TerraformData } from "./terraform-data";

/** A member of a list, and a fact of it. */
export interface Member {
  readonly name: string;
  readonly fact: string | number;
  /**
   * It need not be kept.
   *
   * @default false
   */
  readonly mayGo?: boolean;
}

/**
 * Remembers in the state which members a list has, so that a plan tells which of them it would lose. No other resource does: the
 * block of what is removed is gone, and a block that stays has the values that are wanted.
 *
 * - Each place in the list has a resource, which keeps what the list was when it first had that place.
 * - A shorter list lacks such a resource. So another one keeps the last list for each of its places, and ignores the place after
 *   the end: Terraform neither removes an ignored key nor adds one. A list that was longer is still there.
 *
 * @see https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#ignore_changes
 */
export class RememberedList {
  /** The lists before this plan, each as an object of facts by names. */
  private readonly lists: IResolvable;

  /** @param address of the resource of the last list; that of the places is without the plural's s */
  constructor(scope: Construct, address: string, members: readonly Member[]) {
    const list = expression`jsonencode(${byName(members.filter(({ mayGo }) => !mayGo))})`;
    const gone = members.flatMap(({ name, mayGo }) => (mayGo ? [name] : []));
    const next = String(members.length + 1);
    const last = new TerraformData(scope, `${address}s`, {
      input:
        members.length === 0
          ? expression`tomap({})`
          : expression`tomap({for place in range(1, ${members.length + 1}) : place => ${list}})`,
      lifecycle: { ignoreChanges: [`input["${next}"]`] },
    });
    withLogicalId(`${address}s`, last);
    const before = expression`jsondecode(lookup(${last.input}, ${next}, "{}"))`;
    if (members.length === 0) {
      this.lists = expression`[${before}]`;
      return;
    }
    const places = new TerraformData(scope, address, {
      input: list,
      // What may go is forgotten.
      triggersReplace: gone.length > 0 ? gone.join(",") : undefined,
      lifecycle: { ignoreChanges: ["input"] },
    });
    withLogicalId(address, places);
    places.addOverride("for_each", expression`toset(${members.map((_, index) => String(index + 1))})`);
    this.lists = expression`concat([for place in ${places.all} : jsondecode(place.input)], [${before}])`;
  }

  /** The members that are not among these names. */
  without(names: readonly string[]): IResolvable {
    return expression`distinct([for name in flatten([for list in ${this.lists} : keys(list)]) : name if !contains(${names}, name)])`;
  }

  /** The members whose facts were greater numbers. */
  greaterThan(members: readonly Member[]): IResolvable {
    const now = byName(members);
    return expression`distinct(flatten([for list in ${this.lists} : [for name, fact in list : "\${name} (\${fact})" if lookup(${now}, name, fact) < fact]]))`;
  }
}

const byName = (members: readonly Member[]): IResolvable =>
  expression`zipmap(${members.map(({ name }) => name)}, ${members.map(({ fact }) => fact)})`;

export const isEmpty = (list: IResolvable): Condition => expression`(length(${list}) == 0)`;

/** The members of a list that Terraform knows, as text. */
export const joined = (list: IResolvable): string => `${expression`join(", ", ${list})`}`;
