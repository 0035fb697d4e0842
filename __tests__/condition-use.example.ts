// Mistakes that condition-use.test.ts has to find, each in a line with a comment.
import * as ip from "../constructs/network/ip-address";
import { isAddress } from "../constructs/network/ip-address";
import { type Condition, equal } from "../constructs/rules/condition";
import type { TalosMachineDevice } from "../constructs/talos/machine";

export function mistakes(
  address: string,
  known: Condition,
  check: { readonly condition: Condition },
  device: TalosMachineDevice,
): string[] {
  const is6 = isAddress(address);
  if (isAddress(address)) return ["if"]; // wrong
  if (!isAddress(address)) return ["not"]; // wrong
  if (known && equal(address, "") === true) return ["and"]; // wrong
  if (address === "" || isAddress(address)) return ["behind or"]; // wrong
  if (!(address === "" && ip.isAddress(address))) return ["of a namespace"]; // wrong
  if (device.isSuch(() => true)) return ["of an object"]; // wrong
  if (is6) return ["a result"]; // wrong
  const text = known ? "yes" : "no"; // wrong
  const both = known || text; // wrong
  const really = Boolean(known); // wrong
  const all = [address].every(isAddress); // wrong
  const some = [address].some((each) => {
    return isAddress(each);
  }); // wrong
  return check.condition ? [`${both}${really}${all}${some}`] : [address].filter((each) => each && isAddress(each)); // wrong
}
