# shellcheck shell=sh
# What the upgrades of Talos and of Kubernetes begin with.
#
# NODE                address at which Talos answers
# NAME, ENDPOINT      of one of several nodes: its name in Kubernetes, and the control plane node through which it is reached
# FIRST_VERSION       of the only node: the Talos version that its cluster began with
# TALOSCONFIG         file for talosctl
# DIRECTORY           where the files of the cluster are
# TALOS_VERSION       what the node is to run
# KUBERNETES_VERSION  what the cluster is to run
# TIMEOUT             seconds for each of the waits
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-nodes.sh"
. "$(dirname "$0")/lib-version.sh"

running_talos() { talos 30 version | awk '/^Server/ { server = 1 } server && /Tag:/ { print $2 }'; }
# The Image Factory puts the schematic among the extensions.
running_schematic() {
  talos 30 get extensions --output yaml |
    awk '$1 == "name:" { name = $2 } $1 == "version:" && name == "schematic" { print $2; exit }'
}
# What Talos runs, whether or not Kubernetes answers.
running_kubernetes() {
  talos 30 get machineconfig --output yaml | awk '/^ *image:.*kubelet:v/ { sub(/.*kubelet:v/, ""); print; exit }'
}

one_step() {
  case "$(direction "$2" "$3")" in
    down) fail "$1 cannot be downgraded from $2 to $3; write $2 or later. Nothing was changed [upgrade-one-minor]" ;;
    far) fail "$1 is upgraded one minor version at a time, and $3 is too far from $2; write $(steps_between "$2" "$3") first. Nothing was changed [upgrade-one-minor]" ;;
  esac
}

# Whether all nodes but the named one are ready, and of several their members of etcd answer; $missing is what is not.
ready_but() {
  if [ -n "${NAME:-}" ]; then
    others_ready "$1"
    return
  fi
  missing="the Kubernetes API"
  api_ready && kube 10 wait --for=condition=Ready nodes --all --timeout=5s >/dev/null 2>&1
}
nodes_ready() { ready_but ""; }

wait_until() {
  deadline=$(deadline_in "$TIMEOUT")
  until "$1"; do
    if past "$deadline"; then fail "$2, after $TIMEOUT seconds"; fi
    sleep 5
  done
}

# Ends the script: there is nothing to upgrade yet.
new_machine() {
  say "$NODE is a new machine, with nothing to upgrade"
  exit 0
}

# Whether Kubernetes, asked as its administrator, still has the node. Of the only node, whether it answers at all.
still_a_node() {
  [ -s "$DIRECTORY/kubeconfig" ] || return
  KUBECONFIG="$DIRECTORY/kubeconfig"
  found=$(kube 10 get nodes --output='jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' 2>/dev/null) || found=
  KUBECONFIG="$work/kubeconfig"
  if [ -n "${NAME:-}" ]; then printf '%s\n' "$found" | grep -qxF -e "$NAME"; else [ -n "$found" ]; fi
}

# Without talosctl: a machine that has no cluster needs none.
unless_new() {
  if [ -n "${NAME:-}" ] || command -v talosctl >/dev/null; then return; fi
  if [ "$TALOS_VERSION" != "$FIRST_VERSION" ] || [ -s "$DIRECTORY/kubeconfig" ]; then return; fi
  # Whoever answers without asking for credentials first is a cluster; a machine that is being installed has no such port.
  try kube_as_nobody 5 --server="https://$(in_url "$NODE"):6443" get --raw /readyz || true
  case "$answer" in
    ok* | *nauthorized* | *orbidden* | *"logged in"*) ;;
    *) new_machine ;;
  esac
}
in_url() { case "$1" in *:*) printf '[%s]' "$1" ;; *) printf '%s' "$1" ;; esac }

# Waits until the node answers; a machine without a configuration answers everybody.
node_answers() {
  deadline=$(deadline_in "$TIMEOUT")
  until try talos 30 version; do
    last=$answer
    if talos_as_nobody 10 version >/dev/null 2>&1; then
      still_a_node || new_machine
      fail "$NODE answers without a configuration, though Kubernetes knows it as a node of this cluster: another machine may have its address. Nothing was sent to it, and nothing was changed${NAME:+. If you have reset or reinstalled $NAME, write kubectl delete node $NAME, and apply again} [node-without-configuration]"
    fi
    if past "$deadline"; then
      fail "the Talos node at $NODE does not answer, after $TIMEOUT seconds; nothing was changed. Its last answer: $last"
    fi
    sleep 5
  done
}

require kubectl
unless_new
require talosctl
node_answers
talos_now=$(running_talos)
kubernetes_now=$(running_kubernetes)
kubernetes_wanted=${KUBERNETES_VERSION#v}
if [ -z "$talos_now" ] || [ -z "$kubernetes_now" ]; then
  fail "the Talos node at $NODE does not report what it runs; nothing was changed"
fi
one_step Talos "$talos_now" "$TALOS_VERSION"
one_step Kubernetes "$kubernetes_now" "$kubernetes_wanted"
