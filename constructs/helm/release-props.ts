import { number, type Schema, staticBoolean } from "../props/schema";

/** Props of the release that every construct with a chart has. */
export interface ReleaseProps {
  /**
   * Allow http to a private IP address: anyone on the way can replace what is downloaded.
   *
   * @default false
   */
  readonly insecureHttp?: boolean;

  /**
   * Seconds until all pods of the release run.
   *
   * @default 900
   */
  readonly timeout?: number;
}

export const releaseSchema: Schema<ReleaseProps> = { insecureHttp: staticBoolean, timeout: number };

/** Seconds for the release, and for its pods to run. */
export const defaultTimeout = 900;
