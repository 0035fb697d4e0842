import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab";
import type { Run } from "../processes";
import { deployCluster } from "./support/cluster";
import { Impostor, ports, selfSigned } from "./support/impostor";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

/** Changes the stack that Terraform has. */
function rewrite(lab: Lab, change: (text: string) => string): void {
  const file = join(lab.directory, "cdktf.out/stacks/talos-gpu/cdk.tf.json");
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

test("whoever answers in the place of the Image Factory or a chart repository is told nothing, and nothing comes from there", async () => {
  const lab = await startLab();
  const [address = ""] = await lab.moreAddresses(1);
  const impostor = await Impostor.at(address, await selfSigned("impostor", address));
  const elsewhere = `https://${address}:${ports.web}`;
  const terraform = await deployCluster(lab, { nvidia: false, cilium: { method: "inline-manifests" } });
  const outcomes: Run[] = [];

  rewrite(lab, (text) => text.replaceAll(lab.factory.url, elsewhere));
  outcomes.push(await terraform.apply("-target=proxmox_download_file.talos"));
  expect([lab.factory.schematics.size, lab.proxmox.host.storages.get("local").content]).toEqual([0, []]);

  const again = await deployCluster(lab, { nvidia: false, cilium: { method: "inline-manifests" } });
  rewrite(lab, (text) => text.replaceAll(/"repository": "http[^"]*"/g, `"repository": "${elsewhere}/charts"`));
  outcomes.push(await again.plan("-target=data.helm_template.cilium"));

  expect(outcomes.map(({ code }) => code)).toEqual([1, 1]);
  expect(outcomes.map(({ output }) => /x509|certificate/.test(unwrapped(output)))).toEqual([true, true]);
  expect(impostor.called.get(ports.web)).toBeGreaterThan(1);
  expect(impostor.told).toEqual([]);
  await impostor.stop();
});

test("Proxmox checks the certificate of the server that it downloads from", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab);
  await terraform.apply("-target=proxmox_download_file.talos");
  const asked = lab.proxmox.journal.entries.filter(({ path }) => path.endsWith("/download-url"));
  expect(asked).toMatchObject([{ status: 200 }]);
  expect(asked.map(({ parameters }) => parameters["verify-certificates"] ?? "1")).toEqual(["1"]);
});
