import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Processes, type Run } from "./processes";

/** kubectl with one kubeconfig. */
export class Kubectl {
  private readonly processes = new Processes();

  constructor(
    readonly kubeconfig: string,
    private readonly directory: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  run(...args: string[]): Promise<Run> {
    const { directory, environment } = this;
    return this.processes.run("kubectl", ["--kubeconfig", this.kubeconfig, ...args], { directory, environment });
  }

  apply(...objects: readonly unknown[]): Promise<Run> {
    return this.applyWith([], ...objects);
  }

  /** Whether the API server would take the objects, strictly read. */
  dryRun(...objects: readonly unknown[]): Promise<Run> {
    return this.applyWith(["--dry-run=server", "--validate=strict"], ...objects);
  }

  async applyWith(options: readonly string[], ...objects: readonly unknown[]): Promise<Run> {
    const file = join(this.directory, `${randomUUID()}.json`);
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    try {
      return await this.run("apply", "--server-side", ...options, "--filename", file);
    } finally {
      rmSync(file);
    }
  }

  /** Objects as they are in the API. */
  async get<Object>(...args: string[]): Promise<Object> {
    const { code, output } = await this.run("get", "-o", "json", ...args);
    if (code !== 0) throw new Error(`kubectl get ${args.join(" ")} ended with ${code}: ${output}`);
    return JSON.parse(output) as Object;
  }
}
