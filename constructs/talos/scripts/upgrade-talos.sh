#!/bin/sh
# Upgrades Talos on a node that runs another version or schematic: saves etcd first, and waits until Kubernetes is ready
# again. One of several nodes is drained, and upgraded only while all others are ready.
#
# INSTALLER  image with the schematic and the version
# SNAPSHOT   if set, etcd is saved first
# The others are those of lib-upgrade.sh.
. "$(dirname "$0")/lib-upgrade.sh"
. "$(dirname "$0")/lib-snapshot.sh"

schematic=${INSTALLER##*/}
schematic=${schematic%%:*}
upgraded() { [ "$(running_talos 2>/dev/null)" = "$TALOS_VERSION" ] && [ "$(running_schematic 2>/dev/null)" = "$schematic" ]; }

# An upgrade that is interrupted leaves its node cordoned. A node that was cordoned before stays cordoned.
cordoned="$DIRECTORY/upgrading-${NAME:-}"
note_cordon() { [ "$(kube 10 get node "$NAME" --output='jsonpath={.spec.unschedulable}')" = true ] || : >"$cordoned"; }
schedulable_again() {
  if [ -e "$cordoned" ]; then
    kube 10 uncordon "$NAME" >/dev/null
    rm -f "$cordoned"
  fi
}
kubernetes_ready() {
  wait_until nodes_ready "Talos $TALOS_VERSION runs on $NODE, but its Kubernetes is not ready"
  if [ -n "${NAME:-}" ]; then schedulable_again; fi
}

# A node must not be taken away where it would be one too many.
others_first() {
  deadline=$(deadline_in "$TIMEOUT")
  until ready_but "$NAME"; do
    if past "$deadline"; then fail "$NAME was not upgraded; what must be healthy first is not, after $TIMEOUT seconds: $missing"; fi
    sleep 5
  done
}

if upgraded; then
  say "$NODE runs Talos $TALOS_VERSION with the schematic $schematic"
  # Where the cluster has been handed out already, an upgrade that was interrupted may have left it on its way up.
  if [ -e "$DIRECTORY/kubeconfig" ]; then kubernetes_ready; fi
  exit 0
fi
if [ -n "${NAME:-}" ]; then others_first; fi
if [ -n "${SNAPSHOT:-}" ]; then save_etcd ", so nothing was changed"; fi
drain=
if [ -n "${NAME:-}" ]; then
  note_cordon
elif talos 10 upgrade --help 2>&1 | grep -q -e '--drain '; then
  # The only node has nowhere to drain to. Older versions of talosctl leave that to the node, and know no such flag.
  drain=--drain=false
fi
say "upgrading Talos on $NODE from $talos_now to $TALOS_VERSION, schematic $schematic"
# shellcheck disable=SC2086 # one flag or none
try talos $((2 * TIMEOUT + 300)) upgrade --image "$INSTALLER" --wait --timeout "$TIMEOUT"s $drain ||
  fail "the upgrade of Talos failed; the next apply continues: $answer"
wait_until upgraded "the node at $NODE does not run Talos $TALOS_VERSION with the schematic $schematic"
kubernetes_ready
say "$NODE runs Talos $TALOS_VERSION with the schematic $schematic"
