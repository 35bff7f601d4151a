#!/bin/sh
# Drains a node: its pods move to other nodes, and it accepts no new ones. Runs on the first control plane.
# Environment: NODE, DRAIN_SECONDS, FORCE (true or false).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

[ -f "$ADMIN_CONF" ] || fail "there is no cluster on ${NODE_NAME:-this host}" "Install it first: caravan apply"
api_answers || fail_for_now "the API server on ${NODE_NAME:-this host} does not answer"
set -- "$NODE" --ignore-daemonsets --timeout="${DRAIN_SECONDS}s"
# before 1.20, kubectl has another name for the same option
if [ "$KUBERNETES_MINOR" -ge 20 ]; then set -- "$@" --delete-emptydir-data; else set -- "$@" --delete-local-data; fi
if [ "$FORCE" = true ]; then set -- "$@" --force; fi
if change "drain the node $NODE"; then
  if ! logged cluster drain "$@"; then
    # The drain failed, so allow pods on the node again.
    cluster uncordon "$NODE" > /dev/null 2>&1 || :
    fail "could not drain $NODE: $(last_words)" "Look at the pods and disruption budgets that are named; or give them more time with --set drain-timeout=30m, or delete unmanaged pods with --set force=true"
  fi
fi
