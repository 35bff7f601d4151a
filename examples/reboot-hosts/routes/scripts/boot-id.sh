#!/bin/sh
# Outputs the id that the kernel gave to the present boot of this host.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

output bootId "$(cat "$R/proc/sys/kernel/random/boot_id")"
