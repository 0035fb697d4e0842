#!/bin/sh
# Saves etcd to a file, and removes all but the newest three of these.
#
# NODE         address of a control plane node
# TALOSCONFIG  file for talosctl
# DIRECTORY    where the files of the cluster are
# TIMEOUT      seconds
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-snapshot.sh"
: "${TIMEOUT:=900}"

# Paths are those of the stack's folder, wherever a person starts the script.
case "$(dirname "$0")" in
  */assets/scripts) cd "$(dirname "$0")/../.." ;;
esac

if ! command -v talosctl >/dev/null; then
  say "talosctl is missing on this machine, so no snapshot of etcd was taken; take one where talosctl is, as the output restore_commands says"
  exit 0
fi
save_etcd ""
