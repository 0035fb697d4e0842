import type { Precondition, TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import { toTokenString } from "../../rules/format-value";
import { addPreconditions, enforce, enforceAtSynth, preconditionOf } from "../../rules/rule";
import { resolveTokens } from "../../rules/template";
import * as nodeRestriction from "../node-restriction";
import type { DescribedNode } from "../node-settings";
import { absentMessage } from "./conflict";
import * as deviceSelector from "./device-selector";
import { isReadable } from "./document";
import { NodePatches } from "./node-patches";
import type { TalosPatch } from "./patch";
import type { Finding, GivenPatch, RuleDescription } from "./protected-setting";
import * as patchRole from "./role";
import { keyRules, settingRules } from "./rules";
import { rules as patchSources } from "./sources";
import * as patchValues from "./values";

/** Patches of the props of a cluster, by the machines that they are for. */
interface GivenPatches {
  /** Of all machines. */
  readonly shared: readonly GivenPatch[];
  readonly ofControlPlanes: readonly GivenPatch[];
  readonly ofWorkers: readonly GivenPatch[];
}

/** Holds the patches of a cluster's nodes to the rules, whoever gives them and whenever. */
export class PatchJudge {
  private readonly nodes: NodePatches[] = [];
  private readonly rules = new Set<string>();
  private readonly preconditions = new Set<string>();
  private calls = 0;
  private isComplete = false;

  /** @param checked the resource whose preconditions Terraform checks */
  constructor(
    private readonly cluster: Construct,
    private readonly version: string,
    private readonly checked: TerraformResource,
  ) {}

  /** The patches of another node of the cluster. */
  nodePatches(node: DescribedNode, ofProps: readonly GivenPatch[]): NodePatches {
    const patches = new NodePatches(node, ofProps, () => this.settle());
    this.nodes.push(patches);
    return patches;
  }

  /** Judges the patches of the props, once all nodes are there. */
  judgeProps(given: GivenPatches): void {
    this.isComplete = true;
    this.judge(given);
    for (const rule of settingRules) this.hold(rule);
    this.settle();
  }

  /** Adds a user's patch to nodes. */
  add(patch: TalosPatch, nodes: readonly NodePatches[]): void {
    this.calls += 1;
    const given = { path: `patch ${this.calls} of addConfigPatch`, patch };
    const isShared = nodes.length === this.nodes.length;
    const areWorkers = nodes.every(({ node }) => node.role === "worker");
    this.judge({
      shared: isShared ? [given] : [],
      ofControlPlanes: isShared || areWorkers ? [] : [given],
      ofWorkers: !isShared && areWorkers ? [given] : [],
    });
    for (const node of nodes) node.add(given);
  }

  private judge({ shared, ofControlPlanes, ofWorkers }: GivenPatches): void {
    const patches = [...shared, ...ofControlPlanes, ...ofWorkers];
    const hasWorkers = this.nodes.some(({ node }) => node.role === "worker");
    const reachingWorkers = hasWorkers ? [...shared, ...ofWorkers] : [];
    const readable = (given: readonly GivenPatch[]) => given.filter(({ patch }) => isReadable(patch));
    addPreconditions(this.checked, [
      ...enforce(this.cluster, keyRules, { patches, version: this.version }),
      ...enforce(this.cluster, deviceSelector.rules, { patches: readable(patches) }),
      ...enforce(this.cluster, patchValues.rules, { patches: readable(patches) }),
      ...enforce(this.cluster, patchSources, { patches: readable(patches) }),
      ...enforce(this.cluster, patchRole.rules, {
        shared: hasWorkers ? readable(shared) : [],
        ofWorkers: readable(ofWorkers),
      }),
      ...enforce(this.cluster, nodeRestriction.rules, { patches: readable(reachingWorkers) }),
    ]);
  }

  /** A condition that is known is reported at synth, when all patches are there; Terraform checks the rest. */
  private settle(): void {
    if (!this.isComplete) return;
    const findings = this.findings;
    for (const { rule } of findings) this.hold(rule);
    const preconditions = findings.flatMap((finding): Precondition[] => {
      const { rule, check } = finding;
      if (typeof check.condition === "boolean") return [];
      const key = `${check.message} ${resolveTokens(this.cluster, toTokenString(check.condition))}`;
      if (this.preconditions.has(key)) return [];
      this.preconditions.add(key);
      return [preconditionOf(this.cluster, check.condition, `${check.message} [${rule.id}]`)];
    });
    addPreconditions(this.checked, preconditions);
  }

  private hold(rule: RuleDescription): void {
    if (this.rules.has(rule.id)) return;
    this.rules.add(rule.id);
    const decided = (findings: Finding[]) =>
      findings.flatMap((each) => (each.rule.id === rule.id && each.check.condition === false ? [each.check] : []));
    enforceAtSynth(this.cluster, [{ ...rule, checks: decided }], () => this.findings);
  }

  private get findings(): Finding[] {
    const found = this.nodes.flatMap(({ node, findings }) => findings.map((finding) => ({ node, finding })));
    const rolesOf = new Map<string, Set<string>>();
    const keyOf = ({ path, what }: { readonly path: string; readonly what: string }) => `${path} ${what}`;
    for (const { node, finding } of found) {
      if (finding.absent === undefined) continue;
      const key = keyOf(finding.absent);
      rolesOf.set(key, (rolesOf.get(key) ?? new Set()).add(node.role));
    }
    return found.map(({ finding }) => {
      if (finding.absent === undefined) return finding;
      const { path, what } = finding.absent;
      const message = absentMessage(path, what, [...(rolesOf.get(keyOf(finding.absent)) ?? [])]);
      return { ...finding, check: { condition: false, message } };
    });
  }
}
