import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** How a command ended. */
export interface Run {
  readonly code: number;
  /** What it wrote, both streams in order. */
  readonly output: string;
}

export interface RunOptions {
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Hears what it writes as it comes. */
  readonly listen?: (text: string) => void;
}

/** Commands that run, each in a process group of its own, so that ending one reaches providers and provisioners too. */
export class Processes {
  private readonly running = new Set<ChildProcess>();

  async run(command: string, args: readonly string[], options: RunOptions): Promise<Run> {
    const { directory, environment, listen } = options;
    const child = spawn(command, args, {
      cwd: directory,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.running.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        listen?.(text);
      });
    }
    try {
      const [code] = await once(child, "close");
      return { code: (code as number | null) ?? -1, output };
    } finally {
      this.running.delete(child);
    }
  }

  /** Asks what is running to end, as Ctrl-C does. */
  interrupt(): void {
    this.signal("SIGINT");
  }

  /** Ends at once what is running, as a power cut would. */
  kill(): void {
    this.signal("SIGKILL");
  }

  private signal(signal: NodeJS.Signals): void {
    for (const { pid } of this.running) {
      if (pid === undefined) continue;
      try {
        process.kill(-pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }
}
