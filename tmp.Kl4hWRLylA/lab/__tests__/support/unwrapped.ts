/** Terraform wraps and frames long messages; a reader does not mind, a comparison does. */
export const unwrapped = (output: string): string => output.replace(/\s*\n[│╷╵\s]*/g, " ");
