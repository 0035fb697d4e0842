import type { TalosMinor } from "../../../constructs/talos/version";

/** A version of each minor, and the Kubernetes that it runs by default. */
export const talosVersions: Readonly<Record<TalosMinor, readonly [talos: string, kubernetes: string]>> = {
  "1.11": ["v1.11.6", "1.34.13"],
  "1.12": ["v1.12.12", "1.35.10"],
  "1.13": ["v1.13.12", "1.35.10"],
  "1.14": ["v1.14.7", "1.35.10"],
};
