#!/bin/sh
# Asks the cluster about hosts that leave it: which of them are nodes, and which members etcd has. Changes nothing. Runs on a control plane.
# Environment: LEAVING_NODES (names), LOST_NODES (those of them that do not answer: the script waits until none is Ready), READY_SECONDS
# (60: for how long).
# Outputs: nodes (lines NAME STATUS: of those that are nodes, the status of the condition Ready), etcd (lines ID NAME voter|learner
# healthy|unhealthy PEER-URLS, a dash if there is none; "external" if etcd does not run on control planes).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/node-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/etcd-lib.sh"

[ -f "$ADMIN_CONF" ] || fail "there is no cluster on ${NODE_NAME:-this host}"
if ! wait_until 20 api_answers; then
  if etcd_running && ! etcdctl get --command-timeout=10s /caravan > "$WORK/output" 2>&1; then
    fail "etcd on ${NODE_NAME:-this host} does not answer: its members have no quorum, so none can be removed" \
      "Bring the other control planes up. If most of them are gone for good, restore a backup: docs/backup.md."
  fi
  fail_for_now "the API server on ${NODE_NAME:-this host} does not answer" "On the host: journalctl -u kubelet"
fi

lost_are_not_ready() {
  for lost in ${LOST_NODES:-}; do
    if has_node "$lost" && node_is_ready "$lost"; then return 1; fi
  done
}
if [ -n "${LOST_NODES:-}" ]; then
  say "waiting until no lost node is Ready"
  wait_until "${READY_SECONDS:-60}" lost_are_not_ready || true
fi

for node in $LEAVING_NODES; do
  if has_node "$node"; then
    status=$(cluster get node "$node" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>"$WORK/output") ||
      command_failed "kubectl get node $node: $(last_words)"
    echo "$node ${status:-Unknown}"
  fi
done > "$WORK/nodes"
output nodes "$(cat "$WORK/nodes")"

if [ ! -f "$ETCD_MANIFEST" ]; then
  output etcd external
  exit 0
fi
wait_until 10 etcd_running || fail_for_now "etcd does not run on ${NODE_NAME:-this host}" "On the host: crictl ps -a; the log of etcd."
list_members || command_failed "etcdctl member list: $(last_words)" "Do most members of etcd run?"
output etcd "$(awk '{ print $1, $2, $3, $4, $5 }' "$WORK/members")"
