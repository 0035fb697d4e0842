import { acceptedOf, type RandomSite, sampleOf } from "../../__tests__/random-site";
import type { Lab } from "../lab";
import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

/** Another seed gives other sites; more of them take longer. */
const seed = Number(process.env.LAB_SEED ?? 1);
const count = Number(process.env.LAB_RUNS ?? 1);

/** Without firewalls, which have to let the lab's own addresses in. */
function siteOf(seed: number): RandomSite {
  const { vm, cluster, ...site } = sampleOf(seed);
  const { firewall: _, ...hardware } = vm;
  const { firewall, ...ofCluster } = cluster;
  return acceptedOf({ ...site, vm: hardware, cluster: ofCluster });
}

/** The other site's props, except what a cluster keeps for its life, and upgrades, which have tests of their own. */
function changedTo({ vm, talos, cluster, cilium }: RandomSite, other: RandomSite): RandomSite {
  const { clusterName, installDisk, kubernetesVersion } = cluster;
  const { version, method } = cilium;
  return acceptedOf(
    given({
      vm,
      talos,
      cluster: { ...other.cluster, clusterName, installDisk, kubernetesVersion },
      cilium: { ...other.cilium, version, method },
      nvidia: other.nvidia,
    }),
  );
}

const given = (site: RandomSite): RandomSite => JSON.parse(JSON.stringify(site));

/** Applies the site, and sees that the next plan is empty. */
async function settles(lab: Lab, { vm, talos, cluster, cilium, nvidia }: RandomSite): Promise<void> {
  const node = { ...cluster, readyTimeout: 240 };
  const terraform = await deployCluster(lab, { vm, talos, node, cilium, nvidia: talos.nvidia ? nvidia : undefined });
  try {
    succeeded(await terraform.apply());
    await unchanged(terraform);
  } catch (error) {
    throw new Error(`${JSON.stringify({ vm, talos, cluster, cilium, nvidia })}: ${error}`);
  }
}

const minutes = (count: number): number => count * 60_000;

test.each(Array.from({ length: count }, (_, index) => seed + index))(
  "every cluster that the rules accept is created, changed to any other, and the next plan is empty (LAB_SEED=%i)",
  async (seed) => {
    const lab = await startLab();
    const site = siteOf(seed);
    await settles(lab, site);
    await settles(lab, changedTo(site, siteOf(-seed)));
  },
  minutes(20),
);
