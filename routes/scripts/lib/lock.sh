# shellcheck shell=sh
# The lock of the host.

# Two engines must not work on one host, also if they share no journal. A run that may change hosts holds this file on each of them: from
# its first step there, which is facts, to the end of the run, when the engine removes it with the files of the last step. Every step looks
# whether its run still holds it. The file is not below /run: after a reboot in mid-run no other engine may take the host.
LOCK=$R/var/lib/caravan/lock

# Sets $lock_run, $lock_holder and $lock_life to what the file says; they are empty if there is no file, or an empty one after a power cut.
read_lock() { # FILE
  lock_run='' lock_holder='' lock_life=''
  { IFS=' ' read -r _ lock_run && IFS=' ' read -r _ lock_holder && read -r _ && read -r _ && IFS=' ' read -r _ lock_life; } \
    2>/dev/null < "$1" || true
}

# LOCK_EARLIER names runs of this journal, which no engine works on while this one does: their locks were left when a host was off.
# LOCK_LIFE is how often the run was resumed. An engine that comes back after another one has resumed its run has a smaller number: it is
# refused.
hold_lock() {
  if [ -f "$LOCK" ]; then read_lock "$LOCK"; else lock_run='' lock_holder='' lock_life=''; fi
  # shellcheck disable=SC2153 # from the environment
  if [ "$lock_run" = "$LOCK_RUN" ] && [ "$lock_holder" = "$LOCK_ENGINE" ] && [ "${lock_life:-0}" = "${LOCK_LIFE:-0}" ]; then return 0; fi
  lock_new=$LOCK.$LOCK_RUN.$$
  (umask 077 && mkdir -p "${LOCK%/*}")
  printf 'run %s\nengine %s\ncluster %s\nsince %s\nlife %s\n' \
    "$LOCK_RUN" "$LOCK_ENGINE" "${CLUSTER_NAME:-}" "$LOCK_SINCE" "${LOCK_LIFE:-0}" |
    (umask 077 && dd of="$lock_new" conv=fsync 2>/dev/null)
  # by a link only one of two can succeed
  if [ -f "$LOCK" ] && lock_is_ours "$LOCK" && mv -T "$LOCK" "$lock_new.old" 2>/dev/null; then
    lock_is_ours "$lock_new.old" || ln "$lock_new.old" "$LOCK" 2>/dev/null || true
    rm -f "$lock_new.old"
  fi
  if ln "$lock_new" "$LOCK" 2>/dev/null; then lock_run=$LOCK_RUN lock_life=${LOCK_LIFE:-0}; else read_lock "$LOCK"; fi
  rm -f "$lock_new"
  if [ "$lock_run" != "$LOCK_RUN" ] || lock_is_newer; then lock_is_held; fi
}

lock_is_newer() { [ "$lock_run" = "$LOCK_RUN" ] && [ "${lock_life:-0}" -gt "${LOCK_LIFE:-0}" ]; }

lock_is_ours() { # FILE
  read_lock "$1"
  if lock_is_newer; then return 1; fi
  case " $LOCK_RUN ${LOCK_EARLIER:-} " in *" ${lock_run:-$LOCK_RUN} "*) ;; *) return 1 ;; esac
}

lock_is_held() {
  lock_cluster=$(sed -n 's/^cluster //p' "$LOCK" 2>/dev/null | head -n 1)
  lock_at=$(sed -n 's/^since //p' "$LOCK" 2>/dev/null | head -n 1)
  fail "the host is held by run $lock_run of the engine $lock_holder, which works on cluster $lock_cluster since $lock_at" \
    "Wait until that run has ended. Only if its engine is gone for good: caravan force-unlock -f SPEC --set run=$lock_run"
}
