/** A number in a version, in a pattern: one with a zero before it is none. */
export const versionNumber = "(0|[1-9][0-9]*)";
