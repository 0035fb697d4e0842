import type { TalosMinor } from "../../constructs/talos/version";
import type { NodeState } from "../talos-node";
import { deployCluster } from "./support/cluster";
import { allocatable } from "./support/gpu";
import { succeeded } from "./support/succeeded";
import { talosVersions } from "./support/talos-versions";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { addUncheckedPatch } from "./support/unchecked-patch";
import { unwrapped } from "./support/unwrapped";

const document = ({ applied }: NodeState, kind?: string): Record<string, unknown> | undefined =>
  applied.at(-1)?.documents.find((each) => each.kind === kind);

test.each(Object.keys(talosVersions) as TalosMinor[])(
  "a node of Talos %s accepts the configuration, which says what Cilium and the GPU need, and a pod has used the GPU",
  async (talos) => {
    const [version, kubernetes] = talosVersions[talos];
    const lab = await startLab();
    const terraform = await deployCluster(lab, {
      talos: { version, nvidia: { kernelModules: "open", branch: "production" } },
      node: {
        registries: {
          mirrors: [{ registry: "docker.io", endpoints: ["https://mirror.example"], fallback: false }],
          certificateAuthorities: [lab.proxmox.authority.cert],
          imageCache: true,
        },
      },
    });
    const applied = await terraform.apply();
    succeeded(applied);
    expect(applied.output).toContain("a pod has used the GPU");
    expect(await allocatable(await lab.kubectl(100))).toBe("1");
    await unchanged(terraform);
    const state = await (await lab.node(100)).state();
    const [schematic] = lab.factory.schematics.keys();
    expect(state).toMatchObject({ version, schematic });
    expect(document(state)).toMatchObject({
      machine: {
        type: "controlplane",
        install: {
          disk: "/dev/sda",
          image: `${new URL(lab.factory.url).host}/nocloud-installer/${schematic}:${version}`,
        },
        features: { kubePrism: { enabled: true, port: 7445 } },
        kubelet: { nodeIP: { validSubnets: [`${lab.address}/32`] }, image: expect.stringContaining(`:v${kubernetes}`) },
        kernel: { modules: expect.arrayContaining([{ name: "nvidia" }]) },
        network: { interfaces: [expect.objectContaining({ addresses: [`${lab.address}/24`] })] },
      },
      cluster: {
        allowSchedulingOnControlPlanes: true,
        controlPlane: { endpoint: `https://${lab.address}:6443` },
        network: { cni: { name: "none" } },
        proxy: { disabled: true },
        discovery: { registries: { kubernetes: { disabled: true } } },
      },
    });
    expect(document(state)).toMatchObject({ machine: { features: { imageCache: { localEnabled: true } } } });
    expect(document(state, "TrustedRootsConfig")).toMatchObject({
      certificates: expect.stringContaining("BEGIN CERTIFICATE"),
    });
    expect(talos === "1.11" ? document(state) : document(state, "RegistryMirrorConfig")).toMatchObject(
      talos === "1.11"
        ? { machine: { registries: { mirrors: { "docker.io": { endpoints: ["https://mirror.example"] } } } } }
        : { name: "docker.io", endpoints: [{ url: "https://mirror.example" }], skipFallback: true },
    );
    expect(talos === "1.11" ? document(state) : document(state, "HostnameConfig")).toMatchObject(
      talos === "1.11" ? { machine: { network: { hostname: "talos-gpu" } } } : { hostname: "talos-gpu" },
    );
  },
);

test("a node accepts the configuration of two network devices, one of both families, the other with a gateway on its link, and puts both to work", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, {
    vm: {
      networkDevices: [{ macAddress: "BC:24:11:00:00:01" }, { macAddress: "BC:24:11:00:00:02" }],
      initialization: {
        ipConfigs: [
          {
            address: `${lab.written(lab.address)}/24`,
            ipv6: { address: "2001:db8::50/64", gateway: "fe80::1" },
          },
          { address: "203.0.113.50/32", gateway: "198.51.100.1", ipv6: { address: "dhcp" } },
        ],
      },
    },
  });
  succeeded(await terraform.apply("-target=talos_machine_configuration_apply.node"));
  const state = await (await lab.node(100)).state();
  // In upper case Talos would find neither device.
  expect(state.links).toMatchObject([
    { hardwareAddr: "bc:24:11:00:00:01", addresses: [`${lab.address}/24`, "2001:db8::50/64"], gateways: ["fe80::1"] },
    { hardwareAddr: "bc:24:11:00:00:02", addresses: ["203.0.113.50/32"], gateways: ["198.51.100.1"] },
  ]);
  expect(document(state)).toMatchObject({
    machine: {
      network: {
        interfaces: [
          {
            deviceSelector: { hardwareAddr: "bc:24:11:00:00:01" },
            addresses: [`${lab.address}/24`, "2001:db8::50/64"],
            routes: [{ network: "::/0", gateway: "fe80::1" }],
          },
          {
            deviceSelector: { hardwareAddr: "bc:24:11:00:00:02" },
            addresses: ["203.0.113.50/32"],
            dhcp: true,
            dhcpOptions: { ipv4: false, ipv6: true },
            routes: [{ network: "198.51.100.1/32" }, { network: "0.0.0.0/0", gateway: "198.51.100.1" }],
          },
        ],
      },
    },
  });
});

test("the schematic has the guest agent and the driver that were asked for", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, { talos: { nvidia: { kernelModules: "open", branch: "production" } } });
  succeeded(await terraform.apply("-target=talos_image_factory_schematic.talos"));
  expect([...lab.factory.schematics.values()]).toEqual([
    {
      customization: {
        systemExtensions: {
          officialExtensions: [
            "siderolabs/nvidia-container-toolkit-production",
            "siderolabs/nvidia-open-gpu-kernel-modules-production",
            "siderolabs/qemu-guest-agent",
          ],
        },
      },
    },
  ]);
});

test("cluster.network.proxy, as the verified configuration nests it, is refused by Talos's decoder", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, {
    force: ({ cluster }) => addUncheckedPatch(cluster, { cluster: { network: { proxy: { disabled: true } } } }),
  });
  const { code, output } = await terraform.apply();
  expect(code).toBe(1);
  expect(unwrapped(output)).toMatch(/unknown keys found during decoding.*proxy/);
  expect(output).toContain("data.talos_machine_configuration.node");
});
