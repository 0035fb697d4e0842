import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export type Suite = "bookworm" | "trixie";

export interface Result {
  readonly code: number;
  readonly output: string;
}

/** What Proxmox puts on a VM's cloud-init drive. */
export interface CloudInitDrive {
  readonly instanceId: string;
  readonly hostname: string;
  readonly authorizedKey: string;
}

const cache = join(__dirname, "../.cache");

/**
 * A Debian machine of its own: a layer over a root file system, in which commands run in namespaces apart from the host's,
 * and which can boot its own systemd as a container.
 */
export class Machine {
  static of(suite: Suite): Machine {
    const machine = new Machine([join(cache, suite)]);
    // A container has no disk to grow and no network to configure; everything else is the distribution's default.
    machine.write(
      "/etc/cloud/cloud.cfg.d/99-container.cfg",
      [
        "datasource_list: [NoCloud, None]",
        "locale: C.UTF-8",
        "growpart: {mode: 'off'}",
        "resize_rootfs: false",
        "network: {config: disabled}",
        "",
      ].join("\n"),
    );
    return machine;
  }

  readonly root: string;
  private readonly directory = mkdtempSync(join(tmpdir(), "machine-"));
  private container?: ChildProcessWithoutNullStreams;
  private console = "";

  private constructor(private readonly layers: readonly string[]) {
    const [upper, work, root] = ["upper", "work", "root"].map((name) => {
      mkdirSync(join(this.directory, name));
      return join(this.directory, name);
    }) as [string, string, string];
    this.root = root;
    const options = `lowerdir=${layers.join(":")},upperdir=${upper},workdir=${work}`;
    execFileSync("mount", ["-t", "overlay", "overlay", "-o", options, root]);
  }

  /** A second machine with the disk of this one, which must stay shut down for as long. */
  clone(): Machine {
    return new Machine([join(this.directory, "upper"), ...this.layers]);
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.root, path, ".."), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  remove(path: string): void {
    rmSync(join(this.root, path));
  }

  /** Gives the machine a cloud-init drive. */
  insert(drive: CloudInitDrive): void {
    this.write("/var/lib/cloud/seed/nocloud/meta-data", `instance-id: ${drive.instanceId}\n`);
    this.write(
      "/var/lib/cloud/seed/nocloud/user-data",
      [
        "#cloud-config",
        `hostname: ${drive.hostname}`,
        "manage_etc_hosts: true",
        `ssh_authorized_keys: ["${drive.authorizedKey}"]`,
        "users: [default]",
        "",
      ].join("\n"),
    );
  }

  /** Starts systemd and waits until everything it starts has settled. */
  async boot(): Promise<void> {
    const container = spawn("systemd-nspawn", [
      ...["--quiet", "--boot", "--console=pipe", "--register=no", "--keep-unit", "--directory", this.root],
      // The network is the host's, for the package mirror; so nothing may listen.
      ...["systemd.mask=ssh.service", "systemd.mask=ssh.socket"],
    ]);
    this.container = container;
    container.stdout.on("data", (data) => {
      this.console += data;
    });
    container.stderr.on("data", (data) => {
      this.console += data;
    });
    for (let attempt = 0; attempt < 300; attempt++) {
      if (container.exitCode !== null) break;
      const { output } = await this.run("systemctl is-system-running --wait");
      if (/^(running|degraded)$/m.test(output)) return;
      await sleep(100);
    }
    await this.delete();
    throw new Error(`the machine does not boot:\n${this.console}`);
  }

  /** Shuts down as Proxmox does, services stopping in order. */
  async shutdown(): Promise<void> {
    const container = this.container;
    if (!container || container.exitCode !== null) return;
    const stopped = new Promise((resolve) => container.once("exit", resolve));
    container.kill("SIGTERM");
    await stopped;
    this.container = undefined;
  }

  /** Copies a script in and runs it as root. */
  async runScript(path: string): Promise<Result> {
    this.write("/run/script", readFileSync(path, "utf8"));
    return this.run("exec bash /run/script");
  }

  async delete(): Promise<void> {
    if (!existsSync(this.directory)) return;
    await this.shutdown();
    execFileSync("umount", [this.root]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Starts a shell command: in the booted system, or else in the file system with no service running. */
  spawn(command: string, user = "root"): ChildProcessWithoutNullStreams {
    const login = ["runuser", "--login", user, "--command", command];
    if (this.container === undefined) {
      const namespaces = ["--mount", "--pid", "--ipc", "--uts", "--net", "--fork", "--kill-child"];
      return spawn("unshare", [...namespaces, `--mount-proc=${this.root}/proc`, "chroot", this.root, ...login]);
    }
    const init = execFileSync("pgrep", ["--parent", `${this.container.pid}`], { encoding: "utf8" }).trim();
    return spawn("nsenter", ["--all", "--root", "--wd=/", "--target", init, ...login]);
  }

  async run(command: string, user = "root"): Promise<Result> {
    let child: ChildProcessWithoutNullStreams;
    try {
      child = this.spawn(command, user);
    } catch (error) {
      return { code: -1, output: `${error}` };
    }
    child.stdin.end();
    return finished(child);
  }
}

export function finished(child: ChildProcessWithoutNullStreams): Promise<Result> {
  let output = "";
  child.stdout.on("data", (data) => {
    output += data;
  });
  child.stderr.on("data", (data) => {
    output += data;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, output }));
  });
}
