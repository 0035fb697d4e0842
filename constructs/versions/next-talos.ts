import type { Life } from "./life";

/**
 * Whether Talos 1.15 is supported. It is a beta: what the project knows of it is written down, and disabled. The day it is
 * released, this becomes true, and docs/decisions/talos-1.15.md says what to check and to add.
 */
export const supportsNextTalos: boolean = false;

export const nextTalosMinor = "1.15";

/** Its tested range is that of 1.14 without the oldest; its makers have published none yet. */
export const nextTalosLife: Life = {
  source: "https://github.com/siderolabs/talos/releases/tag/v1.15.0-beta.1",
  newest: "1.15.0-beta.1",
  kubernetes: [34, 37],
};
