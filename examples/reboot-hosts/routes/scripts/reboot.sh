#!/bin/sh
# Schedules a reboot of this host in a few seconds, so that the result of this step arrives before it. If the host has rebooted since
# BOOT_ID was read, for example before a lost connection was restored, there is nothing to do.
# Environment: BOOT_ID.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

present=$(cat "$R/proc/sys/kernel/random/boot_id")
[ "$present" = "$BOOT_ID" ] || exit 0
if change "reboot"; then
  if [ -n "$R" ]; then
    # A simulated host is up again at once.
    echo "after $BOOT_ID" > "$R/proc/sys/kernel/random/boot_id"
  else
    logged systemd-run --on-active=5 --timer-property=AccuracySec=1 systemctl reboot || fail "could not schedule the reboot: $(last_words)"
  fi
fi
