import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";
import type { Machine } from "./machine";

/** A command that came in over SSH. */
export interface Execution {
  readonly command: string;
  /** What was sent to it, such as an uploaded file. */
  readonly input: string;
  readonly code: number;
  /** When it ended. */
  readonly at: number;
}

/** An SSH server on loopback whose commands run in a machine, as the user who logged in. It remembers them. */
export class SshServer {
  readonly executions: Execution[] = [];
  readonly users = new Set<string>();
  private readonly connections = new Set<ssh2.Connection>();
  private readonly server: ssh2.Server;

  static async on(machine: Machine): Promise<SshServer> {
    const ssh = new SshServer(machine);
    ssh.server.listen(0, "127.0.0.1");
    await once(ssh.server, "listening");
    return ssh;
  }

  private constructor(private readonly machine: Machine) {
    // Not ed25519: of those that ssh2 makes it cannot read one in 256, as it drops zeros that a key begins with.
    // https://github.com/mscdex/ssh2/blob/v1.17.0/lib/keygen.js
    const hostKeys = [ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }).private];
    this.server = new ssh2.Server({ hostKeys }, (connection) => this.serve(connection));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.end();
    this.server.close();
    await once(this.server, "close");
  }

  private serve(connection: ssh2.Connection): void {
    let user = "";
    this.connections.add(connection);
    connection.on("close", () => this.connections.delete(connection));
    connection.on("error", () => connection.end());
    connection.on("authentication", (context) => {
      // Packer makes a key for each build; Proxmox would put it on the cloud-init drive.
      if (context.method !== "publickey") return context.reject(["publickey"]);
      user = context.username;
      this.users.add(user);
      context.accept();
    });
    connection.on("session", (accept) =>
      accept().on("exec", (acceptCommand, _reject, { command }) => this.execute(command, user, acceptCommand())),
    );
  }

  private execute(command: string, user: string, channel: ssh2.ServerChannel): void {
    const child = this.machine.spawn(command, user);
    let input = "";
    channel.on("data", (data: Buffer) => {
      input += data;
    });
    channel.pipe(child.stdin);
    child.stdin.on("error", () => {}); // The command may end before its input does.
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.once("close", (code) => {
      this.executions.push({ command, input, code: code ?? -1, at: performance.now() });
      channel.exit(code ?? -1);
      channel.end();
    });
  }
}
