#!/bin/sh
# Applies the pod network's objects, as soon as the API server answers.
# Environment: CNI.  Standard input: the manifest to apply (flannel, calico, cilium, manifest); for bridge: nothing, its
# objects are below.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if [ "$CNI" = none ]; then skip "the spec has cni: none, so the pod network is installed by other means"; fi

cat > "$WORK/manifest.yaml"
if [ "$CNI" = bridge ]; then
  # caravan-pod-network.service runs with kubelet's credentials. From 1.32 on the node authorizer lets these read no node but
  # their own, and each node needs the others' blocks and addresses for its routes.
  cat > "$WORK/manifest.yaml" <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: caravan:pod-network
rules:
  - apiGroups: [""]
    resources: [nodes]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: caravan:pod-network
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: caravan:pod-network
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: system:nodes
YAML
fi

if planning && [ ! -f "$ADMIN_CONF" ]; then
  change "apply the manifest of $CNI" || exit 0
fi

# Records the manifest, and its objects as they were before; without secrets, which must not be recorded.
keep_manifest() {
  awk 'function done() { if (!secret) printf "%s", text; text = ""; secret = 0 }
    /^---/ { done() } /^kind: *Secret *$/ { secret = 1 } { text = text $0 "\n" } END { done() }' \
    "$WORK/manifest.yaml" > "$WORK/without-secrets.yaml"
  objects_there "$WORK/without-secrets.yaml" > "$WORK/there"
  if [ ! -s "$WORK/there" ]; then
    found manifest "$CNI" absent "$(packed < "$WORK/without-secrets.yaml")"
    return 0
  fi
  # some objects may be there and others not, so each document is read separately
  awk -v directory="$WORK" '/^---/ { close(file); n++; next } { file = sprintf("%s/document-%04d", directory, n); print > file }' \
    "$WORK/without-secrets.yaml"
  : > "$WORK/new"
  : > "$WORK/known"
  for document in "$WORK"/document-*; do
    grep -q '^kind:' "$document" || continue
    if objects_there "$document" | grep -q .; then kept=known; else kept=new; fi
    { echo ---; cat "$document"; } >> "$WORK/$kept"
  done
  if [ -s "$WORK/new" ]; then found manifest "$CNI, new objects" absent "$(packed < "$WORK/new")"; fi
  if [ -s "$WORK/known" ]; then
    # in JSON, which needs no separator between objects, unlike YAML
    cluster apply view-last-applied -f "$WORK/known" -o json > "$WORK/applied-before" 2>/dev/null || true
    found manifest "$CNI" "$(packed < "$WORK/applied-before")" "$(packed < "$WORK/known")"
  fi
}

objects_there() { cluster get -f "$1" --ignore-not-found -o name 2>/dev/null || true; } # FILE

[ -s "$WORK/manifest.yaml" ] || fail "there is no manifest for the network $CNI" "Give network.manifest in the spec."
# 0: no difference; 1: differs; more: an error
diff_status=0
cluster diff -f "$WORK/manifest.yaml" > "$WORK/diff" 2>"$WORK/output" || diff_status=$?
if [ "$diff_status" -eq 0 ]; then exit 0; fi
# an object whose kind or namespace is in the same manifest cannot be compared yet
if change "apply the manifest of $CNI"; then
  keep_manifest
  say "applying the manifest of $CNI"
  logged cluster apply -f "$WORK/manifest.yaml" ||
    command_failed "kubectl apply: $(last_words)" "Does the manifest suit Kubernetes ${KUBERNETES_VERSION:-}?"
fi
