import type { Condition } from "../../rules/condition";
import { asFunctionArgument, expression, rawExpression } from "../../rules/expression";
import type { Check } from "../../rules/rule";
import { configSchema, providerMinor } from "./config-schema";

/** A directive of YAML, or a comment, on a line of its own. */
const passedOver = "/(?m)^[ \t\r]*[#%][^\n]*$/";

/** What is behind the mark of a document, and the mark of byte order before all of them. */
const outside = "/^([ \t]+|\n\\x{feff})/";

/** Checks that a patch that only Terraform knows is YAML of objects, and that Talos knows their first keys; a list of all kinds is none to read. */
export function checkUnknownPatch(where: string, patch: string): Check[] {
  const { definitions } = configSchema(providerMinor);
  const known = Object.keys(definitions["v1alpha1.Config"]?.properties ?? {}).sort();
  const object = rawExpression("yamldecode(document)");
  const ofWhole = expression`length(setsubtract(keys(${object}), ${[...known, "$patch"]})) == 0`;
  return [
    {
      condition: expression`length(${documentsIn(patch)}) > 0`,
      message: `${where} is empty; leave it out`,
    },
    {
      condition: ofEach(patch, expression`can(keys(${object}))`),
      message: `${where} is not YAML of objects; write a strategic merge patch, an object like the machine configuration`,
    },
    {
      // What is no object is told already.
      condition: ofEach(patch, expression`try(can(${object}.kind) || ${ofWhole}, true)`),
      message: `${where} has a key that Talos does not know; write machine or cluster, or the kind of a document`,
    },
  ];
}

const ofEach = (patch: string, condition: Condition): Condition =>
  expression`alltrue([for document in ${documentsIn(patch)} : ${condition}])`;

/** The documents of a patch. Terraform fails on one with nothing in it, which Talos passes over. */
const documentsIn = (patch: string): Condition =>
  expression`[for document in split(${"\n---"}, join(${"\n"}, ["", ${asFunctionArgument(patch)}])) : replace(document, ${outside}, "") if trimspace(replace(document, ${passedOver}, "")) != ""]`;
