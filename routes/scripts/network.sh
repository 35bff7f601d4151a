#!/bin/sh
# The pod network, as far as the cluster has to be told about it.
# Environment: CNI.  Standard input: the manifest to apply (flannel, calico, cilium, manifest); for bridge: nothing, this
# only waits until every node has its block and this host a route to each.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

cat > "$WORK/manifest.yaml"

if planning && [ ! -f "$ADMIN_CONF" ]; then
  case $CNI in
    bridge | none) exit 0 ;;
    *) change "apply the manifest of $CNI" || exit 0 ;;
  esac
fi

bridge_ready() {
  cluster get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.spec.podCIDR}{"\n"}{end}' > "$WORK/nodes" || return 1
  : > "$WORK/waiting"
  ip -4 route show > "$WORK/routes"
  while IFS='|' read -r name cidr; do
    if [ -z "$cidr" ]; then
      echo "$name has no block of addresses yet" >> "$WORK/waiting"
    elif [ "$name" != "$NODE_NAME" ] && ! grep -qF "$cidr via " "$WORK/routes"; then
      echo "no route to $name ($cidr) yet" >> "$WORK/waiting"
    fi
  done < "$WORK/nodes"
  [ -s "$WORK/nodes" ] && [ ! -s "$WORK/waiting" ]
}

# The manifest, and what was applied of it before; without its secrets, which are nothing to keep.
keep_manifest() {
  awk 'function done() { if (!secret) printf "%s", text; text = ""; secret = 0 } /^---/ { done() } /^kind: *Secret *$/ { secret = 1 } { text = text $0 "\n" } END { done() }' \
    "$WORK/manifest.yaml" > "$WORK/without-secrets.yaml"
  objects_there "$WORK/without-secrets.yaml" > "$WORK/there"
  if [ ! -s "$WORK/there" ]; then
    found manifest "$CNI" absent "$(packed < "$WORK/without-secrets.yaml")"
    return 0
  fi
  # some may be there and others not: each document for itself
  awk -v directory="$WORK" '/^---/ { close(file); n++; next } { file = sprintf("%s/document-%04d", directory, n); print > file }' "$WORK/without-secrets.yaml"
  : > "$WORK/new"
  : > "$WORK/known"
  for document in "$WORK"/document-*; do
    grep -q '^kind:' "$document" || continue
    if objects_there "$document" | grep -q .; then kept=known; else kept=new; fi
    { echo ---; cat "$document"; } >> "$WORK/$kept"
  done
  if [ -s "$WORK/new" ]; then found manifest "$CNI, new objects" absent "$(packed < "$WORK/new")"; fi
  if [ -s "$WORK/known" ]; then
    # in JSON: it puts nothing between objects, and YAML would need that
    cluster apply view-last-applied -f "$WORK/known" -o json > "$WORK/applied-before" 2>/dev/null || true
    found manifest "$CNI" "$(packed < "$WORK/applied-before")" "$(packed < "$WORK/known")"
  fi
}

objects_there() { cluster get -f "$1" --ignore-not-found -o name 2>/dev/null || true; } # FILE

case $CNI in
  none) skip "the spec leaves the pod network to others" ;;
  bridge)
    if planning; then exit 0; fi
    say "waiting for the nodes' blocks of addresses and routes"
    wait_until 60 bridge_ready ||
      fail_for_now "the bridge network is not complete after 60 s: $(one_line_input < "$WORK/waiting")" "On the host named: journalctl -u caravan-pod-network"
    echo "$(wc -l < "$WORK/nodes") nodes, each with its block and a route"
    ;;
  *)
    [ -s "$WORK/manifest.yaml" ] || fail "there is no manifest for the network $CNI" "Give network.manifest in the spec."
    # 0: as it is; 1: differs; more: an error
    diff_status=0
    cluster diff -f "$WORK/manifest.yaml" > "$WORK/diff" 2>"$WORK/output" || diff_status=$?
    if [ "$diff_status" -eq 0 ]; then exit 0; fi
    # an object whose kind or namespace comes with the same manifest cannot be compared yet
    if change "apply the manifest of $CNI"; then
      keep_manifest
      say "applying the manifest of $CNI"
      logged cluster apply -f "$WORK/manifest.yaml" ||
        command_failed "kubectl apply: $(last_words)" "Does the manifest suit Kubernetes ${KUBERNETES_VERSION:-}?"
    fi
    ;;
esac
