import { Fn, type IResolvable } from "cdktf";
import type { Parsed } from "../props/schema";
import { isUnknown } from "../rules/condition";
import type { TalosClusterBase } from "../talos/cluster-base";
import { mergeValues } from "../terraform/document";
import { type CiliumInstallProps, isInline, type Options } from "./install-props";
import {
  type CiliumValues,
  defaultValues,
  familyValues,
  inlineManifestValues,
  operatorValues,
  rollOutValues,
  talosValues,
} from "./values";

/** The values behind the typed options, which `values` may not take back. */
const promisedValues = ({ gatewayApi, l2Announcements, encryption }: Parsed<CiliumInstallProps>): CiliumValues => ({
  ...(gatewayApi !== undefined && {
    gatewayAPI: { enabled: gatewayApi, enableAlpn: gatewayApi, enableAppProtocol: gatewayApi },
  }),
  ...(l2Announcements && { l2announcements: { enabled: true } }),
  // Another one is refused.
  ...((isUnknown(encryption) || encryption === "wireguard") && { encryption: { enabled: true, type: encryption } }),
});

/** Those that it may. */
const tunedValues = ({ hubble, gatewayApi, l2Announcements }: Parsed<CiliumInstallProps>): CiliumValues => ({
  // Cilium's own choice, "auto", depends on the CRDs that Helm finds, and is made again only when the release changes.
  ...(gatewayApi !== undefined &&
    gatewayApi !== false && { gatewayAPI: { gatewayClass: { create: classOf(gatewayApi) } } }),
  ...(hubble && { hubble: { relay: { enabled: hubble.relay ?? false }, ui: { enabled: hubble.ui ?? false } } }),
  // Every service takes a lease of its own, more than the default client rate allows.
  ...(l2Announcements && { k8sClientRateLimit: { qps: 50, burst: 100 } }),
});

const classOf = (enabled: true | IResolvable): unknown =>
  isUnknown(enabled) ? Fn.conditional(enabled, "true", "auto") : "true";

/** Nodes that an operator may need. A worker that is added to a single node changes nothing of its Cilium. */
const nodesForOperators = ({ nodes, isGrown }: TalosClusterBase): number =>
  nodes.filter(({ role }) => !isGrown || role === "controlplane").length;

/** All values of the chart, and those of them that the user's may not change. */
export function valuesFor(options: Options, version: string) {
  const { node, values = {} } = options;
  const nodes = node ? nodesForOperators(node) : 1;
  const promised = promisedValues(options);
  const ofMethod = isInline(options) ? inlineManifestValues : {};
  const ofCluster = mergeValues(node ? familyValues(node.address) : {}, operatorValues(nodes));
  return {
    all: mergeValues(defaultValues(version), ofCluster, ofMethod, promised, tunedValues(options), values),
    required: mergeValues(talosValues, rollOutValues, nodes > 1 ? {} : operatorValues(nodes), ofMethod, promised),
  };
}
