import type { LocalExecProvisioner } from "cdktf";
import { asText } from "../rules/shown";
import { etcdMembers } from "./etcd-members";
import { patience, refusal, requires, script } from "./shell";

/** A node that is there, as an upgrade finds it. */
export interface UpgradeTarget {
  /** Address at which Talos answers. */
  readonly node: string;
  /** File for talosctl, of the node's own cluster. */
  readonly talosconfig: string;
  /** Talos version that the cluster began with: a machine that answers nobody can only be a new one of that version. */
  readonly firstVersion: string;
  /** What it is one of; undefined for the only node of its cluster. */
  readonly cluster?: {
    /** Name of the node in Kubernetes. */
    readonly name: string;
    /** Address of the control plane through which the node is reached: its own, where it is one. */
    readonly endpoint: string;
    /** Whether it is the first to be upgraded, before which etcd is saved. */
    readonly isFirst: boolean;
  };
  readonly talosVersion: string;
  readonly kubernetesVersion: string;
  /** Seconds for each of the waits. */
  readonly timeout: number;
}

const environmentOf = (target: UpgradeTarget): Record<string, string> => ({
  NODE: target.node,
  ...(target.cluster
    ? { NAME: target.cluster.name, ENDPOINT: target.cluster.endpoint }
    : { FIRST_VERSION: target.firstVersion }),
  TALOSCONFIG: target.talosconfig,
  TALOS_VERSION: target.talosVersion,
  KUBERNETES_VERSION: target.kubernetesVersion,
  TIMEOUT: asText(target.timeout),
});

/**
 * Ends with success where there is nothing to upgrade: the machine is in maintenance mode, or new. Otherwise `talos` talks
 * to the node, `kubectl` to its Kubernetes, and both versions are known to go up by one minor at most.
 */
const preparation = ({ cluster }: UpgradeTarget): string => `umask 077
${refusal}
${requires("kubectl")}
${cluster ? "" : unlessNew}${requires("talosctl")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
talos() { talosctl --talosconfig "$TALOSCONFIG" --endpoints "$${cluster ? "ENDPOINT" : "NODE"}" --nodes "$NODE" "$@"; }
${patience}

deadline=$(within)
until answer=$(talos version 2>&1); do
  # Without credentials only a machine that has no configuration yet tells its version.
  if talosctl version --insecure --nodes "$NODE" >/dev/null 2>&1; then exit 0; fi
  if past "$deadline"; then
    refuse "the Talos node at $NODE does not answer, after $TIMEOUT seconds; nothing was changed. Its last answer: $answer"
  fi
  sleep 5
done

running_talos() { talos version | awk '/^Server/ { server = 1 } server && /Tag:/ { print $2 }'; }
# The Image Factory puts the schematic among the extensions.
running_schematic() {
  talos get extensions --output yaml | awk '$1 == "name:" { name = $2 } $1 == "version:" && name == "schematic" { print $2; exit }'
}
# What Talos runs, whether or not Kubernetes answers.
running_kubernetes() {
  talos get machineconfig --output yaml | awk '/^ *image:.*kubelet:v/ { sub(/.*kubelet:v/, ""); print; exit }'
}

number() { echo "$1" | sed 's/^v//'; }
# Compares two versions: prints "same", "down", "up" or "far", for more than one minor up.
direction() {
  awk -v from="$(number "$1")" -v to="$(number "$2")" 'BEGIN {
    split(from, f, /[.-]/); split(to, t, /[.-]/)
    for (i = 1; i <= 3; i++) if (f[i] + 0 != t[i] + 0) {
      print (f[i] + 0 > t[i] + 0 ? "down" : t[1] != f[1] || t[2] - f[2] > 1 ? "far" : "up"); exit
    }
    print "same"
  }'
}
next_minor() { echo "$1" | awk -F. '{ print $1 "." $2 + 1 }'; }
one_step() {
  case "$(direction "$2" "$3")" in
    down) refuse "$1 cannot go down from $2 to $3; write $2 or later. Nothing was changed [upgrade-one-minor]" ;;
    far) refuse "$1 goes up one minor at a time, and $3 is too far from $2; write the newest of $(next_minor "$2") first. Nothing was changed [upgrade-one-minor]" ;;
  esac
}
talos_now=$(running_talos)
kubernetes_now=$(running_kubernetes)
kubernetes_wanted=$(number "$KUBERNETES_VERSION")
if [ -z "$talos_now" ] || [ -z "$kubernetes_now" ]; then
  refuse "the Talos node at $NODE does not tell what it runs; nothing was changed"
fi
one_step Talos "$talos_now" "$TALOS_VERSION"
one_step Kubernetes "$kubernetes_now" "$kubernetes_wanted"

wait_until() {
  deadline=$(within)
  until "$1"; do
    if past "$deadline"; then refuse "$2, after $TIMEOUT seconds"; fi
    sleep 5
  done
}
${cluster ? clusterReady : nodeReady}`;

/** Without talosctl: a machine that has no cluster needs none. */
const unlessNew = `if ! command -v talosctl >/dev/null && [ "$TALOS_VERSION" = "$FIRST_VERSION" ]; then
  # Whoever answers without asking for credentials first is a cluster; a machine that is being installed has no such port.
  case "$(kubectl --server="https://$NODE:6443" --insecure-skip-tls-verify --request-timeout=5s get --raw /readyz 2>&1)" in
    ok* | *nauthorized* | *orbidden* | *"logged in"*) ;;
    *) exit 0 ;;
  esac
fi
`;

const nodeReady = `nodes_ready() {
  [ -s "$work/kubeconfig" ] || talos kubeconfig --force "$work/kubeconfig" >/dev/null 2>&1
  kubectl --kubeconfig "$work/kubeconfig" --request-timeout=10s get --raw /readyz >/dev/null 2>&1 &&
    kubectl --kubeconfig "$work/kubeconfig" --request-timeout=10s wait --for=condition=Ready nodes --all --timeout=5s >/dev/null 2>&1
}
`;

const clusterReady = `${etcdMembers}
kube() { kubectl --kubeconfig "$work/kubeconfig" --request-timeout=10s "$@"; }
# Whether all nodes but the named one are ready, and their members of etcd answer; what is missing otherwise.
ready_but() {
  missing="the Kubernetes API"
  [ -s "$work/kubeconfig" ] || talos_at "$ENDPOINT" kubeconfig --force "$work/kubeconfig" >/dev/null 2>&1 || return
  kube get --raw /readyz >/dev/null 2>&1 || return
  nodes=$(kube get nodes --output='jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}' 2>/dev/null) || return
  members=$(etcd_members "$ENDPOINT")
  missing=$(echo "$nodes" | awk -v but="$1" '$1 != but && $2 != "True" { printf " %s", $1 }')
  [ -n "$members" ] || missing="etcd"
  for member in $(echo "$members" | awk -v but="$1" 'tolower($2) != but { print $3 }'); do
    etcd_answers "$member" || missing="$missing etcd at $member"
  done
  missing=$(echo "$missing" | sed 's/^ //')
  [ -z "$missing" ]
}
others_ready() { ready_but "$NAME"; }
nodes_ready() { ready_but ""; }
`;

/** A node must not be taken away where it would be one too many. */
const othersFirst = `deadline=$(within)
until others_ready; do
  if past "$deadline"; then refuse "$NAME was not upgraded; what has to be well before is not, after $TIMEOUT seconds: $missing"; fi
  sleep 5
done
`;

/** The only node has nowhere to drain to. Older versions of talosctl leave that to the node, and know no such flag. */
const undrained = `drain=
if talosctl upgrade --help 2>&1 | grep -q -e '--drain '; then drain=--drain=false; fi
`;

/** An upgrade that is interrupted leaves its node cordoned. What somebody else has cordoned stays so. */
const schedulableAgain = `cordoned="$DIRECTORY/upgrading-$NAME"
schedulable_again() {
  if [ -e "$cordoned" ]; then
    kube uncordon "$NAME" >/dev/null
    rm -f "$cordoned"
  fi
}
`;
const cordoned = `[ "$(kube get node "$NAME" --output='jsonpath={.spec.unschedulable}')" = true ] || : >"$cordoned"
drain=
`;

/** How many snapshots of etcd are kept, the newest. */
const snapshots = 3;

const snapshot = `snapshot="$DIRECTORY/etcd-$(date -u +%Y%m%dT%H%M%SZ).snapshot"
if ! answer=$(talos etcd snapshot "$snapshot" 2>&1); then
  rm -f "$snapshot"
  refuse "no snapshot of etcd could be taken, so nothing was changed: $answer"
fi
echo "etcd is saved in $snapshot"
ls "$DIRECTORY"/etcd-*.snapshot | sort -r | awk 'NR > ${snapshots}' | while read -r old; do rm -f "$old"; done
`;

/**
 * Upgrades the node to the installer, where it runs another version or schematic; after a snapshot of etcd, and until
 * Kubernetes is ready again. One of several is drained by talosctl, and upgraded only where all others are ready.
 *
 * @param installer image with the schematic and the version, such as `factory.talos.dev/nocloud-installer/<schematic>:v1.13.9`
 * @param directory for the snapshots
 * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/lifecycle-management/upgrading-talos
 */
export function upgradeTalos(target: UpgradeTarget, installer: string, directory: string): LocalExecProvisioner {
  const { cluster } = target;
  return script(
    `${preparation(target)}
schematic=$(echo "$INSTALLER" | sed 's|.*/||; s|:.*||')
upgraded() { [ "$(running_talos 2>/dev/null)" = "$TALOS_VERSION" ] && [ "$(running_schematic 2>/dev/null)" = "$schematic" ]; }

${cluster ? schedulableAgain : ""}kubernetes_ready() {
  wait_until nodes_ready "Talos $TALOS_VERSION runs on $NODE, but its Kubernetes is not ready"${cluster ? "\n  schedulable_again" : ""}
}

if upgraded; then
  # Where the cluster has been handed out already, an upgrade that was interrupted may have left it on its way up.
  if [ -e "$DIRECTORY/kubeconfig" ]; then kubernetes_ready; fi
  exit 0
fi
${cluster ? othersFirst : ""}${cluster?.isFirst === false ? "" : snapshot}${cluster ? cordoned : undrained}echo "upgrading Talos from $talos_now to $TALOS_VERSION, schematic $schematic"
if ! answer=$(talos upgrade --image "$INSTALLER" --wait --timeout "$TIMEOUT"s $drain 2>&1); then
  refuse "the upgrade of Talos failed; the next apply goes on where it ended: $answer"
fi
wait_until upgraded "the node at $NODE does not run Talos $TALOS_VERSION with the schematic $schematic"
kubernetes_ready
`,
    { ...environmentOf(target), INSTALLER: installer, DIRECTORY: directory },
  );
}

/**
 * Upgrades Kubernetes where the cluster runs an older version, and waits until it is ready.
 *
 * @see https://docs.siderolabs.com/kubernetes-guides/advanced-guides/upgrading-kubernetes
 */
export const upgradeKubernetes = (target: UpgradeTarget): LocalExecProvisioner =>
  script(
    `${preparation(target)}
if [ "$kubernetes_now" = "$kubernetes_wanted" ]; then exit 0; fi
echo "upgrading Kubernetes from $kubernetes_now to $kubernetes_wanted"
if ! answer=$(talos upgrade-k8s --to "$kubernetes_wanted" 2>&1); then
  refuse "the upgrade of Kubernetes failed; the next apply goes on where it ended: $answer"
fi
wait_until nodes_ready "Kubernetes $kubernetes_wanted on $NODE is not ready"
`,
    environmentOf(target),
  );
