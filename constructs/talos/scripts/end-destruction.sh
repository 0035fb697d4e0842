#!/bin/sh
# Removes what begin-destruction.sh noted.
#
# DIRECTORY  where the files of the cluster are
. "$(dirname "$0")/lib.sh"

rm -f "$DIRECTORY/destroying"
say "the cluster is destroyed"
