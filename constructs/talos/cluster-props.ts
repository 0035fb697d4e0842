import { TerraformResource } from "cdktf";
import { ruledData } from "../props/plain-data";
import {
  instanceOf,
  listOf,
  number,
  objectOf,
  orConstruct,
  required,
  type Schema,
  staticBoolean,
  string,
  urlString,
} from "../props/schema";
import * as driver from "./driver";
import type { TalosRelease } from "./image";
import * as ingressFirewall from "./ingress-firewall";
import type { Member } from "./node";
import * as nvidia from "./nvidia-driver";
import type { TalosPatch } from "./patch/patch";
import * as registries from "./registries";

/** Props that every cluster has, whatever its machines. */
export interface TalosClusterBaseProps {
  /** Name of the cluster, and of its context in kubeconfig and talosconfig. */
  readonly clusterName: string;

  /** The Talos to run, such as a `TalosImage`. */
  readonly talos: TalosRelease;

  /**
   * URL of the Kubernetes API.
   *
   * @default - https at port 6443 of the machine's address
   */
  readonly endpoint?: string;

  /**
   * Kubernetes version, such as `1.35.10`.
   *
   * @default - 1.35.10, or 1.34.13 with Talos 1.11
   */
  readonly kubernetesVersion?: string;

  /**
   * Time servers.
   *
   * @default - Talos's own, time.cloudflare.com
   */
  readonly timeServers?: readonly string[];

  /**
   * Talos's firewall on all nodes.
   *
   * @default - none: every port is open
   * @see https://docs.siderolabs.com/talos/v1.13/networking/ingress-firewall
   */
  readonly firewall?: ingressFirewall.TalosFirewall;

  /**
   * Where nodes pull images from: mirrors, credentials, further certificate authorities.
   *
   * @default - the registries that images name
   */
  readonly registries?: registries.Registries;

  /**
   * Further patches of the machine configuration, applied in their order after those of the constructs.
   *
   * @default - none
   */
  readonly configPatches?: readonly TalosPatch[];

  /**
   * Directory for `kubeconfig` and `talosconfig`, relative to the one Terraform runs in.
   *
   * @default - clusters/ and the cluster's name, beside cdktf.out
   */
  readonly outputDirectory?: string;

  /**
   * Write the cluster's secrets to `secrets.yaml` beside the kubeconfig, as `talosctl gen secrets` does: keep a copy
   * apart from the state, which can be rebuilt from it.
   *
   * @default false
   */
  readonly secretsFile?: boolean;

  /**
   * Seconds to wait for the Kubernetes API after bootstrap.
   *
   * @default 900
   */
  readonly readyTimeout?: number;
}

export const releaseSchema = orConstruct(
  objectOf<TalosRelease>({
    version: required(string),
    installer: string,
    nvidia: nvidia.schema,
    driver: driver.schema,
    resource: instanceOf(TerraformResource),
  }),
);

export const baseSchema: Schema<TalosClusterBaseProps> = {
  clusterName: required(string),
  talos: required(releaseSchema),
  endpoint: urlString,
  kubernetesVersion: string,
  timeServers: listOf(string),
  firewall: ingressFirewall.schema,
  registries: registries.schema,
  configPatches: listOf(ruledData()),
  outputDirectory: string,
  secretsFile: staticBoolean,
  readyTimeout: number,
};

/** A cluster as the props of its construct describe it. */
export interface Described {
  /** The machines, the first of which is a control plane. */
  readonly members: readonly [Member, ...Member[]];
  /** URL of the API, where it is another than that of the first machine. */
  readonly endpoint?: string;
  /** Address that the control plane nodes share. */
  readonly virtualAddress?: string;
  readonly schedulingOnControlPlanes: boolean;
  /** The first machine has been a cluster of its own. What was created for it then stays as it is, with these names. */
  readonly fromSingleNode?: "moved" | "kept";
}
