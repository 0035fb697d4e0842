import { join } from "node:path";
import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import {
  AssetType,
  Fn,
  LocalBackend,
  type Precondition,
  TerraformAsset,
  type TerraformElement,
  TerraformOutput,
  TerraformStack,
  TerraformVariable,
} from "cdktf";
import { Construct } from "constructs";
import { HelmProvider } from "../.gen/providers/helm/provider";
import { Release } from "../.gen/providers/helm/release";
import { DataProxmoxDatastores } from "../.gen/providers/proxmox/data-proxmox-datastores";
import { DataProxmoxHardwarePci } from "../.gen/providers/proxmox/data-proxmox-hardware-pci";
import { DataProxmoxVersion } from "../.gen/providers/proxmox/data-proxmox-version";
import { DataProxmoxVirtualEnvironmentNode } from "../.gen/providers/proxmox/data-proxmox-virtual-environment-node";
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
  readonly upgradeTalos: string;
  readonly upgradeKubernetes: string;
  readonly smokeTest: string;
  readonly smokeTestJob: string;
  readonly examplePod: string;
  readonly nvidiaValues: string[];
  readonly nvidiaPrerequisites: string[];
  readonly vmPreconditions: Precondition[];
  readonly imagePreconditions: Precondition[];
  readonly checks: object;
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
      lifecycle: { precondition: texts.imagePreconditions },
    });
    image.overrideLogicalId("talos");

    new DataProxmoxVirtualEnvironmentVms(this, "same_id");
    const host = <Element extends TerraformElement>(element: Element) => element.overrideLogicalId("host");
    host(new DataProxmoxHardwarePci(this, "host_pci", { nodeName: node }));
    host(new DataProxmoxDatastores(this, "host_datastores", { nodeName: node }));
    host(new DataProxmoxVirtualEnvironmentNode(this, "host_node", { nodeName: node }));
    host(new DataProxmoxVersion(this, "host_version"));
    for (const [name, check] of Object.entries(texts.checks)) this.addOverride(`check.${name}`, check);
    new Resource(this, "talos_node_identity", {
      triggers: { vm_id: `${vmId}`, node, system_disk: "scsi0", system_disk_size: "100" },
      lifecycle: { ignoreChanges: ["triggers"] },
    });
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
      lifecycle: { precondition: texts.vmPreconditions, ignoreChanges: ["disk[0].import_from"] },
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
    const file = (name: string, content: string) =>
      new File(this, name, {
        content,
        directoryPermission: "0700",
        filePermission: "0600",
        filename: `../../../clusters/${id}/${name}`,
      });
    const talosconfigFile = file("talosconfig", client.talosConfig);
    const shell = (command: string, environment: Record<string, string>) => ({
      type: "local-exec" as const,
      command,
      environment,
      interpreter: ["/bin/sh", "-c"],
    });
    const upgrade = (script: string, more: Record<string, string>) =>
      shell('set -eu\neval "$SCRIPT"', {
        FIRST_VERSION: secrets.talosVersion,
        KUBERNETES_VERSION: "1.35.4",
        NODE: address,
        SCRIPT: script,
        TALOSCONFIG: talosconfigFile.filename,
        TALOS_VERSION: talosVersion,
        TIMEOUT: "900",
        ...more,
      });
    const { installer } = urls.urls;
    const upgradeTalos = new Resource(this, "upgrade_talos", {
      triggers: { installer },
      provisioners: [upgrade(texts.upgradeTalos, { INSTALLER: installer, DIRECTORY: `../../../clusters/${id}` })],
      dependsOn: [vm],
    });
    const upgradeKubernetes = new Resource(this, "upgrade_kubernetes", {
      triggers: { version: "1.35.4" },
      provisioners: [upgrade(texts.upgradeKubernetes, {})],
      dependsOn: [upgradeTalos],
    });
    const apply = new MachineConfigurationApply(this, "apply", {
      clientConfiguration,
      machineConfigurationInput: configuration.machineConfiguration,
      nodeAttribute: address,
      dependsOn: [upgradeKubernetes],
      lifecycle: { replaceTriggeredBy: [...lifecycle.replaceTriggeredBy, "talos_image_factory_schematic.talos.id"] },
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
    const kubeconfigFile = file("kubeconfig", kubeconfig.kubeconfigRaw);
    const command = (name: string, after: string, text: string, environment: Record<string, string>) =>
      new Resource(this, name, {
        triggers: { cluster: after },
        provisioners: [
          { type: "local-exec", command: text, environment: { KUBECONFIG: kubeconfigFile.filename, ...environment } },
        ],
      });
    const wait = command("wait_for_kubernetes", bootstrap.id, texts.waitCommand, {
      ENDPOINT: `https://${address}:6443`,
      RESOURCES: "",
      TIMEOUT: "900",
    });
    const taint = command("remove_control_plane_taint", wait.id, texts.taintCommand, {});

    const access = kubeconfig.kubernetesClientConfiguration;
    new HelmProvider(this, "helm", {
      kubernetes: {
        host: access.host,
        clientCertificate: Fn.base64decode(access.clientCertificate),
        clientKey: Fn.base64decode(access.clientKey),
        clusterCaCertificate: Fn.base64decode(access.caCertificate),
      },
    });
    const cilium = new Release(this, "cilium", {
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

    const chart = new TerraformAsset(new Construct(this, "nvidia"), "chart", {
      path: join(__dirname, "../constructs/talos/charts/kubernetes-objects"),
      type: AssetType.DIRECTORY,
    });
    const prerequisites = new Release(this, "nvidia_prerequisites", {
      name: "nvidia-prerequisites",
      namespace: "kube-system",
      chart: chart.path,
      version: "1.0.0",
      values: texts.nvidiaPrerequisites,
      upgradeInstall: true,
      dependsOn: [cilium, taint],
    });
    const plugin = new Release(this, "nvidia_device_plugin", {
      name: "nvidia-device-plugin",
      chart: "nvidia-device-plugin",
      namespace: "nvidia-device-plugin",
      repository: "https://nvidia.github.io/k8s-device-plugin",
      version: "0.20.0",
      values: texts.nvidiaValues,
      wait: true,
      timeout: 900,
      upgradeInstall: true,
      dependsOn: [prerequisites],
    });
    new Resource(this, "gpu_smoke_test", {
      triggers: { release: `${plugin.id} ${plugin.metadata.revision}`, talos: upgradeTalos.id },
      provisioners: [
        shell('set -eu\neval "$SCRIPT"', {
          CLAIMS: "false",
          DAEMONSET: "nvidia-device-plugin",
          JOB: texts.smokeTestJob,
          KUBECONFIG: kubeconfigFile.filename,
          NAMESPACE: "nvidia-device-plugin",
          NODE: address,
          PATIENCE: "60",
          SCRIPT: texts.smokeTest,
          TALOSCONFIG: talosconfigFile.filename,
          TIMEOUT: "900",
        }),
      ],
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
    output("gpu_allocatable", "How many GPUs Kubernetes can hand out", 1);
    output(
      "gpu_allocatable_command",
      "Shows how many GPUs Kubernetes can hand out",
      `${kubectl} get nodes --output=custom-columns='NODE:.metadata.name,GPUS:.status.allocatable.nvidia\\.com/gpu'`,
    );
    output("gpu_example_pod", "A pod that uses the GPU, for kubectl apply", texts.examplePod);
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
    const snapshots = `../../../clusters/${id}/etcd-`;
    const recovery = `until ${talosctl} version >/dev/null 2>&1; do sleep 5; done\n${talosctl} bootstrap --recover-from="$(ls ${snapshots}*.snapshot | tail -n 1)"`;
    output("restore_commands", "Bring the cluster back from the newest snapshot of etcd; for the stack's directory", {
      take_snapshot: `${talosctl} etcd snapshot ${snapshots}$(date -u +%Y%m%dT%H%M%SZ).snapshot`,
      on_same_vm: `${talosctl} reset --graceful=false --reboot --system-labels-to-wipe=EPHEMERAL\n${recovery}`,
      on_new_vm: `terraform apply -replace=proxmox_virtual_environment_vm.talos_node -target=talos_machine_configuration_apply.node\n${recovery}\nterraform apply`,
    });
    output(
      "access_instructions",
      "How to reach the cluster from the stack's directory",
      `export KUBECONFIG=${kubeconfigFile.filename} TALOSCONFIG=${talosconfigFile.filename}\nkubectl get nodes\ntalosctl --nodes ${address} dashboard`,
    );
  }
}
