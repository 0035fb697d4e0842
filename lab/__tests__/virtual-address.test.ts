import type { TalosCluster } from "../../constructs";
import { renderPatch } from "../../constructs/talos/patch/patch";
import { eventually } from "./support/eventually";
import { deployTalosCluster } from "./support/talos-cluster";
import { startLab } from "./support/test-lab";

/** Writes MAC addresses as Proxmox and docs of others do. */
function inUpperCase({ nodes }: TalosCluster): void {
  for (const { machineConfiguration, patches } of nodes) {
    machineConfiguration.configPatches = patches.all.map((patch) =>
      renderPatch(patch).replace(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g, (address) => address.toUpperCase()),
    );
  }
}

test("a virtual IP is lost with a MAC address in upper case, as Talos compares the text, and held as the stack writes it", async () => {
  const lab = await startLab({ node: "pve1" });
  const [address = ""] = await lab.moreAddresses(1);
  const options = {
    virtualAddress: lab.address,
    controlPlanes: [{ name: "control-1", vmId: 101, host: "pve1", address }],
    gpuWorkers: [],
    nvidia: false,
  } as const;
  const until = "-target=talos_machine_bootstrap.cluster";
  const held = async () => (await (await lab.node(101)).state()).virtualIPs;

  const lost = await deployTalosCluster(lab, { ...options, force: inUpperCase });
  await lost.succeed("apply", "-auto-approve", "-input=false", until);
  const { links } = await (await lab.node(101)).state();
  expect(links).toMatchObject([{ hardwareAddr: "bc:24:11:00:0a:01", addresses: [], virtualIPs: [] }]);

  const terraform = await deployTalosCluster(lab, options);
  await terraform.succeed("apply", "-auto-approve", "-input=false", until);
  await eventually(async () => expect(await held()).toEqual([lab.address]));
  expect((await (await lab.node(101)).state()).links).toMatchObject([{ virtualIPs: [lab.address] }]);
});
