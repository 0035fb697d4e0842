import {
  type Addresses,
  acceptedOf,
  furtherMachines,
  installsOf,
  type RandomSite,
  sampleOf,
} from "../../__tests__/random-site";
import { driversOf } from "../../constructs/talos/driver";
import type { Lab } from "../lab";
import { arc, graphicsCard, processorGraphics, radeon } from "../proxmox/pci-device";
import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

/** Another seed gives other sites; more of them take longer. */
const seed = Number(process.env.LAB_SEED ?? 1);
const count = Number(process.env.LAB_RUNS ?? 1);

const devices = [
  ...graphicsCard("0000:01:00", 14),
  ...radeon("0000:03:00", 15),
  ...arc("0000:04:00", 16),
  ...processorGraphics(),
  ...graphicsCard("0000:05:00", 17),
  ...radeon("0000:06:00", 18),
  ...arc("0000:07:00", 19),
];
/** The default ones, with room for backups. */
const storages = [
  { name: "local", type: "dir", content: ["iso", "import", "backup"], capacity: 1024 ** 4 },
  { name: "local-lvm", type: "lvmthin", content: ["images", "rootdir"], capacity: 1024 ** 4 },
] as const;
const cards: Readonly<Record<string, string>> = { nvidia: "01:00", amd: "03:00", i915: "00:02", xe: "04:00" };
/** Those of a further machine. */
const furtherCards: Readonly<Record<string, string>> = { nvidia: "05:00", amd: "06:00", xe: "07:00" };

/** A site for the lab: its machines have the GPU that each driver is for, and their firewall lets the lab in. */
function siteOf(seed: number): RandomSite {
  const { vm, talos, cluster, machines, ...others } = sampleOf(seed);
  const drivers = driversOf(talos).map((driver) => (driver.vendor === "intel" ? driver.kernelModules : driver.vendor));
  const isWithout = Array.isArray(vm.gpus) && vm.gpus.length === 0;
  const gpusOf = (cards: Readonly<Record<string, string>>) =>
    drivers.filter((driver) => cards[driver]).map((driver) => ({ address: cards[driver], functions: "all" }));
  const gpus = gpusOf(cards);
  const fitted = (list: unknown) =>
    (list as RandomSite["vm"][] | undefined)?.map((machine) =>
      Array.isArray(machine.gpus) && machine.gpus.length > 0 ? { ...machine, gpus: gpusOf(furtherCards) } : machine,
    );
  return acceptedOf({
    vm: isWithout || gpus.length === 0 ? vm : { ...vm, gpus },
    talos,
    cluster: cluster.firewall ? { ...cluster, firewall: { management: ["127.0.0.1"] } } : cluster,
    machines: { controlPlanes: fitted(machines.controlPlanes), workers: fitted(machines.workers) },
    ...others,
  });
}

/**
 * The other site's props, except what a cluster keeps for its life, and upgrades and other control planes, which have tests
 * of their own.
 */
function changedTo({ vm, talos, cluster, cilium, machines }: RandomSite, other: RandomSite): RandomSite {
  const { clusterName, installDisk, kubernetesVersion } = cluster;
  return acceptedOf(
    given({
      vm,
      talos,
      cluster: { ...other.cluster, clusterName, installDisk, kubernetesVersion },
      cilium: { ...other.cilium, version: cilium.version },
      nvidia: other.nvidia,
      amd: other.amd,
      intel: other.intel,
      machines: {
        controlPlanes: machines.controlPlanes,
        workers: machines.workers && (other.machines.workers ?? machines.workers),
      },
    }),
  );
}

const given = (site: RandomSite): RandomSite => JSON.parse(JSON.stringify(site));

/** Applies the site, and sees that the next plan is empty. */
async function settles(lab: Lab, site: RandomSite, addresses: Addresses): Promise<void> {
  const { vm, talos, cluster, cilium } = site;
  const { virtualAddress, ...machines } = furtherMachines(site, addresses);
  const terraform = await deployCluster(lab, {
    vm,
    talos,
    node: { ...cluster, readyTimeout: 900, ...(virtualAddress && { virtualAddress }) },
    cilium,
    machines,
    ...installsOf(site),
  });
  try {
    succeeded(await terraform.apply());
    await unchanged(terraform);
  } catch (error) {
    throw new Error(`${JSON.stringify(site)}: ${error}`);
  }
}

async function addressesIn(lab: Lab): Promise<Addresses> {
  const [virtual, ...further] = (await lab.moreAddresses(5)).map((address) => lab.written(address));
  if (virtual === undefined) throw new Error("the lab has no further addresses");
  const gateway = lab.written(lab.gateway);
  return { gateway, virtual, controlPlanes: further.slice(0, 2), workers: further.slice(2) };
}

const minutes = (count: number): number => count * 60_000;

test.each(Array.from({ length: count }, (_, index) => seed + index))(
  "every cluster that the rules accept is created, changed to any other, and the next plan is empty (LAB_SEED=%i)",
  async (seed) => {
    const lab = await startLab({ devices, storages });
    const addresses = await addressesIn(lab);
    const site = siteOf(seed);
    await settles(lab, site, addresses);
    await settles(lab, changedTo(site, siteOf(-seed)), addresses);
  },
  minutes(20),
);
