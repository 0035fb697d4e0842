import { type LocalExecProvisioner, TerraformSelf } from "cdktf";
import type { Construct } from "constructs";
import { literalText } from "../rules/text";
import { at } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import { etcdMembers } from "./etcd-members";
import { idOf, type TalosNode } from "./node";
import { patience, refusal, requires, script } from "./shell";

/** Seconds for each of the steps by which a node leaves. */
const timeout = "300";

/** Where the run of Terraform is written down that destroys the cluster as a whole: the process of which a script is the child. */
const destroying = '"$DIRECTORY/destroying"';

const leave = `${refusal}
if [ "$(cat ${destroying} 2>/dev/null)" = "$PPID" ]; then exit 0; fi
${requires("kubectl")}
${requires("talosctl")}
export KUBECONFIG="$DIRECTORY/kubeconfig" TALOSCONFIG="$DIRECTORY/talosconfig"
${patience}
again_or_refuse() {
  if past "$deadline"; then refuse "$*"; fi
  sleep 5
}
kube() { kubectl --request-timeout=10s "$@"; }
${etcdMembers}

deadline=$(within)
# Where they are missing, the same apply writes them.
until [ -s "$KUBECONFIG" ] && [ -s "$TALOSCONFIG" ]; do
  again_or_refuse "$NAME cannot leave the cluster without kubeconfig and talosconfig in $DIRECTORY; nothing was changed"
done
# One node at a time: each counts on the others.
leaving="$DIRECTORY/leaving"
deadline=$(($(date +%s) + 10 * TIMEOUT))
until mkdir "$leaving" 2>/dev/null; do
  holder=$(cat "$leaving/process" 2>/dev/null) || holder=
  if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
    # It was killed.
    rm -rf "$leaving"
  elif past "$deadline"; then
    refuse "$NAME waits for another node to leave first, of which $leaving tells; nothing was changed"
  else
    sleep 20
  fi
done
trap 'rm -rf "$leaving"' EXIT
echo "$$" >"$leaving/process"

deadline=$(within)
until present=$(kube get node "$NAME" --ignore-not-found --output=name 2>&1); do
  again_or_refuse "Kubernetes does not answer, so $NAME cannot leave it; nothing was changed: $present"
done

own=
if [ "$ROLE" = controlplane ]; then
  others=$(kube get nodes --selector=node-role.kubernetes.io/control-plane --output='jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\\n"}{end}' |
    awk -v own="$NAME" '$1 != own && NF > 1 { print $2 }')
  if [ -z "$others" ]; then
    refuse "$NAME is the last control plane, and etcd's data would go with it; destroy the cluster as a whole, or add control planes first. Nothing was changed"
  fi
  for other in $others; do
    members=$(etcd_members "$other")
    if [ -n "$members" ]; then break; fi
  done
  if [ -z "$members" ]; then
    refuse "no other control plane tells who is in etcd, which has no quorum then; $NAME must not leave it. Nothing was changed"
  fi
  own=$(echo "$members" | awk -v own="$NAME" 'tolower($2) == own { print $1 }')
  left=0
  well=0
  for member in $(echo "$members" | awk -v own="$NAME" 'tolower($2) != own { print $3 }'); do
    left=$((left + 1))
    if etcd_answers "$member"; then well=$((well + 1)); fi
  done
  if [ "$well" -lt $((left / 2 + 1)) ]; then
    refuse "of the $left members of etcd beside $NAME only $well answer, which is no quorum; mend them first. Nothing was changed"
  fi
fi

address=
if [ -n "$present" ] && [ "$(kube get node "$NAME" --output='jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]; then
  address=$(kube get node "$NAME" --output='jsonpath={.status.addresses[?(@.type=="InternalIP")].address}' | awk '{ print $1 }')
  deadline=$(within)
  # Again where the API's address is on its way to another control plane.
  until answer=$(kube drain "$NAME" --ignore-daemonsets --delete-emptydir-data --force --timeout="$TIMEOUT"s 2>&1); do
    if past "$deadline"; then
      kube uncordon "$NAME" >/dev/null 2>&1 || true
      refuse "$NAME is not drained, and stays in the cluster: $answer"
    fi
    sleep 5
  done
fi
# Whoever is not well does not leave by itself.
out_of_etcd() {
  if [ -n "$address" ] && talos_at "$address" etcd leave; then return; fi
  talos_at "$other" etcd remove-member "$own"
}
in_etcd() {
  members=$(etcd_members "$other")
  [ -z "$members" ] || echo "$members" | grep -q "^$own "
}
if [ -n "$own" ]; then
  deadline=$(within)
  while in_etcd; do
    answer=$(out_of_etcd 2>&1) || true
    if in_etcd; then again_or_refuse "$NAME is still in etcd: $answer"; fi
  done
fi
deadline=$(within)
until answer=$(kube delete node "$NAME" --ignore-not-found 2>&1); do
  again_or_refuse "$NAME has left, but is not deleted from Kubernetes: $answer"
done
`;

/** At the end of something, of which Terraform knows only what it was made with. */
const atItsEnd = (text: string, directory: string, environment: Record<string, string> = {}): LocalExecProvisioner => ({
  ...script(text, { ...environment, DIRECTORY: literalText(directory) }),
  when: "destroy",
});

const trigger = (name: string): string => TerraformSelf.getString(`triggers.${name}`);

/**
 * Lets a node leave its cluster: drained, out of etcd, and deleted from Kubernetes. The last control plane never leaves, nor
 * one that the others cannot do without; of a cluster that is destroyed as a whole nobody has to.
 *
 * @param directory of kubeconfig and talosconfig
 * @see https://docs.siderolabs.com/talos/v1.13/deploy-and-manage-workloads/scaling-down
 */
export const leaveCluster = (directory: string): LocalExecProvisioner =>
  atItsEnd(leave, directory, { NAME: trigger("name"), ROLE: trigger("role"), TIMEOUT: timeout });

/** Tells the nodes that the cluster is destroyed as a whole. */
export const destroyCluster = (directory: string): LocalExecProvisioner =>
  atItsEnd(`mkdir -p "$DIRECTORY"\necho "$PPID" >${destroying}\n`, directory);

/** Takes that back, so that nothing is left of it. */
export const forgetDestruction = (directory: string): LocalExecProvisioner =>
  atItsEnd(`rm -f ${destroying}\n`, directory);

/** What lets each node leave before its machine goes or is replaced, and what tells all of them that the cluster goes. */
export function membershipsOf(cluster: Construct, nodes: readonly TalosNode[], directory: string) {
  // Terraform destroys it after what depends on it.
  const last = at("members_gone", nullResource(cluster, "Gone", { provisioners: [forgetDestruction(directory)] }));
  const memberships = at(
    "member",
    nullResource(cluster, "Memberships", {
      provisioners: [leaveCluster(directory)],
      dependsOn: [last, ...nodes.map(({ configurationApply }) => configurationApply)],
    }),
  );
  // One block for all of them: Terraform runs what a block says of the end of something only while the block is there.
  memberships.addOverride("for_each", Object.fromEntries(nodes.map((node) => [node.name, triggersOf(node)])));
  memberships.addOverride("triggers", "${each.value}");
  const whole = at(
    "members",
    nullResource(cluster, "Whole", { provisioners: [destroyCluster(directory)], dependsOn: [memberships] }),
  );
  return { last, memberships, whole };
}

/** With the machine, which is not known for a while where it is replaced, and its node with it. */
const triggersOf = ({ name, role, machine: { resource } }: TalosNode) => ({
  name: name.toLowerCase(),
  role,
  ...(resource && { machine: `\${${idOf(resource)}}` }),
});
