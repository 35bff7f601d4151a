#!/bin/sh
# Undoes the network's manifest: its objects are removed, or applied as before. Does nothing if the cluster is removed.
# Environment: GOES.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
if goes cluster; then skip "the cluster is removed with its network"; fi
[ -f "$ADMIN_CONF" ] || skip "there is no cluster on this host any more"

if was_found manifest; then
  while IFS=$TAB read -r name before manifest; do
    printf %s "$manifest" | unpacked > "$WORK/manifest.yaml"
    if [ "$before" = absent ]; then
      changing "delete the objects of $name"
      logged cluster delete --ignore-not-found --wait=false -f "$WORK/manifest.yaml" || left_for_now "the network $name: $(last_words)"
    else
      printf %s "$before" | unpacked > "$WORK/before.yaml"
      changing "apply $name as it was applied before"
      if [ -s "$WORK/before.yaml" ]; then
        logged cluster apply -f "$WORK/before.yaml" || left_for_now "the network $name: $(last_words)"
      else
        left "the network $name, whose objects were made by other means before"
      fi
    fi
  done < "$FOUND/manifest"
fi
restore_all
