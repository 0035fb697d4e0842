import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Machine, type Result, type Suite } from "./machine";
import { directory, plugin, TemplateCopy } from "./packer";
import { SshServer } from "./ssh-server";
import { tracesOf } from "./traces";

const scripts = ["wait-for-cloud-init.sh", "install-guest-agent.sh", "clean-apt.sh", "generalize.sh"];
const textOf = (script: string) => readFileSync(join(directory, "scripts", script), "utf8");

/** A machine as Packer finds it after its first boot, behind an SSH server. */
async function cloudImage(suite: Suite): Promise<{ machine: Machine; ssh: SshServer; template: TemplateCopy }> {
  const machine = Machine.of(suite);
  machine.insert({ instanceId: "build", hostname: "build", authorizedKey: "ssh-ed25519 AAAA packer" });
  await machine.boot();
  const ssh = await SshServer.on(machine);
  return { machine, ssh, template: new TemplateCopy({ ssh_port: ssh.port }) };
}

const build = (template: TemplateCopy): Promise<Result> =>
  template.build("debian-13", { build_address: "127.0.0.1/8" });

/** The scripts that were uploaded, in order, by their text. */
const uploaded = (ssh: SshServer): (string | undefined)[] =>
  ssh.executions
    .filter(({ command }) => command.startsWith("scp "))
    .map(({ input }) => scripts.find((script) => input.includes(textOf(script))));

const executed = (ssh: SshServer) => ssh.executions.filter(({ command }) => command.startsWith("sudo "));

// The real plugin asks Proxmox for a VM before it connects; the stand-in connects at once.
if (plugin.isStandIn) {
  const suites: readonly Suite[] = ["bookworm", "trixie"];

  describe.each(suites)("packer build over SSH, with the stand-in that makes no VM, in Debian %s", (suite) => {
    let machine: Machine;
    let ssh: SshServer;
    let template: TemplateCopy;
    let result: Result;

    beforeAll(async () => {
      ({ machine, ssh, template } = await cloudImage(suite));
      result = await build(template);
      await ssh.stop();
      await machine.shutdown();
    });

    afterAll(async () => {
      template?.delete();
      await machine?.delete();
    });

    test("succeeds", () => {
      expect(result).toMatchObject({ code: 0, output: expect.stringContaining("stand-in") });
    });

    test("uploads the scripts in their order", () => {
      expect(uploaded(ssh)).toEqual(scripts);
    });

    test("executes each as root with its environment", () => {
      expect([...ssh.users]).toEqual(["debian"]);
      expect(executed(ssh).map(({ code }) => code)).toEqual([0, 0, 0, 0]);
      for (const { command } of executed(ssh)) {
        expect(command).toMatch(/^sudo -n env DEBIAN_FRONTEND='noninteractive' .*PACKER_BUILDER_TYPE='proxmox-clone' /);
      }
    });

    test("leaves the guest agent installed, to be started by its port", async () => {
      const { output } = await machine.run(
        "dpkg-query --show --showformat='${Status}\\n' qemu-guest-agent; grep -h -r qemu-guest-agent /usr/lib/udev/rules.d",
      );
      expect(output).toMatch(/^install ok installed\n.*SYSTEMD_WANTS.*qemu-guest-agent/);
    });

    test("leaves a disk without traces after the shutdown", async () => {
      expect(await tracesOf(machine)).toEqual({});
    });

    test("writes the template's id and name to the manifest", () => {
      expect(template.manifest.builds).toMatchObject([
        { artifact_id: "9113", custom_data: { template_name: "debian-13", node: "pve" } },
      ]);
    });
  });

  test("a script that fails stops packer build before the clean-up, and no manifest is written", async () => {
    const { machine, ssh, template } = await cloudImage("trixie");
    try {
      await machine.run(
        "rm -f /etc/apt/sources.list.d/*; echo 'deb http://127.0.0.1:9/debian trixie main' > /etc/apt/sources.list",
      );
      const { code, output } = await build(template);
      expect(code).toBe(1);
      expect(output).toContain("Unable to locate package qemu-guest-agent");
      expect(output).toMatch(/Script exited with non-zero exit status: 100/);
      expect(uploaded(ssh)).toEqual(scripts.slice(0, 2));
      expect(executed(ssh).map((execution) => execution.code)).toEqual([0, 100]);
      expect(await tracesOf(machine)).toHaveProperty(["SSH host keys"]);
      expect(existsSync(join(template.directory, "manifest.json"))).toBe(false);
    } finally {
      await ssh.stop();
      template.delete();
      await machine.delete();
    }
  });
}

test("no test forgets a script", () => {
  const template = readFileSync(join(directory, "cloud-image.pkr.hcl"), "utf8");
  expect([...template.matchAll(/scripts\/(.*)"/g)].map(([, script]) => basename(script ?? ""))).toEqual(scripts);
});
