#!/bin/sh
# Notes that a machine or its configuration is about to change, for take-turn.sh. The note stays if the run is interrupted before.
#
# NAME       name of the node in Kubernetes
# CHANGE     machine or configuration
# DIRECTORY  where the files of the cluster are
. "$(dirname "$0")/lib.sh"

mkdir -p "$DIRECTORY"
: >"$DIRECTORY/turn-$CHANGE-$NAME"
say "the $CHANGE of $NAME changes when it is its turn"
