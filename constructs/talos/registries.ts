import { Token } from "cdktf";
import type { IConstruct } from "constructs";
import { caExpiry, checkExpiry, isCertificate } from "../network/certificate";
import { bracketsHoldAddress, host, port, withoutSecrets } from "../network/https-endpoint";
import { checkPlainHttp, plainHttp } from "../network/plain-http";
import { listOf, nonEmptyListOf, objectOf, required, staticBoolean, string, urlString } from "../props/schema";
import { and, type Condition, equal, isLine, isUnknown, matches, not, oneOf, or } from "../rules/condition";
import { expression, lowerCase } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import { checkEachOnce } from "../rules/once";
import type { Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { variablesIn } from "../rules/variables";
import { asYaml } from "../terraform/document";
import type { TalosPatch } from "./patch/patch";
import { byTalosMinor } from "./version";

/** Where images of a registry are pulled from. */
export interface RegistryMirror {
  /** Registry that images name, such as `docker.io`; `*` for all that have no mirror of their own. */
  readonly registry: string;

  /** URLs that are tried in this order, such as `https://mirror.example`. */
  readonly endpoints: readonly string[];

  /**
   * Use the path of each endpoint as it is, without the `/v2` of a registry. Harbor's proxies need it.
   *
   * @default false
   */
  readonly overridePath?: boolean;

  /**
   * Pull from the registry itself if no endpoint has the image.
   *
   * @default true
   */
  readonly fallback?: boolean;

  /**
   * Allow http to a private IP address: anyone on the way can replace what is downloaded.
   *
   * @default false
   */
  readonly insecureHttp?: boolean;
}

/** Credentials for a registry or a mirror. */
export interface RegistryCredentials {
  /** Host of the registry or the endpoint, with its port if it has one. */
  readonly registry: string;

  /** User name. */
  readonly username: string;

  /** Password or token: the `stringValue` of a sensitive TerraformVariable. */
  readonly password: string;
}

/** Where nodes pull images from. */
export interface Registries {
  /**
   * Mirrors.
   *
   * @default - none
   */
  readonly mirrors?: readonly RegistryMirror[];

  /**
   * Credentials. The machine configuration and the state contain them; the synthesized stack does not.
   *
   * @default - none
   */
  readonly credentials?: readonly RegistryCredentials[];

  /**
   * Certificates in PEM of further certificate authorities that the nodes trust, for registries and everything else.
   *
   * @default - those of Talos
   */
  readonly certificateAuthorities?: readonly string[];

  /**
   * Take images from the image cache that the machine's disk image or ISO contains, before any registry. An image of
   * the Image Factory has none.
   *
   * @default false
   * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/images-container-runtime/image-cache
   */
  readonly imageCache?: boolean;
}

export const schema = objectOf<Registries>({
  mirrors: listOf(
    objectOf<RegistryMirror>({
      registry: required(string),
      endpoints: required(nonEmptyListOf(urlString, 'one or more URLs, such as "https://mirror.example"')),
      overridePath: staticBoolean,
      fallback: staticBoolean,
      insecureHttp: staticBoolean,
    }),
  ),
  credentials: listOf(
    objectOf<RegistryCredentials>({
      registry: required(string),
      username: required(string),
      password: required(string),
    }),
  ),
  certificateAuthorities: listOf(string),
  imageCache: staticBoolean,
});

const source = talosDocs("configure-your-talos-cluster/images-container-runtime/pull-through-cache");
/** A registry as an image names it: https://github.com/distribution/reference/blob/main/reference.go */
const label = "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?";
const registryName = new RegExp(
  `^(${label}([.]${label})+(${port})?|${label}${port}|localhost|[[][0-9a-fA-F:]+](${port})?)$`,
);
const registryHost = new RegExp(`^${host}(${port})?$`);
const endpointUrl = new RegExp(`^https?:[/][/]${host}(${port})?([/]([!$&-;=@-Z_a-z~]|%[0-9a-fA-F]{2})*)?$`);

/** Hosts of Docker Hub that are not the one of its images: https://github.com/containerd/containerd/blob/main/core/remotes/docker/registry.go */
const dockerHub = ["docker.io", "index.docker.io"];

interface Judged {
  readonly registries?: Registries;
  /** The cluster. */
  readonly scope: IConstruct;
}

/** Whether an endpoint of a mirror is on the host. */
const isEndpoint = (name: string, mirrors: readonly RegistryMirror[]): Condition =>
  or(...mirrors.flatMap(({ endpoints }) => endpoints.map((endpoint) => equal(hostOf(endpoint), name))));

/** The host of an endpoint with its port. */
const hostOf = (endpoint: string): string =>
  isUnknown(endpoint)
    ? Token.asString(expression`try(regex("^https?://([^/]*)", ${endpoint})[0], "")`)
    : (/^https?:[/][/]([^/]*)/.exec(endpoint)?.[1] ?? "");

const nameRules: readonly Rule<Judged>[] = [
  {
    id: "registry-name",
    requirement: "a registry is named by its host, as images name it, without scheme and path",
    reason: "no image would match the registry, so the mirror or the credentials would never be used",
    source,
    checks: ({ registries: { mirrors = [], credentials = [] } = {} }) => [
      ...mirrors.flatMap(({ registry }, index) => [
        {
          condition: registry === "*" || and(matches(registry, registryName), bracketsHoldAddress(registry)),
          message: `registries.mirrors[${index}].registry ${formatValue(registry)} is not a registry; write its host, as in "docker.io", or "*" for all`,
        },
        {
          condition: not(equal(registry, "index.docker.io")),
          message: `registries.mirrors[${index}].registry ${formatValue(registry)} never matches an image, because containerd writes "docker.io" for it; write that`,
        },
      ]),
      ...credentials.flatMap(({ registry }, index) => [
        {
          condition: and(matches(registry, registryHost), bracketsHoldAddress(registry)),
          message: `registries.credentials[${index}].registry ${formatValue(registry)} is not a registry; write its host, as in "registry.example:5000"`,
        },
        {
          condition: or(not(oneOf(registry, dockerHub)), isEndpoint(registry, mirrors)),
          message: `registries.credentials[${index}].registry ${formatValue(registry)} is not the host that images of Docker Hub are pulled from; write "registry-1.docker.io"`,
        },
      ]),
    ],
  },
  {
    id: "registry-case",
    severity: "warning",
    requirement: "registries and endpoints are in lower case",
    reason: "containerd compares hosts as they are written, and images write them in lower case",
    source,
    checks: ({ registries: { mirrors = [], credentials = [] } = {} }) =>
      Object.entries({ mirrors, credentials }).flatMap(([prop, list]) =>
        list.map(({ registry }, index) => ({
          condition: matches(registry, /^[^A-Z]*$/),
          message: `registries.${prop}[${index}].registry ${formatValue(registry)} has upper-case letters, and containerd takes it for another host than ${formatValue(lowerCase(registry))}; write that`,
        })),
      ),
  },
  {
    id: "registry-once",
    requirement: "each registry has one mirror and one user",
    reason: "Talos would keep the last one only",
    source,
    checks: ({ registries: { mirrors = [], credentials = [] } = {} }) =>
      Object.entries({ mirrors, credentials }).flatMap(([prop, list]) =>
        checkEachOnce<{ readonly registry: string }>(
          list,
          (_, index) => `registries.${prop}[${index}]`,
          (item, { by, value }, own) => ({
            condition: not(equal(item.registry, value.registry)),
            message: `${own}.registry ${formatValue(item.registry)} is that of ${by} too; leave one of the two out`,
          }),
        ),
      ),
  },
];

const endpointRules: readonly Rule<Judged>[] = [
  {
    id: "registry-endpoint",
    requirement: "an endpoint of a mirror is a URL without a user, and is listed once",
    reason: "containerd would ask another host, or none",
    source,
    checks: ({ registries: { mirrors = [] } = {} }) =>
      mirrors.flatMap(({ endpoints }, index) => [
        ...endpoints.map((endpoint, place) => ({
          condition: and(matches(endpoint, endpointUrl), bracketsHoldAddress(endpoint)),
          message: `registries.mirrors[${index}].endpoints[${place}] ${formatValue(withoutSecrets(endpoint))} is not the URL of a registry; write it as in "https://mirror.example", and its user in registries.credentials`,
        })),
        ...checkEachOnce(
          endpoints,
          (_, place) => `registries.mirrors[${index}].endpoints[${place}]`,
          (endpoint, { by, value }, own) => ({
            condition: not(equal(endpoint, value)),
            message: `${own} ${formatValue(withoutSecrets(endpoint))} is ${by} too; leave one of the two out`,
          }),
        ),
      ]),
  },
  {
    id: "registry-endpoint-path",
    severity: "warning",
    requirement: "an endpoint with overridePath has a path, and one with `/v2` inside its path has overridePath",
    reason: "containerd adds /v2 to the path of an endpoint, unless overridePath is true",
    source: "https://github.com/containerd/containerd/blob/main/docs/hosts.md#override_path-field",
    checks: ({ registries: { mirrors = [] } = {} }) =>
      mirrors.flatMap(({ endpoints, overridePath = false }, index) =>
        endpoints.map((endpoint, place) => {
          const own = `registries.mirrors[${index}].endpoints[${place}] ${formatValue(withoutSecrets(endpoint))}`;
          return overridePath
            ? {
                condition: not(matches(endpoint, /^https?:[/][/][^/]*[/]?$/)),
                message: `${own} has no path, and with overridePath no /v2, under which a registry answers; leave overridePath out, or write the path`,
              }
            : {
                condition: not(matches(endpoint, /[/]v2[/]+[^/]/)),
                message: `${own} has /v2 inside its path, and containerd adds another one at its end; write overridePath: true`,
              };
        }),
      ),
  },
  {
    ...plainHttp,
    checks: ({ registries: { mirrors = [] } = {} }) =>
      mirrors.flatMap(({ endpoints, insecureHttp }, index) =>
        endpoints.map((endpoint, place) =>
          checkPlainHttp(`registries.mirrors[${index}].endpoints[${place}]`, endpoint, insecureHttp),
        ),
      ),
  },
];

const secretRules: readonly Rule<Judged>[] = [
  {
    id: "registry-username",
    requirement: "the user of a registry has a name",
    reason: "without one Talos pulls without the password too",
    source,
    checks: ({ registries: { credentials = [] } = {} }) =>
      credentials.map(({ username }, index) => ({
        condition: isLine(username),
        message: `registries.credentials[${index}].username ${formatValue(username)} is not a name; write that of the user or the robot`,
      })),
  },
  {
    id: "registry-password",
    requirement: "the password of a registry comes from a sensitive Terraform variable",
    reason:
      "a password that is written out would be in the stack in plaintext, and that of another variable in the plan",
    source: "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
    checks: ({ registries: { credentials = [] } = {}, scope }) =>
      credentials.flatMap(({ password }, index) => [
        {
          condition: isUnknown(password),
          message: `registries.credentials[${index}].password is a literal value (hidden); write the stringValue of a sensitive TerraformVariable`,
        },
        ...variablesIn(scope, password).map(({ sensitive, friendlyUniqueId }) => ({
          condition: sensitive === true,
          message: `registries.credentials[${index}].password is the variable ${formatValue(friendlyUniqueId)}, which every plan shows; write sensitive: true for it`,
        })),
      ]),
  },
  {
    id: "ca-certificate",
    requirement: "a CA is a certificate in PEM",
    reason: "the node would silently trust no additional CA",
    source: talosDocs("reference/configuration/security/trustedrootsconfig"),
    checks: ({ registries: { certificateAuthorities = [] } = {} }) =>
      certificateAuthorities.map((text, index) => ({
        condition: isCertificate(text),
        message: `registries.certificateAuthorities[${index}] is not a certificate; write it in PEM, from "-----BEGIN CERTIFICATE-----" to the end`,
      })),
  },
  {
    ...caExpiry,
    checks: ({ registries: { certificateAuthorities = [] } = {} }) =>
      certificateAuthorities.flatMap((text, index) => checkExpiry(`registries.certificateAuthorities[${index}]`, text)),
  },
];

export const rules: readonly Rule<Judged>[] = [...nameRules, ...endpointRules, ...secretRules];

const document = (kind: string, name: string, content: object) => ({ apiVersion: "v1alpha1", kind, name, ...content });

/** Each a document of its own, as Talos has them from 1.12 on. */
const documentsOf = ({ mirrors = [], credentials = [] }: Registries): object[] => [
  ...mirrors.map(({ registry, endpoints, overridePath = false, fallback = true }) =>
    document("RegistryMirrorConfig", registry, {
      endpoints: endpoints.map((url) => ({ url, overridePath })),
      skipFallback: !fallback,
    }),
  ),
  ...credentials.map(({ registry, username, password }) =>
    document("RegistryAuthConfig", registry, { username, password }),
  ),
];

/** Part of the machine configuration, as Talos 1.11 has them. */
const fieldsOf = ({ mirrors = [], credentials = [] }: Registries): object => ({
  machine: {
    registries: {
      mirrors: Object.fromEntries(
        mirrors.map(({ registry, endpoints, overridePath = false, fallback = true }) => [
          registry,
          { endpoints: [...endpoints], overridePath, skipFallback: !fallback },
        ]),
      ),
      config: Object.fromEntries(
        credentials.map(({ registry, username, password }) => [registry, { auth: { username, password } }]),
      ),
    },
  },
});

/** The patches for nodes of the version. */
export function patches(version: string, registries: Registries): TalosPatch[] {
  const { mirrors = [], credentials = [], certificateAuthorities = [], imageCache = false } = registries;
  const certificates = certificateAuthorities.map((text) => (isUnknown(text) ? text : text.trim())).join("\n");
  return [
    ...(mirrors.length + credentials.length > 0
      ? [
          byTalosMinor(version, ({ registryDocuments }) =>
            registryDocuments ? documentsOf(registries).map(asYaml).join("---\n") : asYaml(fieldsOf(registries)),
          ),
        ]
      : []),
    ...(certificateAuthorities.length > 0
      ? [document("TrustedRootsConfig", "certificate-authorities", { certificates: `${certificates}\n` })]
      : []),
    // Talos 1.14 has a document for it too, which the provider does not know, and takes the field as well.
    ...(imageCache ? [{ machine: { features: { imageCache: { localEnabled: true } } } }] : []),
  ];
}
