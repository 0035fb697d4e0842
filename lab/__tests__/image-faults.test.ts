import type { TalosGpuClusterTalos } from "../../constructs/talos-gpu-cluster";
import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

const onlyImage = "-target=proxmox_download_file.talos";

test("an image that the factory does not have is reported before anything is created", async () => {
  const lab = await startLab({ remoteFile: () => undefined });
  const terraform = await deployCluster(lab);
  const { code, output } = await terraform.apply();
  expect(code).toBe(1);
  expect(output).toContain("proxmox_download_file.talos");
  expect(unwrapped(output)).toContain("404 Not Found");
  expect(lab.proxmox.host.vms.size).toBe(0);
});

test("a download that breaks off is reported with its reason, and a later apply converges", async () => {
  const lab = await startLab();
  const reason = "download failed: curl: (18) transfer closed with outstanding read data remaining";
  lab.proxmox.faults.add({ method: "POST", path: /download-url$/, call: 1, outcome: { failTask: reason } });
  const terraform = await deployCluster(lab);
  const { code, output } = await terraform.apply(onlyImage);
  expect(code).toBe(1);
  expect(unwrapped(output)).toContain(reason);
  succeeded(await terraform.apply(onlyImage));
  await unchanged(terraform, onlyImage);
});

test("an image that no storage has room for is reported with what is missing", async () => {
  const storages = [{ name: "local", type: "dir" as const, content: ["import"], capacity: 1024 ** 2 }];
  const lab = await startLab({ storages });
  const { code, output } = await (await deployCluster(lab)).apply(onlyImage);
  expect(code).toBe(1);
  expect(unwrapped(output)).toContain("storage 'local': not enough free space, 100M needed, 1M left");
});

test("an image with another checksum is not kept, and the one that was meant is", async () => {
  const [meant, other] = ["a".repeat(64), "b".repeat(64)];
  let sha256 = other;
  const lab = await startLab({
    remoteFile: () => ({ size: 100 * 1024 ** 2, virtualSize: 10 * 1024 ** 3, checksums: { sha256 } }),
  });
  const talos: TalosGpuClusterTalos = { checksum: { algorithm: "sha256", value: meant.toUpperCase() } };
  const terraform = await deployCluster(lab, { talos });
  const { code, output } = await terraform.apply(onlyImage);
  expect([code, unwrapped(output)]).toEqual([1, expect.stringContaining(`checksum mismatch: got '${other}'`)]);
  expect(lab.proxmox.host.storages.get("local").content).toEqual([]);

  sha256 = meant;
  succeeded(await terraform.apply(onlyImage));
  await unchanged(terraform, onlyImage);
});
