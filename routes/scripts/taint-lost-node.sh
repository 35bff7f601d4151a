#!/bin/sh
# Marks the node of a lost machine as out of service: Kubernetes then deletes its pods and detaches its volumes at once. A node that is
# Ready is not marked: its machine is there. Runs on a control plane.
# Environment: LEAVING_NODE.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/node-lib.sh"

wait_until 90 api_answers || fail_for_now "the API server on ${NODE_NAME:-this host} does not answer" "On the host: journalctl -u kubelet"
has_node "$LEAVING_NODE" || skip "there is no node $LEAVING_NODE"
if node_is_ready "$LEAVING_NODE"; then
  fail "the node $LEAVING_NODE is Ready, so its machine is not lost" "To remove a host that runs: state: absent."
fi
taint=node.kubernetes.io/out-of-service=nodeshutdown:NoExecute
if change "taint the node $LEAVING_NODE as out of service"; then
  logged cluster taint node "$LEAVING_NODE" --overwrite "$taint" ||
    command_failed "could not taint the node $LEAVING_NODE: $(last_words)" "By hand: kubectl taint node $LEAVING_NODE $taint"
fi
