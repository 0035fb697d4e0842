#!/bin/sh
# Notes that this run of Terraform destroys the cluster as a whole, so that its nodes do not leave it first.
#
# DIRECTORY  where the files of the cluster are
. "$(dirname "$0")/lib.sh"

say "the cluster is destroyed as a whole, so its nodes do not leave it first"
mkdir -p "$DIRECTORY"
printf '%s\n' "$PPID" >"$DIRECTORY/destroying"
