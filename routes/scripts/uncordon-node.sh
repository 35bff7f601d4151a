#!/bin/sh
# Waits until a node is Ready, at KUBELET_VERSION if that is given, and uncordons it if Caravan cordoned it. Runs on a control plane.
# Environment: NODE, KUBELET_VERSION (without v; empty: any), IF_READY (yes: does not wait, and leaves a node that is not Ready cordoned).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/node-lib.sh"

if planning; then exit 0; fi
wait_until 90 api_answers || fail_for_now "the API server on ${NODE_NAME:-this host} does not answer" "On the host: journalctl -u kubelet"
has_node "$NODE" || skip "there is no node $NODE"
if [ "${IF_READY:-no}" = yes ]; then
  node_is_ready "$NODE" || skip "$NODE is not Ready, so it stays cordoned"
else
  say "waiting until $NODE is Ready${KUBELET_VERSION:+ at $KUBELET_VERSION}"
  wait_until 300 node_is_ready "$NODE" "${KUBELET_VERSION:-}" ||
    fail_for_now "$NODE is not Ready${KUBELET_VERSION:+ at $KUBELET_VERSION} after five minutes: $(node_words "$NODE")" \
      "On $NODE: journalctl -u kubelet"
fi
uncordon_ours "$NODE"
