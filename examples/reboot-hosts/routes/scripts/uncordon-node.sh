#!/bin/sh
# Waits until a node is Ready, and uncordons it. Runs on the first control plane.
# Environment: NODE.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

node_is_ready() { [ "$(cluster get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null)" = True ]; }

api_answers || fail_for_now "the API server on ${NODE_NAME:-this host} does not answer yet"
say "waits until $NODE is Ready"
wait_until 300 node_is_ready || fail_for_now "$NODE is not Ready after its reboot" "On $NODE: journalctl -u kubelet"
if change "uncordon the node $NODE"; then
  logged cluster uncordon "$NODE" || command_failed "could not uncordon $NODE: $(last_words)" "By hand: kubectl uncordon $NODE"
fi
