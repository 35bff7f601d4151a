#!/bin/sh
# Waits until no volume is attached to a node that leaves, so that its volumes can be attached elsewhere. Changes nothing itself: the pods
# are gone, and the storage's own controller detaches. Runs on a control plane.
# Environment: LEAVING_NODE, DETACH_SECONDS (300).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if planning; then exit 0; fi
wait_until 90 api_answers || fail_for_now "the API server on ${NODE_NAME:-this host} does not answer" "On the host: journalctl -u kubelet"

list_volumes() {
  cluster get volumeattachments -o 'jsonpath={range .items[*]}{.spec.nodeName} {.spec.source.persistentVolumeName}{"\n"}{end}' \
    > "$WORK/attachments" 2>"$WORK/output" ||
    command_failed "kubectl get volumeattachments: $(last_words)" "Is the API server up?"
  awk -v node="$LEAVING_NODE" '$1 == node { print $2 }' "$WORK/attachments" > "$WORK/volumes"
}
detached() { list_volumes && [ ! -s "$WORK/volumes" ]; }

detached && exit 0
say "waiting until the volumes of $LEAVING_NODE are detached: $(paste -s -d ' ' "$WORK/volumes")"
wait_until "${DETACH_SECONDS:-300}" detached ||
  fail "after ${DETACH_SECONDS:-300} s volumes are still attached to $LEAVING_NODE: $(paste -s -d ' ' "$WORK/volumes")" \
    "See: kubectl get volumeattachments, and the log of the storage's controller. Then run the same command again."
