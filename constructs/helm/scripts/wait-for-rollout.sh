#!/bin/sh
# Waits until the workloads of a release run, all of their pods from the newest template. Helm's own wait is content with
# replicas - maxUnavailable, which on one or two nodes is nothing: https://github.com/helm/helm/issues/3173
#
# KUBECONFIG  kubeconfig of the cluster
# RELEASE     what they are of, for messages
# NAMESPACE   namespace of the workloads
# SELECTOR    labels of the workloads; empty for those that Helm has marked as the release's
# TIMEOUT     seconds
# PLUGIN      a DaemonSet that has to run too, whatever its labels; empty if there is none
# NODES       on how many nodes it has to run, at least
# NAMES       names of the nodes that it is for, separated by spaces
# MEMBERS     names of all nodes of the stack, separated by spaces
# CHECKSUM    the annotation checksum/values that its pods have once an operator has acted on the release, or empty
# PATIENCE    seconds after which a pod that fails is not waited for any longer; empty to wait for the whole time
. "$(dirname "$0")/lib.sh"

require kubectl
ask() { kube 30 --namespace="$NAMESPACE" "$@"; }

# Prints the taints of nodes that a workload or a pod does not tolerate: untolerated NAME PATH [NODE...], with the path of its
# tolerations. Without names of nodes, those of all.
untolerated() {
  workload=$1
  path=$2
  shift 2
  {
    printf 'node|%s\n' "$@"
    ask get "$workload" --output=jsonpath="{range ${path}[*]}toleration|{.key}|{.operator}|{.value}|{.effect}{\"\n\"}{end}"
    # shellcheck disable=SC2016 # The variables are the template's.
    kube 30 get nodes --output=go-template='{{range .items}}{{$name := .metadata.name}}{{range .spec.taints}}taint|{{$name}}|{{.key}}|{{or .value ""}}|{{.effect}}{{"\n"}}{{end}}{{end}}'
  } | awk -F'|' -v workload="$workload" '
    function tolerated(key, value, effect, i) {
      for (i = 1; i <= count; i++) {
        if (effects[i] != "" && effects[i] != effect) continue
        if (operators[i] == "Exists" ? keys[i] == "" || keys[i] == key : keys[i] == key && values[i] == value) return 1
      }
      return 0
    }
    $1 == "node" && $2 != "" { chosen = 1; names[tolower($2)] = 1 }
    $1 == "toleration" { count++; keys[count] = $2; operators[count] = $3; values[count] = $4; effects[count] = $5 }
    # The controller of DaemonSets lets their pods tolerate those of Kubernetes itself.
    workload ~ /^daemonset/ && $3 ~ /^node[.]kubernetes[.]io\// { next }
    $1 == "taint" && $5 != "PreferNoSchedule" && (!chosen || $2 in names) && !tolerated($3, $4, $5) {
      printf "%snode %s has the taint %s%s:%s", gap, $2, $3, $4 == "" ? "" : "=" $4, $5
      gap = ", "
    }'
}

plugin() { ask get daemonset "$PLUGIN" --output="jsonpath={$1}"; }
# Prints what the plugin lacks before its rollout counts.
plugin_lacks() {
  wanted=$(plugin .status.desiredNumberScheduled) || return
  if [ "${wanted:-0}" -lt "$NODES" ]; then
    # shellcheck disable=SC2086 # names
    taints=$(untolerated "daemonset/$PLUGIN" .spec.template.spec.tolerations $NAMES)
    if [ -n "$taints" ]; then why=": $taints, which it does not tolerate"; else why="; see their labels"; fi
    say "DaemonSet $PLUGIN is scheduled to ${wanted:-0} of $NODES nodes with a GPU$why"
  elif [ -n "$CHECKSUM" ] && [ "$(plugin .spec.template.metadata.annotations.checksum/values)" != "$CHECKSUM" ]; then
    say "DaemonSet $PLUGIN has not been updated by its operator yet"
  fi
}

# Prints the workloads of the release. Helm annotates all that it creates: https://github.com/helm/helm/blob/v3.20.0/pkg/action/validate.go
workloads_of_release() {
  if [ -n "$SELECTOR" ]; then
    ask get daemonsets,deployments --selector="$SELECTOR" --output=name
    return
  fi
  each='{.kind}|{.metadata.name}|{.metadata.annotations.meta\.helm\.sh/release-name}|{.spec.updateStrategy.type}'
  marked=$(ask get daemonsets,deployments,statefulsets --selector=app.kubernetes.io/managed-by=Helm --output=jsonpath="{range .items[*]}$each{\"\\n\"}{end}") || return
  # Of workloads whose pods nothing replaces there is no rollout to wait for.
  printf '%s\n' "$marked" | awk -F'|' -v release="$RELEASE" '$3 == release && $4 != "OnDelete" { print tolower($1) "/" $2 }'
}

# Prints the first workload that does not run, or what else is missing, and nothing if all runs.
missing() {
  workloads=$(workloads_of_release) || return
  if [ -z "$workloads" ] && [ -n "$SELECTOR" ]; then
    say "nothing in namespace $NAMESPACE has the label $SELECTOR"
    return
  fi
  if [ -n "$PLUGIN" ]; then
    lack=$(plugin_lacks) || return
    if [ -n "$lack" ]; then
      say "$lack"
      return
    fi
    workloads=$(printf '%s\n' "$workloads" "daemonset.apps/$PLUGIN" | sort -u)
  fi
  for workload in $workloads; do
    ask rollout status "$workload" --timeout=10s >/dev/null 2>&1 && continue
    case "$workload" in daemonset*) if runs_on_members "$workload"; then continue; fi ;; esac
    say "$workload"
    return
  done
}

labels_of() {
  # shellcheck disable=SC2016 # The variables are the template's.
  labels=$(ask get "$1" --output=go-template='{{range $key, $value := .spec.selector.matchLabels}}{{$key}}={{$value}},{{end}}') || return
  printf '%s\n' "${labels%,}"
}
# Nodes that others have added to the cluster, which may be switched off. A Deployment has its pods wherever it can.
runs_on_members() {
  labels=$(labels_of "$1") || return
  newest=$(ask get controllerrevisions --selector="$labels" --sort-by=.revision --output=jsonpath='{.items[-1:].metadata.labels.controller-revision-hash}') || return
  wanted=$(ask get "$1" --output=jsonpath='{.metadata.generation} {.status.observedGeneration} {.status.desiredNumberScheduled}') || return
  ask get pods --selector="$labels" --output=jsonpath='{range .items[*]}{.spec.nodeName}|{.metadata.labels.controller-revision-hash}|{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' >"$work/pods" || return
  awk -F'|' -v members=" $MEMBERS " -v newest="$newest" -v wanted="$wanted" '
    $1 == "" { next }
    !index(members, " " $1 " ") { if (!($1 in others)) count++; others[$1]; next }
    $2 == newest && $3 == "True" { running++ }
    END {
      split(wanted, numbers, " ")
      for (each in others) print each
      exit !(count && numbers[1] == numbers[2] && running == numbers[3] - count)
    }' "$work/pods" >"$work/others" && sort -u "$work/others" "$work/left_out" >"$work/all" && mv "$work/all" "$work/left_out"
}

# The first pod of a workload that is not ready, on a node of the stack if there is one.
unready_pod() {
  labels=$(labels_of "$1")
  ask get pods --selector="$labels" --output=jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.spec.nodeName}{"\n"}{end}' |
    awk -v members=" $MEMBERS " '
      $2 == "True" { next }
      $3 == "" || index(members, " " $3 " ") { print $1; own = 1; exit }
      other == "" { other = $1 }
      END { if (!own && other != "") print other }'
}
# The first container of a pod that is not ready: its name, how often it was restarted, and why.
unready_container() {
  each='{.name} {.ready} {.restartCount} {.state.*.reason}{"\n"}{end}'
  ask get pod "$1" --output=jsonpath="{range .status.initContainerStatuses[*]}$each{range .status.containerStatuses[*]}$each" |
    awk '$2 != "true" { print $1, $3, $4; exit }'
}
# The last warning about an object whose name matches.
warning() {
  ask get events --field-selector=type=Warning --sort-by=.lastTimestamp --output=jsonpath='{range .items[*]}{.involvedObject.name} {.message}{"\n"}{end}' |
    awk -v name="^$1\$" '$1 ~ name { sub(/^[^ ]+ /, ""); last = $0 } END { print last }'
}
last_line() { ask logs "$1" --container="$2" --tail=1 || ask logs "$1" --container="$2" --tail=1 --previous; }

# Sets `why` it does not run, and `fails` if that does not mend by itself.
explain() {
  fails=''
  why=$1
  case "$1" in *" "*) return ;; esac
  pod=$(unready_pod "$1")
  if [ -z "$pod" ]; then
    # The pods of a Deployment are created by its ReplicaSets.
    refused=$(warning "${1#*/}(-[0-9a-z]+)?")
    if [ -n "$refused" ]; then fails=true why="$1 lacks pods: $refused"; else why="$1 is still replacing its pods"; fi
    return
  fi
  unscheduled=$(ask get pod "$pod" --output=jsonpath='{.status.conditions[?(@.type=="PodScheduled")].message}')
  if [ -n "$unscheduled" ]; then
    taints=$(untolerated "pod/$pod" .spec.tolerations)
    why="pod $NAMESPACE/$pod is not scheduled: $unscheduled${taints:+ It does not tolerate this: $taints}"
    return
  fi
  read -r container restarts reason <<EOF
$(unready_container "$pod")
EOF
  if [ -z "$container" ]; then
    why="pod $NAMESPACE/$pod is not ready, though its containers are; see node $(ask get pod "$pod" --output=jsonpath='{.spec.nodeName}')"
    return
  fi
  case "$reason" in *BackOff | Err* | *Error | InvalidImageName) fails=true ;; esac
  if [ "${restarts:-0}" -ge 3 ]; then fails=true; fi
  told=$(warning "$pod")
  log=$(last_line "$pod" "$container")
  why="container $container of pod $NAMESPACE/$pod is not ready${reason:+: $reason}${told:+, $told}${log:+; the last line of its log: $log}"
}

say "waiting for the pods of the release $RELEASE"
deadline=$(deadline_in "$TIMEOUT")
patience_ends=''
until : >"$work/left_out" && found=$(missing 2>"$work/answer") && [ -z "$found" ]; do
  explain "${found:-kubectl says: $(cat "$work/answer")}" 2>/dev/null || true
  if [ -z "$fails" ]; then patience_ends=''; else patience_ends=${patience_ends:-$(deadline_in "${PATIENCE:-$TIMEOUT}")}; fi
  if past "$deadline" || past "${patience_ends:-$deadline}"; then
    fail "the release $RELEASE does not run after $elapsed seconds: $why"
  fi
  sleep 2
done
say "all pods of the release $RELEASE run"
while read -r node; do say "left out: node $node, which is not of this stack"; done <"$work/left_out"
