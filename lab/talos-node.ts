import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TalosMinor } from "../constructs/talos/version";
import { built } from "./build";

/** A request to the node's Talos or Kubernetes API. */
export interface NodeCall {
  /** An RPC such as `Bootstrap`, or a Kubernetes request such as `GET /readyz`. */
  readonly method: string;
  /** Whether the caller showed a certificate that the node trusts. */
  readonly authenticated: boolean;
  /** gRPC code or HTTP status of the answer. */
  readonly code: string;
  readonly message?: string;
}

/** What has become of a node. */
export interface NodeState {
  readonly stage: "maintenance" | "configured" | "bootstrapped";
  /** The machine configurations it accepted, decoded. */
  readonly applied: readonly { readonly mode: string; readonly documents: readonly Record<string, unknown>[] }[];
  readonly bootstraps: number;
  /** Its object in the Kubernetes API. */
  readonly node?: Record<string, unknown>;
  readonly calls: readonly NodeCall[];
}

/** A fault of the node by rule. */
export interface NodeFault {
  /** An RPC, a Kubernetes request, or `listen`, which keeps the Kubernetes API closed while the rule is in force. */
  readonly method: string;
  /** Calls that pass before. */
  readonly after?: number;
  /** Calls that fail; all of them when it is left out. */
  readonly times?: number;
  readonly code?: string;
  readonly status?: number;
  readonly message?: string;
  readonly drop?: boolean;
  readonly delayMilliseconds?: number;
}

/** A simulated Talos node, a process of its own that ends with this one. */
export class TalosNode {
  /**
   * Starts a node in maintenance mode, at the ports every node has.
   *
   * @param minor Talos version that decides whether a configuration is accepted; the one it is built with when left out
   */
  static async start(address: string, minor?: TalosMinor): Promise<TalosNode> {
    const validator = minor ? ["-validator", built.talosValidate(minor)] : [];
    const child = spawn(built.talosNode, ["-attached", "-address", address, ...validator], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    const [line] = await Promise.race([
      once(lines, "line"),
      once(child, "exit").then(([code]) => {
        throw new Error(`the simulated Talos node at ${address} ended with ${code}`);
      }),
    ]);
    return new TalosNode(child, JSON.parse(line).control);
  }

  private constructor(
    private readonly child: ChildProcess,
    /** URL under which `state` and `faults` can be read. */
    readonly control: string,
  ) {}

  state(): Promise<NodeState> {
    return this.ask("GET", "state") as Promise<NodeState>;
  }

  async setFaults(...faults: NodeFault[]): Promise<void> {
    await this.ask("PUT", "faults", faults);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, "exit");
    this.child.kill("SIGTERM");
    await exit;
  }

  private async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const reply = await fetch(`${this.control}/${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`);
    return reply.json();
  }
}
