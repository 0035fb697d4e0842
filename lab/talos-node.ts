import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { built } from "./build";

/** A network device of a node, as its configuration left it. */
export interface NodeLink {
  readonly name: string;
  /** MAC address, in lower case. */
  readonly hardwareAddr: string;
  readonly addresses: readonly string[];
  /** Those of default routes. */
  readonly gateways: readonly string[];
  /** The addresses that it may get beside its own. */
  readonly virtualIPs: readonly string[];
}

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

/** The Talos that a machine runs. */
export interface TalosSystem {
  /** Such as `v1.13.9`. */
  readonly version: string;
  /** The Image Factory's id for the extensions in it, when its image is the factory's. */
  readonly schematic?: string;
}

/** What has become of a node. */
export interface NodeState extends TalosSystem {
  /** Whether the machine is switched on. */
  readonly on: boolean;
  /** Tells its last boot from others, as the node's status in Kubernetes does. */
  readonly boot: string;
  /** A control plane that others of its cluster took in has `joined`; a worker stays `configured`. */
  readonly stage: "maintenance" | "configured" | "bootstrapped" | "joined";
  /** The machine configurations it accepted, decoded. */
  readonly applied: readonly { readonly mode: string; readonly documents: readonly Record<string, unknown>[] }[];
  readonly bootstraps: number;
  /** Whether the Kubernetes API takes connections. */
  readonly kubernetes: boolean;
  /** The virtual IPs that the node holds. */
  readonly virtualIPs: readonly string[];
  /** The network devices; empty without a configuration. */
  readonly links: readonly NodeLink[];
  readonly calls: readonly NodeCall[];
}

/** A fault of calls to the node. */
export interface CallFault {
  /**
   * An RPC, a Kubernetes request, `*` for all of both, `install`, `boot`, which with a message leaves the machine off, or
   * while the rule is in force `listen`, which keeps the Kubernetes API closed, `volume`, which keeps user volumes from being
   * mounted, or `driver`, which keeps NVIDIA's driver from being loaded; `message` is then what Talos or the kernel says.
   */
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
  /** A request that deletes an object of Talos's manifests waits until they have it, and Talos creates it again before the answer. */
  readonly createsAgain?: boolean;
}

/** A fault of pods, for as long as the rule is in force. */
export interface PodFault {
  /** Namespace and name, in which `*` stands for anything: `kube-system/cilium-*`. */
  readonly pod: string;
  /** Their images can't be pulled, or their containers end with exit code 1. */
  readonly reason: "ErrImagePull" | "Error";
}

/** A fault of the node by rule. */
export type NodeFault = CallFault | PodFault;

/** What the machine has, as far as Talos and Kubernetes notice. */
export interface Hardware {
  readonly cores: number;
  /** MiB. */
  readonly memory: number;
  /** How many of NVIDIA's GPUs are passed through. */
  readonly gpus: number;
  /** How many GPUs of other vendors are passed through, by the kernel module that drives them. */
  readonly cards?: Readonly<Record<string, number>>;
  /** MAC addresses of the network devices, in their order. */
  readonly links: readonly string[];
  /** SCSI disks beside the one that it boots from, each with the directory that keeps what is on it. */
  readonly disks?: readonly { readonly interface: string; readonly directory: string }[];
}

export interface TalosNodeOptions {
  readonly address: string;
  /** Keeps what is on the node's disk. */
  readonly directory: string;
  /** Directory where the nodes of a network find each other. */
  readonly discovery: string;
  readonly hardware: Hardware;
  /** The device that the machine boots from, as Linux names it. */
  readonly disk: string;
  /** The Talos in the image that the machine boots. */
  readonly system: TalosSystem;
  /** What goes wrong from the first moment on. */
  readonly faults: readonly NodeFault[];
}

/** A simulated machine with Talos, a process of its own that ends with this one. */
export class TalosNode {
  /** Switches a new machine on, in maintenance mode, at the ports every node has. */
  static async start({
    address,
    directory,
    discovery,
    hardware,
    disk,
    system,
    faults,
  }: TalosNodeOptions): Promise<TalosNode> {
    const child = spawn(
      built.talosNode,
      [
        ...["-attached", "-address", address, "-directory", directory, "-discovery", discovery],
        ...["-disk", disk],
        ...["-hardware", JSON.stringify(hardware), "-faults", JSON.stringify(faults)],
        ...["-version", system.version, "-schematic", system.schematic ?? ""],
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
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

  /** The process that is the node. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  async state(): Promise<NodeState> {
    return (await this.ask("GET", "state")).json() as Promise<NodeState>;
  }

  async setFaults(...faults: NodeFault[]): Promise<void> {
    await this.ask("PUT", "faults", faults);
  }

  /** Boots what is on the disk, with the hardware that the machine has now. */
  async powerOn(hardware: Hardware): Promise<void> {
    await this.ask("POST", "power", { on: true, hardware });
  }

  /** Ends everything at once; what is on the disk stays. */
  async powerOff(): Promise<void> {
    await this.ask("POST", "power", { on: false });
  }

  /** Does what Talos does first when the guest agent asks it to shut down. */
  async drain(): Promise<void> {
    await this.ask("POST", "drain");
  }

  /** Empties the disk: another machine at the address, in maintenance mode. */
  async wipe(): Promise<void> {
    await this.ask("POST", "wipe");
  }

  /** The administrator's kubeconfig, for this node's own API, whatever the endpoint of its cluster is. */
  async kubeconfig(): Promise<string> {
    return (await this.ask("GET", "kubeconfig")).text();
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, "exit");
    this.child.kill("SIGTERM");
    await exit;
  }

  private async ask(method: string, path: string, body?: unknown): Promise<Response> {
    const reply = await fetch(`${this.control}/${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`);
    return reply;
  }
}
