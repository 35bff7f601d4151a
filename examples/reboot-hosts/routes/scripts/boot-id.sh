#!/bin/sh
# Prints which boot of this host this is.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

output bootId "$(cat "$R/proc/sys/kernel/random/boot_id")"
