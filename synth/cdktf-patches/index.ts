import { skipArchiver } from "./archiver";
import { replaceIsArray } from "./is-array";
import { allowNullDefaults } from "./null-defaults";
import { copyPlainValues } from "./plain-values";
import { disableTokenStackTraces } from "./token-stack-traces";

/**
 * What this project changes in cdktf, for the whole process: three changes make a synth fast, one removes a warning, one an
 * error. None changes what a stack is. They apply when this module is imported, which has to happen before cdktf is.
 */
function apply(): void {
  skipArchiver();
  replaceIsArray();
  disableTokenStackTraces();
  copyPlainValues();
  allowNullDefaults();
}

apply();
