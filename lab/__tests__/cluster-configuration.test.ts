import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Fn, TerraformOutput, TerraformStack } from "cdktf";
import { CiliumInstall, NvidiaInstall, TalosCluster, type TalosMachine } from "../../constructs";
import { talosMinors } from "../../constructs/talos/version";
import { build, built } from "../build";
import { providers } from "../providers";
import { Terraform } from "../terraform";
import { talosVersions } from "./support/talos-versions";

let directory: string;
beforeEach(() => {
  build("talos-validate");
  directory = mkdtempSync(join(tmpdir(), "cluster-configuration-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Every way to have an address: by the only device, by a MAC address, by one of several devices, by a DHCP server. */
const machines: readonly TalosMachine[] = [
  { name: "control-1", address: "192.168.1.51/24", gateway: "192.168.1.1", installDisk: "/dev/sda" },
  { name: "control-2", address: "192.168.1.52/24", macAddress: "BC:24:11:00:00:02", installDisk: "/dev/sda" },
  {
    name: "control-3",
    address: "192.168.1.53",
    interfaces: [
      { macAddress: "BC:24:11:00:00:03", addresses: [], dhcp: true },
      { macAddress: "BC:24:11:00:00:04", addresses: ["10.0.0.53/24", "2001:db8::53/64"] },
    ],
    installDisk: "/dev/sda",
  },
];
const worker: TalosMachine = { name: "worker-1", address: "192.168.1.61/24", installDisk: "/dev/sda" };
const gpu: TalosMachine = { name: "gpu-1", address: "192.168.1.62/24", installDisk: "/dev/sda" };

/** The configurations of a cluster's machines, by their names. */
async function configurationsOf(version: string): Promise<Record<string, string>> {
  const app = new App({ outdir: directory, stackTraces: false });
  const stack = new TerraformStack(app, "cluster");
  const talos = { version, installer: `factory.talos.dev/nocloud-installer/schematic:${version}` };
  const cluster = new TalosCluster(stack, "cluster", {
    clusterName: "talos",
    talos,
    controlPlanes: machines,
    workers: [worker, { machine: gpu, talos: { ...talos, nvidia: { kernelModules: "open", branch: "lts" } } }],
    virtualAddress: "192.168.1.50",
  });
  const addressPools = [{ name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] }];
  new CiliumInstall(stack, "cilium", { node: cluster, l2Announcements: { addressPools } });
  new NvidiaInstall(stack, "nvidia", { node: cluster, taint: true });
  const value = Object.fromEntries(
    cluster.nodes.map(({ name, machineConfiguration }) => [name, machineConfiguration.machineConfiguration]),
  );
  new TerraformOutput(stack, "configurations", { value: Fn.jsonencode(value), sensitive: true });
  app.synth();
  const rc = join(directory, "terraform.rc");
  writeFileSync(rc, (await providers()).cliConfiguration);
  const environment = { ...process.env, TF_CLI_CONFIG_FILE: rc };
  const terraform = new Terraform(join(directory, "stacks/cluster"), environment);
  await terraform.init();
  // The machines themselves are none.
  const targets = Object.keys(value).map((name) => `-target=data.talos_machine_configuration.${name}`);
  expect(await terraform.apply(...targets)).toMatchObject({ code: 0 });
  return JSON.parse(String((await terraform.outputs()).configurations?.value));
}

test.each(talosMinors.map(({ minor }) => minor))(
  "Talos %s accepts the configuration of every machine of a cluster",
  async (minor) => {
    const configurations = await configurationsOf(talosVersions[minor][0]);
    expect(Object.keys(configurations)).toHaveLength(5);
    for (const [name, input] of Object.entries(configurations)) {
      const { status, stdout, stderr } = spawnSync(built.talosValidate(minor), { input, encoding: "utf8" });
      // Neither a refusal nor a warning, such as of a deprecated field.
      expect([name, status, stdout, stderr]).toEqual([name, 0, "", ""]);
      expect([name, input.includes("ip: 192.168.1.50")]).toEqual([name, name.startsWith("control")]);
      expect([name, input.includes("registerWithTaints:")]).toEqual([name, name === "gpu-1"]);
    }
  },
);
