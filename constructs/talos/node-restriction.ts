import { Token } from "cdktf";
import { and, type Condition, isUnknown, matches, not } from "../rules/condition";
import { expression, rawExpression } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import type { Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { keysAt, setsKey } from "./patch/effect";
import type { TalosPatch } from "./patch/patch";
import type { GivenPatch, RuleDescription } from "./patch/protected-setting";

/** Patches of workers. */
interface Patched {
  readonly patches: readonly GivenPatch[];
}

const labels = ["machine", "nodeLabels"];
const taints = ["machine", "nodeTaints"];

const kubernetesLabel = /^([^/]*[.])?(kubernetes|k8s)[.]io[/]/;

/** https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction */
const kubeletLabel =
  /^(([^/]*[.])?(kubelet|node)[.]kubernetes[.]io[/].*|kubernetes[.]io[/](hostname|os|arch)|topology[.]kubernetes[.]io[/](zone|region)|failure-domain[.]beta[.]kubernetes[.]io[/](zone|region)|beta[.]kubernetes[.]io[/](instance-type|os|arch))$/;

/** Whether a kubelet may not set the label on its own node. */
const isRestricted = (label: string): Condition =>
  and(matches(label, kubernetesLabel), not(matches(label, kubeletLabel)));

export const nodeRestriction: RuleDescription = {
  id: "node-restriction",
  requirement:
    "a patch gives workers no taints, and no labels that are reserved for administrators, and neither does the kubelet's own registration",
  reason:
    "on a worker Talos writes labels, annotations and taints in one update with the kubelet's credentials: the API server refuses the whole update, so that no label of the node arrives",
  source: talosDocs("reference/configuration/v1alpha1/config#machine"),
};

export const rules: readonly Rule<Patched>[] = [
  { ...nodeRestriction, checks: ({ patches }) => patches.flatMap(({ path, patch }) => workerChecks(path, patch)) },
];

/** With a label that it may not set a kubelet does not start, of a control plane neither. */
export const kubeletLabels = {
  rule: nodeRestriction,
  advice: "choose labels outside kubernetes.io and k8s.io, or write machine.nodeLabels of control plane nodes",
};

/** Whether a kubelet may register with the labels, `a=b,c=d`. */
export const mayBeLabels = (labels: unknown): Condition =>
  isUnknown(labels)
    ? not(expression`anytrue([for label in split(",", ${labels}) : ${isRestricted(nameInLoop)}])`)
    : String(labels)
        .split(",")
        .every((label) => isRestricted(label.split("=")[0] ?? "") !== true);

const nameInLoop = Token.asString(rawExpression('split("=", label)[0]'));

const workerChecks = (where: string, patch: TalosPatch) => [
  {
    condition: not(setsKey(patch, taints, () => true)),
    message: `${where} has ${taints.join(".")}, which workers may not set; write machine.kubelet.extraConfig.registerWithTaints for workers that join, and run kubectl taint nodes for those that have joined`,
  },
  {
    condition: not(setsKey(patch, labels, isRestricted)),
    message: `${where} has ${restrictedIn(patch)} in ${labels.join(".")}, which workers may not set; choose a label outside kubernetes.io and k8s.io, or run kubectl label nodes`,
  },
];

const restrictedIn = (patch: TalosPatch): string => {
  const known = keysAt(patch, labels).filter((label) => isRestricted(label) === true);
  return isUnknown(patch) || known.length === 0
    ? "labels of kubernetes.io or k8s.io"
    : known.map(formatValue).join(", ");
};
