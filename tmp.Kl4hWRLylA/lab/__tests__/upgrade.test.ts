import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";

const driver = { kernelModules: "open", branch: "production" } as const;

/** Deploys the cluster as edited, in one apply, after which nothing is left to do. */
async function deployed(lab: Lab, options: ClusterOptions): Promise<string[]> {
  const terraform = await deployCluster(lab, options);
  const changes = (await terraform.changes()).map(({ address, change }) => `${change.actions} ${address}`);
  succeeded(await terraform.apply());
  expect(await terraform.plan()).toMatchObject({ code: 0, changes: false });
  return changes;
}

const snapshots = (lab: Lab): string[] =>
  readdirSync(join(lab.directory, "clusters/talos-gpu")).filter((file) => file.endsWith(".snapshot"));

/** What has to be there after every change, as it was before. */
async function remembered(lab: Lab) {
  const kubectl = await lab.kubectl(100);
  await eventually(async () => succeeded(await kubectl.run("get", "configmap", "kept")));
  const authority = await kubectl.run("get", "configmap", "kube-root-ca.crt", "--output=jsonpath={.data}");
  return {
    authority: authority.output,
    disks: Object.keys(lab.proxmox.host.vm(100).config).filter((key) => /^scsi\d/.test(key)),
  };
}

describe("an edited version", () => {
  test.each([
    ["1.11 to 1.12", { version: "v1.11.6" }, { version: "v1.12.11" }],
    ["1.12 to 1.13", { version: "v1.12.11" }, { version: "v1.13.9" }],
    ["1.13 to 1.14", { version: "v1.13.9" }, { version: "v1.14.1" }],
    ["a patch", { version: "v1.13.8" }, { version: "v1.13.9" }],
    ["another schematic", { version: "v1.13.9" }, { version: "v1.13.9", extensions: ["siderolabs/iscsi-tools"] }],
  ])("upgrades Talos in one apply, and keeps what the cluster has: %s", async (_, before, after) => {
    const lab = await startLab();
    const kubernetes = { kubernetesVersion: "1.34.1" };
    await deployed(lab, { talos: before, node: kubernetes });
    const kubectl = await lab.kubectl(100);
    succeeded(await kubectl.run("create", "configmap", "kept"));
    // A disk that the stack does not know, as a CSI driver attaches it.
    lab.proxmox.host.vm(100).set("scsi5", "local-lvm:1");
    const kept = await remembered(lab);

    const changes = await deployed(lab, { talos: after, node: kubernetes });
    expect(changes.filter((change) => change.includes("proxmox_virtual_environment_vm"))).toEqual([]);
    const state = await (await lab.node(100)).state();
    expect(state).toMatchObject({ version: after.version, stage: "bootstrapped", bootstraps: 1 });
    expect(await remembered(lab)).toEqual(kept);
    expect(snapshots(lab)).toHaveLength(1);
  });

  test("upgrades Talos, its driver, Kubernetes and Cilium together", async () => {
    const lab = await startLab();
    await deployed(lab, {
      talos: { version: "v1.12.11", nvidia: driver },
      node: { kubernetesVersion: "1.34.1" },
      cilium: { version: "1.18.12" },
    });
    succeeded(await (await lab.kubectl(100)).run("create", "configmap", "kept"));
    await deployed(lab, {
      talos: { version: "v1.13.9", nvidia: driver, extensions: ["siderolabs/iscsi-tools"] },
      node: { kubernetesVersion: "1.35.4" },
      cilium: { version: "1.19.6" },
    });
    expect(await (await lab.node(100)).state()).toMatchObject({ version: "v1.13.9", bootstraps: 1 });
    await remembered(lab);
  });
});

describe("refused, and nothing changed", () => {
  test.each([
    ["down", { version: "v1.13.9" }, { version: "v1.12.11" }, /Talos cannot go down from v1\.13\.9 to v1\.12\.11/],
    ["two minors", { version: "v1.11.6" }, { version: "v1.13.9" }, /Talos goes up one minor at a time/],
  ])("%s", async (_, before, after, message) => {
    const lab = await startLab();
    const kubernetes = { kubernetesVersion: "1.34.1" };
    await deployed(lab, { talos: before, node: kubernetes });
    const terraform = await deployCluster(lab, { talos: after, node: kubernetes });
    const { code, output } = await terraform.apply();
    expect(code).toBe(1);
    expect(output.replace(/\s+/g, " ")).toMatch(message);
    expect(await (await lab.node(100)).state()).toMatchObject({ version: before.version, bootstraps: 1 });
  });
});
