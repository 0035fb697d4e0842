import { replaceIsArray } from "./is-array";
import { allowNullDefaults } from "./null-defaults";
import { skipPackages } from "./packages";
import { copyPlainValues } from "./plain-values";
import { prepareStacksTogether } from "./single-stack";
import { disableTokenStackTraces } from "./token-stack-traces";

/**
 * What this project changes in cdktf, for the whole process: four changes make a synth fast, one removes a warning, one an
 * error. None changes what a stack is. They apply when this module is imported, which has to happen before cdktf is.
 */
function apply(): void {
  skipPackages();
  replaceIsArray();
  disableTokenStackTraces();
  copyPlainValues();
  allowNullDefaults();
  prepareStacksTogether();
}

apply();
