#!/bin/sh
# Restores the configuration of the kubelet, and restarts it. Does nothing if the cluster is removed.
# Environment: GOES.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
if goes cluster; then skip "the cluster is removed with its kubelets"; fi
restore_all
