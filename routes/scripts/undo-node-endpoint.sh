#!/bin/sh
# Has what this host keeps lead to the former endpoint again, and restarts what reads it. Does nothing if the cluster is removed.
# Environment: GOES, RUNTIME, CRI_SOCKET, RESTART_SECONDS.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/settings-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/endpoint-lib.sh"

read_found
if goes cluster; then skip "the cluster is removed with its nodes"; fi
each_found server > "$WORK/servers"
while IFS=$TAB read -r path server; do
  present=$(server_of "$R$path")
  if [ -z "$present" ] || [ "$present" = "$server" ]; then continue; fi
  changing "restore the server in $path"
  set_server_of_reader "$R$path" "$present" "$server"
done < "$WORK/servers"
if is_restart_needed kubelet; then
  changing "restart the kubelet"
  logged systemctl restart kubelet || left_for_now "the kubelet, which does not start: $(last_words)"
  wait_until "${RESTART_SECONDS:-300}" kubelet_is_healthy || left_for_now "the kubelet, which is not healthy"
  restarted kubelet
fi
for component in kube-controller-manager kube-scheduler; do
  if is_restart_needed "$component"; then
    changing "restart $component"
    restart_component "$component" || left_for_now "$component, which does not come back: $why"
    restarted "$component"
  fi
done
restore_all
