/** A minor version of a program, a branch of a driver, or a chart: its life, as its makers tell it. */
export interface Life {
  /** Newest release that is known. */
  readonly newest: string;
  /** Day of the first release. */
  readonly since?: string;
  /** Last day of maintenance; without one, none is announced. */
  readonly ends?: {
    readonly on: string;
    /** The day lies ahead. */
    readonly planned?: true;
    /** Its makers name no such day where it could be read; it follows from how they do it otherwise. */
    readonly inferred?: true;
  };
  /** Why it is maintained as long as that, where no day says so. */
  readonly until?: string;
  readonly source: string;
  /** First and last minor version of Kubernetes 1 that its makers test it with. */
  readonly kubernetes?: readonly [min: number, max: number];
}
