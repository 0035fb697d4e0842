import type { Json } from "../json";
import { credentials } from "./support/accounts";
import { placed } from "./support/placed";
import { succeeded } from "./support/succeeded";

const plugin = "nvidia-device-plugin";

/** A record that Helm cannot read, so that it stays, as a release does if the API is gone while Terraform removes it. */
const recordThatStays = {
  apiVersion: "v1",
  kind: "Secret",
  type: "helm.sh/release.v1",
  metadata: {
    name: `sh.helm.release.v1.${plugin}.v99`,
    namespace: plugin,
    labels: { owner: "helm", name: plugin, status: "superseded", version: "99" },
  },
};

function withoutPlugin(configuration: Json): void {
  const { helm_release, null_resource } = configuration.resource as Record<string, Json>;
  delete helm_release?.nvidia_device_plugin;
  for (const step of ["gpu_smoke_test", "wait_for_nvidia_device_plugin"]) delete null_resource?.[step];
  const snapshot = null_resource?.first_snapshot as never as { depends_on: string[] };
  snapshot.depends_on = snapshot.depends_on.filter((address) => !/gpu|nvidia_device/.test(address));
}

test("cdktf itself deploys the default stack, sees no difference, looks for what it removed, and destroys it", async () => {
  const { program, lab, vmid } = await placed("examples/default.ts");
  const cdktf = lab.cdktf(program.stack, credentials);
  succeeded(await cdktf.run("deploy"));
  expect(lab.proxmox.host.vm(vmid).running).toBe(true);
  expect(await (await lab.node(vmid)).state()).toMatchObject({ stage: "bootstrapped" });
  const diff = await cdktf.run("diff");
  succeeded(diff);
  expect(diff.output).toContain("No changes. Your infrastructure matches the configuration.");

  succeeded(await (await lab.kubectl(vmid)).apply(recordThatStays));
  program.placeIn(lab.site, withoutPlugin);
  const removal = await cdktf.run("deploy");
  expect(removal.output).toMatch(/helm_release[.]nvidia_device_plugin.*Destruction complete/);
  expect(removal.output).toContain(
    "has the Helm release nvidia-device-plugin no longer, and it is still in the cluster",
  );
  expect(removal.code).toBe(1);

  succeeded(await cdktf.run("destroy"));
  expect(lab.proxmox.host.vms.has(vmid)).toBe(false);
});
