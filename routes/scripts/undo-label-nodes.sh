#!/bin/sh
# Restores the labels and taints of nodes, and the annotation that says which of them Caravan set. Does nothing if the cluster is removed.
# Environment: GOES.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
if goes cluster; then skip "the cluster is removed with its nodes"; fi
[ -f "$ADMIN_CONF" ] || skip "there is no cluster on this host any more"

set_attribute() { # label|taint|annotate NODE WHAT
  changing "$1 $2 $3"
  if logged cluster "$1" node "$2" --overwrite "$3"; then return 0; fi
  # the taint is absent, or the node was removed
  grep -qiE 'not found' "$WORK/output" || left_for_now "$1 $3 of node $2: $(last_words)"
}

each_found label | while IFS=$TAB read -r subject state value; do
  if [ "$state" = absent ]; then
    set_attribute label "${subject%%/*}" "${subject#*/}-"
  else
    set_attribute label "${subject%%/*}" "${subject#*/}=${value:-}"
  fi
done
each_found taint | while IFS=$TAB read -r subject state; do
  if [ "$state" = absent ]; then
    set_attribute taint "${subject%%/*}" "${subject#*/}-"
  else
    set_attribute taint "${subject%%/*}" "$state"
  fi
done
each_found annotation | while IFS=$TAB read -r subject state value; do
  if [ "$state" = absent ]; then
    set_attribute annotate "${subject%%/*}" "${subject#*/}-"
  else
    set_attribute annotate "${subject%%/*}" "${subject#*/}=${value:-}"
  fi
done
restore_all
