import { isUnknown } from "../../rules/condition";
import { generatedConfiguration } from "../generated-configuration";
import { type DescribedNode, generatedSettings, propSettings } from "../node-settings";
import { absentMessage, absentOf, conflictsOf, incompleteOf } from "./conflict";
import { isReadable } from "./document";
import { etcdProblems } from "./etcd-subnets";
import { type Configuration, patched } from "./merge";
import type { TalosPatch } from "./patch";
import {
  type Finding,
  findingsOf,
  type GivenPatch,
  type ProtectedSetting,
  type Protection,
  settingsOf,
} from "./protected-setting";
import { forWorkers } from "./role";
import { keysRule } from "./rules";

/** The patches of a node's machine configuration, in the order in which they are applied. */
export class NodePatches {
  private readonly required: TalosPatch[] = [];
  private readonly added: GivenPatch[] = [];
  private readonly settings: ProtectedSetting[];

  /**
   * @param ofProps patches of the props, which come last and win
   * @param changed told of every other patch
   */
  constructor(
    readonly node: DescribedNode,
    private readonly ofProps: readonly GivenPatch[],
    private readonly changed: () => void,
  ) {
    this.settings = [...propSettings(node), ...generatedSettings(node)];
  }

  /** Adds a construct's own patch, before those of users; with a protection, users' patches must keep its settings. */
  require(patch: TalosPatch, protection?: Protection): void {
    this.required.push(patch);
    if (protection) this.settings.push(...settingsOf(patch, protection));
    this.changed();
  }

  /** Adds a user's patch, before those of the props. */
  add(patch: GivenPatch): void {
    this.added.push(patch);
    this.changed();
  }

  get all(): TalosPatch[] {
    return [...this.required, ...this.ofUser.map(({ patch }) => patch)];
  }

  /** The users' patches, without what the node has no use for. */
  get ofUser(): GivenPatch[] {
    const given = [...this.added, ...this.ofProps].filter(({ patch }) => isReadable(patch));
    if (this.node.role === "controlplane") return given;
    return given.flatMap(({ path, patch }) => {
      const left = forWorkers(patch);
      return left === undefined ? [] : [{ path, patch: left }];
    });
  }

  /** What the users' patches do to what the constructs rely on, and what Talos refuses of all of them together. */
  get findings(): Finding[] {
    const given = this.ofUser;
    if (given.length === 0) return [];
    const { role, kubernetesVersion, version } = this.node;
    let configuration: Configuration = this.required.reduce<Configuration>(
      patched,
      generatedConfiguration(role, kubernetesVersion),
    );
    const isSeen = ![...this.required, ...given.map(({ patch }) => patch)].some((patch) => isUnknown(patch));
    const refused = (message: string): Finding => ({ rule: keysRule, check: { condition: false, message } });
    const absent = ({ path }: GivenPatch, what: string): Finding => ({
      ...refused(absentMessage(path, what, [role])),
      absent: { path, what },
    });
    const findings = given.flatMap((each) => {
      const before = configuration;
      configuration = patched(before, each.patch);
      return [
        ...findingsOf(each, this.settings, before, configuration),
        ...(isSeen ? absentOf(each, before).map((what) => absent(each, what)) : []),
        ...(isSeen ? conflictsOf(each, role, version, before, configuration).map(refused) : []),
      ];
    });
    const asWhole = isSeen
      ? [
          ...incompleteOf(version, configuration, given),
          ...(role === "worker" ? [] : etcdProblems(configuration, given)),
        ]
      : [];
    return [...findings, ...asWhole.map(refused)];
  }
}
