#!/bin/sh
# Applies the site's own pod network, in a cluster whose spec has cni: none. Standard input: its manifest.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

cat > "$WORK/own-network.yaml"

if planning && [ ! -f "$ADMIN_CONF" ]; then
  change "apply the site's own network" || exit 0
fi

# 0: nothing differs; 1: differs; more: an error, for example if the manifest itself defines a kind that it uses
diff_status=0
cluster diff -f "$WORK/own-network.yaml" > "$WORK/diff" 2> "$WORK/output" || diff_status=$?
if [ "$diff_status" -ne 0 ] && change "apply the site's own network"; then
  logged cluster apply -f "$WORK/own-network.yaml" ||
    command_failed "kubectl apply: $(last_words)" "Does the manifest suit Kubernetes ${KUBERNETES_VERSION:-}?"
fi
