import { isUnknown, matches, not, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Check, Rule } from "../../rules/rule";
import { talosDocs } from "../../rules/source";
import { documentsOf } from "./document";
import type { TalosPatch } from "./patch";
import type { GivenPatch } from "./protected-setting";

/** Keys of a selector that Talos compares with a MAC address. */
const keys = ["hardwareAddr", "permanentAddr"];

/** A MAC address with a letter in upper case, to which an expression compares that of a link; in JSON its quotes are escaped. */
const upperCase = /mac[(][^)]*[)] *[!=]= *[\\]?["'][0-9a-f:]*[A-F]/;

export const rules: readonly Rule<{ readonly patches: readonly GivenPatch[] }>[] = [
  {
    id: "device-selector-case",
    requirement: "a patch selects network devices by MAC addresses in lower case",
    reason:
      "Talos compares the text with the kernel's, which is in lower case, and drops a device that it does not find",
    source: talosDocs("networking/configuration/device-selectors"),
    checks: ({ patches }) => patches.flatMap(({ path, patch }) => checkPatch(path, patch)),
  },
];

function checkPatch(where: string, patch: TalosPatch): Check[] {
  if (isUnknown(patch)) {
    return [
      {
        condition: not(
          or(matches(patch, /(hardware|permanent)Addr["']?[ ]*:[ "']*[0-9a-f:*]*[A-F]/), matches(patch, upperCase)),
        ),
        message: `${where} has a MAC address in upper case in a device selector; write it in lower case`,
      },
    ];
  }
  return documentsOf(patch).flatMap((document) => checkSelector(where, document));
}

function checkSelector(path: string, value: unknown): Check[] {
  if (typeof value !== "object" || value === null || isUnknown(value)) return [];
  return Object.entries(value).flatMap(([key, inside]) => {
    const where = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    const isText = typeof inside === "string" || isUnknown(inside);
    if (key === "match" && isText) return checkExpression(where, inside);
    if (!keys.includes(key) || !isText) return checkSelector(where, inside);
    const advice = isUnknown(inside) ? "write it in lower case" : `write ${formatValue(String(inside).toLowerCase())}`;
    return [
      {
        condition: not(matches(inside, /[A-F]/)),
        message: `${where} ${formatValue(inside)} is in upper case, so Talos finds no device; ${advice}`,
      },
    ];
  });
}

/** The expression by which a document such as LinkAliasConfig selects a link. */
const checkExpression = (where: string, expression: unknown): Check[] => [
  {
    condition: not(matches(expression, upperCase)),
    message: `${where} ${formatValue(expression)} has a MAC address in upper case, so Talos finds no device; write it in lower case`,
  },
];
