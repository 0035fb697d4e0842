# shellcheck shell=sh
# Snapshots of etcd, in DIRECTORY: https://docs.siderolabs.com/talos/v1.13/build-and-extend-talos/cluster-operations-and-maintenance/disaster-recovery

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | awk '{ print $1 }'; }
# etcd ends a snapshot with its hash.
is_whole() {
  size=$(wc -c <"$1")
  [ "$size" -gt 32 ] && [ "$(tail -c 32 "$1" | od -A n -t x1 | tr -d ' \n')" = "$(head -c $((size - 32)) "$1" | sha256)" ]
}
# The argument says what did not happen where none can be taken.
save_etcd() {
  snapshot="$DIRECTORY/etcd-$(date -u +%Y%m%dT%H%M%SZ)"
  rm -f "$DIRECTORY"/etcd-*.part
  discard "$snapshot.part"
  # As talosctl calls what it has not finished.
  discard "$snapshot.part.part"
  # shellcheck disable=SC2154 # answer is what try keeps
  try talos "$TIMEOUT" etcd snapshot "$snapshot.part" || fail "no snapshot of etcd could be taken$1: $answer"
  is_whole "$snapshot.part" || fail "the snapshot of etcd is incomplete$1; talosctl said: $answer"
  mv "$snapshot.part" "$snapshot.snapshot"
  say "etcd is saved in $snapshot.snapshot"
  # The newest three are kept.
  set -- "$DIRECTORY"/etcd-*.snapshot
  while [ $# -gt 3 ]; do
    rm -f "$1"
    shift
  done
}
