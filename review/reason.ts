import type { Leaf } from "./leaf";

/** What makes an approver look twice: a leaf of this path, and with this value where one is named. */
interface Danger {
  readonly path: RegExp;
  readonly value?: RegExp;
  readonly reason: string;
}

const yes = /^true$/i;

/** Of a machine configuration. Documents with a kind of their own have it before the path, as in `SideroLinkConfig.apiUrl`. */
const inPatches: readonly Danger[] = [
  { path: /^machine[.]pods\b/, reason: "static pods, which no admission policy sees and kubectl cannot delete" },
  { path: /^cluster[.]inlineManifests\b/, reason: "manifests that Talos applies as the cluster's administrator" },
  {
    path: /^cluster[.](extraManifest|externalCloudProvider)/,
    reason: "manifests from elsewhere, which Talos applies as the cluster's administrator",
  },
  { path: /^machine[.]files\b/, reason: "files on the node" },
  {
    path: /^machine[.]registries\b|^(Registry\w*|ImageVerification\w*|ImageCache\w*)Config\b/,
    reason: "another source of images, or another check of them",
  },
  { path: /[.]image$/i, reason: "another image for a part of the node or the control plane" },
  { path: /[.]extraArgs[.]anonymous-auth\b/, reason: "anonymous access to Kubernetes" },
  { path: /[.]extraArgs[.]authorization/, reason: "another authorization in Kubernetes" },
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
  { path: /^machine[.]kubelet\b/, reason: "settings of the kubelet" },
  { path: /extraKernelArgs|KernelArgs/i, reason: "kernel arguments" },
  { path: /^machine[.]install[.](?!disk$)/, reason: "another installation of the node" },
  { path: /baseRuntimeSpecOverrides|seccompProfiles/, reason: "other limits for containers" },
  { path: /^machine[.](kernel|sysctls|sysfs|udev)\b/, reason: "settings of the node's kernel" },
  { path: /^cluster[.]etcd\b/, reason: "settings of etcd" },
  {
    path: /^cluster[.]discovery[.](enabled|registries[.]service)|^cluster[.](id|secret)$/,
    reason: "another discovery of members",
  },
  { path: /^cluster[.]controlPlane\b|certSANs/, reason: "another endpoint or name of an API" },
  { path: /^Network(DefaultAction|Rule)Config\b/, reason: "the node's firewall" },
  { path: /[.]encryption\b/, reason: "the encryption of the node's disks" },
  { path: /[.]?[$]patch$/, reason: "deletes or replaces a part of the configuration" },
];

/** Of Kubernetes objects, wherever they are: in manifests, static pods or values of charts. */
const inObjects: readonly Danger[] = [
  { path: /(^|[.])privileged$/, value: yes, reason: "a privileged pod, which is root on the node" },
  { path: /(^|[.])host(Network|PID|IPC)$/, value: yes, reason: "a pod in a namespace of the host" },
  { path: /(^|[.])hostPath\b/, reason: "a path of the node in a pod" },
  { path: /(^|[.])allowPrivilegeEscalation$/, value: yes, reason: "a pod that may become root" },
  { path: /(^|[.])runAsUser$/, value: /^0$/, reason: "a pod that runs as root" },
  {
    path: /(^|[.])capabilities\b/,
    value: /^(ALL|(CAP_)?(SYS_|NET_ADMIN|NET_RAW|DAC_|BPF|PERFMON))/,
    reason: "capabilities of the node's kernel",
  },
  { path: /roleRef[.]name$/, value: /admin|edit/, reason: "rights of an administrator in Kubernetes" },
  { path: /rules\[\][.](verbs|resources)\[\]$/, value: /^[*]$/, reason: "all rights in Kubernetes" },
  {
    path: /subjects\[\][.]name$/,
    value: /anonymous|unauthenticated|system:/,
    reason: "rights for everyone in Kubernetes",
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
    path: /(^|[.])(imageRegistry|registry|repository|image|pullSecrets|imagePullSecrets|useDigest|digest)\b/i,
    reason: "another source of images",
  },
  { path: /(^|[.])(insecure\w*|\w*skipverify|tlsInsecure\w*|verify)$/i, reason: "a check of TLS" },
  { path: /(^|[.])policyEnforcementMode$/, value: /^never$/, reason: "network policies that have no effect" },
  { path: /(^|[.])policyAuditMode$/, value: yes, reason: "network policies that have no effect" },
  { path: /(^|[.])(hostFirewall|encryption)[.]enabled$/, value: /^false$/, reason: "the network without protection" },
  { path: /(^|[.])ca[.](cert|key)$|(^|[.])(kubeConfigPath|clustermesh)\b/, reason: "another CA or another cluster" },
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
    ...found(
      inObjects.filter(({ value }) => value !== undefined),
      leaves,
    ),
    ...found(hostPaths, leaves),
  ]),
];
export const reasonsInObjects = (leaves: readonly Leaf[]): string[] => found(inObjects, leaves);

const hostPaths = inObjects.filter(({ reason }) => reason.includes("path of the node"));

/** Of kernel arguments, by what each of them does. */
export function reasonOfKernelArgument(argument: string): string {
  if (/^-?talos[.]config/.test(argument)) return "gives the node to whoever serves that configuration";
  if (/^-?siderolink/.test(argument)) return "gives the node to whoever runs that server";
  if (/^-?talos[.](logging|events)/.test(argument)) return "logs or events of the node are sent elsewhere";
  if (/^-?talos[.]unified_cgroup|^-?talos[.]dashboard/.test(argument)) return "a setting of Talos";
  if (
    /^-?(lockdown|module[.]sig|selinux|enforcing|apparmor|security|lsm|init_on_|slab_nomerge|pti|mitigations|nokaslr|kaslr|spec)/.test(
      argument,
    )
  )
    return "a protection of the kernel";
  if (/^-?(init|rdinit|root|console|ip|nfsroot)=?/.test(argument)) return "how the node starts";
  return "a kernel argument";
}
