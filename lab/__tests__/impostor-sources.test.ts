import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TerraformStack } from "cdktf";
import { DownloadedImage, ProxmoxConnection, ProxmoxGpuVm } from "../../constructs";
import type { Lab } from "../lab";
import type { Run } from "../processes";
import type { RemoteFile } from "../proxmox/host";
import { gibibyte } from "../proxmox/size";
import type { Terraform } from "../terraform";
import { credentials } from "./support/accounts";
import { deployCluster } from "./support/cluster";
import { vmStack } from "./support/gpu-vm";
import { Impostor, ports, selfSigned } from "./support/impostor";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

/** Changes the stack that Terraform has. */
function rewrite(lab: Lab, change: (text: string) => string): void {
  const file = join(lab.directory, "cdktf.out/stacks/talos-gpu/cdk.tf.json");
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

test("whoever answers in the place of the Image Factory, a chart repository or a registry is told nothing, and nothing comes from there", async () => {
  const lab = await startLab();
  const [address = ""] = await lab.moreAddresses(1);
  const impostor = await Impostor.at(address, await selfSigned("impostor", address));
  const host = `${address}:${ports.web}`;
  const stack = (method: "helm-release" | "inline-manifests"): Promise<Terraform> =>
    deployCluster(lab, { cilium: { method }, nvidia: false });
  const outcomes: Run[] = [];

  const image = await stack("helm-release");
  rewrite(lab, (text) => text.replaceAll(lab.factory.url, `https://${host}`));
  outcomes.push(await image.apply("-target=proxmox_download_file.talos"));
  expect([lab.factory.schematics.size, lab.proxmox.host.storages.get("local").content]).toEqual([0, []]);

  for (const scheme of ["https", "oci"]) {
    const elsewhere = (text: string) =>
      text.replaceAll(/"repository": "[^"]*"/g, `"repository": "${scheme}://${host}/charts"`);
    const templates = await stack("inline-manifests");
    rewrite(lab, elsewhere);
    outcomes.push(await templates.plan("-target=data.helm_template.cilium"));
  }

  expect(outcomes.map(({ code }) => code)).toEqual([1, 1, 1]);
  expect(outcomes.map(({ output }) => unwrapped(output))).toEqual(
    outcomes.map(() => expect.stringMatching(/failed to verify certificate: x509/)),
  );
  expect(impostor.called.get(ports.web)).toBeGreaterThan(2);
  expect(impostor.told).toEqual([]);
  await impostor.stop();
});

const checksum = { algorithm: "sha256" as const, value: "a".repeat(64) };
const meant: RemoteFile = { size: 1024 ** 2, virtualSize: gibibyte, checksums: { sha256: checksum.value } };

const linuxVm =
  ({ proxmox: { endpoint } }: Lab) =>
  (stack: TerraformStack): void => {
    const connection = new ProxmoxConnection(stack, "proxmox", { endpoint, credentials: "password" });
    const file = { url: "https://images.example/debian.qcow2", fileName: "debian.qcow2", checksum };
    const image = new DownloadedImage(stack, "image", { connection, node: "pve", ...file });
    new ProxmoxGpuVm(stack, "debian", {
      connection,
      name: "debian",
      node: "pve",
      vmId: 200,
      guest: "linux",
      boot: { image },
    });
  };

test.each<[string, Partial<RemoteFile>, RegExp]>([
  ["another certificate", { trusted: false }, /Can't connect to|the certificate of .* is not trusted/],
  ["other bytes", { checksums: { sha256: "b".repeat(64) } }, /checksum mismatch/],
])("of a server with %s, no VM gets an image", async (_, served, reason) => {
  let file: RemoteFile = { ...meant, ...served };
  const lab = await startLab({ remoteFile: () => file });
  const downloads = () => lab.proxmox.journal.entries.filter(({ path }) => path.endsWith("/download-url"));
  const nothing = ({ code, output }: Run): void => {
    expect([code, unwrapped(output)]).toEqual([1, expect.stringMatching(reason)]);
    expect(lab.proxmox.host.storages.get("local").content).toEqual([]);
    expect(lab.proxmox.host.vms.size).toBe(0);
  };

  nothing(await (await deployCluster(lab, { talos: { checksum } })).apply());
  const linux = await lab.deploy("gpu", vmStack(linuxVm(lab)), credentials);
  nothing(await linux.apply());
  file = meant;
  succeeded(await linux.apply());
  expect(downloads().map(({ parameters }) => parameters["verify-certificates"] ?? "1")).not.toContain("0");
});
