#!/bin/sh
# Brings the cluster to the inline manifests of the machine configuration: Talos creates what is missing and updates nothing
# until the next `talosctl upgrade-k8s`.
#
# KUBECONFIG  kubeconfig of the cluster
# NAME        name of the manifests; what is in them is kept in a ConfigMap of that name, so that it can be deleted later
# RELEASE     name of the Helm release that may have been there instead
# MANIFESTS   YAML documents, compressed by gzip, in base64; empty if there are none
# BEFORE      the same of a release that Helm uninstalls before this one; empty if there is none
# TIMEOUT     seconds
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-manifests.sh"

for program in kubectl base64 gunzip; do require "$program"; done
deadline=$(deadline_in "$TIMEOUT")

all=$work/all.yaml
replaceable=$work/replaceable.yaml
before=$work/before.yaml
objects=$work/objects
if [ -n "$MANIFESTS" ]; then
  printf %s "$MANIFESTS" | base64 -d | gunzip >"$all" || fail "the manifests of $NAME cannot be read"
  # A Job cannot be changed.
  awk 'function flush() { if (!job) printf "%s", document; document = ""; job = 0 }
    /^---/ { flush() }
    { document = document $0 "\n" }
    /^kind: *"?Job"? *$/ { job = 1 }
    END { flush() }' "$all" >"$replaceable"
fi

: >"$before"
if [ -n "$BEFORE" ]; then
  printf %s "$BEFORE" | base64 -d | gunzip >"$before" || fail "the manifests before $NAME cannot be read"
fi

# One object a line: apiVersion, kind, namespace and name.
list_objects() {
  : >"$objects"
  [ -n "$MANIFESTS" ] || return 0
  ask create --dry-run=client --validate=false --filename="$all" \
    --output=jsonpath='{.apiVersion} {.kind} {.metadata.namespace}/{.metadata.name}{"\n"}' | sort -u >"$objects"
  [ -s "$objects" ]
}
write_objects() {
  ask create configmap "$NAME" --namespace=kube-system --from-file=objects="$1" --dry-run=client --output=yaml >"$work/list.yaml" || return
  ask apply --server-side --force-conflicts --field-manager=inline-manifests --filename="$work/list.yaml" >/dev/null
}

# Talos creates them as well.
create_missing() {
  ask create --filename="$all" >/dev/null 2>"$work/refused" && return
  if grep -v 'AlreadyExists\|already exists' "$work/refused" >&2; then return 1; fi
}
# What the manifests no longer have goes, other than with `kubectl apply`, which leaves what Talos has set.
replace_all() { ask replace --filename="$replaceable" >/dev/null; }
delete_gone() {
  comm -13 "$objects" "$work/known" >"$work/gone"
  while read -r version kind object; do
    delete_object "$version" "$kind" "$object" || return
  done <"$work/gone"
}

# Names Helm's records of releases that have a label.
helm_records() { try kube 30 get secrets --namespace=kube-system --selector="owner=helm,$1" --ignore-not-found --output=name; }

# Helm deletes the objects with its release, which Terraform may be destroying at this moment.
release_gone() { helm_records "name=$RELEASE" && [ -z "$answer" ]; }

# Helm ends a release when its objects are gone, and Talos may have created some of them again: all of them are created below.
helm_waits() { helm_records status=uninstalling && [ -n "$answer" ]; }
delete_created_again() {
  # Those of a kind that is gone are refused, the others listed, because there are two files.
  ask get --ignore-not-found --filename="$all" --filename="$before" \
    --output=jsonpath='{range .items[*]}{.apiVersion} {.kind} {.metadata.namespace}/{.metadata.name} {.metadata.annotations.meta\.helm\.sh/release-name}{"\n"}{end}' \
    >"$work/present" 2>"$work/refused" || :
  while read -r version kind object by_helm; do
    [ -n "$by_helm" ] || delete_object "$version" "$kind" "$object" || :
  done <"$work/present"
}

if [ -n "$MANIFESTS" ]; then
  until release_gone; do
    if past "$deadline"; then
      fail "the Helm release $RELEASE is still there, and Helm would delete what Talos creates; uninstall it, or remove its records with kubectl --namespace=kube-system delete secrets --selector=owner=helm,name=$RELEASE. The last answer of the API: $answer"
    fi
    if helm_waits; then delete_created_again; fi
    sleep 5
  done
fi
persist list_objects
persist known_objects
sort -u "$objects" "$work/known" >"$work/both"
# If this is interrupted, the next run knows of everything that may be there.
if [ -s "$work/both" ]; then persist write_objects "$work/both"; fi
if [ -n "$MANIFESTS" ]; then
  persist create_missing
  persist replace_all
fi
persist delete_gone
if [ -s "$work/both" ]; then persist write_objects "$objects"; fi
say "the cluster has the manifests of $NAME: $(wc -l <"$objects" | tr -d ' ') objects"
