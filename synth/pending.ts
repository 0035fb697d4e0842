import type { App } from "cdktf";

/** Apps whose `synth` has not been called. A program that ends with one has written nothing, and would not say so. */
export const pending = new Set<App>();
