import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { Fn, LocalBackend, type TerraformElement, TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import { HelmProvider } from "../.gen/providers/helm/provider";
import { Release } from "../.gen/providers/helm/release";
import { DataProxmoxVirtualEnvironmentVms } from "../.gen/providers/proxmox/data-proxmox-virtual-environment-vms";
import { DownloadFile } from "../.gen/providers/proxmox/download-file";
import { ProxmoxProvider } from "../.gen/providers/proxmox/provider";
import { VirtualEnvironmentVm } from "../.gen/providers/proxmox/virtual-environment-vm";
import { ClusterKubeconfig } from "../.gen/providers/talos/cluster-kubeconfig";
import { DataTalosClientConfiguration } from "../.gen/providers/talos/data-talos-client-configuration";
import { DataTalosImageFactoryUrls } from "../.gen/providers/talos/data-talos-image-factory-urls";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import { ImageFactorySchematic } from "../.gen/providers/talos/image-factory-schematic";
import { MachineBootstrap } from "../.gen/providers/talos/machine-bootstrap";
import { MachineConfigurationApply } from "../.gen/providers/talos/machine-configuration-apply";
import { MachineSecrets } from "../.gen/providers/talos/machine-secrets";
import { TalosProvider } from "../.gen/providers/talos/provider";

/** Text of the stack that somebody without the constructs would have in files. */
export interface Texts {
  readonly schematic: string;
  readonly configPatches: string[];
  readonly ciliumValues: string[];
  readonly waitCommand: string;
  readonly taintCommand: string;
}

/** The stack of one cluster as it is written without the constructs: the floor for their cost. */
export class BareCluster extends TerraformStack {
  constructor(scope: Construct, id: string, node: string, vmId: number, texts: Texts) {
    super(scope, id);
    this.addOverride("terraform.required_version", ">= 1.5");
    new LocalBackend(this, { path: `../../../terraform.${id}.tfstate` });
    const address = "10.0.0.50";
    const talosVersion = "v1.13.9";

    const password = new TerraformVariable(this, "proxmox_password", {
      description: "Password of the Proxmox user",
      sensitive: true,
      type: "string",
    });
    new ProxmoxProvider(this, "proxmox", {
      endpoint: "https://pve.example:8006/",
      insecure: true,
      username: "root@pam",
      password: password.stringValue,
    });
    new TalosProvider(this, "talos");
    new LocalProvider(this, "local");
    new NullProvider(this, "null");

    const schematic = new ImageFactorySchematic(this, "schematic", { schematic: texts.schematic });
    schematic.overrideLogicalId("talos");
    const urls = new DataTalosImageFactoryUrls(this, "urls", {
      architecture: "amd64",
      platform: "nocloud",
      schematicId: schematic.id,
      talosVersion,
    });
    urls.overrideLogicalId("talos");
    const image = new DownloadFile(this, "image", {
      contentType: "import",
      datastoreId: "local",
      fileName: `talos-${talosVersion}-${schematic.id}-nocloud-amd64.qcow2`,
      nodeName: node,
      overwrite: false,
      url: `https://factory.talos.dev/image/${schematic.id}/${talosVersion}/nocloud-amd64.qcow2`,
    });
    image.overrideLogicalId("talos");

    const sameId = new DataProxmoxVirtualEnvironmentVms(this, "same_id");
    const vms = `${sameId.fqn}.vms[*]`;
    const unset = null as never;
    const vm = new VirtualEnvironmentVm(this, "talos_node", {
      agent: { enabled: true, trim: true, type: "virtio" },
      bios: "ovmf",
      bootOrder: ["scsi0"],
      cpu: { cores: 8, sockets: 1, type: "host" },
      disk: [
        {
          backup: true,
          cache: "writethrough",
          datastoreId: "local-lvm",
          discard: "on",
          importFromAttribute: image.id,
          interface: "scsi0",
          size: 100,
          ssd: true,
        },
      ],
      efiDisk: { datastoreId: "local-lvm", preEnrolledKeys: false, type: "4m" },
      hostpci: [{ device: "hostpci0", id: "0000:01:00.0", pcie: true, rombar: false, xvga: false }],
      initialization: {
        datastoreId: "local-lvm",
        dns: { servers: ["10.0.0.1"] },
        ipConfig: [{ ipv4: { address: `${address}/24`, gateway: "10.0.0.1" } }],
      },
      lifecycle: {
        precondition: [
          {
            condition: `\${(lookup(zipmap(${vms}.vm_id, ${vms}.name), ${vmId}, "${id}") == "${id}")}`,
            errorMessage: `vmId ${vmId} belongs to a VM of another name than "${id}"; choose a free id, or if it is this very VM, rename it in Proxmox first [vm-id-free]`,
          },
        ],
      },
      machine: "q35",
      memory: { dedicated: 16384, floating: 0 },
      name: id,
      networkDevice: [
        {
          bridge: "vmbr0",
          disconnected: unset,
          enabled: unset,
          firewall: unset,
          macAddress: unset,
          model: "virtio",
          mtu: unset,
          queues: unset,
          rateLimit: unset,
          trunks: unset,
          vlanId: unset,
        },
      ],
      nodeName: node,
      onBoot: true,
      operatingSystem: { type: "l26" },
      scsiHardware: "virtio-scsi-pci",
      serialDevice: [{ device: "socket" }],
      stopOnDestroy: true,
      vmId,
    });

    const cluster = <Element extends TerraformElement>(element: Element): Element => {
      element.overrideLogicalId("cluster");
      return element;
    };
    const secrets = cluster(
      new MachineSecrets(this, "secrets", { talosVersion, lifecycle: { ignoreChanges: ["talos_version"] } }),
    );
    const clientConfiguration = secrets.clientConfiguration;
    const configuration = new DataTalosMachineConfiguration(this, "node", {
      clusterEndpoint: `https://${address}:6443`,
      clusterName: id,
      configPatches: texts.configPatches,
      kubernetesVersion: "1.35.4",
      machineSecrets: secrets.machineSecrets,
      machineType: "controlplane",
      talosVersion,
    });
    const client = cluster(
      new DataTalosClientConfiguration(this, "client", {
        clientConfiguration,
        clusterName: id,
        endpoints: [address],
        nodes: [address],
      }),
    );
    const lifecycle = { replaceTriggeredBy: ["proxmox_virtual_environment_vm.talos_node.id"] };
    const apply = new MachineConfigurationApply(this, "apply", {
      clientConfiguration,
      machineConfigurationInput: configuration.machineConfiguration,
      nodeAttribute: address,
      dependsOn: [vm],
      lifecycle,
    });
    apply.overrideLogicalId("node");
    const bootstrap = cluster(
      new MachineBootstrap(this, "bootstrap", {
        clientConfiguration,
        nodeAttribute: address,
        dependsOn: [apply],
        lifecycle,
      }),
    );
    const kubeconfig = cluster(
      new ClusterKubeconfig(this, "access", { clientConfiguration, nodeAttribute: address, dependsOn: [bootstrap] }),
    );
    const file = (name: string, content: string) =>
      new File(this, name, {
        content,
        directoryPermission: "0700",
        filePermission: "0600",
        filename: `../../../clusters/${id}/${name}`,
      });
    const kubeconfigFile = file("kubeconfig", kubeconfig.kubeconfigRaw);
    const talosconfigFile = file("talosconfig", client.talosConfig);
    const command = (name: string, after: string, text: string, environment: Record<string, string>) =>
      new Resource(this, name, {
        triggers: { cluster: after },
        provisioners: [
          {
            type: "local-exec",
            command: text,
            environment: { KUBECONFIG: kubeconfigFile.filename, ...environment },
            interpreter: ["/bin/sh", "-c"],
          },
        ],
      });
    const wait = command("wait_for_kubernetes", bootstrap.id, texts.waitCommand, {
      ENDPOINT: `https://${address}:6443`,
      RESOURCES: "",
      TIMEOUT: "900",
    });
    command("remove_control_plane_taint", wait.id, texts.taintCommand, {});

    const access = kubeconfig.kubernetesClientConfiguration;
    new HelmProvider(this, "helm", {
      kubernetes: {
        host: access.host,
        clientCertificate: Fn.base64decode(access.clientCertificate),
        clientKey: Fn.base64decode(access.clientKey),
        clusterCaCertificate: Fn.base64decode(access.caCertificate),
      },
    });
    new Release(this, "cilium", {
      chart: "cilium",
      name: "cilium",
      namespace: "kube-system",
      repository: "https://helm.cilium.io/",
      timeout: 900,
      values: texts.ciliumValues,
      version: "1.18.12",
      wait: true,
      upgradeInstall: true,
      dependsOn: [wait],
    });

    const kubectl = `kubectl --kubeconfig ${kubeconfigFile.filename}`;
    const talosctl = `talosctl --talosconfig ${talosconfigFile.filename} --nodes ${address}`;
    const gpu = `${talosctl} read /proc/driver/nvidia/version`;
    const output = (name: string, description: string, value: unknown, sensitive?: boolean) =>
      new TerraformOutput(this, `output_${name}`, { description, value, sensitive }).overrideLogicalId(name);
    output("cluster_name", "Name of the cluster", id);
    output("cluster_endpoint", "URL of the Kubernetes API", `https://${address}:6443`);
    output("talos_version", "Version of Talos", talosVersion);
    output("kubernetes_version", "Version of Kubernetes", "1.35.4");
    output("node_name", "Name of the VM and of the Kubernetes node", id);
    output("node_ip", "Address of the node", address);
    output("node_vm_id", "Id of the VM", vm.vmId);
    output("node_resources", "Processor and memory of the node", {
      cores: 8,
      sockets: 1,
      cpu_type: "host",
      memory_mib: 16384,
    });
    output("kubeconfig_path", "File for kubectl", kubeconfigFile.filename);
    output("talosconfig_path", "File for talosctl", talosconfigFile.filename);
    output("talos_client_configuration", "Content of the file for talosctl", client.talosConfig, true);
    output(
      "cluster_ca_certificate",
      "Certificate of the cluster's authority, as PEM",
      Fn.base64decode(access.caCertificate),
      true,
    );
    output("gpu_passthrough_enabled", "Whether the node has a GPU", true);
    output("gpu_pci_id", "PCI addresses or mappings of the GPUs, in the order of their slots", "0000:01:00.0");
    output("gpu_verification_command", "Shows that the node sees its GPU", gpu);
    output("storage_configuration", "Disks of the node", {
      install_disk: "/dev/sda",
      disks: [{ interface: "scsi0", datastore: "local-lvm", size_gib: 100 }],
    });
    output("network_configuration", "Network of the node", {
      address: `${address}/24`,
      gateway: "10.0.0.1",
      dns_servers: ["10.0.0.1"],
      bridges: ["vmbr0"],
    });
    output("useful_commands", "Commands for the stack's directory", {
      nodes: `${kubectl} get nodes --output wide`,
      pods: `${kubectl} get pods --all-namespaces`,
      health: `${talosctl} health`,
      dashboard: `${talosctl} dashboard`,
      gpu,
    });
    output(
      "access_instructions",
      "How to reach the cluster from the stack's directory",
      `export KUBECONFIG=${kubeconfigFile.filename} TALOSCONFIG=${talosconfigFile.filename}\nkubectl get nodes\ntalosctl --nodes ${address} dashboard`,
    );
  }
}
