import { type ITerraformDependable, TerraformStack, Token } from "cdktf";
import { Construct } from "constructs";
import type { Release, ReleaseConfig } from "../../.gen/providers/helm/release";
import { isUnknown } from "../rules/condition";
import { expression } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import type { Rule } from "../rules/rule";
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

/** What of the values the path leads into and is no object, so that Helm cannot go on. */
function notObject(name: string, values: ChartValues): string[] {
  const names = name.split(/(?<!\\)[.]/).map((each) => each.replaceAll("\\.", "."));
  const above = names.slice(0, -1).map((_, index) => names.slice(0, index + 1));
  return above
    .filter((path) => {
      const value = valueAt(values, path);
      const isAbsent = value === undefined || value === null || isUnknown(value);
      return !isAbsent && (typeof value !== "object" || Array.isArray(value));
    })
    .map((path) => path.join("."));
}

/** Whether a path goes on where another one ends. */
const isInside = (name: string, other: string): boolean => name.startsWith(`${other}.`) || name.startsWith(`${other}[`);

export const rules: readonly Rule<{
  readonly secretValues?: Readonly<Record<string, unknown>>;
  readonly values?: ChartValues;
}>[] = [
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
        ...notObject(name, values).map((above) => ({
          condition: false,
          message: `secretValues has ${formatValue(name)} inside values.${above}, which is not an object; leave one of the two out`,
        })),
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

export const valueRules: readonly Rule<{ readonly sensitive: readonly string[] }>[] = [
  {
    id: "helm-values-secret",
    severity: "warning",
    requirement: "a secret of a chart is in secretValues",
    reason: "the plan hides a sensitive variable, but the state has the values of a release in plaintext",
    source: "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
    checks: ({ sensitive }) =>
      sensitive.map((name) => ({
        condition: false,
        message: `values name the sensitive variable ${formatValue(name)}, which the state would have in plaintext; pass it in secretValues`,
      })),
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
