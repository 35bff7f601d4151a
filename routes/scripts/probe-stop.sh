#!/bin/sh
# Removes the pods and the Service that probe-start made. The servers in the pods end with them.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if planning; then exit 0; fi
[ -f "$ADMIN_CONF" ] || skip "there is no cluster on this host any more"

# The pods need no time to end: their objects are deleted at once, and kubelet ends the containers within a second.
logged cluster -n kube-system delete pods,services -l app=caravan-probe --ignore-not-found --grace-period 0 --force --wait=false ||
  command_failed "could not remove the pods that try the cluster: $(last_words)" \
    "They end automatically within 15 minutes. By hand: kubectl -n kube-system delete pods,services -l app=caravan-probe"
