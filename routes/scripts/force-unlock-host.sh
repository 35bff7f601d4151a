#!/bin/sh
# Removes the lock that a run of an engine which is gone for good left on this host, and the files of its steps. The lock of any other
# run stays.
# Environment: LOCKED_BY, the id of that run.

# This run does not hold the host: another one does.
LOCK_RUN=
. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if [ ! -f "$LOCK" ]; then skip "no run holds this host"; fi
read_lock "$LOCK"
if [ "$lock_run" != "$LOCKED_BY" ]; then skip "run ${lock_run:-?} of the engine ${lock_holder:-?} holds this host, not run $LOCKED_BY"; fi
# what that run's steps left; one may still run
for step_files in "$R/run/caravan/$LOCKED_BY"-*; do
  if [ -d "$step_files" ] && [ ! -e "$step_files/exit" ] && kill -0 "$(cat "$step_files/pid" 2>/dev/null || echo none)" 2>/dev/null; then
    fail_for_now "a step of run $LOCKED_BY still runs on this host, as process $(cat "$step_files/pid")" \
      "Wait until it has ended, then run the same command again."
  fi
  planning || rm -rf "$step_files" "$R/var/lib/caravan/${step_files##*/}"
done
if change "release the host from run $lock_run of the engine $lock_holder"; then rm -f "$LOCK"; fi
