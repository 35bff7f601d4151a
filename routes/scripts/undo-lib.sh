# shellcheck shell=sh
# What the undo scripts share, beside lib.sh:
#
#     . "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
#     . "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
#     read_found
#     ...                what only this step needs
#     restore_all
#
# Every part looks at the present state, so that a second run finds nothing to do. If a part fails, the others continue: `left` records
# what remains, and restore_all ends with a message that names all of it.
# Environment: GOES (what is removed from this host, or as a whole: runtime, cluster; what is in them need not be undone).

FOUND=$WORK/found

# What the parts of lib.sh have after their line "# --- undo".
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/file.sh" # --- undo
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/unit.sh" # --- undo
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/package.sh" # --- undo
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/repository.sh" # --- undo
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/network.sh" # --- undo
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/kernel.sh" # --- undo
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/runtime.sh" # --- undo
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/node.sh" # --- undo

# --- what was found

# Standard input: what the step found, the newest first. If a subject was recorded more than once, the oldest record counts.
read_found() {
  mkdir "$FOUND"
  awk -F'\t' -v directory="$FOUND" '
    { line[NR] = $0; subject = $1 FS $2; last[subject] = NR }
    END {
      for (n = 1; n <= NR; n++) {
        split(line[n], field, FS)
        if (last[field[1] FS field[2]] == n && field[1] ~ /^[a-z-]+$/)
          print substr(line[n], length(field[1]) + 2) > (directory "/" field[1])
      }
    }'
}

each_found() { if [ -f "$FOUND/$1" ]; then cat "$FOUND/$1"; fi; } # KIND: lines KEY STATE...
was_found() { [ -s "$FOUND/$1" ]; } # KIND
goes() { case " ${GOES:-} " in *" $1 "*) return 0 ;; *) return 1 ;; esac; } # WORD

# --- what was changed, and what could not be

# Reports a change. There is no plan mode for an undo.
changing() { change "$@" || true; } # TEXT

left() { # TEXT
  echo "left: $*"
  one_line "$@" >> "$WORK/left"
  echo >> "$WORK/left"
}
left_for_now() { # TEXT: a retry may succeed
  left "$@"
  : > "$WORK/may-pass"
}

end_of_undo() {
  unseen_text=
  if [ -s "$WORK/unseen" ]; then
    unseen_text=$(sort -u "$WORK/unseen" | paste -s -d ';' | sed 's/;/; /g')
    output unseen "$unseen_text"
  fi
  [ -s "$WORK/left" ] || return 0
  left_text=$(sort -u "$WORK/left" | paste -s -d ';' | sed 's/;/; /g')
  left_text="not everything could be restored: $left_text${unseen_text:+; not looked at: $unseen_text}"
  if [ -f "$WORK/may-pass" ]; then fail_for_now "$left_text" "caravan reset tries it again."; fi
  fail "$left_text" "Correct that on the host; caravan reset tries it again."
}

# --- all of it

# Units are stopped first and started last, so that they do not write to what is being restored.
restore_all() {
  restore_units_down
  restore_files
  restore_holds
  restore_packages
  restore_rpm_keys
  # again, for the files that packages added or removed
  restore_files
  restore_accounts
  restore_rules
  restore_nftables
  restore_ipsets
  restore_nfacct
  restore_links
  restore_ip_rules
  restore_routes
  restore_lines
  restore_sysctls
  restore_modules
  restore_swap
  restore_selinux
  restore_trees
  restore_directories
  restore_units_up
  end_of_undo
}
