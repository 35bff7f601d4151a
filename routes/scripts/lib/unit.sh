# shellcheck shell=sh
# Units of systemd.

keep_unit() { # UNIT
  keep_enabled=$(systemctl is-enabled "$1" 2>/dev/null || true)
  keep_active=$(systemctl is-active "$1" 2>/dev/null || true)
  found unit "$1" "${keep_enabled:-not-found}" "${keep_active:-inactive}"
}

unit_state() { # UNIT
  unit_enabled=$(systemctl is-enabled "$1" 2>/dev/null || true)
  unit_active=$(systemctl is-active "$1" 2>/dev/null || true)
  echo "${unit_enabled:-not there}, ${unit_active:-inactive}"
}

# Enables and starts a unit, if it is not enabled and running; records what was found.
unit_running() { # UNIT
  if systemctl is-enabled -q "$1" 2>/dev/null && systemctl is-active -q "$1"; then return 0; fi
  if change "enable and start $1"; then
    keep_unit "$1"
    logged systemctl enable --now "$1" || command_failed "could not start $1: $(last_words)" "See: systemctl status $1; journalctl -u $1"
  else
    would_differ "$1" "$(unit_state "$1")" "enabled, active"
  fi
}

# Whether the program of a unit that runs is of another installation than the one that is there: an upgrade ended before the restart.
program_replaced() { # UNIT
  replaced_pid=$(systemctl show -p MainPID "$1" 2>/dev/null | sed 's/^MainPID=//')
  case ${replaced_pid:-0} in 0 | *[!0-9]*) return 1 ;; esac
  case $(readlink "$R/proc/$replaced_pid/exe" 2>/dev/null) in *" (deleted)") return 0 ;; *) return 1 ;; esac
}

# Whether the unit runs with another proxy than that of the file. A host that was added to NO_PROXY does not restart a runtime: with
# Docker, that would end its containers.
runs_with_other_proxy() { # UNIT FILE
  runs_pid=$(systemctl show -p MainPID "$1" 2>/dev/null | sed 's/^MainPID=//')
  case ${runs_pid:-0} in 0 | *[!0-9]*) return 1 ;; esac
  [ -r "$R/proc/$runs_pid/environ" ] || return 1
  tr '\0' '\n' < "$R/proc/$runs_pid/environ" > "$WORK/runs-with"
  { grep -E '^HTTPS?_PROXY=' "$WORK/runs-with" || true; } | sort > "$WORK/runs-proxy"
  { grep -E '^HTTPS?_PROXY=' "$2" || true; } | sort | cmp -s - "$WORK/runs-proxy" || return 0
  runs_except=$(sed -n 's/^NO_PROXY=//p' "$WORK/runs-with")
  for runs_entry in ${PROXY_EXCEPT:-}; do
    case ,$runs_except, in *",$runs_entry,"*) ;; *) return 0 ;; esac
  done
  return 1
}

# --- undo

restore_units_down() {
  was_found unit || return 0
  while IFS=$TAB read -r unit unit_enabled unit_active; do
    unit_now=$(systemctl is-enabled "$unit" 2>/dev/null || true)
    case $unit_active in
      active | activating | reloading) ;;
      *)
        case $(systemctl is-active "$unit" 2>/dev/null || true) in
          active | activating | deactivating | reloading)
            changing "stop $unit"
            logged systemctl stop "$unit" || left_for_now "$unit, which runs: $(last_words)"
            ;;
        esac
        systemctl reset-failed "$unit" >/dev/null 2>&1 || true
        ;;
    esac
    case $unit_enabled.$unit_now in
      enabled.* | enabled-runtime.* | *.disabled | *.static | *.indirect | *.masked | *.masked-runtime | *.not-found | *.) ;;
      *.enabled | *.enabled-runtime)
        changing "disable $unit"
        logged systemctl disable -q "$unit" || left "$unit, which is enabled: $(last_words)"
        ;;
    esac
  done < "$FOUND/unit"
}

# What systemctl prints about a unit that does not exist depends on its version: nothing, or not-found.
restore_units_up() {
  if was_found unit || was_found file || was_found package || was_found packages; then systemctl daemon-reload || true; fi
  each_found unit > "$WORK/units"
  while IFS=$TAB read -r unit unit_enabled unit_active; do
    unit_now=$(systemctl is-enabled "$unit" 2>/dev/null || true)
    case $unit_enabled.$unit_now in
      masked.masked | masked-runtime.masked-runtime | not-found.*) ;;
      masked.* | masked-runtime.*)
        changing "mask $unit"
        if [ "$unit_enabled" = masked ]; then set -- -q; else set -- -q --runtime; fi
        logged systemctl mask "$@" "$unit" || left "$unit, which was masked: $(last_words)"
        ;;
      *.masked | *.masked-runtime)
        changing "unmask $unit"
        if [ "$unit_now" = masked ]; then set -- -q; else set -- -q --runtime; fi
        logged systemctl unmask "$@" "$unit" || left "$unit, which is masked: $(last_words)"
        ;;
    esac
    case $unit_enabled.$(systemctl is-enabled "$unit" 2>/dev/null || true) in
      enabled.enabled | enabled-runtime.enabled-runtime) ;;
      enabled.* | enabled-runtime.*)
        changing "enable $unit"
        if [ "$unit_enabled" = enabled ]; then set -- -q; else set -- -q --runtime; fi
        logged systemctl enable "$@" "$unit" || left "$unit, which was enabled: $(last_words)"
        ;;
    esac
    case $unit_active in
      active | activating | reloading)
        case $(systemctl is-active "$unit" 2>/dev/null || true) in
          active | activating | reloading) ;;
          *)
            changing "start $unit"
            rm -f "$R/run/caravan-restart/$unit"
            logged systemctl start "$unit" || left_for_now "$unit, which ran: $(last_words)"
            ;;
        esac
        ;;
    esac
  done < "$WORK/units"
  restart_readers
}

restart_readers() {
  each_found reader | cut -f 2 | sort -u > "$WORK/readers"
  while read -r unit; do
    [ -e "$R/run/caravan-restart/$unit" ] || continue
    if systemctl is-active -q "$unit" 2>/dev/null; then
      changing "restart $unit for its former configuration"
      restart_runtime "$unit" || left_for_now "$unit, which does not start with its former configuration: $(last_words)"
    fi
    rm -f "$R/run/caravan-restart/$unit"
  done < "$WORK/readers"
  rmdir "$R/run/caravan-restart" 2>/dev/null || true
}
