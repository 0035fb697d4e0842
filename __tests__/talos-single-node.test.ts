import { File } from "@cdktf/provider-local/lib/file";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { TerraformVariable } from "cdktf";
import { parseAllDocuments } from "yaml";
import { Release } from "../.gen/providers/helm/release";
import { ClusterKubeconfig } from "../.gen/providers/talos/cluster-kubeconfig";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import { MachineBootstrap } from "../.gen/providers/talos/machine-bootstrap";
import { MachineConfigurationApply } from "../.gen/providers/talos/machine-configuration-apply";
import { MachineSecrets } from "../.gen/providers/talos/machine-secrets";
import { CiliumInstall, NvidiaInstall, TalosImage, type TalosSingleNodeProps } from "../constructs";
import { renderPatch } from "../constructs/talos/patch/patch";
import "./matchers";
import { checksAtPlan, machine, nodeIn, synthesized, synthesizedJson, type TerraformJson, vmIn } from "./stacks";

const node = (props: Partial<TalosSingleNodeProps> = {}) => synthesized((stack) => void nodeIn(stack, props));
const json = (props: Partial<TalosSingleNodeProps> = {}): TerraformJson =>
  synthesizedJson((stack) => void nodeIn(stack, props));

const patchesOf = (stack: TerraformJson): string[] =>
  stack.data[DataTalosMachineConfiguration.tfResourceType].node.config_patches;

/** The documents of all patches that are known at synth. */
const documents = (props: Partial<TalosSingleNodeProps> = {}): TerraformJson[] =>
  patchesOf(json(props)).flatMap((patch) => parseAllDocuments(patch).map((document) => document.toJS()));

/** The version that the secrets of the cluster have in the state. */
const kept =
  '${can(regex("^v?1[.](11|12)([.]|$)", talos_machine_secrets.cluster.talos_version)) ? "v1.13" : talos_machine_secrets.cluster.talos_version}';

describe("TalosSingleNode", () => {
  test("compares the tag of an installer without the digest behind it, at plan too", () => {
    const installer = "factory.talos.dev/nocloud-installer/id:v1.13.9@sha256:0123";
    const checks = checksAtPlan((stack) => {
      const { stringValue } = new TerraformVariable(stack, "value", { type: "string" });
      nodeIn(stack, { talos: { version: stringValue, installer } });
    }).filter(({ message }) => message.endsWith("[installer-version]"));
    expect(checks.map(({ condition }) => condition)).toContainEqual(
      expect.stringContaining(`endswith(element(split("@", "${installer}"), 0)`),
    );
  });

  test("makes secrets and configuration of the node's own Talos version", () => {
    const stack = node({ talos: { version: "v1.12.0" } });
    expect(stack).toHaveResourceWithProperties(MachineSecrets, { talos_version: "v1.12.0" });
    expect(stack).toHaveDataSourceWithProperties(DataTalosMachineConfiguration, {
      cluster_name: "talos-gpu",
      cluster_endpoint: "https://192.168.1.50:6443",
      machine_type: "controlplane",
      machine_secrets: "${talos_machine_secrets.cluster.machine_secrets}",
      talos_version: "v1.12.0",
      kubernetes_version: "1.35.10",
    });
  });

  test.each([
    ["v1.11.6", "v1.11.6"],
    ["v1.12.11", "v1.12.11"],
    ["v1.13.9", kept],
    ["v1.14.1", kept],
  ])("has, with Talos %s, the contract that its cluster began with", (version, contract) => {
    expect(json({ talos: { version } }).data[DataTalosMachineConfiguration.tfResourceType].node.talos_version).toBe(
      contract,
    );
  });

  test("keeps its secrets whatever version comes: a lower one would replace the cluster's authority", () => {
    expect(json().resource[MachineSecrets.tfResourceType].cluster.lifecycle).toEqual({
      ignore_changes: ["talos_version"],
    });
  });

  test("goes from the configuration to a kubeconfig, one step after the other", () => {
    const { resource } = json();
    expect(resource[MachineConfigurationApply.tfResourceType].node).toEqual({
      node: "192.168.1.50",
      client_configuration: "${talos_machine_secrets.cluster.client_configuration}",
      depends_on: ["null_resource.upgrade_kubernetes"],
      machine_configuration_input: "${data.talos_machine_configuration.node.machine_configuration}",
    });
    expect(resource[MachineBootstrap.tfResourceType].cluster.depends_on).toEqual([
      "talos_machine_configuration_apply.node",
      "null_resource.bootstrap_begin",
    ]);
    // An apply that has left its note lets the step before the bootstrap run again, as does a talosconfig that is to be created.
    expect(resource[Resource.tfResourceType].bootstrap_begin.triggers).toEqual({
      left: '${fileexists("../../../clusters/talos-gpu/bootstrapping") ? "note" : replace(local_file.talosconfig.id, "/.*/", "")}',
    });
    expect(resource[ClusterKubeconfig.tfResourceType].cluster.depends_on).toEqual(["talos_machine_bootstrap.cluster"]);
  });

  test("waits for its machine", () => {
    const { resource } = synthesizedJson((stack) => {
      const vm = vmIn(stack, { initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } });
      nodeIn(stack, { machine: vm });
    });
    const { upgrade_kubernetes } = resource[Resource.tfResourceType];
    expect(upgrade_kubernetes.depends_on).toEqual([
      "terraform_data.node_configuration",
      "proxmox_virtual_environment_vm.talos_node",
    ]);
    expect(resource[MachineConfigurationApply.tfResourceType].node.depends_on).toEqual([
      "null_resource.upgrade_kubernetes",
    ]);
    // A VM that is replaced is configured and bootstrapped again.
    const lifecycle = { replace_triggered_by: ["proxmox_virtual_environment_vm.talos_node.id"] };
    expect(resource[MachineConfigurationApply.tfResourceType].node.lifecycle).toEqual(lifecycle);
    expect(resource[MachineBootstrap.tfResourceType].cluster.lifecycle).toEqual(lifecycle);
  });

  test("is configured anew for another schematic, which the configuration is not known before", () => {
    const { resource } = synthesizedJson((stack) => void nodeIn(stack, { talos: new TalosImage(stack, "talos") }));
    expect(resource[MachineConfigurationApply.tfResourceType].node.lifecycle).toEqual({
      replace_triggered_by: ["talos_image_factory_schematic.talos.id"],
    });
    expect(resource[MachineBootstrap.tfResourceType].cluster).not.toHaveProperty("lifecycle");
  });

  test("has its releases repaired where they failed", () => {
    const { resource } = synthesizedJson((stack) => {
      const machine = vmIn(stack, {
        gpus: [{ mapping: "gpu" }],
        initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
      });
      const nvidia = { kernelModules: "open", branch: "production" } as const;
      const node = nodeIn(stack, { machine, talos: { version: "v1.13.9", nvidia } });
      new CiliumInstall(stack, "cilium", { node, l2Announcements: { addressPools: [] } });
      new NvidiaInstall(stack, "nvidia", { node });
    });
    const releases: Record<string, { lifecycle: object; upgrade_install: boolean }> = resource[Release.tfResourceType];
    expect(Object.keys(releases)).toEqual(
      expect.arrayContaining(["cilium", "cilium_load_balancer", "nvidia_prerequisites", "nvidia_device_plugin"]),
    );
    for (const release of Object.values(releases))
      expect(release).toMatchObject({
        upgrade_install: true,
      });
  });

  test("writes the two files for their owner alone", () => {
    const files = json().resource[File.tfResourceType];
    const secret = { file_permission: "0600", directory_permission: "0700" };
    expect(files).toEqual({
      kubeconfig: {
        ...secret,
        provider: "local.kubernetes",
        filename: "../../../clusters/talos-gpu/kubeconfig",
        content: "${talos_cluster_kubeconfig.cluster.kubeconfig_raw}",
      },
      talosconfig: {
        ...secret,
        filename: "../../../clusters/talos-gpu/talosconfig",
        content: "${data.talos_client_configuration.cluster.talos_config}",
        depends_on: ["null_resource.check_cluster_files"],
      },
    });
  });

  test("gives the shell its values in the environment, and a bound to the wait", () => {
    const steps = json({ readyTimeout: 60 }).resource[Resource.tfResourceType];
    const wait = steps.wait_for_kubernetes.provisioner[0]["local-exec"];
    expect(wait.environment).toEqual({
      KUBECONFIG: "${local_file.kubeconfig.filename}",
      ENDPOINT: "https://192.168.1.50:6443",
      TIMEOUT: "60",
      RESOURCES: "",
    });
    expect(wait.command).toMatch(/ sh assets\/scripts\/wait-for-kubernetes\.sh$/);
    expect(wait.command).not.toContain("${");
    const taint = steps.remove_control_plane_taint;
    expect(taint.provisioner[0]["local-exec"].command).toMatch(/ sh assets\/scripts\/remove-control-plane-taint\.sh$/);
    expect(taint.triggers).toEqual({ cluster: "${null_resource.wait_for_kubernetes.id}" });
  });

  describe("patches the machine configuration, one concern at a time:", () => {
    test.each<[string, Partial<TalosSingleNodeProps>, object]>([
      [
        "install disk and image",
        { talos: { version: "v1.13.9", installer: "factory.example/nocloud-installer/id:v1.13.9" } },
        { machine: { install: { disk: "/dev/sda", image: "factory.example/nocloud-installer/id:v1.13.9" } } },
      ],
      ["install disk alone", { installDisk: "/dev/sdb" }, { machine: { install: { disk: "/dev/sdb" } } }],
      [
        "the address on the only physical device",
        {},
        {
          machine: {
            network: {
              interfaces: [
                {
                  deviceSelector: { physical: true },
                  dhcp: false,
                  addresses: ["192.168.1.50/24"],
                  routes: [{ network: "0.0.0.0/0", gateway: "192.168.1.1" }],
                },
              ],
            },
          },
        },
      ],
      [
        "the address on the device of a MAC address, with DNS servers and no gateway",
        {
          machine: {
            name: "talos-gpu",
            address: "fd00::50/64",
            installDisk: "/dev/sda",
            macAddress: "BC:24:11:00:00:01",
            dnsServers: ["fd00::1"],
          },
        },
        {
          machine: {
            network: {
              interfaces: [
                { deviceSelector: { hardwareAddr: "bc:24:11:00:00:01" }, dhcp: false, addresses: ["fd00::50/64"] },
              ],
              nameservers: ["fd00::1"],
            },
          },
        },
      ],
      [
        "each of two network devices by its MAC address, and both families of one",
        {
          machine: {
            name: "talos-gpu",
            address: "192.168.1.50/24",
            installDisk: "/dev/sda",
            interfaces: [
              {
                macAddress: "BC:24:11:00:00:01",
                addresses: ["192.168.1.50/24", "2001:db8::50/64"],
                gateways: ["192.168.1.1", "fe80::1"],
              },
              { macAddress: "BC:24:11:00:00:02", addresses: ["10.0.0.50/24"] },
            ],
          },
        },
        {
          machine: {
            network: {
              interfaces: [
                {
                  deviceSelector: { hardwareAddr: "bc:24:11:00:00:01" },
                  dhcp: false,
                  addresses: ["192.168.1.50/24", "2001:db8::50/64"],
                  routes: [
                    { network: "0.0.0.0/0", gateway: "192.168.1.1" },
                    { network: "::/0", gateway: "fe80::1" },
                  ],
                },
                {
                  deviceSelector: { hardwareAddr: "bc:24:11:00:00:02" },
                  dhcp: false,
                  addresses: ["10.0.0.50/24"],
                },
              ],
            },
          },
        },
      ],
      [
        "an address that a DHCP server has reserved",
        {
          machine: {
            name: "talos-gpu",
            address: "192.168.1.50",
            installDisk: "/dev/sda",
            interfaces: [{ addresses: [], dhcp: true }],
          },
        },
        { machine: { network: { interfaces: [{ deviceSelector: { physical: true }, dhcp: true }] } } },
      ],
      [
        "an address that a DHCP server of IPv6 has reserved",
        {
          machine: {
            name: "talos-gpu",
            address: "2001:db8::50",
            installDisk: "/dev/sda",
            interfaces: [{ addresses: [], dhcpv6: true }],
          },
        },
        {
          machine: {
            network: {
              interfaces: [
                { deviceSelector: { physical: true }, dhcp: true, dhcpOptions: { ipv4: false, ipv6: true } },
              ],
            },
          },
        },
      ],
      [
        "the way to a gateway that is in no network",
        {
          machine: {
            name: "talos-gpu",
            address: "203.0.113.50/32",
            gateway: "198.51.100.1",
            installDisk: "/dev/sda",
          },
        },
        {
          machine: {
            network: {
              interfaces: [
                {
                  deviceSelector: { physical: true },
                  dhcp: false,
                  addresses: ["203.0.113.50/32"],
                  routes: [{ network: "198.51.100.1/32" }, { network: "0.0.0.0/0", gateway: "198.51.100.1" }],
                },
              ],
            },
          },
        },
      ],
      [
        "the host name of Talos 1.11",
        { talos: { version: "v1.11.6" } },
        { machine: { network: { hostname: "talos-gpu" } } },
      ],
      [
        "the host name from Talos 1.12 on",
        { talos: { version: "v1.12.0" } },
        { apiVersion: "v1alpha1", kind: "HostnameConfig", hostname: "talos-gpu", auto: "off" },
      ],
      ["the kubelet's address", {}, { machine: { kubelet: { nodeIP: { validSubnets: ["192.168.1.50/32"] } } } }],
      ["time servers", { timeServers: ["time.example"] }, { machine: { time: { servers: ["time.example"] } } }],
      ["workloads on the control plane", {}, { cluster: { allowSchedulingOnControlPlanes: true } }],
      [
        "no discovery by Kubernetes",
        {},
        { cluster: { discovery: { registries: { kubernetes: { disabled: true } } } } },
      ],
      [
        "NVIDIA's kernel modules",
        { talos: { version: "v1.13.9", nvidia: { kernelModules: "open", branch: "lts" } } },
        {
          machine: {
            kernel: {
              modules: [{ name: "nvidia" }, { name: "nvidia_uvm" }, { name: "nvidia_drm" }, { name: "nvidia_modeset" }],
            },
          },
        },
      ],
      [
        "NVIDIA's kernel modules and sysctl up to Talos 1.12",
        { talos: { version: "v1.12.0", nvidia: { kernelModules: "open", branch: "lts" } } },
        {
          machine: {
            kernel: {
              modules: [{ name: "nvidia" }, { name: "nvidia_uvm" }, { name: "nvidia_drm" }, { name: "nvidia_modeset" }],
            },
            sysctls: { "net.core.bpf_jit_harden": "1" },
          },
        },
      ],
    ])("%s", (_, props, patch) => {
      expect(documents(props)).toContainEqual(patch);
    });

    test("nothing of Cilium, so that Talos brings its own network", () => {
      expect(JSON.stringify(documents())).not.toMatch(/cni|proxy|kubePrism/);
    });

    test("what Terraform would interpolate in a user's patch as the text that it is", () => {
      const patches = patchesOf(
        json({ configPatches: [{ machine: { env: { A: "${HOME}" } } }, "machine: {env: {B: '%{'}}"] }),
      );
      expect(patches.slice(-2)).toEqual(["machine:\n  env:\n    A: $${HOME}\n", "machine: {env: {B: '%%{'}}"]);
    });

    test("the user's patches last, objects and YAML as they are", () => {
      const yaml =
        "machine:\n  env: {A: b}\n---\napiVersion: v1alpha1\nkind: WatchdogTimerConfig\ndevice: /dev/watchdog0\n";
      const patches = patchesOf(json({ configPatches: [{ machine: { sysctls: { "vm.swappiness": "0" } } }, yaml] }));
      expect(patches.slice(-2)).toEqual(['machine:\n  sysctls:\n    vm.swappiness: "0"\n', yaml]);
    });

    test("those of other constructs before the user's", () => {
      const patches = patchesOf(
        synthesizedJson((stack) => {
          nodeIn(stack, { configPatches: ["machine: {env: {A: user}}"] }).addConfigPatch({
            machine: { env: { A: "construct" } },
          });
        }),
      );
      expect(patches.slice(-2)).toEqual(["machine:\n  env:\n    A: construct\n", "machine: {env: {A: user}}"]);
    });
  });

  test.each([
    ["v1.11.6", "1.34.13"],
    ["v1.12.0", "1.35.10"],
    ["v1.13.9", "1.35.10"],
    ["v1.14.1", "1.35.10"],
  ])("runs on Talos %s, by default, Kubernetes %s", (version, kubernetes_version) => {
    expect(node({ talos: { version } })).toHaveDataSourceWithProperties(DataTalosMachineConfiguration, {
      kubernetes_version,
    });
  });

  test("leaves to Terraform what depends on a version that is a variable", () => {
    const stack = synthesizedJson((scope) => {
      const version = new TerraformVariable(scope, "talos_version", {}).stringValue;
      nodeIn(scope, { talos: { version, nvidia: { kernelModules: "open", branch: "lts" } } });
    });
    const { kubernetes_version, config_patches, talos_version } =
      stack.data[DataTalosMachineConfiguration.tfResourceType].node;
    const began = kept.slice(2, -1);
    expect(talos_version).toBe(
      `\${{"1.11" = var.talos_version, "1.12" = var.talos_version, "1.13" = ${began}, "1.14" = ${began}}[regex("1[.][0-9]+", var.talos_version)]}`,
    );
    expect(kubernetes_version).toBe(
      '${{"1.11" = "1.34.13", "1.12" = "1.35.10", "1.13" = "1.35.10", "1.14" = "1.35.10"}[regex("1[.][0-9]+", var.talos_version)]}',
    );
    const chosen = config_patches.filter((patch: string) => patch.includes("var.talos_version"));
    expect(chosen).toEqual([expect.stringContaining("HostnameConfig"), expect.stringContaining("bpf_jit_harden")]);
  });

  describe("with an address of IPv6 alone", () => {
    const ipv6 = { machine: { name: "talos-gpu", address: "2001:db8::50/64", installDisk: "/dev/sda" } };

    test("has it in brackets in the endpoint, and bare where no port follows", () => {
      const stack = json(ipv6);
      expect(stack.data[DataTalosMachineConfiguration.tfResourceType].node.cluster_endpoint).toBe(
        "https://[2001:db8::50]:6443",
      );
      expect(stack.resource[MachineConfigurationApply.tfResourceType].node.node).toBe("2001:db8::50");
    });

    test("has the kubelet's address as a network of 128 bits", () => {
      expect(documents(ipv6)).toContainEqual({
        machine: { kubelet: { nodeIP: { validSubnets: ["2001:db8::50/128"] } } },
      });
    });

    test("has pods and services of IPv6, as Kubernetes wants of such a node", () => {
      expect(documents(ipv6)).toContainEqual({
        cluster: { network: { podSubnets: ["fc00:db8:10::/56"], serviceSubnets: ["fc00:db8:20::/112"] } },
      });
      expect(JSON.stringify(documents())).not.toContain("podSubnets");
    });

    test("leaves the choice to Terraform where the address is a variable", () => {
      const stack = synthesizedJson((scope) => {
        const address = new TerraformVariable(scope, "address", {}).stringValue;
        nodeIn(scope, { machine: { ...ipv6.machine, address } });
      });
      const { cluster_endpoint, config_patches } = stack.data[DataTalosMachineConfiguration.tfResourceType].node;
      expect(cluster_endpoint).toMatch(/^https:\/\/\$\{.* \? .*"\[".*"\]".* : .*\}:6443$/);
      expect(config_patches).toContainEqual(expect.stringMatching(/validSubnets.* \? .*\/128.* : .*\/32/));
      expect(config_patches).toContainEqual(
        expect.stringMatching(/podSubnets.* \? \["fc00:db8:10::\/56"\] : \["10\.244\.0\.0\/16"\]/),
      );
    });
  });

  test("finds its way to a gateway that is a variable, in whatever network that is", () => {
    const stack = synthesizedJson((scope) => {
      const gateway = new TerraformVariable(scope, "gateway", {}).stringValue;
      nodeIn(scope, { machine: { ...machine, address: "203.0.113.50/32", gateway } });
    });
    const { config_patches } = stack.data[DataTalosMachineConfiguration.tfResourceType].node;
    expect(config_patches).toContainEqual(
      expect.stringMatching(
        /"routes" = \[\{"network" = [^}]*var[.]gateway, "\/32"\]\)\}, \{.*"gateway" = var[.]gateway\}/,
      ),
    );
  });

  test("includes what others wait for in its wait", () => {
    const { resource } = synthesizedJson((stack) => nodeIn(stack).waitFor("crd/gateways.gateway.networking.k8s.io"));
    const [{ "local-exec": wait }] = resource[Resource.tfResourceType].wait_for_kubernetes.provisioner;
    expect(wait.environment.RESOURCES).toBe("crd/gateways.gateway.networking.k8s.io");
  });

  test("writes its secrets to a file, for their owner alone, where that is wanted", () => {
    expect(node({ secretsFile: true })).toHaveResourceWithProperties(File, {
      filename: "../../../clusters/talos-gpu/secrets.yaml",
      content: expect.stringMatching(/^\$\{yamlencode\([\s\S]*talos_machine_secrets[.]cluster[.]machine_secrets/),
      file_permission: "0600",
      directory_permission: "0700",
    });
    expect(node()).not.toHaveResourceWithProperties(File, { filename: expect.stringContaining("secrets") });
  });

  test("takes the endpoint and the directory of the files that it is given", () => {
    const stack = node({ endpoint: "https://talos.example:6443", outputDirectory: "access" });
    expect(stack).toHaveDataSourceWithProperties(DataTalosMachineConfiguration, {
      cluster_endpoint: "https://talos.example:6443",
    });
    expect(stack).toHaveResourceWithProperties(File, { filename: "access/kubeconfig" });
  });

  test("exposes what others need of it", () => {
    synthesized((stack) => {
      expect(nodeIn(stack, { machine })).toMatchObject({
        clusterName: "talos-gpu",
        address: "192.168.1.50",
        endpoint: "https://192.168.1.50:6443",
        talosVersion: "v1.13.9",
        kubernetesVersion: "1.35.10",
      });
    });
    expect.assertions(1);
  });

  const cycle: { machine?: object } = {};
  cycle.machine = cycle;
  test.each([
    ["a number", 5],
    ["a value of no document", { machine: { a: 1n } }],
    ["a cycle", cycle],
  ])("writes nothing for a patch that is %s, which is refused", (_, patch) => {
    expect(renderPatch(patch as object)).toBe("");
  });
});
