import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ProxmoxCsi, type ProxmoxStorageClass, type TalosGpuCluster } from "../../constructs";
import type { ProxmoxGpuVmProps } from "../../constructs/proxmox/gpu-vm-props";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { defaultStorages } from "../proxmox/host";
import { gibibyte } from "../proxmox/size";
import type { StorageOptions } from "../proxmox/storage";
import type { Terraform } from "../terraform";
import { root } from "./support/accounts";
import { ApiClient } from "./support/api-client";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { placed } from "./support/placed";
import { strictly } from "./support/strict";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";
import { claim, ends, pod, reads, writes } from "./support/volume";

/** Names that the template of the chart writes without quotes, and YAML reads as something else. */
const unquoted: ProxmoxStorageClass = { storage: "on", name: "1e3" };
const storages: StorageOptions[] = [
  ...defaultStorages,
  { name: "on", type: "lvmthin", content: ["images"], capacity: 1000 * gibibyte },
];

const deploy = (lab: Lab, vm: Partial<ProxmoxGpuVmProps> = {}, storageClass = unquoted): Promise<Terraform> =>
  deployCluster(lab, {
    vm,
    nvidia: false,
    force: (cluster: TalosGpuCluster) => {
      new ProxmoxCsi(cluster, "csi", {
        node: cluster.cluster,
        connection: cluster.connection,
        storageClasses: [storageClass],
        certificateAuthority: lab.proxmox.authority.cert,
      });
    },
  });

const volumesIn = (lab: Lab, storage: string) =>
  lab.proxmox.host.storages.get(storage).content.filter(({ vmid }) => vmid === 9999);

test("a volume is a disk in Proxmox that outlives its pods, changes of the VM, and the cluster", async () => {
  const lab = await startLab({ storages });
  const terraform = await deploy(lab);
  const { code, output } = await terraform.apply();
  expect([code, output]).toEqual([0, expect.stringContaining("a volume on node talos-gpu has outlived its pod")]);
  await unchanged(terraform);
  const { created } = lab.proxmox.cluster.access;
  const [secret = ""] = [...created.tokens.values()].map((token) => token.secret);
  expect(secret).not.toBe("");
  expect(output).not.toContain(secret);
  const kubectl = await lab.kubectl(100);
  await eventually(async () => expect(volumesIn(lab, "on")).toEqual([]));

  // The part that mounts volumes runs on a node with a taint too.
  const plugin = ["--namespace=csi-proxmox", "--selector=app.kubernetes.io/component=node"];
  succeeded(await kubectl.run("taint", "node", "talos-gpu", "test=true:NoSchedule"));
  succeeded(await kubectl.run("delete", "pods", "--now", ...plugin));
  await eventually(async () => {
    const { items } = await kubectl.get<{ items: { status: { phase: string } }[] }>("pods", ...plugin);
    expect(items).toMatchObject([{ status: { phase: "Running" } }]);
  });
  succeeded(await kubectl.run("taint", "node", "talos-gpu", "test-"));

  succeeded(await kubectl.apply(claim("1Gi")));
  expect(await ends(kubectl, "writer", writes)).toBe("Succeeded");
  expect(await ends(kubectl, "reader", reads)).toBe("Succeeded");
  expect(await ends(kubectl, "other-reader", reads.replace("llama", "mistral"))).toBe("Failed");

  // A pod that stays has it attached, while the VM changes and the claim grows.
  succeeded(
    await kubectl.apply({
      ...pod("server", "sleep"),
      spec: { ...pod("server", "sleep").spec, restartPolicy: "Always" },
    }),
  );
  const attached = () =>
    Object.values(lab.proxmox.host.vm(100).config).filter((value) => String(value).includes("vm-9999-"));
  await eventually(async () => expect(attached()).toHaveLength(1));
  await unchanged(terraform);
  succeeded(await kubectl.apply(claim("2Gi")));
  await eventually(async () => expect(volumesIn(lab, "on").map(({ size }) => size)).toEqual([2 * 1024 ** 3]));
  const larger = await deploy(lab, { cpu: { cores: 6 }, disks: [{ size: 120 }] });
  const unlike = /disks\[0\] is "scsi0" with 120 GiB, which the VM lacks.*\[disk-left\]/;
  expect(output).not.toContain("[disk-left]");
  const changed = await larger.apply();
  succeeded(changed);
  expect(unwrapped(changed.output)).toMatch(unlike);
  const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
  await client.task("PUT", `nodes/${lab.proxmox.host.node}/qemu/100/resize`, { disk: "scsi0", size: "120G" });
  expect((await larger.plan()).output).not.toContain("[disk-left]");
  expect(attached()).toHaveLength(1);
  // The VM was restarted for it, through its agent, which drains the node.
  await eventually(
    async () => void succeeded(await kubectl.run("delete", "pod", "server", "--now", "--ignore-not-found")),
  );
  expect(await ends(kubectl, "after-change", reads)).toBe("Succeeded");

  const destroyed = await larger.destroy();
  const [volume] = volumesIn(lab, "on");
  expect([destroyed.code, destroyed.output]).toEqual([
    0,
    expect.stringContaining(`default/models: pvesm free ${volume?.volid}`),
  ]);
  expect([created.users.size, created.roles.size, created.entries]).toEqual([0, 0, []]);
});

/** Gives what is broken five seconds to mend by itself. */
function impatient({ directory }: Terraform): void {
  const file = join(directory, "cdk.tf.json");
  writeFileSync(file, readFileSync(file, "utf8").replaceAll('"PATIENCE": "60"', '"PATIENCE": "5"'));
}

/** What the driver has said so far. */
async function said(kubectl: Kubectl): Promise<string> {
  const { items: events } = await kubectl.get<{ items: { message: string }[] }>("events");
  const { items: attachments } = await kubectl.get<{ items: { status: { attachError?: { message: string } } }[] }>(
    "volumeattachments",
  );
  return [
    ...events.map(({ message }) => message),
    ...attachments.map(({ status }) => status.attachError?.message),
  ].join("\n");
}

/** What the driver says without privileges of which the test of the storage does not tell. */
const words: Readonly<Record<string, string>> = {
  "Datastore.Audit": "storage local-lvm: not found",
  "Datastore.Allocate": "failed to get volume size after creation",
  "VM.Audit": "the account sees no VM of node talos-volumes",
};

test("the driver's account needs each of its privileges, and the test of the storage names the link that is broken", async () => {
  const { lab, terraform, vmid } = await placed("examples/volumes.ts", { version: "8.4.10" });
  impatient(terraform);
  succeeded(await terraform.apply());
  await unchanged(terraform);
  const { created } = lab.proxmox.cluster.access;
  const kubectl = await lab.kubectl(vmid);
  expect(await strictly(kubectl)).toMatchObject({ "proxmox-csi-plugin": "", "csi-proxmox-prerequisites": "" });
  const roles = [...created.roles];
  const without = async (privilege: string, check: () => Promise<void>) => {
    for (const [role, privileges] of roles.filter(([, all]) => all.includes(privilege))) {
      created.setRole(
        role,
        privileges.filter((each) => each !== privilege),
      );
      await check();
      created.setRole(role, privileges);
    }
  };
  for (const [privilege, message] of Object.entries(words)) {
    succeeded(await kubectl.run("delete", "events", "--all"));
    await without(privilege, async () => {
      succeeded(await kubectl.apply(claim("1Gi")));
      succeeded(await kubectl.apply(pod("writer", writes)));
      await eventually(async () =>
        expect([privilege, await said(kubectl)]).toEqual([privilege, expect.stringContaining(message)]),
      );
    });
    await eventually(async () => {
      const { status } = await kubectl.get<{ status: { phase: string } }>("pod", "writer");
      expect(status.phase).toBe("Succeeded");
    });
    succeeded(await kubectl.run("delete", "pod/writer", "pvc/models"));
    // Kubernetes waits longer each time before it detaches what it could not attach.
    await eventually(async () => expect(volumesIn(lab, "local-lvm")).toEqual([]), 400_000);
  }

  const tested = async (): Promise<string> => {
    const step = "null_resource.csi_test";
    const { code, output } = await terraform.apply(`-replace=${step}`, `-target=${step}`, "-refresh=false");
    return code === 0 ? "" : unwrapped(output);
  };
  await without("Datastore.AllocateSpace", async () =>
    expect(await tested()).toContain(
      "the claim is Pending: Proxmox refuses the driver's account; check its permissions and its token in Proxmox: failed to provision",
    ),
  );
  await without("VM.Config.Disk", async () =>
    expect(await tested()).toContain("the volume is not attached to the VM: Proxmox refuses the driver's account"),
  );
  const trusted = (text: string) =>
    kubectl.run(
      "patch",
      "configmap",
      "proxmox-ca",
      "--namespace=csi-proxmox",
      `--patch=${JSON.stringify({ data: { "proxmox-ca.pem": text } })}`,
    );
  succeeded(await trusted("none"));
  expect(await tested()).toMatch(
    /the claim is Pending: the driver does not trust the certificate of Proxmox; see certificateAuthority: .*x509: /,
  );
  succeeded(await trusted(lab.proxmox.authority.cert));
  const namespaced = (...args: string[]) => kubectl.run(...args, "--namespace=csi-proxmox");
  const onNodes = async (selector: string) =>
    succeeded(
      await namespaced(
        ...["patch", "daemonset", "proxmox-csi-plugin-node", "--type=merge"],
        `--patch={"spec":{"template":{"spec":{"nodeSelector":{"no":${selector}}}}}}`,
      ),
    );
  await onNodes('"such"');
  await eventually(async () =>
    expect((await namespaced("get", "pods", "--output=name")).output).not.toContain("plugin-node"),
  );
  expect(await tested()).toContain("the volume is attached, and not mounted: MountVolume.MountDevice failed");
  await onNodes("null");
  succeeded(await namespaced("scale", "deployment", "proxmox-csi-plugin-controller", "--replicas=0"));
  expect(await tested()).toContain("the provisioner does not run");
  succeeded(await namespaced("scale", "deployment", "proxmox-csi-plugin-controller", "--replicas=1"));
  expect(await tested()).toBe("");

  // Somebody has replaced the token, and then removed it: what the page says mends both.
  const [[id, token] = []] = created.tokens;
  if (!id || !token) throw new Error("the driver has no token");
  created.tokens.set(id, { ...token, secret: "of somebody else" });
  expect(await tested()).toContain("the claim is Pending: Proxmox refuses the driver's account");
  succeeded(await terraform.apply("-replace=proxmox_user_token.csi"));
  await unchanged(terraform);
  created.tokens.clear();
  expect(await tested()).toContain("the claim is Pending: Proxmox refuses the driver's account");
  expect(unwrapped((await terraform.plan()).output)).toContain("no such token");
  await terraform.succeed("state", "rm", "proxmox_user_token.csi");
  succeeded(await terraform.apply());
  await unchanged(terraform);
  expect(await tested()).toBe("");
});

test("the plan of a class on a storage that the host lacks fails", async () => {
  const terraform = await deploy(await startLab(), {}, { storage: "fast" });
  const { code, output } = await terraform.plan();
  expect([code, unwrapped(output)]).toEqual([
    1,
    expect.stringContaining('storageClasses[0].storage "fast" is not a storage of node "pve"'),
  ]);
});
