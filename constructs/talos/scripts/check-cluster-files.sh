#!/bin/sh
# Checks that a talosconfig in the cluster's directory, if there is one, belongs to this cluster. A state that was lost would
# otherwise create new secrets, and overwrite the access to the cluster that runs.
#
# TALOSCONFIG  path of the file
# CA           CA certificate of this cluster's Talos API, in base64 as the file has it
# CLUSTER      name of the cluster
. "$(dirname "$0")/lib.sh"

if [ -s "$TALOSCONFIG" ] && ! grep -qF "$CA" "$TALOSCONFIG"; then
  fail "$TALOSCONFIG belongs to a cluster that this state does not know, and was not overwritten. If that cluster is $CLUSTER, its state was lost: bring the state back from a copy, or its secrets from secrets.yaml. If the cluster no longer exists, remove the file"
fi
say "$TALOSCONFIG belongs to $CLUSTER, or is new"
