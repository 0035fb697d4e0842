import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { SimulatedProxmox } from "../../lab/proxmox/server";
import { Machine, type Result, type Suite } from "./machine";
import { directory, plugin, TemplateCopy } from "./packer";
import { importImage, packerAccount } from "./proxmox";
import { SshServer } from "./ssh-server";
import { tracesOf } from "./traces";

const scripts = ["wait-for-cloud-init.sh", "install-guest-agent.sh", "clean-apt.sh", "generalize.sh"];
const textOf = (script: string) => readFileSync(join(directory, "scripts", script), "utf8");

/** What Packer works with: a Proxmox with an imported cloud image, and a machine after its first boot behind SSH. */
class Workshop {
  static async open(suite: Suite): Promise<Workshop> {
    const machine = Machine.of(suite);
    const proxmox = await SimulatedProxmox.start({ accounts: [packerAccount] });
    try {
      machine.insert({ instanceId: "build", hostname: "build", authorizedKey: "ssh-ed25519 AAAA packer" });
      await machine.boot();
      importImage(proxmox, 9013);
      return new Workshop(machine, proxmox, await SshServer.on(machine));
    } catch (error) {
      // Left running, they would keep jest from ending.
      await proxmox.stop();
      await machine.delete();
      throw error;
    }
  }

  readonly template: TemplateCopy;

  private constructor(
    readonly machine: Machine,
    readonly proxmox: SimulatedProxmox,
    readonly ssh: SshServer,
  ) {
    this.template = new TemplateCopy({ ssh_port: ssh.port });
  }

  build(values: Readonly<Record<string, string>> = {}): Promise<Result> {
    return this.template.build("debian-13", {
      proxmox_url: `${this.proxmox.endpoint}api2/json`,
      proxmox_insecure_skip_tls_verify: "true",
      build_address: "127.0.0.1/8",
      ...values,
    });
  }

  /** The scripts that were uploaded, in order, by their text. */
  get uploaded(): (string | undefined)[] {
    return this.ssh.executions
      .filter(({ command }) => command.startsWith("scp "))
      .map(({ input }) => scripts.find((script) => input.includes(textOf(script))));
  }

  get executed(): SshServer["executions"] {
    return this.ssh.executions.filter(({ command }) => command.startsWith("sudo -n env "));
  }

  async close(): Promise<void> {
    this.template.delete();
    await this.proxmox.stop();
    await this.ssh.stop();
    await this.machine.delete();
  }
}

const kind = plugin.isStandIn ? "the stand-in, which makes no VM" : `the Proxmox plugin ${plugin.version}`;
const suites: readonly Suite[] = ["bookworm", "trixie"];

describe.each(suites)(`packer build with ${kind}, over SSH into Debian %s`, (suite) => {
  let workshop: Workshop;
  let result: Result;

  beforeAll(async () => {
    workshop = await Workshop.open(suite);
    result = await workshop.build();
    await workshop.machine.shutdown();
  });

  afterAll(() => workshop?.close());

  test("succeeds", () => {
    expect(result).toMatchObject({ code: 0 });
    expect(result.output.includes("This is a stand-in")).toBe(plugin.isStandIn);
  });

  test("uploads the scripts in their order", () => {
    expect(workshop.uploaded).toEqual(scripts);
  });

  test("executes each as root with its environment", () => {
    expect([...workshop.ssh.users]).toEqual(["debian"]);
    expect(workshop.executed.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    for (const { command } of workshop.executed) {
      expect(command).toMatch(/^sudo -n env DEBIAN_FRONTEND='noninteractive' .*PACKER_BUILDER_TYPE='proxmox-clone' /);
    }
  });

  test("leaves the guest agent installed, to be started by its port", async () => {
    const { output } = await workshop.machine.run(
      "dpkg-query --show --showformat='${Status}\\n' qemu-guest-agent; grep -h -r qemu-guest-agent /usr/lib/udev/rules.d",
    );
    expect(output).toMatch(/^install ok installed\n.*SYSTEMD_WANTS.*qemu-guest-agent/);
  });

  test("leaves a disk without traces after the shutdown", async () => {
    expect(await tracesOf(workshop.machine)).toEqual({});
  });

  test("writes the template's id and name to the manifest", () => {
    expect(workshop.template.manifest.builds).toMatchObject([
      { artifact_id: "9113", custom_data: { template_name: "debian-13", node: "pve" } },
    ]);
  });

  if (plugin.isStandIn) {
    test("makes no call to Proxmox, so what the plugin does there is not tested here", () => {
      expect(workshop.proxmox.journal.entries).toEqual([]);
    });
  } else {
    test("converts the VM after all work over SSH and the shutdown", () => {
      const { proxmox, executed } = workshop;
      const [clone, shutdown, template] = ["9013/clone", "9113/status/shutdown", "9113/template"].map(
        (call) => proxmox.journal.find("POST", new RegExp(`^/nodes/pve/qemu/${call}$`))[0]?.at,
      );
      const order = [clone, ...executed.map(({ at }) => at), shutdown, template].map(Number);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(proxmox.host.vm(9113)).toMatchObject({ running: false, config: { template: 1, name: "debian-13" } });
    });

    test("states the hardware, and leaves nothing of the build's settings", () => {
      const { config } = workshop.proxmox.host.vm(9113);
      expect(config).toMatchObject({
        ...{ bios: "ovmf", machine: "q35", cpu: "host", cores: 2, sockets: 1, memory: "2048", ostype: "l26" },
        ...{
          scsihw: "virtio-scsi-pci",
          agent: "1",
          boot: "order=scsi0",
          ide0: expect.stringContaining("vm-9113-cloudinit"),
        },
      });
      for (const key of ["ciuser", "sshkeys", "ipconfig0"]) expect(config).not.toHaveProperty(key);
    });
  }
});

test(`a script that fails stops packer build before the clean-up, and no template is left, with ${kind}`, async () => {
  const workshop = await Workshop.open("trixie");
  try {
    await workshop.machine.run(
      "rm -f /etc/apt/sources.list.d/*; echo 'deb http://127.0.0.1:9/debian trixie main' > /etc/apt/sources.list",
    );
    const { code, output } = await workshop.build();
    expect(code).toBe(1);
    expect(output).toContain("Unable to locate package qemu-guest-agent");
    expect(output).toMatch(/Script exited with non-zero exit status: 100/);
    expect(workshop.uploaded).toEqual(scripts.slice(0, 2));
    expect(workshop.executed.map((execution) => execution.code)).toEqual([0, 100]);
    expect(await tracesOf(workshop.machine)).toHaveProperty(["SSH host keys"]);
    expect(existsSync(join(workshop.template.directory, "manifest.json"))).toBe(false);
    expect([...workshop.proxmox.host.vms.keys()]).toEqual([9013]);
  } finally {
    await workshop.close();
  }
});

if (!plugin.isStandIn) {
  describe(`packer build with ${kind} stops before it touches a machine`, () => {
    test.each<[string, (workshop: Workshop) => Promise<Result>]>([
      ["when Proxmox refuses the token", (at) => at.build({ proxmox_token: "00000000-0000-0000-0000-000000000000" })],
      ["when the cloud image has not been imported", (at) => at.build({ cloud_image_vm_id: "9014" })],
      [
        "when the clone fails",
        (at) => {
          at.proxmox.faults.add({ method: "POST", path: /9013\/clone$/, outcome: { failTask: "clone failed" } });
          return at.build();
        },
      ],
    ])("%s", async (_, build) => {
      const workshop = await Workshop.open("trixie");
      try {
        expect(await build(workshop)).toMatchObject({ code: 1 });
        expect(workshop.ssh.executions).toEqual([]);
        expect([...workshop.proxmox.host.vms.keys()]).toEqual([9013]);
      } finally {
        await workshop.close();
      }
    });
  });
}

test("no test forgets a script", () => {
  const template = readFileSync(join(directory, "cloud-image.pkr.hcl"), "utf8");
  expect([...template.matchAll(/scripts\/(.*)"/g)].map(([, script]) => basename(script ?? ""))).toEqual(scripts);
});
