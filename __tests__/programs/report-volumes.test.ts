import { mkdirSync, writeFileSync } from "node:fs";
import { volumeReport } from "../../constructs/storage/volume-report";
import { file, program, run } from "../provisioner";

const rows = [
  "csi.proxmox.sinextra.dev\\tpvc-1\\tdefault/models\\tproxmox/pve/local-lvm/vm-9999-pvc-1",
  "csi.proxmox.sinextra.dev\\tpvc-2\\tdefault/files\\tproxmox//nas/9999/vm-9999-pvc-2.raw",
  "openebs.io/local\\tpvc-3\\tdefault/cache\\t",
].join("\\n");

/** What the step prints when the stack is destroyed, with a cluster that gives this answer. */
function report(driver: string, outlive: boolean, answer = `printf '${rows}\\n'`) {
  program("kubectl", answer);
  mkdirSync(file("cluster"), { recursive: true });
  writeFileSync(file("cluster/kubeconfig"), "kubeconfig");
  const { status, stdout } = run(volumeReport(file("cluster"), { driver, outlive }));
  return [status, stdout];
}

describe("the report of volumes", () => {
  test("has the command that removes each volume that stays", () => {
    expect(report("csi.proxmox.sinextra.dev", true)).toEqual([
      0,
      `these volumes stay in Proxmox; on the Proxmox host, the command after each one removes it:
  default/files: pvesm free nas:9999/vm-9999-pvc-2.raw
  default/models: pvesm free local-lvm:vm-9999-pvc-1
`,
    ]);
  });

  test("names those that are lost", () => {
    expect(report("openebs.io/local", false)).toEqual([
      0,
      "these volumes are lost with the disks of the VMs:\n  default/cache: pvc-3\n",
    ]);
  });

  test("prints nothing without volumes, and stops nothing where Kubernetes does not answer", () => {
    expect(report("other", true)).toEqual([0, ""]);
    expect(report("other", true, "echo 'connection refused' >&2; exit 1")).toEqual([
      0,
      "the volumes of other are not listed: connection refused\n",
    ]);
  });
});
