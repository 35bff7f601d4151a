#!/bin/sh
# Removes the bridge network of this host: first routes and rules, by the service's own script while it is there; then files.
# Environment: POD_SUBNET.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
service=$R/usr/local/lib/caravan/pod-network
if was_found unit && [ -x "$service" ]; then
  if systemctl is-active -q caravan-pod-network.service; then
    changing "stop caravan-pod-network.service"
    logged systemctl stop caravan-pod-network.service || left_for_now "caravan-pod-network.service, which runs: $(last_words)"
  fi
  if [ -f "$R/etc/caravan/pod-network" ] && [ -z "$R" ]; then
    (
      set -a
      # shellcheck source=/dev/null
      . "$R/etc/caravan/pod-network"
      "$service" clear
    ) > "$WORK/output" 2>&1 || left_for_now "routes and rules of the pod network: $(last_words)"
  fi
fi
restore_all
