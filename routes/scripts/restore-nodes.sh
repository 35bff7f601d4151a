#!/bin/sh
# After a restore, on a control plane: deletes the nodes of hosts that were reinstalled since, so that they can join again. If the restore
# was onto a new host, no former control plane is left, so the nodes of those that the spec does not have are deleted, too.
# Environment: RESTORE_GONE, RESTORE_NODES (names of nodes), RESTORE_NEW (yes after a restore onto a new host).
# Outputs: unknown (nodes of the restored cluster that the spec does not have).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if planning; then exit 0; fi
api_answers || fail_for_now "the API server on ${NODE_NAME:-this host} does not answer"
cluster get nodes -o name > "$WORK/nodes" 2> "$WORK/output" || command_failed "kubectl get nodes: $(last_words)"
for node in $RESTORE_GONE; do
  if grep -qxF "node/$node" "$WORK/nodes"; then
    change "delete the node $node, whose host was reinstalled"
    logged cluster delete node "$node" --ignore-not-found --timeout=60s ||
      command_failed "could not delete the node $node: $(last_words)" "By hand: kubectl delete node $node"
  fi
done
if [ "${RESTORE_NEW:-}" = yes ]; then
  cluster get nodes -l node-role.kubernetes.io/control-plane -o name > "$WORK/control-planes" 2> "$WORK/output" ||
    command_failed "kubectl get nodes: $(last_words)"
  while read -r node; do
    case " $RESTORE_NODES " in *" ${node#node/} "*) continue ;; esac
    change "delete the node ${node#node/}, a control plane that is gone"
    logged cluster delete "$node" --ignore-not-found --timeout=60s ||
      command_failed "could not delete the node ${node#node/}: $(last_words)" "By hand: kubectl delete $node"
  done < "$WORK/control-planes"
  cluster get nodes -o name > "$WORK/nodes" 2> "$WORK/output" || command_failed "kubectl get nodes: $(last_words)"
fi
unknown=
while read -r node; do
  case " $RESTORE_NODES " in *" ${node#node/} "*) ;; *) unknown="$unknown ${node#node/}" ;; esac
done < "$WORK/nodes"
output unknown "${unknown# }"
