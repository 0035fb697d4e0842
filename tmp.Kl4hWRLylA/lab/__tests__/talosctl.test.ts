import { join } from "node:path";
import { Processes } from "../processes";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";

test("talosctl upgrades a node of the stack, which keeps what is on its disk, also without power", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, { talos: { version: "v1.12.11" } });
  succeeded(await terraform.apply());
  const node = await lab.node(100);
  const { schematic } = await node.state();
  const talosconfig = join(terraform.directory, String((await terraform.outputs()).talosconfig_path?.value));
  const talosctl = (...args: string[]) =>
    new Processes().run("talosctl", ["--talosconfig", talosconfig, "--nodes", lab.address, ...args], {
      directory: lab.directory,
      environment: lab.environment,
    });
  const version = await talosctl("version");
  succeeded(version);
  expect(version.output).toContain("v1.12.11");
  succeeded(await talosctl("health", "--wait-timeout", "60s"));
  const kubectl = await lab.kubectl(100);
  succeeded(await kubectl.run("create", "configmap", "kept"));

  const image = `${new URL(lab.factory.url).host}/nocloud-installer/${schematic}:v1.13.9`;
  succeeded(await talosctl("upgrade", "--image", image, "--timeout", "60s"));
  expect(await node.state()).toMatchObject({ version: "v1.13.9", schematic, stage: "bootstrapped", bootstraps: 1 });
  await eventually(async () => succeeded(await kubectl.run("get", "configmap", "kept")));

  const { host } = lab.proxmox;
  host.stop(host.vm(100));
  host.start(host.vm(100));
  expect(await (await lab.node(100)).state()).toMatchObject({ version: "v1.13.9", on: true });
});
