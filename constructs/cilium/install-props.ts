import type { IResolvable } from "cdktf";
import { type ReleaseProps, releaseSchema } from "../helm/release-props";
import { record } from "../props/plain-data";
import {
  boolean,
  checkedByRule,
  instanceOf,
  objectOf,
  type Parsed,
  required,
  type Schema,
  string,
  unchecked,
  urlString,
} from "../props/schema";
import { TalosCluster } from "../talos/cluster";
import { TalosSingleNode } from "../talos/single-node";
import * as loadBalancer from "./load-balancer";
import type { CiliumValues } from "./values";

export const methods = ["helm-release", "inline-manifests"] as const;

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

/** What to install of Cilium, and where. */
export interface CiliumInstallProps extends ReleaseProps {
  /** The node or the cluster to install to. It gets the machine configuration that Cilium needs. */
  readonly node: TalosSingleNode | TalosCluster;

  /**
   * Version of Cilium and its chart.
   *
   * @default "1.19.8"
   */
  readonly version?: string;

  /**
   * How to install Cilium. `helm-release` installs the chart once Kubernetes answers. `inline-manifests` renders the
   * chart at plan time into the machine configuration of the control plane nodes, from which Talos creates its objects
   * at bootstrap; the stack applies later changes. Which resources exist depends on it, so it cannot be a Terraform
   * variable.
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
   * Implement the Gateway API. Its CRDs are applied before Cilium, in the version that Cilium's version needs, and updated with
   * it. They are never deleted: with `false` they stay, and all gateways and routes with them.
   *
   * @default false
   */
  readonly gatewayApi?: boolean | IResolvable;

  /**
   * Where the CRDs of the Gateway API come from: an https URL, which the machine that deploys downloads, or the path of a file,
   * relative to where you run the synth. The file becomes part of the stack.
   *
   * @default - the standard-install.yaml of their release on GitHub
   */
  readonly gatewayApiDefinitions?: string;

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
   * URL of the chart's repository: https or oci.
   *
   * @default "https://helm.cilium.io/"
   */
  readonly repository?: string;
}

export const schema: Schema<CiliumInstallProps> = {
  node: required(instanceOf<TalosSingleNode | TalosCluster>(TalosSingleNode, TalosCluster)),
  version: string,
  method: unchecked(),
  hubble: objectOf<Hubble>({ relay: boolean, ui: boolean }),
  gatewayApi: boolean,
  gatewayApiDefinitions: string,
  l2Announcements: loadBalancer.schema,
  encryption: checkedByRule("string"),
  values: record,
  repository: urlString,
  ...releaseSchema,
};

/** The props as far as they are valid. */
export type Options = Parsed<CiliumInstallProps>;

export const defaultMethod = "helm-release";
export const defaultRepository = "https://helm.cilium.io/";

/** Whether Talos creates Cilium from the machine configuration. */
export const isInline = ({ method }: Pick<Options, "method">): boolean => method === "inline-manifests";
