import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defaultCiliumVersion } from "../../constructs/cilium/version";
import { defaultKubernetesVersion } from "../../constructs/talos/kubernetes-version";
import { defaultTalosVersion } from "../../constructs/talos/version";
import { lives } from "../../constructs/versions/lives";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { bundles, servedGateway } from "./support/gateway";
import { asLastRelease } from "./support/last-release";
import { attribute } from "./support/state";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { server } from "./support/volume";
import { bothStored, ofProxmox, stored, withVolumes as withVolumesOf, writeVolumes } from "./support/volumes";

interface Versions {
  readonly talos: string;
  readonly extensions?: readonly string[];
  readonly kubernetes: string;
  readonly cilium: string;
}

/** What an edit of the site replaces or changes in place. */
const optionsOf = ({ talos, extensions, kubernetes, cilium }: Versions): ClusterOptions => ({
  talos: { version: talos, extensions },
  node: { kubernetesVersion: kubernetes },
  cilium: { version: cilium },
});

/** Deploys the cluster as edited, in one apply, after which nothing is left to do. */
async function deployed(lab: Lab, site: ClusterOptions): Promise<{ terraform: Terraform; changes: string[] }> {
  const terraform = await deployCluster(lab, site);
  const changes = (await terraform.changes()).map(({ address, change }) => `${change.actions} ${address}`);
  succeeded(await terraform.applyPlanned());
  await unchanged(terraform);
  return { terraform, changes };
}

/** What has to be there after every change, as it was before. */
async function remembered(lab: Lab, terraform: Terraform) {
  const kubectl = await lab.kubectl(100);
  await eventually(async () => succeeded(await kubectl.run("get", "configmap", "kept")));
  const authority = await kubectl.run("get", "configmap", "kube-root-ca.crt", "--output=jsonpath={.data}");
  return {
    authority: authority.output,
    secrets: attribute(terraform, "talos_machine_secrets", "machine_secrets"),
    disks: Object.keys(lab.proxmox.host.vm(100).config).filter((key) => /^scsi\d/.test(key)),
  };
}

/** What the node runs, and whether its last configuration has what came with the contract of Talos 1.12. */
async function running(lab: Lab) {
  const { version, schematic, applied } = await (await lab.node(100)).state();
  const kubectl = await lab.kubectl(100);
  const kubelet = await kubectl.run("get", "nodes", "--output=jsonpath={.items[*].status.nodeInfo.kubeletVersion}");
  const agent = await kubectl.run(
    ...["-n", "kube-system", "get", "daemonset", "cilium"],
    "--output=jsonpath={.spec.template.spec.containers[0].image}",
  );
  return {
    talos: version,
    schematic,
    kubernetes: kubelet.output,
    cilium: /:(v[\d.]+)/.exec(agent.output)?.[1],
    hostnameDocument: applied.at(-1)?.documents.some(({ kind }) => kind === "HostnameConfig"),
  };
}

/** Writes a Secret with the versions that run. @returns its name and value */
async function writeSecret(lab: Lab, { talos, kubernetes, extensions = [] }: Versions): Promise<string> {
  const name = ["written", talos, kubernetes, extensions.length].join("-");
  const kubectl = await lab.kubectl(100);
  succeeded(await kubectl.run("create", "secret", "generic", name, `--from-literal=of=${name}`));
  return `${name} ${Buffer.from(name).toString("base64")}`;
}

/** The Secrets that were written, as the API server decrypts them: its encryption is the machine configuration's. */
async function secretsOf(lab: Lab): Promise<string[]> {
  const kubectl = await lab.kubectl(100);
  const columns = '--output=jsonpath={range .items[?(@.data.of)]}{.metadata.name} {.data.of}{"\\n"}{end}';
  const { code, output } = await kubectl.run("get", "secrets", columns);
  succeeded({ code, output });
  return output.trim().split("\n").sort();
}

/** The contract of a cluster that began with Talos 1.11. */
const contractOf = (talos: string): string => (/^v1[.]1[12]/.test(talos) ? talos : "v1.13");

const snapshots = (lab: Lab): string[] =>
  readdirSync(join(lab.directory, "clusters/talos-gpu")).filter((file) => file.endsWith(".snapshot"));

test("an edited version is an upgrade in one apply, from minor to minor, and keeps what the cluster has", async () => {
  const lab = await startLab();
  let site: Versions = { talos: "v1.11.5", kubernetes: "1.34.1", cilium: "1.18.12" };
  const withVolumes = withVolumesOf(lab);
  const { terraform } = await deployed(lab, { ...optionsOf(site), ...withVolumes });
  const kubectl = await lab.kubectl(100);
  succeeded(await kubectl.run("create", "configmap", "kept"));
  const written = [await writeSecret(lab, site)];
  await writeVolumes(kubectl);
  // A disk that the stack does not know.
  succeeded(await kubectl.apply(server("server", ofProxmox)));
  const disks = ["scsi0", "scsi1", "scsi2"];
  const kept = await eventually(async () => {
    const kept = await remembered(lab, terraform);
    expect(kept.disks).toEqual(disks);
    return kept;
  });

  const edits: readonly Partial<Versions>[] = [
    { talos: "v1.11.6" },
    { talos: "v1.12.11" },
    { talos: "v1.13.9" },
    // Another schematic of the same version.
    { extensions: ["siderolabs/iscsi-tools"] },
    { kubernetes: "1.35.4" },
    { talos: "v1.14.1", extensions: [], kubernetes: "1.36.1", cilium: "1.19.6" },
  ];
  for (const edit of edits) {
    const before = await running(lab);
    site = { ...site, ...edit };
    const { changes } = await deployed(lab, { ...optionsOf(site), ...withVolumes });
    expect(changes.filter((change) => /virtual_environment_vm|machine_secrets/.test(change))).toEqual([]);
    const now = await running(lab);
    expect(now).toEqual({
      talos: site.talos,
      schematic: attribute(terraform, "talos_image_factory_schematic", "id"),
      kubernetes: `v${site.kubernetes}`,
      cilium: `v${site.cilium}`,
      hostnameDocument: !site.talos.startsWith("v1.11."),
    });
    if (edit.extensions) expect(now.schematic).not.toBe(before.schematic);
    // A drained pod gets its volume again.
    await eventually(async () => expect(await remembered(lab, terraform)).toEqual(kept));
    expect(await stored(kubectl)).toEqual(bothStored);
    expect(await secretsOf(lab)).toEqual([...written].sort());
    expect(attribute(terraform, "talos_machine_configuration", "talos_version")).toBe(contractOf(site.talos));
    written.push(await writeSecret(lab, site));
  }
  // With other disks than the stack's, none is changed with the VM. Restarted, it runs what it was upgraded to.
  await deployed(lab, {
    ...{ ...optionsOf(site), ...withVolumes },
    vm: { cpu: { cores: 6 }, disks: [{ size: 120 }, { size: 50 }] },
  });
  expect(lab.proxmox.host.vm(100).config).toMatchObject({ cores: 6, scsi0: expect.stringContaining("size=100G") });
  await eventually(async () => expect(await remembered(lab, terraform)).toEqual(kept));
  expect(await stored(kubectl)).toEqual(bothStored);
  expect(await (await lab.node(100)).state()).toMatchObject({
    ...{ version: "v1.14.1", on: true, stage: "bootstrapped", bootstraps: 1 },
  });
  expect(snapshots(lab)).toHaveLength(3);
});

test("the defaults of the last release become today's in one apply, then the newest, and a Gateway and a Secret stay", async () => {
  const lab = await startLab();
  const last: Versions = { talos: "v1.13.9", kubernetes: "1.35.4", cilium: "1.18.12" };
  const siteOf = (versions?: Versions): ClusterOptions => {
    const { cilium, ...options } = versions ? optionsOf(versions) : {};
    return { ...options, cilium: { ...cilium, gatewayApi: true }, nvidia: false };
  };
  const terraform = await deployCluster(lab, siteOf(last));
  asLastRelease(terraform);
  succeeded(await terraform.apply());
  const kubectl = await lab.kubectl(100);
  succeeded(await kubectl.run("create", "configmap", "kept"));
  const gateway = await servedGateway(kubectl, 8001);
  const written = [await writeSecret(lab, last)];
  const kept = await remembered(lab, terraform);

  /** Deploys the edited site, and looks whether everything runs as it says and is there. */
  const becomes = async (site: ClusterOptions, versions: Versions, port: number) => {
    await deployed(lab, site);
    const { talos, kubernetes, cilium } = versions;
    expect(await running(lab)).toMatchObject({ talos, kubernetes: `v${kubernetes}`, cilium: `v${cilium}` });
    expect(await remembered(lab, terraform)).toEqual(kept);
    expect(await secretsOf(lab)).toEqual([...written].sort());
    expect(await servedGateway(kubectl, port)).toBe(gateway);
    written.push(await writeSecret(lab, versions));
  };
  // Without a version in the site.
  const today = { talos: defaultTalosVersion, kubernetes: defaultKubernetesVersion, cilium: defaultCiliumVersion };
  await becomes(siteOf(), today, 8002);
  expect(await bundles(kubectl)).toEqual(["v1.4.1"]);
  const newest = { ...today, kubernetes: lives.kubernetes["1.36"].newest, cilium: lives.cilium["1.20"].newest };
  await becomes(siteOf(newest), newest, 8003);
  expect(await bundles(kubectl)).toEqual(["v1.6.1"]);
});
