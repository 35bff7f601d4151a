#!/bin/sh
# Restores the files that certificates-renew saved, and restarts what reads them. If one of them has expired in the meantime, the new ones
# stay, because the former ones are of no use.
# Environment: GOES, RUNTIME, CRI_SOCKET, RESTART_SECONDS.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

read_found
each_found saved | cut -f 1 > "$WORK/saved-directories"
# one of one run; if the cluster goes, so do its certificates, and what any run saved
while read -r saved; do
  if [ -f "$R$saved/complete" ] && ! goes cluster; then restore_saved "$saved"; fi
  if [ ! -s "$WORK/left" ]; then rm -rf "$R$saved"; fi
done < "$WORK/saved-directories"
restore_all
