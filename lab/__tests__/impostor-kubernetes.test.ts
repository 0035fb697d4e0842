import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "../processes";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { Impostor, ports, selfSigned } from "./support/impostor";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

const site: ClusterOptions = { nvidia: false, node: { readyTimeout: 60 } };

test("whoever answers in Kubernetes's place gets no credential of any step, and nothing succeeds", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, site);
  succeeded(await terraform.apply());

  // A kubeconfig of somebody else's, as the provider takes it from whoever answers without a certificate, is used for nothing.
  const state = join(lab.directory, "terraform.talos-gpu.tfstate");
  const own = readFileSync(state, "utf8");
  const stored = JSON.parse(own);
  const kubeconfig = stored.resources.find(({ type }: { type: string }) => type === "talos_cluster_kubeconfig");
  const { ca_certificate } = kubeconfig.instances[0].attributes.kubernetes_client_configuration;
  const strange = Buffer.from((await selfSigned("impostor", lab.address)).cert).toString("base64");
  kubeconfig.instances = JSON.parse(JSON.stringify(kubeconfig.instances).replaceAll(ca_certificate, strange));
  writeFileSync(state, JSON.stringify(stored));
  const refused = await terraform.plan();
  expect([refused.code, unwrapped(refused.output)]).toEqual([1, expect.stringContaining("[kubeconfig-of-cluster]")]);
  expect(unwrapped(refused.output)).not.toContain("helm_release");
  writeFileSync(state, own);
  await unchanged(terraform);

  // The machine is gone, and its address has another one.
  lab.proxmox.host.stop(lab.proxmox.host.vm(100));
  const impostor = await Impostor.at(lab.address, await selfSigned("impostor", lab.address));
  const only = async (address: string, ...args: string[]): Promise<Run> =>
    terraform.apply("-refresh=false", `-target=${address}`, ...args);
  const again = (address: string): Promise<Run> => only(address, `-replace=${address}`);
  // The Helm provider takes a cluster that it cannot ask for one without the release, so both may succeed; nothing is told:
  // https://github.com/hashicorp/terraform-provider-helm/issues/1669
  await terraform.plan("-target=helm_release.cilium");
  const outcomes: Run[] = [
    await again("null_resource.wait_for_kubernetes"),
    await again("null_resource.remove_control_plane_taint"),
    await again("null_resource.wait_for_cilium"),
    await again("helm_release.cilium"),
  ];
  const changed = await deployCluster(lab, { ...site, cilium: { hubble: { relay: true } } });
  outcomes.push(await changed.apply("-refresh=false", "-target=helm_release.cilium"));
  await terraform.destroy("-refresh=false", "-target=helm_release.cilium");
  await impostor.stop();

  expect(outcomes.map(({ code }) => code)).toEqual(outcomes.map(() => 1));
  // It was called, and hung up on before anything was said.
  expect(impostor.called.get(ports.kubernetes)).toBeGreaterThan(outcomes.length);
  expect(impostor.told).toEqual([]);
});
