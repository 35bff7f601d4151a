#!/bin/sh
# Drains a node: it accepts no new pods, and its pods move to other nodes. Evictions respect disruption budgets and are tried again until
# DRAIN_SECONDS have passed. If pods are left then, the node is uncordoned and the step fails with their names; with ON_BLOCKED=force they
# are deleted. A node that was cordoned before stays cordoned afterwards. Runs on a control plane.
# Environment: NODE, DRAIN_SECONDS (600), ON_BLOCKED (fail or force), CONTROLLERS_SECONDS (120, for a controller manager that leads).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/node-lib.sh"

[ -f "$ADMIN_CONF" ] || fail "there is no cluster on ${NODE_NAME:-this host}" "Install it first: caravan apply"
wait_until 90 api_answers || fail_for_now "the API server on ${NODE_NAME:-this host} does not answer" "On the host: journalctl -u kubelet"
seconds=${DRAIN_SECONDS:-600}

has_node "$NODE" || skip "there is no node $NODE"
cordoned=$(cluster get node "$NODE" -o 'jsonpath={.spec.unschedulable}' 2>"$WORK/output") ||
  command_failed "kubectl get node $NODE: $(last_words)" "Is the API server up?"
list_pods_of "$NODE"
if [ "$cordoned" = true ] && [ ! -s "$WORK/pods" ]; then exit 0; fi
change "drain the node $NODE" || exit 0

# Without controllers, no pod replaces one that is evicted, and Services send requests to it after its end. An upgrade restarts the
# controller manager of a control plane with its kubelet, right before the next node is drained.
controllers=${CONTROLLERS_SECONDS:-120}
if ! wait_until "$controllers" leads kube-controller-manager; then
  if [ "${ON_BLOCKED:-fail}" != force ]; then
    fail_for_now "no controller manager has led the cluster for $controllers s, so nothing would replace the pods of $NODE" \
      "See: kubectl -n kube-system get lease kube-controller-manager; kubectl -n kube-system logs -l component=kube-controller-manager"
  fi
  say "no controller manager has led the cluster for $controllers s; the node is drained all the same"
fi

if [ "$cordoned" != true ]; then
  # before it is cordoned: so it is known later who cordoned it
  cluster annotate node "$NODE" --overwrite "$CORDONED=true" >/dev/null 2>"$WORK/output" ||
    command_failed "kubectl annotate node $NODE: $(last_words)"
fi

# without the time limit that `cluster` sets for one request
set -- kubectl --kubeconfig "$ADMIN_CONF" --cache-dir "$R/run/caravan-kubectl" drain "$NODE" --ignore-daemonsets
# before 1.20, kubectl has another name for the same option
if [ "$KUBERNETES_MINOR" -ge 20 ]; then set -- "$@" --delete-emptydir-data; else set -- "$@" --delete-local-data; fi

if logged "$@" --timeout="${seconds}s"; then exit 0; fi
if [ "${ON_BLOCKED:-fail}" = force ]; then
  say "pods are left after $seconds s; they are deleted without regard to disruption budgets"
  logged "$@" --force --disable-eviction --timeout=300s ||
    command_failed "could not drain $NODE, also by force: $(last_words)" \
      "See: kubectl get pods -A -o wide --field-selector spec.nodeName=$NODE"
  exit 0
fi
cp "$WORK/output" "$WORK/words"
list_pods_of "$NODE"
left=$(paste -s -d ' ' "$WORK/pods")
reasons=$(budgets_in_the_way | paste -s -d ';' | sed 's/;/; /g')
if grep -q 'declare no controller' "$WORK/words"; then
  reasons="${reasons:+$reasons; }pods without a controller would not be started elsewhere"
fi
uncordon_ours "$NODE"
if [ -z "$left" ]; then
  cp "$WORK/words" "$WORK/output"
  command_failed "could not drain $NODE: $(last_words)"
fi
fail "could not drain $NODE: these pods did not leave it within $seconds s: $left${reasons:+; $reasons}. The node is schedulable as before" \
  "Correct the budget or give it more time (kubernetes.upgrade.drain.timeout), then run the same command again; or set kubernetes.upgrade.drain.onBlocked: force."
