import { join } from "node:path";
import { AssetType, Fn, type IResolvable, TerraformAsset, Token } from "cdktf";
import { Construct } from "constructs";
import { DataHelmTemplate } from "../../.gen/providers/helm/data-helm-template";
import { HelmProvider, type HelmProviderKubernetes } from "../../.gen/providers/helm/provider";
import { Release } from "../../.gen/providers/helm/release";
import { claim, type EarlierClaim } from "../rules/claims";
import { equal, isUnknown, wholeNumber } from "../rules/condition";
import { record } from "../rules/plain-data";
import { enforce, given, lifecycleWith, type Rule } from "../rules/rule";
import {
  type Fitted,
  fitProps,
  flag,
  instanceOf,
  literal,
  number,
  objectOf,
  required,
  ruled,
  type Shape,
  text,
} from "../rules/shape";
import { shown } from "../rules/shown";
import { kubePrismPort, type TalosPatch, valuesAt } from "../talos/patch";
import { TalosSingleNode } from "../talos/single-node";
import { at } from "../terraform/address";
import { renderDocument } from "../terraform/document";
import { oncePerStack } from "../terraform/once";
import * as loadBalancer from "./load-balancer";
import * as ciliumValues from "./values";
import { type CiliumValues, defaultValues, inlineManifestValues, mergeValues, talosValues } from "./values";
import * as ciliumVersion from "./version";
import { defaultCiliumVersion, gatewayApiManifest } from "./version";

const methods = ["helm-release", "inline-manifests"] as const;

/** Observation of the network's traffic. */
export interface Hubble {
  /**
   * Collect the flows of all nodes.
   *
   * @default false
   */
  readonly relay?: boolean | IResolvable;

  /**
   * Show them in a browser; needs the relay.
   *
   * @default false
   */
  readonly ui?: boolean | IResolvable;
}

export interface CiliumInstallProps {
  /** The node to install to. It gets the machine configuration that Cilium needs. */
  readonly node: TalosSingleNode;

  /**
   * Version of Cilium and its chart.
   *
   * @default "1.18.12"
   */
  readonly version?: string;

  /**
   * How to install: `helm-release` once Kubernetes answers; or `inline-manifests`, rendered at plan and applied by Talos at
   * bootstrap. Which resources exist depends on it, so it cannot be a Terraform variable.
   *
   * @default "helm-release"
   */
  readonly method?: (typeof methods)[number];

  /**
   * Hubble.
   *
   * @default - flows are kept by the agent only
   */
  readonly hubble?: Hubble;

  /**
   * Implement the Gateway API. Its custom resource definitions are installed by Talos.
   *
   * @default false
   */
  readonly gatewayApi?: boolean | IResolvable;

  /**
   * Give services of type LoadBalancer addresses of the local network.
   *
   * @default - none
   */
  readonly l2Announcements?: loadBalancer.L2Announcements;

  /**
   * Encrypt the traffic between nodes.
   *
   * @default - not encrypted
   */
  readonly encryption?: "wireguard" | IResolvable;

  /**
   * Further values of the chart, merged deeply over those of this construct.
   *
   * @default - none
   */
  readonly values?: CiliumValues;

  /**
   * Chart repository.
   *
   * @default "https://helm.cilium.io/"
   */
  readonly repository?: string;

  /**
   * Seconds for the release to become ready.
   *
   * @default 900
   */
  readonly timeout?: number;
}

export const shape: Shape<CiliumInstallProps> = {
  node: required(instanceOf(TalosSingleNode)),
  version: text,
  method: literal(),
  hubble: objectOf<Hubble>({ relay: flag, ui: flag }),
  gatewayApi: flag,
  l2Announcements: loadBalancer.shape,
  encryption: ruled("string"),
  values: record,
  repository: text,
  timeout: number,
};

export const rules: readonly Rule<{
  readonly node?: TalosSingleNode;
  readonly method: string;
  readonly encryption?: string | IResolvable;
  readonly timeout: number;
  readonly earlierInstalls: readonly EarlierClaim<string>[];
}>[] = [
  {
    id: "cilium-needs-no-cni",
    demands: "the node has no other network plugin, no kube-proxy, and KubePrism on its port",
    because: "two network plugins, or none that reaches the API, leave the node without network",
    source: "https://www.talos.dev/v1.13/kubernetes-guides/network/deploying-cilium/",
    checks: ({ node, earlierInstalls }) => [
      ...earlierInstalls.map(({ by }) => ({
        holds: false,
        problem: `the node has Cilium from ${by} already; leave one of the two out`,
      })),
      ...(node?.configPatches ?? []).flatMap((patch, place) =>
        machineNeeds.flatMap(({ path, needed }) =>
          valuesAt(patch, path, needed).map((value) => ({
            holds: equal(value, needed),
            problem: `the node's configPatches[${place}] has ${path.join(".")} ${shown(value)}; write ${shown(needed)} or leave it out`,
          })),
        ),
      ),
    ],
  },
  {
    id: "cilium-method",
    demands: `the method is one of ${methods.join(", ")}`,
    because: "Terraform has to know which resources there are before it knows any variable",
    source: "https://www.talos.dev/v1.13/kubernetes-guides/network/deploying-cilium/",
    checks: ({ method }) => [
      {
        holds: methods.some((each) => each === method),
        problem: `method is ${shown(method)}; write ${methods.map(shown).join(" or ")}`,
      },
    ],
  },
  {
    id: "cilium-encryption",
    demands: "encryption is wireguard",
    because: "IPsec needs a key that would have to be in the cluster before Cilium",
    source: "https://docs.cilium.io/en/stable/security/network/encryption/",
    checks: ({ encryption }) =>
      given(encryption, (encryption) => ({
        holds: equal(encryption, "wireguard"),
        problem: `encryption is ${shown(encryption)}; write "wireguard" or leave it out`,
      })),
  },
  {
    id: "cilium-timeout",
    demands: "the release has at least 600 seconds to become ready",
    because: "the node pulls all images first, and a release that failed must be removed by hand",
    source: "https://registry.terraform.io/providers/hashicorp/helm/3.1.2/docs/resources/release",
    checks: ({ timeout }) => [
      {
        holds: wholeNumber(timeout, 600),
        problem: `timeout is ${shown(timeout)}; write whole seconds, 600 or more`,
      },
    ],
  },
];

/** What the machine configuration must say, one patch each. */
const machineNeeds: readonly { readonly path: readonly string[]; readonly needed: unknown }[] = [
  { path: ["cluster", "network", "cni", "name"], needed: "none" },
  { path: ["cluster", "proxy", "disabled"], needed: true },
  { path: ["machine", "features", "kubePrism", "enabled"], needed: true },
  { path: ["machine", "features", "kubePrism", "port"], needed: kubePrismPort },
];

/**
 * Cilium as the network of a Talos node, in place of kube-proxy.
 *
 * @see https://www.talos.dev/v1.13/kubernetes-guides/network/deploying-cilium/
 */
export class CiliumInstall extends Construct {
  /** The release; undefined with the method `inline-manifests`. */
  readonly resource?: Release;
  /** The rendered chart; undefined with the method `helm-release`. */
  readonly template?: DataHelmTemplate;
  /** Address pools and announcements; undefined without them, or with the method `inline-manifests`. */
  readonly loadBalancer?: Release;

  readonly version: string;
  /** All values of the chart. */
  readonly values: CiliumValues;

  constructor(scope: Construct, id: string, props: CiliumInstallProps) {
    super(scope, id);
    const fitted = fitProps(this, props, shape);
    const options = fitted.props;
    const { node, version = defaultCiliumVersion, method = "helm-release", l2Announcements, timeout = 900 } = options;
    const { repository = "https://helm.cilium.io/", encryption } = options;
    const inline = method === "inline-manifests";
    this.version = version;
    this.values = mergeValues(
      defaultValues,
      inline ? inlineManifestValues : {},
      featureValues(options),
      options.values ?? {},
    );

    const earlierInstalls = node ? claim("Cilium", node.node.path, id, this) : [];
    const preconditions = [
      ...fitted.preconditions,
      ...enforce(this, ciliumVersion.rules, { version }),
      ...enforce(this, ciliumValues.rules, {
        values: this.values,
        required: inline ? mergeValues(talosValues, inlineManifestValues) : talosValues,
      }),
      ...enforce(this, loadBalancer.rules, { l2Announcements }),
      ...enforce(this, rules, { node, method, encryption, timeout, earlierInstalls }),
    ];
    if (!node) return;

    node.addConfigPatch({ cluster: { network: { cni: { name: "none" } } } });
    node.addConfigPatch({ cluster: { proxy: { disabled: true } } });
    node.addConfigPatch({ machine: { features: { kubePrism: { enabled: true, port: kubePrismPort } } } });
    if (options.gatewayApi !== undefined && options.gatewayApi !== false)
      installGatewayApi(node, options.gatewayApi, version);
    if (l2Announcements) node.addConfigPatch(loadBalancer.withoutExclusion);

    const chart = {
      name: "cilium",
      namespace: "kube-system",
      repository,
      chart: "cilium",
      version,
      values: [renderDocument(this.values)],
      timeout,
      lifecycle: lifecycleWith(preconditions),
    };
    if (inline) {
      helmProvider(this);
      this.template = at(
        "cilium",
        new DataHelmTemplate(this, "Template", {
          ...chart,
          includeCrds: true,
          kubeVersion: node.kubernetesVersion,
          apiVersions: options.gatewayApi === true ? ["gateway.networking.k8s.io/v1/GatewayClass"] : undefined,
        }),
      );
      node.addConfigPatch(inlineManifest("cilium", this.template.manifest));
      if (l2Announcements) {
        const objects = loadBalancer.objects(l2Announcements).map(renderDocument).join("---\n");
        node.addConfigPatch(inlineManifest("cilium-load-balancer", objects));
      }
      return;
    }

    helmProvider(this, node);
    this.resource = at("cilium", new Release(this, "Resource", { ...chart, wait: true, dependsOn: [node.ready] }));
    if (l2Announcements) {
      const asset = new TerraformAsset(this, "chart", {
        path: join(__dirname, "charts/cilium-load-balancer"),
        type: AssetType.DIRECTORY,
      });
      this.loadBalancer = at(
        "cilium_load_balancer",
        new Release(this, "LoadBalancer", {
          name: "cilium-load-balancer",
          namespace: "kube-system",
          chart: asset.path,
          values: [renderDocument({ objects: loadBalancer.objects(l2Announcements) })],
          dependsOn: [this.resource],
        }),
      );
    }
  }
}

/** The values behind the typed options. */
function featureValues({ hubble, gatewayApi, l2Announcements, encryption }: Fitted<CiliumInstallProps>): CiliumValues {
  return {
    ...(hubble && { hubble: { relay: { enabled: hubble.relay ?? false }, ui: { enabled: hubble.ui ?? false } } }),
    ...(gatewayApi !== undefined && {
      gatewayAPI: { enabled: gatewayApi, enableAlpn: gatewayApi, enableAppProtocol: gatewayApi },
    }),
    // Every service takes a lease of its own, more than the default client rate allows.
    ...(l2Announcements && {
      l2announcements: { enabled: true },
      externalIPs: { enabled: true },
      k8sClientRateLimit: { qps: 50, burst: 100 },
    }),
    ...(encryption !== undefined && { encryption: { enabled: true, type: encryption } }),
  };
}

/** Cilium looks for the definitions once, when it starts, so they come first. */
function installGatewayApi(node: TalosSingleNode, enabled: true | IResolvable, version: string): void {
  const manifests = [gatewayApiManifest(version)];
  const definition = "crd/gatewayclasses.gateway.networking.k8s.io";
  const unknown = isUnknown(enabled);
  node.addConfigPatch({ cluster: { extraManifests: unknown ? Fn.conditional(enabled, manifests, []) : manifests } });
  node.waitFor(unknown ? Token.asString(Fn.conditional(enabled, definition, "")) : definition);
}

const inlineManifest = (name: string, contents: string): TalosPatch => ({
  cluster: { inlineManifests: [{ name, contents }] },
});

/** The stack's Helm provider: in the cluster of the node, or for rendering alone. */
function helmProvider(scope: Construct, node?: TalosSingleNode): void {
  const kubernetes = node && kubernetesOf(node);
  oncePerStack(scope, "helm_provider", (stack, id) => new HelmProvider(stack, id, { kubernetes }));
}

/** The kubeconfig resource gives its certificates in base64, and the provider takes them as PEM. */
function kubernetesOf(node: TalosSingleNode): HelmProviderKubernetes {
  const { host, caCertificate, clientCertificate, clientKey } = node.kubeconfig.kubernetesClientConfiguration;
  return {
    host,
    clusterCaCertificate: Fn.base64decode(caCertificate),
    clientCertificate: Fn.base64decode(clientCertificate),
    clientKey: Fn.base64decode(clientKey),
  };
}
