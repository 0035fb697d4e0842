import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

type Config = Record<string, string | number>;

interface Vm {
  running: boolean;
  config: Config;
}

export interface Call {
  readonly call: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly at: number;
}

class Refused extends Error {
  constructor(
    readonly status: number,
    reason: string,
  ) {
    super(reason);
  }
}

// The plugin's client asserts these types, and panics on others.
const numbers = new Set(["vmid", "cores", "sockets", "numa", "onboot", "kvm", "tablet", "protection", "template"]);
const typed = (key: string, value: string): string | number => (numbers.has(key) ? Number(value) : value);

/** The calls of Proxmox's API that the proxmox-clone builder makes, on loopback. Its tasks end at once. */
export class FakeProxmox {
  readonly vms = new Map<number, Vm>();
  readonly calls: Call[] = [];
  /** Calls, such as "POST /nodes/pve/qemu/9013/clone", whose task does nothing and ends with an error. */
  readonly failingTasks = new Set<string>();
  private readonly server: Server;
  private tasks: string[] = [];

  static async start(tokenId: string, secret: string): Promise<FakeProxmox> {
    const proxmox = new FakeProxmox(`PVEAPIToken=${tokenId}=${secret}`);
    proxmox.server.listen(0, "127.0.0.1");
    await once(proxmox.server, "listening");
    return proxmox;
  }

  private constructor(private readonly authorization: string) {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api2/json`;
  }

  /** Imports a cloud image, as import-cloud-image.sh does. */
  import(id: number): void {
    const config = { name: "cloud-image", scsi0: `local-lvm:vm-${id}-disk-1`, ide2: `local-lvm:vm-${id}-cloudinit` };
    this.vms.set(id, { running: false, config: { ...config, boot: "order=scsi0", memory: "2048", template: 1 } });
  }

  called(call: string): Call | undefined {
    return this.calls.find((made) => made.call === call);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    const body = new URLSearchParams(await text(request));
    const parameters = Object.fromEntries([...searchParams, ...body]);
    const call = `${request.method} ${decodeURIComponent(pathname).replace("/api2/json", "")}`;
    this.calls.push({ call, parameters, at: performance.now() });
    let answer: [status: number, reason: string, data: unknown];
    try {
      if (request.headers.authorization !== this.authorization) throw new Refused(401, "authentication failure");
      answer = [200, "OK", this.answer(call, parameters)];
    } catch (error) {
      // The client recognizes errors by the reason phrase.
      const { status, message } = error instanceof Refused ? error : new Refused(500, String(error));
      answer = [status, message, null];
    }
    response.writeHead(answer[0], answer[1], { "content-type": "application/json" });
    response.end(JSON.stringify({ data: answer[2] }));
  }

  private answer(call: string, parameters: Record<string, string>): unknown {
    if (call === "GET /version") return { version: "9.0.3", release: "9.0", repoid: "0123456789abcdef" };
    if (call === "GET /cluster/resources") return [...this.vms].map(([id, vm]) => this.resource(id, vm));

    const resource = /^GET \/cluster\/ha\/resources\/(\d+)$/.exec(call);
    if (resource) throw new Refused(500, `no such resource 'vm:${resource[1]}'`);

    const task = /^GET \/nodes\/pve\/tasks\/(UPID:.*)\/status$/.exec(call);
    if (task) return { status: "stopped", exitstatus: this.tasks[Number(task[1]?.split(":")[2])] };

    const [, method, id, action] = /^(\w+) \/nodes\/pve\/qemu\/(\d+)(?:\/(.*))?$/.exec(call) ?? [];
    if (method === undefined) throw new Refused(501, `Method '${call}' not implemented`);
    const vm = this.vms.get(Number(id));
    if (!vm) throw new Refused(500, `Configuration file 'nodes/pve/qemu-server/${id}.conf' does not exist`);
    return this.answerFor(Number(id), vm, `${method} ${action ?? ""}`.trim(), call, parameters);
  }

  private answerFor(id: number, vm: Vm, action: string, call: string, parameters: Record<string, string>): unknown {
    const power = (running: boolean) => this.task(call, () => Object.assign(vm, { running }));
    switch (action) {
      case "GET config":
        return vm.config;
      case "GET pending":
        return [];
      case "GET status/current":
        return { vmid: id, name: vm.config.name, status: vm.running ? "running" : "stopped" };
      case "PUT config":
        this.configure(vm, parameters);
        return null;
      case "POST config":
        return this.task(call, () => this.configure(vm, parameters));
      case "POST status/start":
        return power(true);
      case "POST status/stop":
      case "POST status/shutdown":
        return power(false);
      case "POST template":
        return this.task(call, () => Object.assign(vm.config, { template: 1 }));
      case "DELETE":
        return this.task(call, () => this.vms.delete(id));
      case "POST clone": {
        const newid = Number(parameters.newid);
        if (this.vms.has(newid)) throw new Refused(500, `unable to create VM ${newid}: config file already exists`);
        const { template: _, ...config } = vm.config;
        return this.task(call, () =>
          this.vms.set(newid, { running: false, config: { ...config, name: parameters.name ?? "" } }),
        );
      }
      default:
        throw new Refused(501, `Method '${call}' not implemented`);
    }
  }

  private task(call: string, work: () => unknown): string {
    const fails = this.failingTasks.has(call);
    if (!fails) work();
    this.tasks.push(fails ? "command failed" : "OK");
    return `UPID:pve:${this.tasks.length - 1}:00000000:00000000:fake:0:packer@pve:`;
  }

  private configure(vm: Vm, { delete: removed, ...values }: Record<string, string>): void {
    for (const key of removed?.split(",") ?? []) delete vm.config[key];
    for (const [key, value] of Object.entries(values)) vm.config[key] = typed(key, value);
  }

  private resource(id: number, { running, config }: Vm): Record<string, unknown> {
    const { name, template = 0 } = config;
    return {
      id: `qemu/${id}`,
      vmid: id,
      type: "qemu",
      node: "pve",
      name,
      template,
      status: running ? "running" : "stopped",
    };
  }
}
