import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { TerraformJson } from "./stacks";
import { synthesize } from "./synthesized";

/** The fragments that the verified HCL is known by, in the stacks that take its inputs. */
const fromImage: TerraformJson = synthesize("examples/default.ts")["talos-gpu"];
const fromTemplate: TerraformJson = synthesize("examples/template.ts")["talos-gpu-template"];

describe.each([
  ["the default stack", fromImage],
  ["the template example", fromTemplate],
])("%s has the verified", (_, stack) => {
  const vm = stack.resource.proxmox_virtual_environment_vm.talos_node;
  const configuration = stack.data.talos_machine_configuration.node;
  const documents = configuration.config_patches
    .filter((patch: string) => !patch.startsWith("${"))
    .flatMap((patch: string) => parseAllDocuments(patch).map((document) => document.toJS()));

  test('hostpci block: "01:00" in full, rombar a boolean', () => {
    expect(vm.hostpci).toEqual([{ device: "hostpci0", id: "0000:01:00.0", pcie: true, rombar: false, xvga: false }]);
  });

  test("agent block", () => {
    expect(vm.agent).toEqual({ enabled: true, trim: true, type: "virtio" });
  });

  test("CPU type", () => {
    expect(vm.cpu.type).toBe("host");
  });

  test("password authentication of root@pam for a raw PCI address", () => {
    expect(stack.provider.proxmox).toEqual([
      {
        endpoint: "https://pve.example:8006/",
        username: "root@pam",
        password: "${var.proxmox_password}",
      },
    ]);
    expect(stack.variable.proxmox_password.sensitive).toBe(true);
  });

  test("machine type", () => {
    expect(configuration.machine_type).toBe("controlplane");
  });

  test.each([
    ["CNI none", { cluster: { network: { cni: { name: "none" } } } }],
    ["kube-proxy disabled, under the key that Talos knows", { cluster: { proxy: { disabled: true } } }],
    ["KubePrism at 7445", { machine: { features: { kubePrism: { enabled: true, port: 7445 } } } }],
    ["scheduling on the control plane", { cluster: { allowSchedulingOnControlPlanes: true } }],
  ])("machine configuration: %s", (_, patch) => {
    expect(documents).toContainEqual(patch);
  });

  test("removal of the control-plane taint", () => {
    const taint = stack.resource.null_resource.remove_control_plane_taint;
    const [, script = ""] = / sh assets\/scripts\/(\S+)$/.exec(taint.provisioner[0]["local-exec"].command) ?? [];
    expect(readFileSync(join(__dirname, "../constructs/talos/scripts", script), "utf8")).toContain(
      "kube 30 taint nodes --all node-role.kubernetes.io/control-plane-",
    );
  });

  test("addresses", () => {
    const addresses = Object.entries<object>(stack.resource).flatMap(([type, named]) =>
      Object.keys(named).map((name) => `${type}.${name}`),
    );
    expect(addresses).toEqual(
      expect.arrayContaining([
        "proxmox_virtual_environment_vm.talos_node",
        "talos_machine_secrets.cluster",
        "talos_machine_configuration_apply.node",
        "talos_machine_bootstrap.cluster",
        "talos_cluster_kubeconfig.cluster",
        "local_file.kubeconfig",
        "local_file.talosconfig",
        "null_resource.wait_for_kubernetes",
        "null_resource.remove_control_plane_taint",
        "helm_release.cilium",
      ]),
    );
    expect(Object.keys(stack.data.talos_client_configuration)).toEqual(["cluster"]);
    expect(Object.keys(stack.data.proxmox_virtual_environment_vms)).toContain("same_id");
  });

  test("outputs, the secret ones sensitive", () => {
    // The verified HCL ends with the cluster; what pods are told of GPUs and how it is restored come on top.
    expect(
      Object.keys(stack.output)
        .filter((name) => !/^(gpu_(allocatable|example)|restore_)/.test(name))
        .sort(),
    ).toEqual(
      [
        "cluster_name",
        "cluster_endpoint",
        "talos_version",
        "kubernetes_version",
        "node_name",
        "node_ip",
        "node_vm_id",
        "node_resources",
        "kubeconfig_path",
        "talosconfig_path",
        "talos_client_configuration",
        "cluster_ca_certificate",
        "gpu_passthrough_enabled",
        "gpu_pci_id",
        "gpu_verification_command",
        "storage_configuration",
        "network_configuration",
        "useful_commands",
        "access_instructions",
      ].sort(),
    );
    expect(stack.output.talos_client_configuration.sensitive).toBe(true);
    expect(stack.output.gpu_pci_id.value).toBe("0000:01:00.0");
  });
});

test("the default stack boots an image of the Image Factory", () => {
  expect(fromImage.resource).toMatchObject({
    talos_image_factory_schematic: { talos: expect.anything() },
    proxmox_download_file: { talos: { content_type: "import" } },
    proxmox_virtual_environment_vm: { talos_node: { disk: [{ import_from: "${proxmox_download_file.talos.id}" }] } },
  });
});

test("the template example clones the template of its name, and has nothing of the Image Factory", () => {
  expect(fromTemplate.data.proxmox_virtual_environment_vms.talos_template.filter[0]).toEqual({
    name: "name",
    values: ["talos-template"],
  });
  expect(JSON.stringify(fromTemplate)).not.toContain("factory");
});
