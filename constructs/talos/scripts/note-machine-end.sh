#!/bin/sh
# Notes that this run of Terraform replaces or destroys the machine of a node, so that check-node.sh expects no answer of it.
#
# MACHINE    name of its resources in Terraform
# DIRECTORY  where the files of the cluster are
. "$(dirname "$0")/lib.sh"

mkdir -p "$DIRECTORY"
printf '%s\n' "$PPID" >"$DIRECTORY/ending-$MACHINE"
say "the machine of $MACHINE is replaced or destroyed"
