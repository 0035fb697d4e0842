import { blocksOf, entriesOf, type Json, objectOf, textOf, textsOf } from "./json";
import { elementsOf, ofType, resourcesOf, type Stack } from "./stack";
import { talosVersionOf } from "./talos-version";

/** What other parts of a stack may refer to: a value that is one of these is no news. */
export interface Facts {
  /** Proxmox nodes of the VMs. */
  readonly hosts: ReadonlySet<string>;
  /** Names of VMs. */
  readonly names: ReadonlySet<string>;
  /** Addresses of VMs, with prefix length. */
  readonly networks: ReadonlySet<string>;
  /** The same without it. */
  readonly addresses: ReadonlySet<string>;
  /** Hosts of the Kubernetes APIs: an address of a VM, or one that several share. */
  readonly apiHosts: ReadonlySet<string>;
  readonly gateways: ReadonlySet<string>;
  readonly dnsServers: ReadonlySet<string>;
  readonly macAddresses: ReadonlySet<string>;
  /** Of the Kubernetes APIs. */
  readonly endpoints: ReadonlySet<string>;
  readonly clusterNames: ReadonlySet<string>;
  /** Of Talos and Kubernetes. */
  readonly versions: ReadonlySet<string>;
  /** Folders of kubeconfig and talosconfig. */
  readonly directories: ReadonlySet<string>;
  /** Files with access to a cluster. */
  readonly files: ReadonlySet<string>;
  /** Addresses in Terraform of resources and data sources. */
  readonly elements: ReadonlySet<string>;
}

const vmType = "proxmox_virtual_environment_vm";
const bare = (network: string): string => network.replace(/\/\d+$/, "");

/** The host of a URL, without brackets. */
const hostOf = (url: string): string => /^[a-z+]+:\/\/\[?([^/\]]*?)\]?(?::\d+)?(?:\/|$)/i.exec(url)?.[1] ?? url;

export const familiesOf = (ipConfig: Json): Json[] => ["ipv4", "ipv6"].flatMap((family) => blocksOf(ipConfig[family]));

export function factsOf(stack: Stack): Facts {
  const vms = ofType(resourcesOf(stack), vmType).map(({ body }) => body);
  const initializations = vms.flatMap(({ initialization }) => blocksOf(initialization));
  const families = initializations.flatMap(({ ip_config }) => blocksOf(ip_config).flatMap(familiesOf));
  const clusters = ofType(elementsOf(stack), "talos_machine_configuration").map(({ body }) => body);
  const endpoints = clusters.flatMap(({ cluster_endpoint }) => textsOf(cluster_endpoint));
  const networks = families.flatMap(({ address }) => textsOf(address));
  const files = ofType(resourcesOf(stack), "local_file").flatMap(({ body }) => textsOf(body.filename));
  return {
    hosts: new Set(vms.flatMap(({ node_name }) => textsOf(node_name))),
    names: new Set(vms.flatMap(({ name }) => textsOf(name))),
    networks: new Set(networks),
    addresses: new Set(networks.map(bare)),
    apiHosts: new Set(endpoints.map(hostOf)),
    gateways: new Set(families.flatMap(({ gateway }) => textsOf(gateway))),
    dnsServers: new Set(initializations.flatMap(({ dns }) => blocksOf(dns).flatMap(({ servers }) => textsOf(servers)))),
    macAddresses: new Set(
      vms.flatMap(({ network_device }) =>
        blocksOf(network_device).flatMap(({ mac_address }) => textsOf(mac_address).map((mac) => mac.toLowerCase())),
      ),
    ),
    endpoints: new Set(endpoints),
    clusterNames: new Set(clusters.flatMap(({ cluster_name }) => textsOf(cluster_name))),
    versions: new Set(
      clusters.flatMap((body) => [...textsOf(talosVersionOf(stack, body)), ...textsOf(body.kubernetes_version)]),
    ),
    directories: new Set(files.map((file) => file.replace(/\/[^/]*$/, ""))),
    files: new Set(files),
    elements: new Set(elementsOf(stack).map(({ address }) => address)),
  };
}

/** The element that a reference such as `${local_file.kubeconfig.filename}` names, if the expression is nothing else. */
export function referenceOf(value: unknown): { readonly element: string; readonly attribute: string } | undefined {
  const [, element, attribute] = /^\$\{((?:data\.)?\w+\.[\w-]+)\.([\w.]+)\}$/.exec(textOf(value) ?? "") ?? [];
  return element === undefined || attribute === undefined ? undefined : { element, attribute };
}

/** Whether the value is a reference to such an attribute of an element of this type that is there. */
export function refersTo(facts: Facts, value: unknown, type: string, attribute: RegExp): boolean {
  const { element, attribute: named } = referenceOf(value) ?? {};
  if (element === undefined || named === undefined) return false;
  return element.startsWith(`${type}.`) && facts.elements.has(element) && attribute.test(named);
}

/** Everything that is sensitive in a stack by itself: variables, and what elements of these types are. */
export const sensitiveVariables = (stack: Stack): string[] =>
  entriesOf(stack.variable).flatMap(([name, variable]) => (objectOf(variable).sensitive === true ? [name] : []));

/** The value of an attribute that a reference names, if the stack has it as such; otherwise the reference. */
export function literalOf(stack: Stack, value: unknown): unknown {
  const reference = referenceOf(value);
  const element = elementsOf(stack).find(({ address }) => address === reference?.element);
  return textOf(element?.body[reference?.attribute ?? ""]) ?? value;
}
