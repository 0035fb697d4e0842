# shellcheck shell=sh
# Compares versions, such as v1.13.0-beta.1 and v1.13.0. A pre-release is older than its release.

# Where the second version lies from the first: prints "same", "down", "up" or "far", for more than one minor version up.
direction() {
  awk -v from="${1#v}" -v to="${2#v}" '
    # Below zero if the identifiers of the one pre-release come before those of the other; a release comes after them all.
    function prerelease(one, other,    a, b, i, n, m) {
      if (one == other) return 0
      if (one == "" || other == "") return one == "" ? 1 : -1
      n = split(one, a, "."); m = split(other, b, ".")
      for (i = 1; i <= n && i <= m; i++) if (a[i] != b[i]) {
        if (a[i] ~ /^[0-9]+$/ && b[i] ~ /^[0-9]+$/) return a[i] - b[i]
        return a[i] "" < b[i] "" ? -1 : 1
      }
      return n - m
    }
    function suffix(version) { return match(version, /-.*/) ? substr(version, RSTART + 1) : "" }
    BEGIN {
      split(from, f, /[.-]/); split(to, t, /[.-]/)
      for (i = 1; i <= 3; i++) if (f[i] + 0 != t[i] + 0) {
        print (f[i] + 0 > t[i] + 0 ? "down" : t[1] != f[1] || t[2] - f[2] > 1 ? "far" : "up"); exit
      }
      order = prerelease(suffix(from), suffix(to))
      print (order > 0 ? "down" : order < 0 ? "up" : "same")
    }'
}

# Whether the first version is older than the second.
older() { case "$(direction "$1" "$2")" in up | far) ;; *) return 1 ;; esac }

# The minor versions between two versions, as they are to be written: the newest of v1.12, then of v1.13
steps_between() {
  awk -v from="$1" -v to="$2" 'BEGIN {
    split(from, f, "."); split(to, t, ".")
    for (minor = f[2] + 1; minor < t[2]; minor++) steps = steps (steps == "" ? "the newest of " : ", then of ") f[1] "." minor
    print (steps == "" ? "the newest of " f[1] "." f[2] + 1 : steps)
  }'
}
