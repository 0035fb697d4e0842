import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { AssetType, type IResolvable, type ITerraformDependable, TerraformAsset, Token } from "cdktf";
import type { Construct } from "constructs";
import { type Condition, equal, isUnknown, matches, not, or } from "../rules/condition";
import { formatValue, toTokenString } from "../rules/format-value";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { escapeTemplate } from "../rules/template";
import type { TalosClusterBase } from "../talos/cluster-base";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep } from "../terraform/null-resource";
import type { Script } from "../terraform/script";
import { byCiliumMinor } from "./version";

/** How Cilium is to implement the Gateway API, as its construct has it. */
interface GatewayApi {
  /** Cilium's. */
  readonly version: string;
  readonly enabled?: boolean | IResolvable;
  /** File or URL of the CRDs; without one they come from their release. */
  readonly definitions?: string;
}

export const rules: readonly Rule<GatewayApi & { readonly enabledByValues: Condition }>[] = [
  {
    id: "gateway-api-version",
    requirement: "Cilium's version supports gateways, and the version of the cluster's Gateway API CRDs",
    reason:
      "1.20.0 never stops configuring a listener of HTTP, and an operator that finds other CRDs when it starts serves no gateway or exits",
    source: "https://github.com/cilium/cilium/issues/47624",
    checks: ({ version, enabled }) =>
      ifSet(enabled, (enabled) => ({
        condition: or(not(equal(version, "1.20.0")), equal(enabled, false)),
        message: `version ${formatValue(version)} has a bug in the Gateway API, https://github.com/cilium/cilium/issues/47624; write "1.20.1" or later, or leave gatewayApi out`,
      })),
  },
  {
    id: "gateway-api-definitions",
    requirement:
      "the Gateway API is enabled by gatewayApi, and its CRDs come from their release, from a file, or from an https URL",
    reason:
      "without CRDs Cilium serves no gateway, and anyone who can change an http download can change what every gateway does",
    source: "https://docs.cilium.io/en/stable/network/servicemesh/gateway-api/gateway-api/",
    checks: ({ enabled, definitions, enabledByValues }) => [
      {
        condition: or(enabled !== undefined, not(enabledByValues)),
        message:
          "values.gatewayAPI.enabled is true, which applies no CRDs of the Gateway API; leave it out and write gatewayApi: true",
      },
      ...ifSet(definitions, (definitions) => checkDefinitions(definitions, enabled !== undefined)),
    ],
  },
];

const checkDefinitions = (definitions: string, hasUse: boolean): Check[] => [
  {
    condition: hasUse,
    message: "gatewayApiDefinitions does nothing without gatewayApi; write gatewayApi: true, or leave it out",
  },
  {
    condition: isUrl(definitions) ? matches(definitions, /^https:[/][/][^/@]+[/]/) : isFile(definitions),
    message: `gatewayApiDefinitions ${formatValue(definitions)} is neither a file nor an https URL; write the path of a release's standard-install.yaml from where you run the synth, or its https URL without a user`,
  },
];

/** A file becomes part of the stack when it is synthesized, which no variable can name. */
const isUrl = (definitions: string): boolean =>
  isUnknown(definitions) || /^[a-z][a-z0-9+.-]*:[/][/]/i.test(definitions);

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** What the download of the CRDs takes from whoever deploys. */
const inherits = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/** Seconds for the API to take the CRDs, and for Cilium to accept its GatewayClass. */
const timeout = 300;

/** What the script that applies the CRDs takes. */
interface Step {
  readonly kubeconfig: string;
  readonly enabled: boolean | IResolvable;
  /** File or URL. */
  readonly source: string;
  /** Version of the Gateway API. */
  readonly bundle: string;
  /** Version of Cilium. */
  readonly version: string;
}

/** Applies the CRDs; if they are not enabled, keeps those that Talos has installed. */
export const applyCrds = ({ kubeconfig, enabled, source, bundle, version }: Step): Script => ({
  file: join(__dirname, "scripts/apply-gateway-api.sh"),
  environment: {
    KUBECONFIG: kubeconfig,
    ENABLED: toTokenString(enabled),
    SOURCE: source,
    BUNDLE: bundle,
    BELOW: Token.asString(byCiliumMinor(version, ({ gatewayApiBelow }) => gatewayApiBelow)),
    CILIUM: version,
    TIMEOUT: String(timeout),
  },
  inherits,
});

/** Waits until Cilium has accepted its GatewayClass, and restarts an operator that started before the CRDs. */
export const waitForGatewayClass = (kubeconfig: string, enabled: boolean | IResolvable): Script => ({
  file: join(__dirname, "scripts/wait-for-gateway-class.sh"),
  environment: { KUBECONFIG: kubeconfig, ENABLED: toTokenString(enabled), TIMEOUT: String(timeout) },
});

/** The step that applies the CRDs, before Cilium looks for them. */
export function applyGatewayApi(
  scope: Construct,
  node: TalosClusterBase,
  { version, enabled = true, definitions }: GatewayApi,
  dependsOn: ITerraformDependable[],
): Resource {
  const bundle = Token.asString(byCiliumMinor(version, ({ gatewayApi }) => gatewayApi));
  const { source, identity } = sourceOf(scope, definitions ?? releaseOf(bundle));
  return withLogicalId(
    "gateway_api",
    kubernetesStep(scope, "GatewayApi", "gateway_api", {
      // A cluster that is recreated has none of them.
      triggers: { cluster: node.bootstrap.id, bundle, source: identity, enabled: toTokenString(enabled) },
      scripts: [applyCrds({ kubeconfig: node.kubeconfigFile.filename, enabled, source, bundle, version })],
      dependsOn,
    }),
  );
}

const releaseOf = (bundle: string): string =>
  `https://github.com/kubernetes-sigs/gateway-api/releases/download/${bundle}/standard-install.yaml`;

/** Where the script finds them, and by what it is known that they are others. */
function sourceOf(scope: Construct, definitions: string): { readonly source: string; readonly identity: string } {
  if (isUrl(definitions)) return { source: escapeTemplate(definitions), identity: escapeTemplate(definitions) };
  // What is no file is refused.
  if (!isFile(definitions)) return { source: "", identity: "" };
  const { path } = new TerraformAsset(scope, "gateway-api", { path: definitions, type: AssetType.FILE });
  return { source: path, identity: createHash("sha256").update(readFileSync(definitions)).digest("hex") };
}
