import type { Leaf } from "./leaf";

/** What makes an approver look twice: a leaf of this path, and with this value where one is named. */
interface Danger {
  readonly path: RegExp;
  readonly value?: RegExp;
  readonly reason: string;
}

/** As YAML has it, in the version that Helm reads too. */
const yes = /^(true|yes|y|on)$/i;
const no = /^(false|no|n|off)$/i;

/** Of a machine configuration. Documents with a kind of their own have it before the path, as in `SideroLinkConfig.apiUrl`. */
const inPatches: readonly Danger[] = [
  { path: /^machine[.]pods\b/, reason: "static pods, which no admission policy sees and kubectl cannot delete" },
  { path: /^cluster[.]inlineManifests\b/, reason: "manifests that Talos applies as the cluster's administrator" },
  {
    path: /^cluster[.](extraManifest|externalCloudProvider|network[.]cni[.]urls)/,
    reason: "manifests from elsewhere, which Talos applies as the cluster's administrator",
  },
  { path: /^machine[.]files\b/, reason: "files on the node" },
  {
    path: /^machine[.]registries\b|^(Registry\w*|ImageVerification\w*|ImageCache\w*)Config\b/,
    reason: "another source of images, or another check of them",
  },
  { path: /[.]image$/i, reason: "another image for a part of the node or the control plane" },
  {
    path: /[.]extraArgs[.]anonymous-auth\b|[.]authentication[.]anonymous[.]/,
    reason: "anonymous access to Kubernetes",
  },
  {
    path: /[.]extraArgs[.](authentication|oidc|token-auth|client-ca|requestheader|service-account)|AuthenticationConfig/,
    reason: "another authentication: who is let in to Kubernetes",
  },
  { path: /[.]extraArgs[.]authorization/, reason: "another authorization in Kubernetes" },
  { path: /^cluster[.]\w+[.]env\b/, reason: "environment of a part of the control plane, such as a proxy" },
  { path: /^cluster[.](coreDNS|proxy)[.]/, reason: "another DNS server, or another proxy of services" },
  { path: /^cluster[.]network[.]cni[.]/, reason: "another network plugin" },
  { path: /^cluster[.](scheduler|controllerManager)[.]/, reason: "settings of the control plane" },
  { path: /^cluster[.]adminKubeconfig[.]/, reason: "how long an administrator's access to Kubernetes is valid" },
  { path: /staticPod/i, reason: "static pods, which no admission policy sees and kubectl cannot delete" },
  { path: /[.]extraArgs\b/, reason: "arguments of a part of the control plane or of the kubelet" },
  { path: /[.]extraVolumes\b|[.]extraMounts\b/, reason: "paths of the node in a part of Kubernetes" },
  {
    path: /^cluster[.]apiServer[.](admissionControl|auditPolicy|authorizationConfig|disablePodSecurityPolicy)|AdmissionControl|Authorization|AuditPolicy/,
    reason: "another admission, authorization or audit in Kubernetes",
  },
  {
    path: /kubernetesTalosAPIAccess|TalosAPIAccess/i,
    reason: "access to the Talos API for pods: with the role os:admin, a pod is root on every node",
  },
  { path: /^machine[.]features[.]rbac$/, reason: "the Talos API without roles" },
  {
    path: /acceptedCAs|^TrustedRootsConfig\b|[.]ca[.]|aggregatorCA|serviceAccount[.]key|[.]token$|encryptionSecret/i,
    reason: "another CA, key or token that the node trusts",
  },
  {
    path: /nameservers|^ResolverConfig\b|extraHostEntries|^StaticHostConfig\b|searchDomains/,
    reason: "other names, or another DNS server",
  },
  { path: /^machine[.]time\b|^TimeSyncConfig\b/, reason: "another time server" },
  { path: /^machine[.]env\b|^EnvironmentConfig\b/, reason: "environment of Talos's services, such as a proxy" },
  {
    path: /^machine[.]logging\b|^(KmsgLog|EventSink|Syslog)\w*\b/,
    reason: "logs or events of the node are sent elsewhere",
  },
  { path: /^SideroLinkConfig\b/, reason: "gives the node to whoever runs that server" },
  { path: /^ExtensionServiceConfig\b/, reason: "configuration of a system extension, which is root on the node" },
  { path: /wireguard|kubespan/i, reason: "a tunnel from the node" },
  {
    path: /^machine[.]network[.](interfaces|hostname|kubespan)|^(Address|Bond|Bridge|DHCP\w*|Dummy\w*|Ethernet|Hostname|\w*Link\w*|\w*Rout(e|ing)\w*|\w*VIP|VLAN|VRF)Config\b/,
    reason: "addresses, routes or devices of the node's network",
  },
  { path: /^PCIDriverRebindConfig\b/, reason: "another driver for a device of the node" },
  { path: /^machine[.]kubelet\b/, reason: "settings of the kubelet" },
  { path: /extraKernelArgs|KernelArgs/i, reason: "kernel arguments" },
  { path: /^machine[.]install[.]/, reason: "another installation of the node" },
  {
    path: /^machine[.]disks\b|^\w*VolumeConfig\b/,
    reason: "a disk of the node: it is formatted, or what is on it is read",
  },
  { path: /baseRuntimeSpecOverrides|seccompProfiles/, reason: "other limits for containers" },
  {
    path: /^machine[.](kernel|sysctls|sysfs|udev)\b|^(Kernel\w*|Sys(ctl|fs)\w*|Udev\w*|OOM)Config\b/,
    reason: "settings of the node's kernel",
  },
  { path: /^machine[.]features[.]imageCache\b/, reason: "another source of images, or another check of them" },
  { path: /^machine[.]features[.](?!kubePrism)/, reason: "a protection of Talos, or what it offers to pods" },
  { path: /^machine[.]controlPlane\b/, reason: "settings of the control plane" },
  {
    path: /^cluster[.]network[.](dnsDomain|podSubnets|serviceSubnets)/,
    reason: "addresses or names inside the cluster",
  },
  { path: /^cluster[.]etcd\b/, reason: "settings of etcd" },
  {
    path: /^cluster[.]discovery[.](enabled|registries[.]service)|^cluster[.](id|secret)$/,
    reason: "another discovery of members",
  },
  { path: /^cluster[.]controlPlane\b|certSANs/, reason: "another endpoint or name of an API" },
  { path: /^Network(DefaultAction|Rule)Config\b/, reason: "the node's firewall" },
  { path: /[.](encryption|systemDiskEncryption)\b/, reason: "the encryption of the node's disks" },
  { path: /[.]?[$]patch$/, reason: "deletes or replaces a part of the configuration" },
];

/** Of Kubernetes objects, wherever they are: in manifests, static pods or values of charts. */
const inObjects: readonly Danger[] = [
  { path: /(^|[.])privileged$/, value: yes, reason: "a privileged pod, which is root on the node" },
  { path: /(^|[.])host(Network|PID|IPC)$/, value: yes, reason: "a pod in a namespace of the host" },
  { path: /(^|[.])hostPath\b/, reason: "a path of the node in a pod" },
  { path: /(^|[.])allowPrivilegeEscalation$/, value: yes, reason: "a pod that may become root" },
  { path: /(^|[.])runAsUser$/, value: /^0[0_box]*$/, reason: "a pod that runs as root" },
  {
    path: /(^|[.])capabilities\b/,
    value: /^(ALL|(CAP_)?(SYS_|NET_ADMIN|NET_RAW|DAC_|BPF|PERFMON))/,
    reason: "capabilities of the node's kernel",
  },
  { path: /roleRef[.]name$/, value: /admin|edit/, reason: "permissions of an administrator in Kubernetes" },
  { path: /roleRef[.]name$/, reason: "permissions in Kubernetes" },
  {
    path: /(^|[.])(rbac|(extra)?[rR]ules|\w*[cC]lusterRole\w*|serviceAccounts?(Name)?|automountServiceAccountToken)\b/,
    reason: "permissions of pods in Kubernetes",
  },
  {
    path: /(^|[.])objects\[\][.]kind$/,
    value:
      /^(?!(CiliumL2AnnouncementPolicy|CiliumLoadBalancerIPPool|ConfigMap|Namespace|RuntimeClass|StorageClass|DaemonSet)$)/,
    reason: "Kubernetes objects of a kind that the project does not install",
  },
  { path: /(^|[.])(hostAliases|dnsConfig|nameservers)\b/, reason: "other names, or another DNS server" },
  {
    path: /(^|[.])(seLinuxOptions|appArmorProfile|seccompProfile|procMount|sysctls)\b|container[.]apparmor/,
    reason: "other limits for containers",
  },
  { path: /(^|[.])hubble[.]export[.]/, reason: "the traffic of all pods is written down, or sent elsewhere" },
  { path: /(^|[.])(etcd|identityAllocationMode|kvstore\w*)\b/, reason: "another store of the network's identities" },
  {
    path: /(^|[.])cni[.](exclusive|chaining\w*|conf\w*|customConf|configMap\w*|binPath|externalRouting)\b/,
    reason: "another network plugin beside Cilium",
  },
  { path: /(^|[.])externalIPs[.]enabled$/, value: yes, reason: "services that may take any IP address" },
  { path: /(^|[.])(pprof|gops)[.](enabled|address)$/, value: /^(?!false$)/, reason: "a port for debugging" },
  { path: /(^|[.])driver[.]enabled?$/, value: yes, reason: "a driver that a pod loads into the node's kernel" },
  { path: /rules\[\][.](verbs|resources)\[\]$/, value: /^[*]$/, reason: "all permissions in Kubernetes" },
  {
    path: /subjects\[\][.]name$/,
    value: /anonymous|unauthenticated|system:/,
    reason: "permissions for everyone in Kubernetes",
  },
  { path: /(failurePolicy|webhooks)\b/, reason: "a webhook, which sees or changes what is created" },
  { path: /pod-security[.]kubernetes[.]io/, value: /privileged/, reason: "a namespace for privileged pods" },
  { path: /(^|[.])(extraContainers|extraInitContainers|initContainers|sidecars?)\b/, reason: "further containers" },
  { path: /(^|[.])(command|args|lifecycle|preStop|postStart)\b/i, reason: "commands in a pod" },
  {
    path: /(^|[.])(extraArgs|extraEnv|env|extraConfig|extraHostPathMounts|extraVolumes?|extraVolumeMounts)\b/,
    reason: "arguments, environment or volumes of a pod",
  },
  {
    path: /(^|[.])(imageRegistry|registry|repository|\w*image|pullSecrets|imagePullSecrets|useDigest|digest)\b/i,
    reason: "another source of images",
  },
  {
    path: /(^|[.])(insecure\w*|\w*skipverify|tlsInsecure\w*)$/i,
    value: /^(?!(false|no|n|off)$)/i,
    reason: "a check of TLS",
  },
  { path: /(^|[.])verify$/i, value: /^(?!(true|yes|y|on)$)/i, reason: "a check of TLS" },
  { path: /(^|[.])tls[.]([\w]+[.])*enabled$/, value: no, reason: "a check of TLS" },
  { path: /(^|[.])k8sNetworkPolicy[.]enabled$/, value: no, reason: "network policies that have no effect" },
  { path: /(^|[.])policyEnforcementMode$/, value: /^never$/, reason: "network policies that have no effect" },
  { path: /(^|[.])policyAuditMode$/, value: yes, reason: "network policies that have no effect" },
  { path: /(^|[.])(hostFirewall|encryption)[.](\w+[.])*enabled$/, value: no, reason: "the network without protection" },
  { path: /(^|[.])ca[.](cert|key)$|(^|[.])(kubeConfigPath|clustermesh)\b/, reason: "another CA or another cluster" },
  { path: /(^|[.])enable\w*NetworkPolicy$/, value: no, reason: "network policies that have no effect" },
  { path: /(^|[.])(multitenancy)[.]enabled$/, value: no, reason: "permissions of pods in Kubernetes" },
  {
    path: /(^|[.])(gatewayAPI[.]hostNetwork|ingressController|nodePort|hostPort|envoyConfig|egressGateway|bgpControlPlane|preflight)[.]/,
    reason: "how the cluster is reached from outside, or from where it reaches others",
  },
  {
    path: /(^|[.])(listenAddress|\w*[bB]indAddr\w*|metrics[.]\w+|prometheus[.]\w+)\b/,
    value: /^(?!(false|no|n|off|null)$)/i,
    reason: "a port that shows data of the cluster to whoever reaches the node",
  },
  { path: /(^|[.])(localRedirectPolic\w*|spire|redact|debug)\b/, reason: "who reads or redirects the traffic of pods" },
  { path: /(^|[.])lbipam[.]cilium[.]io\/(ips|sharing)/, reason: "a service that is reached from outside" },
  {
    path: /(^|[.])(nvidiaDriverRoot|driverRoot|mps[.]root|nvidiaHookPath|basePath)$/,
    reason: "a path of the node in a pod",
  },
  { path: /^(\[\][.])?labels$/, reason: "which pods network policies tell apart" },
  { path: /(^|[.])secretsNamespace\b/, reason: "secrets of another namespace" },
  { path: /(^|[.])provisioner$/, reason: "another program that makes volumes" },
  { path: /(^|[.])deviceListStrategy$/, reason: "which pods may use a GPU, unasked" },
  { path: /(^|[.])apiServerURLs$/, reason: "another Kubernetes API" },
  { path: /(^|[.])k8sServiceHost(Ref)?\b/, value: /^(?!localhost$)/, reason: "another Kubernetes API" },
  { path: /(^|[.])ingress[.]enabled$/, value: yes, reason: "a service that is reached from outside" },
  { path: /(^|[.])(type)$/, value: /^(LoadBalancer|NodePort)$/, reason: "a service that is reached from outside" },
];

function found(dangers: readonly Danger[], leaves: readonly Leaf[]): string[] {
  const reasons = dangers.filter(({ path, value }) =>
    leaves.some((leaf) => path.test(leaf.path) && (value === undefined || value.test(String(leaf.value)))),
  );
  return [...new Set(reasons.map(({ reason }) => reason))];
}

/** Why an approver should look at the leaves of a patch, of which documents inside it have paths of their own. */
export const reasonsInPatch = (leaves: readonly Leaf[]): string[] => [
  ...new Set([
    ...found(inPatches, leaves),
    ...(hasUnknownKind(leaves) ? ["a document of a kind that this page does not know"] : []),
    ...found(
      inObjects.filter(({ value }) => value !== undefined),
      leaves,
    ),
    ...found(hostPaths, leaves),
  ]),
];
export const reasonsInObjects = (leaves: readonly Leaf[]): string[] => found(inObjects, leaves);

/** Documents of a machine configuration have their kind before their paths. */
const hasUnknownKind = (leaves: readonly Leaf[]): boolean =>
  leaves.some(({ path }) => path.endsWith("Config.kind") && !inPatches.some((danger) => danger.path.test(path)));

const hostPaths = inObjects.filter(({ reason }) => reason.includes("path of the node"));

/** Kernel arguments, by what each of them does. */
const kernelArguments: readonly (readonly [argument: RegExp, reason: string])[] = [
  [/^talos[.]config/, "gives the node to whoever serves that configuration"],
  [/^siderolink/, "gives the node to whoever runs that server"],
  [/^talos[.](logging|events)/, "logs or events of the node are sent elsewhere"],
  [/^talos[.]environment/, "environment of Talos's services, such as a proxy"],
  [/^talos[.](unified_cgroup|dashboard)/, "a setting of Talos"],
  [
    /^(lockdown|module[.]sig|selinux|enforcing|apparmor|security|lsm|init_on_|slab_nomerge|pti|mitigations|nokaslr|kaslr|spec|nopti|nospec|nosm[ae]p|noexec|vsyscall|l1tf|mds|tsx|retbleed|audit|ima_|iommu|intel_iommu|amd_iommu|kexec|debugfs)/,
    "a protection of the kernel",
  ],
  [/^(init|rdinit|root|console|ip|nfsroot)\b/, "how the node starts"],
];

/** Why to look at a kernel argument. One text may hold several, and quotes. */
export function reasonOfKernelArgument(text: string): string {
  const words = text.split(/[\s"']+/).map((word) => word.replace(/^-/, ""));
  const known = kernelArguments.find(([argument]) => words.some((word) => argument.test(word)));
  return known?.[1] ?? "a kernel argument";
}
