import util from "node:util";

/**
 * Replaces `util.isArray`, which cdktf calls for every output that is an object, and of whose use Node.js warns from
 * version 22 on. `Array.isArray`, which Node.js recommends instead, answers the same.
 */
export function replaceIsArray(): void {
  Object.assign(util, { isArray: Array.isArray });
}
