// Mistakes that condition-use.test.ts has to find.
import { isAddress } from "../constructs/network/ip-address";
import { type Condition, equal } from "../constructs/rules/condition";

export function mistakes(address: string, known: Condition, check: { readonly condition: Condition }): string[] {
  if (isAddress(address)) return ["if"];
  if (!isAddress(address)) return ["not"];
  if (known && equal(address, "") === true) return ["and"];
  return check.condition ? ["property"] : [address].filter((each) => isAddress(each));
}
