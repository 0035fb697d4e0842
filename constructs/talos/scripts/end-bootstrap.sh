#!/bin/sh
# Removes what begin-bootstrap.sh noted: the bootstrap is in the state.
#
# DIRECTORY  where the files of the cluster are
. "$(dirname "$0")/lib.sh"

rm -f "$DIRECTORY/bootstrapping"
say "etcd is bootstrapped"
