#!/bin/sh
# Ends the turn of a machine that has changed: waits until all nodes are ready and every etcd member answers, and lets the node
# that was drained take pods again, in any case.
#
# CHANGED   if not set, the change failed, and nothing is waited for
# RESTARTS  if set, the node restarts
# The others are those of lib-turn.sh.
. "$(dirname "$0")/lib-turn.sh"

take_pods_again() {
  if [ ! -s "$drained" ]; then return; fi
  name=$(cat "$drained")
  # The API is away for a moment when the machine that restarts held the virtual IP or led etcd.
  deadline=$(deadline_in 60)
  until past "$deadline"; do
    for ENDPOINT in $ENDPOINTS; do
      if log_in && try kube 10 uncordon "$name"; then
        rm -f "$drained"
        return
      fi
    done
    sleep 2
  done
  say "$name stays cordoned; when it is back, write kubectl uncordon $name"
}
finally=take_pods_again

if [ -n "${CHANGED:-}" ]; then
  wait_until_well "" "not all nodes are back"
  # Talos answers before it restarts for a configuration.
  if [ -n "${RESTARTS:-}" ]; then wait_until_well "" "not all nodes are back"; fi
  say "all nodes are ready, and every etcd member answers"
fi
