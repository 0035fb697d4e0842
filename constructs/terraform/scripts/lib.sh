# shellcheck shell=sh
# What every script begins with: . "$(dirname "$0")/lib.sh"

set -eu
umask 077
[ -n "${TMPDIR:-}" ] || unset TMPDIR

# Nothing of the home directory of whoever deploys is read; what programs write there goes with the script.
work=$(mktemp -d)
# shellcheck disable=SC2034 # for Terraform, where a person starts the script
callers_home=${HOME:-}
export HOME="$work"
: >"$work/discarded"

# Removes a file or a folder when the script ends, however it ends.
discard() { printf '%s\n' "$1" >>"$work/discarded"; }
clean_up() {
  while read -r path; do rm -rf "$path"; done <"$work/discarded"
  rm -rf "$work"
}
# Ends the program that the script calls when its time is over, for which macOS has no `timeout`, or the script is gone:
# Terraform kills the scripts of an interrupted run, which no trap sees.
# https://github.com/hashicorp/terraform/blob/v1.14.0/internal/builtin/provisioners/local-exec/resource_provisioner.go
watch() {
  last=
  while kill -0 $$; do
    sleep 1
    called=
    read -r called bound <"$work/call" || continue
    if [ "$called" != "$last" ]; then left=$bound; fi
    last=$called
    left=$((left - 1))
    # The program may have ended meanwhile, which must not end the watch.
    if [ "$left" -le -3 ]; then kill -KILL "$called" || :; elif [ "$left" -le 0 ]; then kill "$called" || :; fi
  done
  if read -r called bound <"$work/call" && kill "$called"; then
    sleep 1
    kill -KILL "$called" || :
  fi
  clean_up
}
: >"$work/call"
watch </dev/null >/dev/null 2>&1 &
watcher=$!

# What a script does at its end, beside cleaning up.
finally=:
ended() {
  if read -r called bound <"$work/call"; then kill "$called" 2>/dev/null || true; fi
  $finally || true
  # Without `wait`, bash reports its end.
  { kill "$watcher" && wait "$watcher"; } 2>/dev/null || true
  clean_up
}
trap ended EXIT
# dash runs no EXIT trap on a signal: https://git.kernel.org/pub/scm/utils/dash/dash.git/about/
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Removes control characters, which a terminal would obey, from the text of others. Tabs and line ends stay.
plain() { LC_ALL=C tr -d '\000-\010\013-\037\177' | LC_ALL=C sed "s/$(printf '\302[\200-\237]')//g"; }

# Prints a sentence for whoever deploys; `fail` ends the step with it.
say() { printf '%s\n' "$*" | plain; }
fail() {
  say "$@" >&2
  exit 1
}

# Quotes a path for a command that a person copies.
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

# Runs a command, and keeps what it says in $answer.
try() {
  tried=0
  "$@" >"$work/answer" 2>&1 || tried=$?
  # shellcheck disable=SC2034 # for the script
  answer=$(cat "$work/answer")
  return "$tried"
}

# Checks that a program is there.
require() {
  command -v "$1" >/dev/null && return
  case "$1" in
    kubectl) fail "kubectl is missing on the machine that runs Terraform; install it from https://kubernetes.io/docs/tasks/tools/" ;;
    talosctl) fail "talosctl is missing on the machine that runs Terraform; install it from https://docs.siderolabs.com/talos/v1.13/getting-started/talosctl" ;;
    *) fail "$1 is missing on the machine that runs Terraform" ;;
  esac
}

# Calls a program, for so many seconds at most. What it says about errors is printed when it has ended.
bounded() {
  bound=$1
  shift
  # In the background it has no standard input of its own.
  { "$@" <&3 3<&- 2>"$work/errors" & } 3<&0
  called=$!
  printf '%s %s\n' "$called" "$bound" >"$work/call"
  result=0
  # Without what dash says of a program that was ended.
  wait "$called" 2>/dev/null || result=$?
  : >"$work/call"
  if [ -s "$work/errors" ]; then plain <"$work/errors" >&2; fi
  case "$result" in
    137 | 143) printf '%s did not end within %s seconds\n' "$1" "$bound" >&2 ;;
  esac
  return "$result"
}

# kubectl as the administrator of the cluster that KUBECONFIG is of, for so many seconds at most: kube 10 get nodes
kube() {
  seconds=$1
  shift
  bounded "$((seconds + 5))" kubectl --kubeconfig="$KUBECONFIG" --request-timeout="${seconds}s" "$@"
}
# kubectl without credentials. Without a token it would ask for a name, and send nothing.
kube_as_nobody() {
  seconds=$1
  shift
  bounded "$((seconds + 5))" kubectl --kubeconfig=/dev/null --token=none --insecure-skip-tls-verify --request-timeout="${seconds}s" "$@"
}

# talosctl as the administrator of the cluster that TALOSCONFIG is of, for so many seconds at most, at NODE; by way of the
# control plane node ENDPOINT, if that is set: talos 10 version
talos() {
  seconds=$1
  shift
  bounded "$seconds" talosctl --talosconfig "$TALOSCONFIG" --endpoints "${ENDPOINT:-$NODE}" --nodes "$NODE" "$@"
}
# The same at another node: talos_at 10 192.168.1.51 version
talos_at() {
  seconds=$1
  address=$2
  shift 2
  bounded "$seconds" talosctl --talosconfig "$TALOSCONFIG" --endpoints "$address" --nodes "$address" "$@"
}
# talosctl without credentials; only a machine without a configuration answers.
talos_as_nobody() {
  seconds=$1
  shift
  bounded "$seconds" talosctl "$@" --insecure --nodes "$NODE"
}

# kubectl at the Talos API of NODE, which is not Kubernetes and reads no token: an answer over HTTP, if only a refusal, is of a server that has a
# certificate of the CA in the file. With the names of files of a client certificate and its key as well, if there is one:
# kubectl_at_talos 10 ca.pem crt.pem key.pem
kubectl_at_talos() {
  case "$NODE" in *:*) host="[$NODE]" ;; *) host=$NODE ;; esac
  bounded "$(($1 + 5))" kubectl --kubeconfig=/dev/null --token=none --certificate-authority="$2" ${3:+--client-certificate="$3" --client-key="$4"} \
    --server="https://$host:50000" --request-timeout="${1}s" get --raw /
}

# When a wait of so many seconds that begins now is over, and whether it is. In a clock that is set meanwhile, no time passes.
seen=$(date +%s)
elapsed=0
look_at_clock() {
  time=$(date +%s)
  passed=$((time - seen))
  seen=$time
  if [ "$passed" -lt 0 ] || [ "$passed" -gt 600 ]; then passed=1; fi
  elapsed=$((elapsed + passed))
}
deadline_in() {
  look_at_clock
  printf '%s\n' $((elapsed + $1))
}
past() {
  look_at_clock
  [ "$elapsed" -ge "$1" ]
}
