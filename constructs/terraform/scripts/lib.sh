# shellcheck shell=sh
# What every script begins with: . "$(dirname "$0")/lib.sh"

set -eu
umask 077

# Nothing of the home directory of whoever deploys is read; what programs write there goes with the script.
work=$(mktemp -d)
export HOME="$work"
clean_up() { rm -rf "$work"; }
trap clean_up EXIT
# dash runs no EXIT trap on a signal: https://git.kernel.org/pub/scm/utils/dash/dash.git/about/
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Ends the step with a sentence for whoever deploys.
fail() {
  printf '%s\n' "$*" >&2
  exit 1
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

# When a wait of so many seconds that begins now is over, and whether it is.
deadline_in() { echo $(($(date +%s) + $1)); }
past() { [ "$(date +%s)" -ge "$1" ]; }
