import { type App, LocalBackend, TerraformStack } from "cdktf";
import {
  DownloadedImage,
  ProxmoxConnection,
  ProxmoxGpuVm,
  TalosCluster,
  TalosImage,
  TalosSingleNode,
} from "../../constructs";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { credentials } from "./support/accounts";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

jest.setTimeout(600_000);

/** A stack of one's own: a machine, and what runs on it. */
function deploy(lab: Lab, addCluster: (stack: TerraformStack, machine: ProxmoxGpuVm, talos: TalosImage) => void) {
  const define = (app: App) => {
    const stack = new TerraformStack(app, "own");
    new LocalBackend(stack, { path: "terraform.tfstate" });
    const connection = new ProxmoxConnection(stack, "proxmox", {
      endpoint: lab.proxmox.endpoint,
      credentials: "password",
    });
    const talos = new TalosImage(stack, "talos", { factory: lab.factory.url, insecureHttp: true });
    const image = new DownloadedImage(stack, "talos_image", {
      ...talos.file,
      connection,
      node: "pve",
      insecureHttp: true,
    });
    const address = `${lab.written(lab.address)}/24`;
    const machine = new ProxmoxGpuVm(stack, "talos_node", {
      connection,
      name: "first",
      node: "pve",
      vmId: 100,
      boot: { image },
      initialization: { ipConfigs: [{ address, gateway: lab.written(lab.gateway) }] },
    });
    addCluster(stack, machine, talos);
  };
  return lab.deploy("own", define, credentials);
}

const uidOf = async (lab: Lab): Promise<string> =>
  (await (await lab.kubectl(100)).get<{ metadata: { uid: string } }>("configmap", "kept")).metadata.uid;

test("a TalosSingleNode becomes a TalosCluster: its state is moved, and nothing is replaced", async () => {
  const lab = await startLab();
  const common = { clusterName: "own", readyTimeout: 240 };
  const before = await deploy(lab, (stack, machine, talos) => {
    new TalosSingleNode(stack, "cluster", { ...common, machine, talos });
  });
  succeeded(await before.apply());
  succeeded(await (await lab.kubectl(100)).run("create", "configmap", "kept"));
  const [uid, addresses] = [await uidOf(lab), await before.addresses()];

  const after: Terraform = await deploy(lab, (stack, machine, talos) => {
    new TalosCluster(stack, "cluster", { ...common, talos, controlPlanes: [machine], fromSingleNode: "moved" });
  });
  const changes = await after.changes();
  expect(changes.filter(({ change }) => change.actions.join() !== "create")).toEqual([]);
  succeeded(await after.applyPlanned());
  await unchanged(after);

  const moved = [
    ["talos_machine_configuration_apply.node", "talos_machine_configuration_apply.first"],
    ["terraform_data.node_configuration", "terraform_data.first_configuration"],
    ["null_resource.node_check", "null_resource.first_check"],
    ["null_resource.node_machine", "null_resource.first_machine"],
    ["null_resource.upgrade_talos", "null_resource.upgrade_talos_first"],
    ["data.talos_machine_configuration.node", "data.talos_machine_configuration.first"],
  ] as const;
  const now = await after.addresses();
  expect(addresses).toEqual(expect.arrayContaining(moved.map(([from]) => from)));
  const names = new Map<string, string>(moved);
  expect(now).toEqual(expect.arrayContaining(addresses.map((address) => names.get(address) ?? address)));
  expect(now).not.toEqual(expect.arrayContaining([moved[0][0]]));
  const { bootstraps } = await (await lab.node(100)).state();
  expect([await uidOf(lab), bootstraps]).toEqual([uid, 1]);
});
