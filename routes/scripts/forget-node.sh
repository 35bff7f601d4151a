#!/bin/sh
# Deletes the node of a host that was rolled back, or that leaves the cluster. Runs on a control plane that stays.
# Environment: FORGOTTEN_NODE.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/node-lib.sh"

[ -f "$ADMIN_CONF" ] || skip "there is no cluster on this host any more"
api_answers ||
  fail_for_now "the API server on ${NODE_NAME:-this host} does not answer, so the node $FORGOTTEN_NODE cannot be deleted" \
    "By hand: kubectl delete node $FORGOTTEN_NODE"
has_node "$FORGOTTEN_NODE" || exit 0
if change "delete the node $FORGOTTEN_NODE"; then
  logged cluster delete node "$FORGOTTEN_NODE" --ignore-not-found --timeout=60s ||
    command_failed "could not delete the node $FORGOTTEN_NODE: $(last_words)" "By hand: kubectl delete node $FORGOTTEN_NODE"
fi
