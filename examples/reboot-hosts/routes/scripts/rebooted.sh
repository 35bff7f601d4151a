#!/bin/sh
# Succeeds when this host has booted again. The route retries this step until then.
# Environment: BOOT_ID.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

present=$(cat "$R/proc/sys/kernel/random/boot_id")
planning || [ "$present" != "$BOOT_ID" ] || fail_for_now "this host has not rebooted yet"
