#!/bin/sh
# Restores the files that certificates-renew saved, and restarts what reads them. If one of them has expired in the meantime, the new ones
# stay, because the former ones are of no use.
# Environment: GOES, RUNTIME, CRI_SOCKET, RESTART_SECONDS.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

read_found
saved=$(each_found saved | cut -f 1 | head -n 1)
# if the cluster goes, so do its certificates
if [ -n "$saved" ] && [ -f "$R$saved/complete" ] && ! goes cluster; then restore_saved "$saved"; fi
if [ -n "$saved" ] && [ ! -s "$WORK/left" ]; then rm -rf "$R$saved"; fi
restore_all
