#!/bin/sh
# Applies the CRDs of the Gateway API, and takes them out of Talos's inventory: from Talos 1.13 on, `talosctl upgrade-k8s`
# deletes what is in the inventory and no longer in the machine configuration.
#
# KUBECONFIG  kubeconfig of the cluster
# ENABLED     whether to apply them: true or false
# SOURCE      URL or file of the CRDs
# BUNDLE      version of the Gateway API, such as v1.4.1
# BELOW       first version that Cilium does not run with, such as v1.5.0; empty if there is none
# CILIUM      version of Cilium
# TIMEOUT     seconds
# HTTPS_PROXY and NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are those of whoever deploys, for the download alone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-gateway-api.sh"
. "$(dirname "$0")/lib-version.sh"

require kubectl
proxy=${HTTPS_PROXY:-${https_proxy:-}}
direct=${NO_PROXY:-${no_proxy:-}}
unset HTTPS_PROXY https_proxy NO_PROXY no_proxy

deadline=$(deadline_in "$TIMEOUT")
# Repeats kubectl while the API does not answer. Its answer is in $answer.
ask() {
  until answer=$(kube 30 "$@" 2>"$work/problem"); do
    case "$(cat "$work/problem")" in
      *forbidden* | *invalid* | *Invalid* | *denied* | *conflict*) return 1 ;;
    esac
    if past "$deadline"; then return 1; fi
    sleep 2
  done
}
ask_or_fail() { ask "$@" || fail "the CRDs of the Gateway API $BUNDLE cannot be applied: $(cat "$work/problem")"; }

too_new() { [ -n "$BELOW" ] && ! older "$1" "$BELOW"; }

# Reads the CRDs, within a minute. The proxy is for the download, and not for the cluster's API.
read_source() {
  server=$(kube 10 config view --minify --output='jsonpath={.clusters[0].cluster.server}' | sed 's|^[a-z]*://||; s|/.*||; s|:[0-9]*$||')
  (
    export HTTPS_PROXY="$proxy" NO_PROXY="${direct:+$direct,}$server"
    kube 60 create --dry-run=client --validate=false --output=yaml --filename="$SOURCE"
  )
}
read_definitions() {
  for pause in 5 10 0; do
    read_source >"$work/definitions.yaml" 2>"$work/problem" && return
    sleep "$pause"
  done
  fail "the CRDs of the Gateway API cannot be read from $SOURCE: $(cat "$work/problem"). Check that this machine reaches it, or write a file or a mirror as gatewayApiDefinitions. Nothing was changed"
}

refuse_older_cilium() {
  ask_or_fail get crd --output='jsonpath={range .items[?(@.spec.group=="gateway.networking.k8s.io")]}{.metadata.annotations.gateway\.networking\.k8s\.io/bundle-version}{"\n"}{end}'
  for present in $answer; do
    if too_new "$present"; then
      fail "the cluster has CRDs of the Gateway API $present, with which Cilium $CILIUM serves no gateway, and they cannot be downgraded; write a later version of Cilium. Nothing was changed [gateway-api-version]"
    fi
  done
}

check_definitions() {
  versions=$(sed -n 's|^ *gateway.networking.k8s.io/bundle-version: *||p' "$work/definitions.yaml" | tr -d "\"'" | sort -u)
  [ -n "$versions" ] || fail "$SOURCE has no CRDs of the Gateway API; write the address of a release's standard-install.yaml. Nothing was changed"
  for version in $versions; do
    if older "$version" "$BUNDLE" || too_new "$version"; then
      fail "$SOURCE is of the Gateway API $version, and Cilium $CILIUM takes $BUNDLE${BELOW:+ or later, before $BELOW}. Nothing was changed [gateway-api-version]"
    fi
  done
}

apply_definitions() {
  deadline=$(deadline_in "$TIMEOUT")
  ask_or_fail apply --server-side --force-conflicts --field-manager=gateway-api-definitions --filename="$work/definitions.yaml" --output=name
  crds=$(printf '%s\n' "$answer" | grep '^customresourcedefinition' || true)
  for crd in $crds; do
    ask_or_fail wait --for=condition=Established --timeout=30s "$crd"
  done
}

# Talos may be writing what it read before, so that it is looked at again.
leave_inventory() {
  deadline=$(deadline_in "$TIMEOUT")
  while ! { read_gateway_api && [ -z "$entries" ]; }; do
    if past "$deadline"; then
      fail "Talos keeps the CRDs of the Gateway API in $inventory; leave them out of cluster.extraManifests and cluster.inlineManifests in configPatches. The last answer of the API: $answer"
    fi
    if [ -n "${entries:-}" ]; then remove_entries "$entries" || true; fi
    sleep 3
  done
}

if [ "$ENABLED" = true ]; then
  refuse_older_cilium
  read_definitions
  check_definitions
  apply_definitions
  say "the cluster has the CRDs of the Gateway API $BUNDLE"
fi
leave_inventory
say "Talos has no CRDs of the Gateway API in its inventory"
