import { Fn, type TerraformResource, Token } from "cdktf";
import { Construct } from "constructs";
import { bracketsHoldAddress, checkHttpsEndpoint, endpointHttps, host, port } from "../network/https-endpoint";
import { isAddress } from "../network/ip-address";
import type { EarlierClaim } from "../rules/claims";
import { and, type Condition, isLine, isUnknown, matches, or, wholeNumber } from "../rules/condition";
import { asFunctionArgument } from "../rules/expression";
import { formatValue, toTokenString } from "../rules/format-value";
import { ifSet, type Rule } from "../rules/rule";
import { providerDocs, talosDocs } from "../rules/source";
import { checkSameStack, partsInStack } from "../terraform/own-stack";
import type { TalosRelease } from "./image";
import { isSupported } from "./version";

export const rules: readonly Rule<{
  readonly clusterName: string;
  readonly endpoint?: string;
  readonly version: string;
  /** Undefined if it is named after the cluster. */
  readonly outputDirectory?: string;
  readonly timeServers?: readonly string[];
  /** What the machines run that is not made for its version, and where the props describe it. */
  readonly releases: readonly { readonly path: string; readonly talos: TalosRelease }[];
  /** The machines and what they run, and where the props describe them. */
  readonly parts: readonly { readonly path: string; readonly part: { readonly resource?: TerraformResource } }[];
  readonly cluster: Construct;
  readonly readyTimeout: number;
  readonly earlierClusters: readonly EarlierClaim<string>[];
}>[] = [
  {
    ...endpointHttps,
    checks: ({ endpoint }) =>
      ifSet(endpoint, (endpoint) => {
        const form = checkHttpsEndpoint(
          endpoint,
          new RegExp(`^https:[/][/]${host}(${port})?$`),
          'an https URL of a host, without user and path; write it as in "https://192.168.1.50:6443"',
        );
        return { ...form, condition: and(form.condition, bracketsHoldAddress(endpoint)) };
      }),
  },
  {
    ...partsInStack,
    checks: ({ parts, cluster }) =>
      parts.flatMap(({ path, part }) =>
        ifSet(part.resource, (resource) =>
          checkSameStack(path, Construct.isConstruct(part) ? part : resource, cluster),
        ),
      ),
  },
  {
    id: "installer-version",
    requirement: "the installer is the name of an image, with the node's Talos version as its tag",
    reason: "the node would get a configuration of one version and run another, which may refuse it, or pull no image",
    source: talosDocs("configure-your-talos-cluster/lifecycle-management/upgrading-talos"),
    checks: ({ releases, version }) =>
      releases.flatMap(({ path, talos }) =>
        ifSet(talos.installer, (installer) => {
          // No tag is right for what is no version.
          if (isSupported(version) === false) return [];
          const tagged = {
            condition: hasTag(installer, version),
            message: `${path}.installer ${formatValue(installer)} is not of Talos ${formatValue(version)}; write an image with that tag, as in ${formatValue(`factory.talos.dev/nocloud-installer/<schematic>:${toTokenString(version)}`)}`,
          };
          if (tagged.condition === false) return tagged;
          return [
            tagged,
            {
              condition: matches(installer, reference),
              message: `${path}.installer ${formatValue(installer)} is not the name of an image; write it as in ${formatValue(`factory.talos.dev/nocloud-installer/<schematic>:${toTokenString(version)}`)}`,
            },
          ];
        }),
      ),
  },
  {
    id: "cluster-name",
    requirement: "a cluster's name has letters, digits, hyphens and dots, at most 200",
    reason: "it names the cluster's directory and its context in kubeconfig",
    source: talosDocs("reference/configuration/v1alpha1/config"),
    checks: ({ clusterName }) => [
      {
        condition: matches(clusterName, /^[a-zA-Z0-9][a-zA-Z0-9.-]{0,199}$/),
        message: `clusterName ${formatValue(clusterName)} has invalid characters or is too long; write one such as "talos-gpu"`,
      },
    ],
  },
  {
    id: "time-server",
    requirement: "a time server is a host name, an IP address, or a PTP device",
    reason: "Talos would not get the time, which etcd and the kubelet wait for",
    source: talosDocs("configure-your-talos-cluster/system-configuration/time-sync"),
    checks: ({ timeServers = [] }) =>
      timeServers.map((server, index) => ({
        condition: or(
          matches(server, /^([a-zA-Z0-9][a-zA-Z0-9._-]{0,252}|[/]dev[/]ptp[a-z0-9_]+)$/),
          isAddress(server),
        ),
        message: `timeServers[${index}] ${formatValue(server)} is not a time server; write a host name or an address, as in "time.cloudflare.com"`,
      })),
  },
  {
    id: "output-directory",
    requirement: "a cluster's directory is a path, without the ~ of a shell and without control characters",
    reason: "the kubeconfig would be in the root of the file system, or in a directory that is called ~",
    source: providerDocs("hashicorp/local", "/resources/file#filename"),
    checks: ({ outputDirectory }) =>
      ifSet(outputDirectory, (directory) => ({
        condition: and(isLine(directory), matches(directory, /^[^~]/)),
        message: `outputDirectory ${formatValue(directory)} is not a path to a directory; write it as in "../../../clusters/talos-gpu", or leave it out`,
      })),
  },
  {
    id: "ready-timeout",
    requirement: "the wait for Kubernetes is a whole number of seconds",
    reason: "the apply would wait forever for a node that never starts",
    source: "https://developer.hashicorp.com/terraform/language/resources/provisioners/local-exec",
    checks: ({ readyTimeout }) => [
      {
        condition: wholeNumber(readyTimeout, 1, 86_400),
        message: `readyTimeout is ${formatValue(readyTimeout)}; write whole seconds, from 1 to 86400`,
      },
    ],
  },
  {
    id: "cluster-once-per-stack",
    requirement: "a stack has one cluster",
    reason: "the addresses of its resources are fixed, so that an existing state fits",
    source: "https://developer.hashicorp.com/terraform/cdktf/concepts/stacks",
    checks: ({ earlierClusters }) =>
      earlierClusters.map(({ by }) => ({
        condition: false,
        message: `the stack has the cluster ${by} already; put this one into a stack of its own`,
      })),
  },
];

/** https://github.com/distribution/reference */
const reference =
  /^(([a-zA-Z0-9.-]+|[[][0-9a-fA-F:.]+])(:[0-9]+)?[/])?[a-z0-9][a-z0-9._-]*([/][a-z0-9][a-z0-9._-]*)*:[a-zA-Z0-9_][a-zA-Z0-9_.-]*(@[a-z0-9]+:[0-9a-f]+)?$/;

/** Whether the image has the tag, with a digest behind it or without. */
function hasTag(image: string, tag: string): Condition {
  if (!isUnknown(image) && !isUnknown(tag)) return image.split("@")[0]?.endsWith(`:${tag}`) ?? false;
  const withoutDigest = Token.asString(Fn.element(Fn.split("@", asFunctionArgument(image)), 0));
  return Token.asAny(Fn.endswith(withoutDigest, Fn.join(":", ["", asFunctionArgument(tag)])));
}
