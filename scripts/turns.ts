import { defaultReadyTimeout } from "../constructs/talos/cluster-checks";
import type { Effect } from "../review/effect";
import { blocksOf, entriesOf, isObject, type Json, objectOf, textOf, textsOf } from "../review/json";
import { changesOf, type Plan } from "../review/plan";

/** A step in which one machine of a cluster changes. */
export interface Turn {
  /** Name of the machine. */
  readonly machine: string;
  readonly what: "VM" | "configuration";
  /** IP address of its node. */
  readonly node: string;
  /** Whether its node restarts. */
  readonly restarts: boolean;
  /** Terraform addresses of what changes. */
  readonly targets: readonly string[];
}

/** How the machines of a cluster change. */
export interface Rolling {
  readonly turns: readonly Turn[];
  /** Names of the machines that are replaced. */
  readonly replaced: readonly string[];
  /** IP addresses of the control plane nodes. */
  readonly endpoints: readonly string[];
  /** Content of the file for talosctl. */
  readonly talosconfig: string;
  /** Seconds for each of the waits. */
  readonly timeout: number;
}

interface Machine {
  readonly name: string;
  readonly isWorker: boolean;
  /** Terraform addresses. */
  readonly configuration: string;
  readonly vm?: string;
  /** IP address of its node. */
  readonly node: string;
}

const applied = "talos_machine_configuration_apply";
const virtual = "proxmox_virtual_environment_vm";

/** Whether a synthesized stack has a cluster of several machines. */
export const hasSeveralMachines = (stack: Json): boolean => entriesOf(objectOf(stack.resource)[applied]).length > 1;

/**
 * What of a plan has to reach one machine after another: VMs that restart, then configurations. A configuration comes after
 * the upgrades of all nodes, and so after their VMs. Workers come first: what ends a machine ends none of etcd's members then.
 *
 * @param stack as it is synthesized
 */
export function rollingOf(stack: Json, plan: Plan): Rolling {
  const state = priorStateOf(plan);
  // The last step of a first deployment: until then not all nodes have been ready, and an apply brings them there.
  const isComplete = state.has("null_resource.first_snapshot");
  const present = machinesOf(stack, state);
  // One machine that grows to several has none to take its pods.
  const machines = isComplete && present.length > 1 ? present : [];
  const inOrder = [...machines.filter(({ isWorker }) => isWorker), ...machines.filter(({ isWorker }) => !isWorker)];
  const effects = new Map<string, Set<Effect>>();
  for (const { address, effect } of changesOf(plan))
    effects.set(address, (effects.get(address) ?? new Set()).add(effect));
  const actions = actionsIn(plan);
  const isReplaced = ({ vm = "" }: Machine) => actions.get(vm)?.includes("delete") === true;
  const has = (address: string, ...any: Effect[]) => any.some((effect) => effects.get(address)?.has(effect));
  const isUpdated = (address: string) => actions.get(address)?.includes("update") === true;

  const vms = inOrder.flatMap((machine): Turn[] => {
    const { name, vm, node } = machine;
    if (vm === undefined || !isUpdated(vm) || !has(vm, "restarted", "unknown", "lost")) return [];
    return [{ machine: name, what: "VM", node, restarts: true, targets: [vm] }];
  });
  const dependents = dependentsIn(stack);
  const configurations = inOrder.flatMap((machine): Turn[] => {
    const { name, configuration, node } = machine;
    if (!isUpdated(configuration)) return [];
    const targets = dependents(configuration, machines).filter((address) => actions.has(address));
    const restarts = has(configuration, "restarted", "unknown");
    return [{ machine: name, what: "configuration", node, restarts, targets: [configuration, ...targets] }];
  });
  return {
    turns: [...vms, ...configurations],
    replaced: inOrder.filter(isReplaced).map(({ name }) => name),
    endpoints: machines.flatMap(({ isWorker, node }) => (isWorker ? [] : [node])),
    talosconfig: textOf(state.get("data.talos_client_configuration.cluster")?.talos_config) ?? "",
    timeout: timeoutOf(stack),
  };
}

/** The machines that are there already. */
function machinesOf(stack: Json, state: ReadonlyMap<string, Json>): Machine[] {
  return entriesOf(objectOf(stack.resource)[applied]).flatMap(([name, block]): Machine[] => {
    const configuration = `${applied}.${name}`;
    const node = textOf(state.get(configuration)?.node);
    if (node === undefined) return [];
    const { lifecycle, machine_configuration_input: input } = objectOf(block);
    const [vm] = textsOf(objectOf(lifecycle).replace_triggered_by)
      .filter((id) => id.startsWith(`${virtual}.`))
      .map((id) => id.replace(/[.]id$/, ""));
    const [, source = ""] = /^\$\{data[.]talos_machine_configuration[.]([\w-]+)[.]/.exec(textOf(input) ?? "") ?? [];
    const { machine_type: role } = objectOf(objectOf(objectOf(stack.data).talos_machine_configuration)[source]);
    const known = vm === undefined ? undefined : textOf(state.get(vm)?.name);
    return [{ name: known ?? name, isWorker: role === "worker", configuration, vm, node }];
  });
}

/** What the plan does to each resource that it changes, by address. */
const actionsIn = (plan: Plan): Map<string, readonly string[]> =>
  new Map(
    blocksOf(plan.resource_changes).flatMap(({ mode, address, change }) => {
      const actions = textsOf(objectOf(change).actions);
      return mode === "managed" && !actions.includes("no-op") ? [[textOf(address) ?? "", actions]] : [];
    }),
  );

/** The state before the plan, by address. */
const priorStateOf = (plan: Plan): Map<string, Json> =>
  new Map(
    blocksOf(objectOf(objectOf(objectOf(plan.prior_state).values).root_module).resources).map((resource) => [
      textOf(resource.address) ?? "",
      objectOf(resource.values),
    ]),
  );

/** The resources that come after the configuration of one machine, and not after those of others. */
function dependentsIn(stack: Json) {
  const blocks = new Map([...blocksIn(stack.resource), ...blocksIn(stack.data, "data.")]);
  const dependencies = (address: string, found = new Set<string>()): Set<string> => {
    for (const each of referencesIn(blocks.get(address))) {
      if (!blocks.has(each) || found.has(each)) continue;
      found.add(each);
      dependencies(each, found);
    }
    return found;
  };
  const all = blocksIn(stack.resource).map(([address]) => [address, dependencies(address)] as const);
  return (configuration: string, machines: readonly Machine[]): string[] =>
    all.flatMap(([address, found]) => {
      const of = machines.filter((each) => found.has(each.configuration));
      return of.length === 1 && found.has(configuration) ? [address] : [];
    });
}

const blocksIn = (types: unknown, prefix = ""): [address: string, block: unknown][] =>
  entriesOf(types).flatMap(([type, blocks]) =>
    entriesOf(blocks).map(([name, block]): [string, unknown] => [`${prefix}${type}.${name}`, block]),
  );

/** Terraform addresses in the strings of a block. */
function referencesIn(block: unknown): string[] {
  if (typeof block === "string") return block.match(/\b(data[.])?[a-z]\w*[.][\w-]+/g) ?? [];
  if (Array.isArray(block)) return block.flatMap(referencesIn);
  return isObject(block) ? Object.values(block).flatMap(referencesIn) : [];
}

/** How long the upgrades of the cluster wait. */
function timeoutOf(stack: Json): number {
  const { upgrade_kubernetes: step } = objectOf(objectOf(stack.resource).null_resource);
  const [provisioner] = blocksOf(objectOf(step).provisioner);
  const { TIMEOUT } = objectOf(objectOf(objectOf(provisioner)["local-exec"]).environment);
  return Number(TIMEOUT) || defaultReadyTimeout;
}
