import { connect } from "node:tls";
import type { TalosMinor } from "../../constructs/talos/version";
import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { talosVersions } from "./support/talos-versions";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

const firewall = (...management: string[]) => ({ nvidia: false, node: { firewall: { management } } }) as const;

/** Whether the node answers there, with a certificate. */
async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, rejectUnauthorized: false });
  const answer = await new Promise<boolean>((resolve) => {
    socket.once("secureConnect", () => resolve(true));
    socket.on("error", () => resolve(false)).once("close", () => resolve(false));
  });
  socket.destroy();
  return answer;
}

test.each(Object.keys(talosVersions) as TalosMinor[])(
  "a node of Talos %s takes the configuration of its firewall",
  async (talos) => {
    const lab = await startLab();
    const [version] = talosVersions[talos];
    const terraform = await deployCluster(lab, { ...firewall("127.0.0.1"), talos: { version } });
    succeeded(await terraform.apply("-target=talos_machine_configuration_apply.node"));
    const { applied } = await (await lab.node(100)).state();
    const documents = applied.at(-1)?.documents ?? [];
    expect(documents.filter(({ kind }) => String(kind).startsWith("Network"))).toEqual([
      { apiVersion: "v1alpha1", kind: "NetworkDefaultActionConfig", ingress: "block" },
      {
        apiVersion: "v1alpha1",
        kind: "NetworkRuleConfig",
        name: "management",
        portSelector: { ports: [6443, 50000], protocol: "tcp" },
        ingress: [{ subnet: "127.0.0.1/32" }],
      },
    ]);
  },
);

test("a node with a firewall admits who manages it, and nobody else once another subnet does", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, firewall("127.0.0.1"));
  succeeded(await terraform.apply());
  await unchanged(terraform);
  const asked = () => Promise.all([50_000, 6443].map((port) => answers(lab.address, port)));
  expect(await asked()).toEqual([true, true]);

  const away = await deployCluster(lab, firewall("192.0.2.0/24"));
  await away.apply("-target=talos_machine_configuration_apply.node");
  expect(await asked()).toEqual([false, false]);
});
