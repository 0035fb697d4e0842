import { vendors } from "../constructs/gpu/vendors";
import { type Facts, refersTo } from "./fact";
import { type Leaf, leavesOf } from "./leaf";

/** Whether a value is one that the constructs write by themselves. */
type Own = (value: Leaf["value"], facts: Facts) => boolean;

const one =
  (...values: readonly Leaf["value"][]): Own =>
  (value) =>
    values.includes(value);
const matching =
  (pattern: RegExp): Own =>
  (value) =>
    pattern.test(String(value));
const within =
  (set: (facts: Facts) => ReadonlySet<string>): Own =>
  (value, facts) =>
    set(facts).has(String(value));

const addressOf = (value: Leaf["value"]): string => String(value).replace(/\/(32|128)$/, "");

/**
 * What the constructs write into machine configurations by themselves. This list is a second one on purpose: what the
 * constructs write otherwise is on the page.
 */
const own: Readonly<Record<string, Own>> = {
  apiVersion: one("v1alpha1"),
  kind: one("HostnameConfig"),
  hostname: within(({ names }) => names),
  auto: one("off"),
  "machine.install.disk": matching(/^\/dev\/[sv]da$/),
  "machine.install.image": (value, facts) =>
    refersTo(facts, value, "data.talos_image_factory_urls", /^urls[.]installer$/),
  "machine.network.hostname": within(({ names }) => names),
  "machine.network.interfaces[].deviceSelector.physical": one(true),
  "machine.network.interfaces[].deviceSelector.hardwareAddr": within(({ macAddresses }) => macAddresses),
  "machine.network.interfaces[].dhcp": one(false),
  "machine.network.interfaces[].addresses[]": within(({ networks }) => networks),
  "machine.network.interfaces[].routes[].network": one("0.0.0.0/0", "::/0"),
  "machine.network.interfaces[].routes[].gateway": within(({ gateways }) => gateways),
  "machine.network.interfaces[].vip.ip": within(({ apiHosts }) => apiHosts),
  "machine.network.nameservers[]": within(({ dnsServers }) => dnsServers),
  "machine.kubelet.nodeIP.validSubnets[]": (value, { addresses }) => addresses.has(addressOf(value)),
  "machine.kernel.modules[].name": matching(/^(nvidia(_uvm|_drm|_modeset)?|amdgpu|i915|xe)$/),
  "machine.sysctls.net.core.bpf_jit_harden": one("1", 1),
  "machine.features.kubePrism.enabled": one(true),
  "machine.features.kubePrism.port": one(7445),
  ...Object.fromEntries(Object.values(vendors).map(({ label }) => [`machine.nodeLabels.${label}`, one("true")])),
  "machine.nodeLabels.nvidia.com/mps.capable": one("true"),
  "machine.nodeLabels.topology.kubernetes.io/region": one("proxmox"),
  "machine.nodeLabels.topology.kubernetes.io/zone": within(({ hosts }) => hosts),
  "machine.nodeLabels.node.kubernetes.io/exclude-from-external-load-balancers.$patch": one("delete"),
  "cluster.allowSchedulingOnControlPlanes": one(true),
  "cluster.discovery.registries.kubernetes.disabled": one(true),
  "cluster.network.cni.name": one("none"),
  "cluster.network.podSubnets[]": one("fc00:db8:10::/56"),
  "cluster.network.serviceSubnets[]": one("fc00:db8:20::/112"),
  "cluster.proxy.disabled": one(true),
  "cluster.inlineManifests[].name": one("cilium"),
  "cluster.inlineManifests[].contents": (value, facts) => refersTo(facts, value, "data.helm_template", /^manifest$/),
};

/** Nodes with volumes of a storage class. */
const isStorageLabel = ({ path, value }: Leaf): boolean =>
  /^machine[.]nodeLabels[.]local-storage[/][a-z0-9-]+$/.test(path) && value === "true";

/** Whether all of a patch is what the constructs write by themselves. */
export const isOwnPatch = (documents: readonly unknown[], facts: Facts): boolean =>
  documents.length === 1 &&
  documents
    .flatMap((document) => leavesOf(document))
    .every((leaf) => own[leaf.path]?.(leaf.value, facts) ?? isStorageLabel(leaf));
