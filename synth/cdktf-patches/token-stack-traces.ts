import stackTrace = require("cdktf/lib/tokens/private/stack-trace");

/**
 * Stops cdktf from recording the JavaScript stack trace of every token. It shows them only in messages about tokens that
 * cannot be resolved, and formatting them takes nine tenths of a synth.
 *
 * @see https://github.com/open-constructs/cdk-terrain/issues/209
 */
export function disableTokenStackTraces(): void {
  Object.assign(stackTrace, { captureStackTrace: () => [] });
}
