#!/bin/sh
# Restores the ConfigMaps of kubeadm. Does nothing if the cluster is removed.
# Environment: GOES.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
if goes cluster; then skip "the cluster is removed with its configuration"; fi
[ -f "$ADMIN_CONF" ] || skip "there is no cluster on this host any more"
each_found config-map | while IFS=$TAB read -r name content; do
  changing "restore the ConfigMap $name"
  printf %s "$content" | unpacked > "$WORK/config-map.yaml"
  logged cluster replace -f "$WORK/config-map.yaml" || left_for_now "the ConfigMap $name: $(last_words)"
done
restore_all
