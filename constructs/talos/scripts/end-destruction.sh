#!/bin/sh
# Removes what begin-destruction.sh and note-turn.sh noted.
#
# DIRECTORY  where the files of the cluster are
. "$(dirname "$0")/lib.sh"

rm -f "$DIRECTORY/destroying" "$DIRECTORY"/turn-* "$DIRECTORY"/rolling-*
say "the cluster is destroyed"
