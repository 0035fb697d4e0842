import { type Condition, matches, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";
import { isPlaceholder, partsOf } from "../rules/template";
import { withoutSecrets } from "./https-endpoint";

export const plainHttp: Omit<Rule<unknown>, "checks"> = {
  id: "plain-http",
  requirement: "downloads use https, or with `insecureHttp: true` http from a private IP address",
  reason: "anyone on the way could replace the image or the chart, which the node runs",
  source: "https://cwe.mitre.org/data/definitions/494.html",
};

const octets = (count: number): string => `([.][0-9]{1,3}){${count}}`;
const privateAddress = [
  `10${octets(3)}`,
  `127${octets(3)}`,
  `192[.]168${octets(2)}`,
  `172[.](1[6-9]|2[0-9]|3[01])${octets(2)}`,
  "[[][fF][cCdD][0-9a-fA-F]{2}:[0-9a-fA-F:.]*]",
  "[[]::1]",
].join("|");
/** A URL of plain http at an IP address that is private. */
export const privateHttp = new RegExp(`^http:[/][/](${privateAddress})([:/?]|$)`);

/** Checks that the URL at `path` of the props is https; with `insecureHttp`, http of a private address. */
export function checkPlainHttp(path: string, url: string, insecureHttp = false): Check {
  const [first = ""] = partsOf(url);
  // Of a URL that only Terraform knows whole, the beginning decides.
  const beginning = isPlaceholder(first) || first.includes("/") ? first : url;
  const isHttp: Condition = matches(beginning, /^[hH][tT][tT][pP]:/);
  const shown = formatValue(withoutSecrets(url));
  return insecureHttp
    ? {
        condition: or(not(isHttp), matches(beginning, privateHttp)),
        message: `${path} ${shown} is http at an address that is not private, where anyone on the way can replace what is downloaded; write https`,
      }
    : {
        condition: not(isHttp),
        message: `${path} ${shown} is plain http: anyone on the way can replace what is downloaded; write https, or for a private IP address insecureHttp: true`,
      };
}
