import { Fn, type ITerraformDependable, TerraformStack, Token } from "cdktf";
import { Construct } from "constructs";
import type { Release, ReleaseConfig } from "../../.gen/providers/helm/release";
import { type Condition, equal, isUnknown, or, wholeNumber } from "../rules/condition";
import { expression } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { providerDocs } from "../rules/source";
import { escapeTemplate } from "../rules/template";
import { variablesIn } from "../rules/variables";
import { checksumOf } from "../terraform/document";
import { kubernetesObjects } from "./provider";
import type { Chart } from "./release";
import { type ChartValues, valueAt } from "./values";

/** Values of a chart that are secrets, by their paths, such as `auth.password`. */
export type SecretValues = Readonly<Record<string, string>>;

/** A path as `helm --set` takes it: names with dots between them, and numbers of items in brackets, of at most four digits. */
const path = /^[\w/-]+((\\?[.][\w/-]+)|(\[\d{1,4}\]))*$/;

/** Checks that what the path of a secret value leads into is an object, without which Helm cannot go on. */
function checkAbove(name: string, values: ChartValues): Check[] {
  const names = name.split(/(?<!\\)[.]/).map((each) => each.replaceAll("\\.", "."));
  const above = names.slice(0, -1).map((_, index) => names.slice(0, index + 1));
  return above.map((path) => ({
    condition: isObjectOrNothing(valueAt(values, path)),
    message: `secretValues has ${formatValue(name)} inside values.${path.join(".")}, which is not an object; leave one of the two out`,
  }));
}

function isObjectOrNothing(value: unknown): Condition {
  if (isUnknown(value)) return or(equal(value, null), Token.asAny(Fn.can(Fn.keys(value))));
  return value === undefined || value === null || (typeof value === "object" && !Array.isArray(value));
}

/** Whether a path continues where another one ends. */
const isInside = (name: string, other: string): boolean => name.startsWith(`${other}.`) || name.startsWith(`${other}[`);

export const rules: readonly Rule<{
  readonly secretValues?: Readonly<Record<string, unknown>>;
  readonly secretRevision?: number;
  readonly values?: ChartValues;
}>[] = [
  {
    id: "helm-secret-revision",
    requirement: "the revision of secret values is a whole number",
    reason: "a number that is none equals no other, and Terraform would not see that a secret value has changed",
    source: providerDocs("hashicorp/helm", "/resources/release#set_wo_revision"),
    checks: ({ secretRevision }) =>
      ifSet(secretRevision, (revision) => ({
        condition: wholeNumber(revision, 0),
        message: `secretRevision is ${formatValue(revision)}; write a whole number, and a higher one when a secret value has changed`,
      })),
  },
  {
    id: "helm-secret-values",
    requirement: "a secret value comes from a Terraform variable, and has a path as `helm --set` takes it",
    reason: "a value that is written out would be in the stack in plaintext",
    source: "https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set",
    checks: ({ secretValues = {}, values = {} }) =>
      Object.entries(secretValues).flatMap(([name, value]) => [
        {
          condition: path.test(name),
          message: `secretValues has the path ${formatValue(name)}; write names with dots between them, as in "auth.password"`,
        },
        {
          condition: typeof value === "string" && isUnknown(value),
          message: `secretValues[${formatValue(name)}] is a literal value (hidden); write the stringValue of a sensitive TerraformVariable`,
        },
        ...checkAbove(name, values),
        ...Object.keys(secretValues)
          .filter((other) => other !== name && isInside(name, other))
          .map((other) => ({
            condition: false,
            message: `secretValues has ${formatValue(name)} inside ${formatValue(other)}, which is a text; leave one of the two out`,
          })),
      ]),
  },
];

/** Sensitive variables of the stack that ordinary values name. */
export const sensitiveIn = (scope: Construct, values: ChartValues): string[] =>
  variablesIn(scope, values).flatMap(({ sensitive, friendlyUniqueId }) =>
    sensitive === true ? [friendlyUniqueId] : [],
  );

/** The end of a name whose value is a credential; `passwordKey`, `existingSecret` and the like say where one is. */
const credential =
  /(password|passwd|passphrase|(^|auth|bearer|access|api|bot|registry|admin|root|session)[-_]?token|(secret|access|api|private|encryption|signing)[-_]?key|client[-_]?secret)$/i;

/** A reference to what is elsewhere: an environment variable, a template of the chart, a file, or the key of a Secret. */
const reference = /^$|^[$][({]|[{][{]|^[/]|^[a-z0-9]*[-_.]?(password|token|key|secret)$/i;

/** Paths of literal credentials in ordinary values. */
export function literalsIn(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null || isUnknown(value)) return [];
  // An environment variable of a container.
  const { name, value: own } = value as { readonly name?: unknown; readonly value?: unknown };
  if (typeof name === "string" && credential.test(name) && isLiteral(own)) return [`${path}.value`];
  return Object.entries(value).flatMap(([key, inside]) => {
    const at = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key.replaceAll(".", "\\.")}`;
    return !Array.isArray(value) && credential.test(key) && isLiteral(inside) ? [at] : literalsIn(inside, at);
  });
}

const isLiteral = (value: unknown): boolean =>
  typeof value === "string" && !isUnknown(value) && !reference.test(value.trim());

export const valueRules: readonly Rule<{
  readonly sensitive: readonly string[];
  readonly literals: readonly string[];
}>[] = [
  {
    id: "helm-values-secret",
    severity: "warning",
    requirement: "a secret of a chart is in secretValues",
    reason: "the plan hides a sensitive variable, but the state has the values of a release in plaintext",
    source: "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
    checks: ({ sensitive, literals }) => [
      ...sensitive.map((name) => ({
        condition: false,
        message: `values name the sensitive variable ${formatValue(name)}, which the state would have in plaintext; pass it in secretValues`,
      })),
      ...literals.map((path) => ({
        condition: false,
        message: `values.${path} is a literal value (hidden) that looks like a credential, which the stack and the state have in plaintext; write secretValues: { ${formatValue(path)}: … } with the stringValue of a sensitive TerraformVariable`,
      })),
    ],
  },
];

/** What has a meaning in a value of `helm --set`: https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set */
const escaped = (value: string): string =>
  Token.asString(expression`replace(${value}, ${'/([\\\\,{}\\[\\]"])/'}, ${"\\$1"})`);

/**
 * The values as the provider takes them, which writes them to no plan and no state. It reads them only when the revision is
 * higher than before, and installs the chart without them otherwise.
 *
 * @see https://registry.terraform.io/providers/hashicorp/helm/3.1.2/docs/resources/release#set_wo_revision
 */
export function writeOnly(
  scope: Construct,
  values: SecretValues,
  revision: number,
): Pick<ReleaseConfig, "setWo" | "setWoRevision"> {
  // Terraform and OpenTofu know write-only arguments since then.
  TerraformStack.of(scope).addOverride("terraform.required_version", ">= 1.11");
  const entries = Object.entries(values);
  return {
    setWo: entries.map(([name, value]) => ({ name: escapeTemplate(name), value: escaped(value), type: "string" })),
    setWoRevision: revision,
  };
}

/**
 * A ConfigMap that changes with everything that a release is made of, so that its own release has a higher revision each
 * time: the provider forgets secret values in an upgrade without one.
 *
 * @param changesWith what changes with the secret values
 */
export function inputsOf(
  scope: Construct,
  { name: release, namespace, chart, repository, version, values, timeout }: Chart,
  more: { readonly address: string; readonly changesWith: unknown; readonly dependsOn: ITerraformDependable[] },
): Release {
  const name = `${release}-inputs`;
  const data = { checksum: checksumOf([chart, repository, version, values, timeout, more.changesWith]) };
  return kubernetesObjects(new Construct(scope, "Inputs"), "Resource", {
    address: more.address,
    name,
    namespace,
    objects: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data }],
    dependsOn: more.dependsOn,
  });
}
