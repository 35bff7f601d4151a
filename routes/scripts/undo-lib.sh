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

# --- what could not be done

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

# --- files

# Reports a change. There is no plan mode for an undo.
changing() { change "$@" || true; } # TEXT

each_found_file() { cat "$FOUND/file" "$FOUND/link" 2>/dev/null || true; }

restore_files() {
  if was_found file; then
    while IFS=$TAB read -r file_path file_mode file_owner file_content; do
      restore_file "$R$file_path" "$file_mode" "${file_owner:-}" "${file_content:-}"
    done < "$FOUND/file"
  fi
  if was_found link; then
    while IFS=$TAB read -r file_path link_target; do
      if [ "$(readlink "$R$file_path" 2>/dev/null)" = "$link_target" ]; then continue; fi
      changing "restore the link $file_path"
      if ! mkdir -p "$(dirname "$R$file_path")" || ! rm -rf "$R$file_path" || ! ln -s "$link_target" "$R$file_path"; then
        left "the link $file_path"
      fi
    done < "$FOUND/link"
  fi
}

restore_file() { # PATH absent | PATH MODE UID:GID BASE64
  if [ "$2" = absent ]; then
    if [ -e "$1" ] || [ -L "$1" ]; then
      restart_due "${1#"$R"}"
      changing "remove ${1#"$R"}"
      rm -f "$1" || left "the file ${1#"$R"}"
    fi
    return 0
  fi
  printf %s "$4" | base64 -d > "$WORK/content"
  if [ -f "$1" ] && [ ! -L "$1" ] && cmp -s "$1" "$WORK/content"; then
    if [ "$(stat -c %a "$1")" = "$2" ] && [ "$(stat -c %u:%g "$1")" = "$3" ]; then return 0; fi
    changing "restore mode and owner of ${1#"$R"}"
    { chown "$3" "$1" && chmod "$2" "$1"; } || left "mode and owner of ${1#"$R"}"
    return 0
  fi
  restart_due "${1#"$R"}"
  changing "restore ${1#"$R"}"
  mkdir -p "$(dirname "$1")"
  restore_temporary=$(mktemp "$(dirname "$1")/.caravan.XXXXXX") || restore_temporary=
  if [ -z "$restore_temporary" ] || ! cp "$WORK/content" "$restore_temporary" || ! chown "$3" "$restore_temporary" ||
    ! chmod "$2" "$restore_temporary" || ! mv -f "$restore_temporary" "$1"; then
    [ -z "$restore_temporary" ] || rm -f "$restore_temporary"
    left "the file ${1#"$R"}"
  fi
}

# A unit that read a file which is restored now is restarted at the end. The mark is a file, so that it survives an interrupted undo.
restart_due() { # PATH
  each_found reader | while IFS=$TAB read -r reader_path reader_unit; do
    if [ "$reader_path" = "$1" ] && systemctl is-active -q "$reader_unit" 2>/dev/null; then
      mkdir -p "$R/run/caravan-restart"
      : > "$R/run/caravan-restart/$reader_unit"
    fi
  done
}

# Removes entries that were not there, and whole directories that were not there.
restore_trees() {
  was_found tree || return 0
  while IFS=$TAB read -r tree_path tree_mode tree_owner tree_depth tree_names; do
    tree=$R$tree_path
    if [ "$tree_mode" = absent ]; then
      # perhaps a file: kubelet makes one or the other for a pod
      [ -e "$tree" ] || continue
      unmount_at "$tree"
      changing "remove $tree_path"
      remove_tree "$tree" || left_for_now "the directory $tree_path"
      continue
    fi
    if [ ! -d "$tree" ]; then
      case $tree_path in /run/* | /var/run/*) continue ;; esac
      changing "make $tree_path again"
      mkdir -p "$tree" || left "the directory $tree_path"
    fi
    printf %s "$tree_names" | unpacked > "$WORK/tree-before"
    (cd "$tree" && find . -mindepth 1 -maxdepth "$tree_depth" | sort) > "$WORK/tree-now"
    comm -13 "$WORK/tree-before" "$WORK/tree-now" > "$WORK/tree-new"
    if [ -s "$WORK/tree-new" ]; then
      changing "remove what was added to $tree_path ($(grep -c . "$WORK/tree-new"))"
      while read -r tree_entry; do
        if [ ! -e "$tree/$tree_entry" ] && [ ! -L "$tree/$tree_entry" ]; then continue; fi
        unmount_at "$tree/${tree_entry#./}"
        remove_tree "$tree/${tree_entry#./}" || left_for_now "$tree_path/${tree_entry#./}"
      done < "$WORK/tree-new"
    fi
    if [ "$(stat -c %a "$tree")" != "$tree_mode" ] || [ "$(stat -c %u:%g "$tree")" != "$tree_owner" ]; then
      changing "restore mode and owner of $tree_path"
      { chown "$tree_owner" "$tree" && chmod "$tree_mode" "$tree"; } || left "mode and owner of $tree_path"
    fi
  done < "$FOUND/tree"
}

remove_tree() { # PATH: retries if something still writes to it
  for remove_attempt in 1 2 3; do
    rm -rf --one-file-system "$1" 2>"$WORK/output" && [ ! -e "$1" ] && [ ! -L "$1" ] && return 0
    [ "$remove_attempt" = 3 ] || sleep 0.5
  done
  last_words
  return 1
}

# Unmounts what is mounted below a directory, the deepest first; unmount_at also unmounts the directory itself.
unmount_below() { unmount "$1/" "$1"; } # PATH
unmount_at() { unmount "$1" "$1"; } # PATH
unmount() { # PATH or PATH/, PATH
  [ -r "$R/proc/self/mountinfo" ] || return 0
  # as the kernel knows it: /var/run is a link to /run
  unmount_path=$(readlink -f "$2" || echo "$2")
  case $1 in */) unmount_from=$unmount_path/ ;; *) unmount_from=$unmount_path ;; esac
  awk -v at="$unmount_from" -v path="$unmount_path" '$5 == at || index($5, path "/") == 1 { print $5 }' "$R/proc/self/mountinfo" |
    sort -r > "$WORK/mounts"
  while read -r mount_point; do
    mount_point=$(printf '%b' "$(printf %s "$mount_point" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')")
    umount "$mount_point" 2>/dev/null || umount -l "$mount_point" 2>"$WORK/output" || left_for_now "the mount $mount_point"
  done < "$WORK/mounts"
}

# Removes directories that the step made, if they are empty. Content that Caravan did not make stays.
restore_directories() {
  was_found directory || return 0
  while IFS=$TAB read -r directory_path _; do
    [ -d "$R$directory_path" ] || continue
    if rmdir "$R$directory_path" 2>/dev/null; then
      changing "remove $directory_path"
    else
      say "$directory_path stays: it has content that Caravan did not make"
    fi
  done < "$FOUND/directory"
}

# --- units

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

# --- packages

restore_holds() {
  was_found hold || return 0
  held_now=" $(apt-mark showhold 2>/dev/null | paste -s -d ' ') "
  while IFS=$TAB read -r hold_name _; do
    case $held_now in
      *" $hold_name "*)
        changing "remove the hold on $hold_name"
        logged apt-mark unhold "$hold_name" >/dev/null || left "the hold on $hold_name: $(last_words)"
        ;;
    esac
  done < "$FOUND/hold"
}

# Restores keys that a newer key of the same name replaced.
restore_rpm_keys() {
  was_found rpm-key || return 0
  while IFS=$TAB read -r key_name key_content; do
    printf %s "$key_content" | base64 -d > "$WORK/rpm-key-old"
    rpm -q --qf '%{DESCRIPTION}' "$key_name" > "$WORK/rpm-key-now" 2>/dev/null </dev/null || : > "$WORK/rpm-key-now"
    if cmp -s "$WORK/rpm-key-old" "$WORK/rpm-key-now"; then continue; fi
    changing "restore the key $key_name of rpm"
    if [ -s "$WORK/rpm-key-now" ]; then logged rpm -e --allmatches "$key_name" || true; fi
    logged rpm --import "$WORK/rpm-key-old" || left "the key $key_name of rpm: $(last_words)"
  done < "$FOUND/rpm-key"
}

# The journal has what a complete attempt installed. What an interrupted attempt installed is the difference between what it found and
# what the next attempt found, or what is there now.
restore_packages() {
  was_found packages || return 0
  : > "$WORK/came"
  : > "$WORK/went"
  each_found package | awk -F'\t' -v came="$WORK/came" -v went="$WORK/went" '{ print $1 > ($2 == "came" ? came : went) }'
  packages_cut=no
  all_packages > "$WORK/next"
  : > "$WORK/before"
  # newest first
  while IFS=$TAB read -r packages_attempt packages_list; do
    printf %s "$packages_list" | unpacked > "$WORK/before"
    if ! each_found packages-done | grep -q "^$packages_attempt$TAB"; then
      packages_cut=yes
      comm -13 "$WORK/before" "$WORK/next" >> "$WORK/came"
      comm -23 "$WORK/before" "$WORK/next" >> "$WORK/went"
    fi
    cp "$WORK/before" "$WORK/next"
  done < "$FOUND/packages"
  if [ "$packages_cut" = yes ]; then finish_installation; fi
  remove_packages
  bring_packages_back
}

# If the cluster goes, packages that an upgrade replaced by newer ones are not downgraded: the step that installed them removes them.
without_downgrades() {
  if goes cluster && was_found package; then
    grep -v "${TAB}went\$" "$FOUND/package" > "$WORK/came-only" || true
    cp "$WORK/came-only" "$FOUND/package"
  fi
}

# An interrupted package manager leaves files that no package owns yet. After the installation is finished, packages own them.
finish_installation() {
  all_packages > "$WORK/now"
  say "an installation was interrupted: it is finished first, so that all of it can be removed"
  finish_arguments=$(each_found installing | head -n 1 | cut -f 1)
  [ -n "$finish_arguments" ] || return 0
  case $FAMILY in
    yum)
      # shellcheck disable=SC2086 # as the step had them
      logged with_proxy "$(yum_command)" install -y $finish_arguments ||
        left_for_now "perhaps files of $finish_arguments, whose installation was interrupted: $(last_words)"
      ;;
    apt)
      repair_debs
      # shellcheck disable=SC2086
      logged with_proxy env DEBIAN_FRONTEND=noninteractive apt-get install \
        -y -q --no-install-recommends --allow-downgrades --allow-change-held-packages \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
          $finish_arguments ||
        left_for_now "perhaps files of $finish_arguments, whose installation was interrupted: $(last_words)"
      ;;
  esac
  all_packages | comm -13 "$WORK/before" - >> "$WORK/came"
  remove_cut_files "$(date +%s)" < "$WORK/came"
}

# Removes exactly the packages that the step installed, also if their version has changed since. Packages that were there before, and
# those that others installed, stay.
remove_packages() {
  all_packages > "$WORK/now"
  awk -F= '
    FILENAME == ARGV[1] { before[$1] = 1; exactly_before[$0] = 1; next }
    FILENAME == ARGV[2] { came[$1] = 1; exactly_came[$0] = 1; next }
    / \(configuration\)$/ { next }
    exactly_before[$0] { next }
    exactly_came[$0] && (!before[$1] || $1 == "gpg-pubkey") || came[$1] && !before[$1]' \
    "$WORK/before" "$WORK/came" "$WORK/now" > "$WORK/removable"
  if [ -s "$WORK/removable" ]; then
    changing "remove the packages $(cut -d = -f 1 "$WORK/removable" | sed 's/:.*//' | paste -s -d ' ')"
    stop_units_of_packages
    case $FAMILY in
      yum) remove_rpms ;;
      apt) remove_debs ;;
    esac
  fi
  if [ "$FAMILY" = apt ]; then purge_configuration; fi
}

# Stops the units of the packages. Most packages stop their units when they are removed, but not all.
stop_units_of_packages() {
  cut -d = -f 1 "$WORK/removable" | while read -r removable_name; do
    case $FAMILY in yum) rpm -ql "$removable_name" ;; apt) dpkg -L "$removable_name" ;; esac 2>/dev/null || true
  done | sed -nE 's,^(/usr)?/lib/systemd/system/([^/]*\.(service|socket|path|timer))$,\2,p' | sort -u > "$WORK/own-units"
  while read -r own_unit; do
    case $own_unit in *@.*) continue ;; esac
    case $(systemctl is-active "$own_unit" 2>/dev/null || true) in
      active | activating | deactivating | reloading) logged systemctl stop "$own_unit" || true ;;
    esac
    if [ "$(systemctl is-enabled "$own_unit" 2>/dev/null || true)" = enabled ]; then logged systemctl disable -q "$own_unit" || true; fi
    systemctl reset-failed "$own_unit" >/dev/null 2>&1 || true
    end_group "system.slice/$own_unit"
  done < "$WORK/own-units"
}

remove_rpms() {
  # NAME=EPOCH:VERSION-RELEASE.ARCH as rpm -e takes it
  sed -E -e 's/=[^:]*:/-/' -e 's/\.\(none\)$//' "$WORK/removable" > "$WORK/removable-names"
  # rpm would keep changed configuration under another name
  while read -r removable_name; do rpm -qc "$removable_name" 2>/dev/null ||
    true; done < "$WORK/removable-names" | grep '^/' > "$WORK/own-configuration" || true
  while read -r own_path; do [ ! -e "$R$own_path.rpmsave" ] || echo "$own_path"; done < "$WORK/own-configuration" > "$WORK/saved-before"
  while read -r removable_name; do rpm -ql "$removable_name" 2>/dev/null ||
    true; done < "$WORK/removable-names" | grep '^/usr/' > "$WORK/own-files" || true
  # shellcheck disable=SC2046 # names of packages
  if logged rpm -e $(cat "$WORK/removable-names"); then
    while read -r own_path; do
      grep -qxF -e "$own_path" "$WORK/saved-before" || rm -f "$R$own_path.rpmsave"
    done < "$WORK/own-configuration"
    # drop-in directories that no package owns
    while read -r own_path; do dirname "$own_path"; done < "$WORK/own-files" | sort -ur | while read -r own_directory; do
      case $own_directory in */systemd/system/*.d) rmdir "$R$own_directory" 2>/dev/null || true ;; esac
    done
  else
    left_for_now "the packages $(paste -s -d ' ' "$WORK/removable-names"): $(last_words)"
  fi
}

remove_debs() {
  sed 's/=.*//' "$WORK/removable" > "$WORK/removable-names"
  # a package that had left only its configuration before keeps it
  : > "$WORK/keep-configuration"
  : > "$WORK/purgeable"
  while read -r removable_name; do
    if grep -q "^$removable_name=.* (configuration)\$" "$WORK/before"; then
      echo "$removable_name" >> "$WORK/keep-configuration"
    else
      echo "$removable_name" >> "$WORK/purgeable"
    fi
  done < "$WORK/removable-names"
  for removal in purge:purgeable remove:keep-configuration; do
    [ -s "$WORK/${removal#*:}" ] || continue
    # shellcheck disable=SC2046 # names of packages
    wait_for_dpkg --force-remove-reinstreq "--${removal%%:*}" $(cat "$WORK/${removal#*:}") ||
      left_for_now "the packages $(paste -s -d ' ' "$WORK/${removal#*:}"): $(last_words)"
  done
}

# Removes the configuration of packages that the step installed and that are removed by now.
purge_configuration() {
  all_packages | sed -n 's/=.* (configuration)$//p' > "$WORK/configuration-now"
  : > "$WORK/configuration-came"
  while read -r removable_name; do
    if grep -q "^$removable_name=" "$WORK/came" && ! grep -q "^$removable_name=" "$WORK/before"; then
      echo "$removable_name" >> "$WORK/configuration-came"
    fi
  done < "$WORK/configuration-now"
  [ -s "$WORK/configuration-came" ] || return 0
  # shellcheck disable=SC2046 # names of packages
  wait_for_dpkg --purge $(cat "$WORK/configuration-came") ||
    left_for_now "the configuration of $(paste -s -d ' ' "$WORK/configuration-came"): $(last_words)"
}

# dpkg does not wait if another program holds its lock.
wait_for_dpkg() { # ARGUMENT...
  for dpkg_attempt in 1 2 3 4 5 6 7 8 9 10; do
    logged env DEBIAN_FRONTEND=noninteractive dpkg "$@" && return 0
    grep -qiE 'lock' "$WORK/output" || return 1
    [ "$dpkg_attempt" = 10 ] || sleep 3
  done
  return 1
}

# Reinstalls packages that the step replaced by another version, or removed.
bring_packages_back() {
  all_packages > "$WORK/now"
  sort -u "$WORK/went" | comm -12 - "$WORK/before" | comm -23 - "$WORK/now" |
    grep -v -e ' (configuration)$' -e '^gpg-pubkey=' > "$WORK/missing-packages" || true
  [ -s "$WORK/missing-packages" ] || return 0
  changing "reinstall $(paste -s -d ' ' "$WORK/missing-packages")"
  case $FAMILY in
    yum)
      sed -E -e 's/=0:/-/' -e 's/=([^:]*):/-\1:/' "$WORK/missing-packages" > "$WORK/missing-names"
      # shellcheck disable=SC2046 # names of packages
      logged with_proxy "$(yum_command)" install -y $(cat "$WORK/missing-names") ||
        logged with_proxy "$(yum_command)" downgrade -y $(cat "$WORK/missing-names") || true
      ;;
    apt)
      # shellcheck disable=SC2046
      logged with_proxy env DEBIAN_FRONTEND=noninteractive apt-get install \
        -y -q --no-install-recommends --allow-downgrades --allow-change-held-packages \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
          $(cat "$WORK/missing-packages") || true
      ;;
  esac
  all_packages | comm -23 "$WORK/missing-packages" - > "$WORK/still-missing"
  [ ! -s "$WORK/still-missing" ] ||
    left_for_now "the packages $(paste -s -d ' ' "$WORK/still-missing"), which were there before: $(last_words)"
}

# Removes users and groups that packages made. Those with numbers from 1000 on belong to people and are never touched.
restore_accounts() {
  was_found accounts || return 0
  : > "$WORK/accounts-came"
  each_found account | cut -f 1 >> "$WORK/accounts-came"
  all_accounts > "$WORK/accounts-next"
  while IFS=$TAB read -r accounts_attempt accounts_list; do
    printf %s "$accounts_list" | unpacked > "$WORK/accounts-then"
    if ! each_found packages-done | grep -q "^$accounts_attempt$TAB"; then
      comm -13 "$WORK/accounts-then" "$WORK/accounts-next" >> "$WORK/accounts-came"
    fi
    cp "$WORK/accounts-then" "$WORK/accounts-next"
  done < "$FOUND/accounts"
  # users first: removing a user may also remove its group
  sort -ur "$WORK/accounts-came" | while read -r account; do
    case $account in
      user:*) account_file=$R/etc/passwd account_command=userdel ;;
      group:*) account_file=$R/etc/group account_command=groupdel ;;
      *) continue ;;
    esac
    account_number=$(awk -F: -v name="${account#*:}" '$1 == name { print $3 }' "$account_file")
    if [ -z "$account_number" ] || [ "$account_number" -ge 1000 ]; then continue; fi
    changing "remove the ${account%%:*} ${account#*:}"
    logged "$account_command" "${account#*:}" || left "the ${account%%:*} ${account#*:}: $(last_words)"
  done
}

# --- rules, links, routes

# How chains of runtimes, of Kubernetes and of its networks are named.
OWN_CHAINS='^(DOCKER(-.*)?|KUBE-.*|CNI-.*|CNI|cali-.*|FLANNEL-.*|CILIUM_.*|OLD_CILIUM_.*|WEAVE.*)$'
OWN_COMMENTS='--comment "?(caravan: |kubernetes |kubernetes:|cali:|flanneld|cilium|name: |kube-router |allow (out|in)bound traffic (from|to) pods"|allow outbound node port traffic on node interface with which node ip is associated")'
OWN_LINKS='^(docker0|br-[0-9a-f]{12}|cni0|cbr0|kube-bridge|kube-ipvs0|kube-dummy-if|tun-[0-9a-f]{11}|nodelocaldns|flannel[.-].*|cali[0-9a-f]{11}|vxlan[.]calico|vxlan-v6[.]calico|wireguard[.]cali|wg-v6[.]cali|cilium_.*|lxc.*)$'
# FAMILY NAME: kube-proxy, flannel, Calico, kube-router, Cilium, the plugins portmap and bridge, Docker
OWN_TABLES='^(ip|ip6|inet|netdev|arp|bridge) (kube-proxy|flannel-ipv[46]|calico|cali-.*|kube-router-filter-ipv[46]|cilium.*|cni_hostport|cni_plugins_masquerade|docker-bridges)$'
# kube-proxy (ipvs) and kube-router's policies: KUBE-; kube-router; Calico; Cilium; Weave. TMP- is kube-router's name while it swaps
OWN_SETS='^(inet6:)?(KUBE-.*|TMP-[A-Z2-7]{16}|kube-router-.*|cali[46]0.*|cali[46]t.*|cilium_.*|weave-.*)$'
# kube-proxy's (kubernetes, pkg/proxy/metrics)
OWN_COUNTERS='ct_state_invalid_dropped_pkts|localhost_nps_accepted_pkts'
# kube-router's routing tables by name and by number, Cilium's by number
OWN_ROUTING_TABLES='^(kube-router|kube-router-dsr|external_ip|77|78|79|2004|2005)$'
OWN_ROUTING_LINES='^[0-9]+[ \t]+(kube-router|kube-router-dsr|external_ip)[ \t]*$'

# Removes rules that were not there and that have a form known from them. Rules that others have added since stay.
restore_rules() {
  was_found iptables || return 0
  # shellcheck disable=SC2094 # other files of that directory
  while IFS=$TAB read -r tables rules_packed; do
    have "$tables-save" || continue
    printf %s "$rules_packed" | unpacked > "$WORK/rules-before"
    take_rules "$tables" "$WORK/rules-before"
  done < "$FOUND/iptables"
}

take_rules() { # COMMAND FILE with the rules before
  "$1-save" > "$WORK/rules-now" 2>/dev/null || return 0
  doomed_links | paste -s -d '|' > "$WORK/doomed-links"
  awk -v chains="$OWN_CHAINS" -v comments="$OWN_COMMENTS" -v links="$(cat "$WORK/doomed-links")" -v sets="$OWN_SETS" '
    # a rule asks for a set of theirs: kube-router has rules that nothing else marks
    function asks_theirs(line,   i, n, w) {
      n = split(line, w, " ")
      for (i = 1; i < n; i++) if (w[i] == "--match-set" && w[i + 1] ~ sets) return 1
      return 0
    }
    function target(line,   part) { part = line; if (sub(/.* -[jg] /, "", part)) { sub(/ .*/, "", part); return part } return "" }
    /^\*/ { table = substr($1, 2) }
    FILENAME == ARGV[1] {
      if (/^:/) { chain_before[table, substr($1, 2)] = $2 }
      if (/^-A /) before[table, $0]++
      next
    }
    /^\*/ { tables[++count] = table }
    /^:/ {
      name = substr($1, 2)
      if (!((table, name) in chain_before) && name ~ chains) { doomed[table, name] = 1; names[table] = names[table] " " name }
      else if ($2 != "-" && ((table, name) in chain_before) && chain_before[table, name] != $2)
        policy[table] = policy[table] ":" name " " chain_before[table, name] " [0:0]\n"
    }
    /^-A / { rules[table] = rules[table] $0 "\n" }
    END {
      for (t = 1; t <= count; t++) {
        table = tables[t]; text = ""
        n = split(rules[table], rule, "\n")
        for (i = 1; i < n; i++) {
          split(rule[i], word, " ")
          if ((table, word[2]) in doomed) continue
          if (before[table, rule[i]] > 0) { before[table, rule[i]]--; continue }
          theirs = ((table, target(rule[i])) in doomed) || rule[i] ~ comments || asks_theirs(rule[i])
          if (!theirs && links != "") { padded = rule[i] " "; theirs = padded ~ (" -[io] (" links ") ") }
          if (theirs) { sub(/^-A/, "-D", rule[i]); text = text rule[i] "\n" }
        }
        m = split(names[table], chain, " ")
        for (i = 1; i <= m; i++) text = text "-F " chain[i] "\n"
        for (i = 1; i <= m; i++) text = text "-X " chain[i] "\n"
        if (text policy[table] != "") printf "*%s\n%s%sCOMMIT\n", table, policy[table], text
      }
    }' "$2" "$WORK/rules-now" > "$WORK/rules-away"
  [ -s "$WORK/rules-away" ] || return 0
  changing "remove rules of $1 ($(grep -c '^-[DF]' "$WORK/rules-away" || true))"
  logged_input "$WORK/rules-away" "$1-restore" --noflush || left_for_now "rules of $1: $(last_words)"
}

logged_input() { # FILE COMMAND ARGUMENT...
  logged_file=$1
  shift
  "$@" < "$logged_file" > "$WORK/output" 2>&1 || {
    cat "$WORK/output"
    return 1
  }
}

# Links that were not there and have a known name; also the ends of pods' veth pairs in a bridge that is removed.
doomed_links() {
  was_found links || return 0
  cut -f 2 "$FOUND/links" | head -n 1 | unpacked > "$WORK/links-before"
  ip -o link show 2>/dev/null | sed -E 's/^[0-9]*: *([^:@]*)(@[^:]*)?: (.*)/\1 \3/' > "$WORK/links-now"
  awk -v own="$OWN_LINKS" '
    FILENAME == ARGV[1] { before[$1] = 1; next }
    { name[FNR] = $1; count = FNR; for (i = 2; i < NF; i++) if ($i == "master") master[$1] = $(i + 1) }
    !before[$1] && $1 ~ own { doomed[$1] = 1 }
    END {
      for (i = 1; i <= count; i++)
        if (doomed[name[i]] || !before[name[i]] && name[i] in master && doomed[master[name[i]]]) print name[i]
    }' "$WORK/links-before" "$WORK/links-now"
}

restore_links() {
  doomed_links > "$WORK/links-doomed"
  while read -r link; do
    # removing one end of a veth pair removes the other
    ip link show dev "$link" >/dev/null 2>&1 || continue
    changing "remove the network link $link"
    ip link delete dev "$link" 2>"$WORK/output" || left_for_now "the network link $link: $(last_words)"
  done < "$WORK/links-doomed"
}

# The names that a host had; none are known if it had no command to list them.
names_before() { if [ "$1" != unknown ]; then printf %s "$1" | unpacked; fi; } # LIST|unknown

# Removes nftables tables that were not there and have a known name, and new tables of iptables-nft if they are empty.
restore_nftables() {
  was_found nftables || return 0
  tables_before=$(cut -f 2 "$FOUND/nftables" | head -n 1)
  if ! have nft; then
    without_command nft nftables "tables of nftables" nf_tables
    return 0
  fi
  names_before "$tables_before" > "$WORK/tables-before"
  nft_tables | comm -13 "$WORK/tables-before" - > "$WORK/tables-new" || true
  while read -r table_family table_name; do
    if printf '%s %s\n' "$table_family" "$table_name" | grep -qE -e "$OWN_TABLES" || { [ "$tables_before" != unknown ] &&
      emptied_table; }; then
      changing "remove the nftables table $table_family $table_name"
      nft delete table "$table_family" "$table_name" > "$WORK/output" 2>&1 </dev/null ||
        left_for_now "the nftables table $table_family $table_name: $(last_words)"
    fi
  done < "$WORK/tables-new"
}

# iptables makes its tables and chains with the first rule, and does not remove them with the last.
emptied_table() {
  case $table_family.$table_name in
    ip.filter | ip.nat | ip.mangle | ip.raw | ip.security | ip6.filter | ip6.nat | ip6.mangle | ip6.raw | ip6.security) ;;
    *) return 1 ;;
  esac
  nft -s list table "$table_family" "$table_name" > "$WORK/table" 2>/dev/null </dev/null || return 1
  ! grep -qvE '^(#.*|table [a-z0-9]+ [a-z]+ [{]|[[:space:]]*chain (INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING) [{]|[[:space:]]*type [a-z]+ hook [a-z]+ priority [^;]+; policy accept;|[[:space:]]*[}]|[[:space:]]*)$' "$WORK/table"
}

# Without the command, the host cannot list them. What pods made with the command of their images stays until the next boot.
# The step's result names it, unless the kernel module is not loaded: then nothing can be there.
without_command() { # COMMAND PACKAGE WHAT MODULE
  without_text="this host has no $1: if the network or kube-proxy made $3, they stay until the next boot, or until the package $2 is there"
  without_text="$without_text and caravan reset runs again"
  say "$without_text"
  if may_be_in_kernel "$4"; then echo "$without_text" >> "$WORK/unseen"; fi
}
# iptables-nft uses nf_tables; if the kernel has it built in, the list of modules does not name it.
may_be_in_kernel() { # MODULE
  if [ ! -r "$R/proc/modules" ] || grep -q "^$1 " "$R/proc/modules" || [ -d "$R/sys/module/$1" ]; then return 0; fi
  [ "$1" = nf_tables ] && { have iptables-nft-save || iptables --version 2>/dev/null | grep -q nf_tables; }
}

# Removes sets that were not there and have a known name, after the rules that use them; sets of sets first. The kernel may release one
# only after a moment.
restore_ipsets() {
  was_found ipsets || return 0
  sets_before=$(cut -f 2 "$FOUND/ipsets" | head -n 1)
  if ! have ipset; then
    without_command ipset ipset "ipsets" ip_set
    return 0
  fi
  names_before "$sets_before" > "$WORK/sets-before"
  for sets_round in 1 2 3 4; do
    ipset list -n 2>/dev/null | sort | comm -13 "$WORK/sets-before" - | grep -E -e "$OWN_SETS" > "$WORK/sets-doomed" || return 0
    [ "$sets_round" != 1 ] || changing "remove ipsets ($(grep -c . "$WORK/sets-doomed"))"
    : > "$WORK/sets-words"
    while read -r set_name; do
      if [ "$sets_round" = 4 ]; then
        left_for_now "the ipset $set_name: $(one_line_input < "$WORK/sets-last")"
      else
        ipset destroy "$set_name" >> "$WORK/sets-words" 2>&1 </dev/null || true
      fi
    done < "$WORK/sets-doomed"
    tail -n 1 "$WORK/sets-words" > "$WORK/sets-last"
    if [ "$sets_round" = 2 ]; then sleep 0.5; fi
  done
}

# Removes the nfacct counters of kube-proxy (iptables, 1.32 and later), after the rules that use them. Nothing else removes them, not even
# kube-proxy --cleanup. Without the command, the host cannot list them.
restore_nfacct() {
  was_found nfacct || return 0
  counters_before=$(cut -f 2 "$FOUND/nfacct" | head -n 1)
  if ! have nfacct; then
    # few hosts have it
    if grep -qs '^nfnetlink_acct ' "$R/proc/modules"; then without_command nfacct nfacct "counters of nfacct" nfnetlink_acct; fi
    return 0
  fi
  names_before "$counters_before" > "$WORK/counters-before"
  nfacct_names | comm -13 "$WORK/counters-before" - | grep -xE -e "$OWN_COUNTERS" > "$WORK/counters-doomed" || return 0
  changing "remove counters of nfacct ($(grep -c . "$WORK/counters-doomed"))"
  while read -r counter; do
    nfacct delete "$counter" > "$WORK/output" 2>&1 </dev/null || left_for_now "the nfacct counter $counter: $(last_words)"
  done < "$WORK/counters-doomed"
}

# Is a prefix inside one of the pod networks? Of both families; for awk programs.
INSIDE_PODS='
  function bits(address, length_,   i, n, part, head, tail, text, digit, all) {
    if (address ~ /^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$/) {
      split(address, part, "."); all = "4"
      for (i = 1; i <= 4; i++)
        for (digit = 128; digit >= 1; digit /= 2) { all = all (part[i] >= digit ? "1" : "0"); if (part[i] >= digit) part[i] -= digit }
      return substr(all, 1, length_ + 1)
    }
    if (address !~ /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/) return ""
    n = index(address, "::"); head = n ? substr(address, 1, n - 1) : address; tail = n ? substr(address, n + 2) : ""
    text = groups(head); tail = groups(tail)
    while (length(text) + length(tail) < 32) text = text "0"
    text = tolower(text tail); all = "6"
    for (i = 1; i <= 32; i++) {
      n = index("0123456789abcdef", substr(text, i, 1)) - 1
      all = all (n >= 8) (n % 8 >= 4) (n % 4 >= 2) (n % 2)
    }
    return substr(all, 1, length_ + 1)
  }
  function groups(text,   i, n, part, all) {
    if (text == "") return ""
    n = split(text, part, ":")
    for (i = 1; i <= n; i++) all = all substr("0000" part[i], length(part[i]) + 1)
    return all
  }
  function inside_pods(prefix, subnets,   i, n, subnet, net, to, size) {
    split(prefix, to, "/"); n = split(subnets, subnet, ",")
    for (i = 1; i <= n; i++) {
      split(subnet[i], net, "/"); size = to[2] == "" ? 128 : to[2] + 0
      if (net[2] != "" && size >= net[2] + 0 && bits(to[1], net[2]) != "" && bits(to[1], net[2]) == bits(net[1], net[2])) return 1
    }
    return 0
  }'

# Removes policy rules that were not there and that use one of their tables or are for addresses of pods. Restores the kernel's three
# rules.
restore_ip_rules() {
  was_found ip-rules || return 0
  while IFS=$TAB read -r ip_family rules_packed; do
    printf %s "$rules_packed" | unpacked > "$WORK/rules-before"
    ip_rules "$ip_family" > "$WORK/rules-now"
    comm -23 "$WORK/rules-before" "$WORK/rules-now" |
      grep -E '^(0: from all lookup local|32766: from all lookup main|32767: from all lookup default)$' > "$WORK/rules-lost" || true
    while IFS=: read -r rule_priority rule; do
      changing "set the policy rule $rule_priority:$rule again"
      # shellcheck disable=SC2086 # words of a rule
      ip "-$ip_family" rule add pref "$rule_priority" $rule 2>"$WORK/output" ||
        left_for_now "the policy rule $rule_priority:$rule: $(last_words)"
    done < "$WORK/rules-lost"
    # Cilium moves the first of them to 100
    comm -13 "$WORK/rules-before" "$WORK/rules-now" | awk -v subnets="${POD_SUBNET:-}" -v own="$OWN_ROUTING_TABLES" \
      -v moved="$(grep -c '^0: ' "$WORK/rules-lost" || true)" "$INSIDE_PODS"'
      {
        theirs = moved > 0 && /^100: from all lookup local( |$)/
        for (i = 2; i < NF; i++) {
          if ($i == "lookup" && $(i + 1) ~ own) theirs = 1
          if (($i == "from" || $i == "to") && inside_pods($(i + 1), subnets)) theirs = 1
        }
        if (theirs) print
      }' > "$WORK/rules-doomed"
    while IFS=: read -r rule_priority rule; do
      changing "remove the policy rule $rule_priority:$rule"
      # shellcheck disable=SC2086 # words of a rule
      ip "-$ip_family" rule delete pref "$rule_priority" $rule 2>"$WORK/output" ||
        left_for_now "the policy rule $rule_priority:$rule: $(last_words)"
    done < "$WORK/rules-doomed"
  done < "$FOUND/ip-rules"
}

# Removes routes that were not there, in all tables: those into the pod network, and those in one of their tables.
restore_routes() {
  # the form of earlier versions: routes of one table
  if was_found routes; then
    cut -f 2 "$FOUND/routes" | head -n 1 | unpacked > "$WORK/routes-before"
    ip -4 route show 2>/dev/null | sed 's/ *$//' | sort > "$WORK/routes-now"
    take_routes 4
  fi
  was_found ip-routes || return 0
  while IFS=$TAB read -r ip_family routes_packed; do
    printf %s "$routes_packed" | unpacked > "$WORK/routes-before"
    ip_routes "$ip_family" > "$WORK/routes-now"
    take_routes "$ip_family"
  done < "$FOUND/ip-routes"
}

take_routes() { # 4|6
  comm -13 "$WORK/routes-before" "$WORK/routes-now" | awk -v subnets="${POD_SUBNET:-}" -v own="$OWN_ROUTING_TABLES" "$INSIDE_PODS"'
    {
      to = ($1 ~ /^(blackhole|unreachable|prohibit|throw|unicast)$/) ? $2 : $1
      theirs = inside_pods(to, subnets)
      for (i = 2; i < NF; i++) if ($i == "table" && $(i + 1) ~ own) theirs = 1
      if (theirs) print
    }' > "$WORK/routes-doomed"
  while read -r route; do
    changing "remove the route $route"
    # shellcheck disable=SC2046 # words of a route
    ip "-$1" route delete $(echo "$route" | sed 's/ linkdown//g; s/ dead//g') 2>"$WORK/output" ||
      left_for_now "the route $route: $(last_words)"
  done < "$WORK/routes-doomed"
}

# Removes lines that pods added to a file of the host. Other lines that were added since stay.
restore_lines() {
  was_found lines || return 0
  while IFS=$TAB read -r lines_path lines_before; do
    lines_file=$R$lines_path
    [ -f "$lines_file" ] || continue
    if [ "$lines_before" = absent ]; then : > "$WORK/lines-before"; else printf %s "$lines_before" | unpacked > "$WORK/lines-before"; fi
    awk -v own="$OWN_ROUTING_LINES" '
      FILENAME == ARGV[1] { before[$0]++; next }
      before[$0] > 0 { before[$0]--; print; next }
      $0 !~ own { print }' "$WORK/lines-before" "$lines_file" > "$WORK/lines-after"
    if [ "$lines_before" = absent ] && [ ! -s "$WORK/lines-after" ]; then
      changing "remove $lines_path"
      rm -f "$lines_file" || left "the file $lines_path"
    elif [ "$(grep -c '' "$WORK/lines-after")" != "$(grep -c '' "$lines_file")" ]; then
      changing "remove the pod network's lines from $lines_path"
      lines_temporary=$lines_file.caravan.$$
      if ! cp -p "$lines_file" "$lines_temporary" || ! cat "$WORK/lines-after" > "$lines_temporary" ||
        ! mv -f "$lines_temporary" "$lines_file"; then
        rm -f "$lines_temporary"
        left "the pod network's lines in $lines_path"
      fi
    fi
  done < "$FOUND/lines"
}

# --- the system

# Forwarding and the settings of "all" first: setting them also changes others.
restore_sysctls() {
  was_found sysctl || return 0
  sysctls_first="^(net\.ipv4\.ip_forward|net\.ipv6\.conf\.all\.forwarding|net/ipv[46]/conf/all/[a-z0-9_]+)$TAB"
  { grep -E "$sysctls_first" "$FOUND/sysctl"; grep -vE "$sysctls_first" "$FOUND/sysctl"; } > "$WORK/sysctls" || true
  while IFS=$TAB read -r sysctl_key sysctl_value; do
    sysctl_file=$(sysctl_path "$sysctl_key")
    # a setting of a module or network card is removed with it
    if [ "$sysctl_value" = absent ] || [ ! -f "$sysctl_file" ]; then continue; fi
    if [ "$(cat "$sysctl_file" 2>/dev/null)" = "$sysctl_value" ]; then continue; fi
    changing "restore $sysctl_key to $sysctl_value"
    printf '%s\n' "$sysctl_value" > "$sysctl_file" 2>/dev/null || left "the setting $sysctl_key, which was $sysctl_value"
  done < "$WORK/sysctls"
}

restore_modules() {
  was_found module || return 0
  while IFS=$TAB read -r module _; do
    grep -qs "^$module " "$R/proc/modules" || continue
    # a module that is in use by now stays loaded; this does no harm
    if modprobe -r "$module" 2>/dev/null; then changing "unload module $module"; else say "module $module stays loaded: it is in use"; fi
  done < "$FOUND/module"
}

restore_swap() {
  was_found swap || return 0
  while IFS=$TAB read -r swap_device swap_priority; do
    if sed 1d "$R/proc/swaps" | awk -v device="$swap_device" '$1 == device { found = 1 } END { exit !found }'; then continue; fi
    changing "turn swap on again: $swap_device"
    # negative priorities are the kernel's own choice
    if [ "$swap_priority" -ge 0 ]; then set -- -p "$swap_priority" "$swap_device"; else set -- "$swap_device"; fi
    logged swapon "$@" || left "swap on $swap_device: $(last_words)"
  done < "$FOUND/swap"
}

restore_selinux() {
  was_found selinux || return 0
  while IFS=$TAB read -r _ selinux_mode; do
    if ! have getenforce || [ "$(getenforce)" = "$selinux_mode" ]; then continue; fi
    changing "make SELinux $selinux_mode"
    logged setenforce "$selinux_mode" || left "SELinux, which was $selinux_mode: $(last_words)"
  done < "$FOUND/selinux"
}

# --- pods and the node

# Kills what still runs in a control group, and removes the group. A 0 in its list is a process of another PID namespace.
end_group() { # PATH below a hierarchy
  for group_root in "$R/sys/fs/cgroup" "$R"/sys/fs/cgroup/*; do
    group=$group_root/$1
    if [ ! -d "$group" ] || group_processes | grep -qx 0; then continue; fi
    group_rounds=0
    while [ "$group_rounds" -lt 25 ] && group_processes | grep -q .; do
      # shellcheck disable=SC2046 # numbers
      kill -s KILL $(group_processes) 2>/dev/null || true
      sleep 0.2
      group_rounds=$((group_rounds + 1))
    done
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

group_processes() { find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null || true; }

# Removes the containers that kubelet made, and their processes if the runtime does not answer any more.
remove_pods() {
  case $RUNTIME in
    docker)
      pods_containers=$(docker ps -aq --no-trunc --filter 'name=^/?k8s_' 2>/dev/null || true)
      if [ -n "$pods_containers" ]; then
        docker_images_of_pods
        changing "remove $(echo "$pods_containers" | wc -l) containers of pods"
        # shellcheck disable=SC2086 # ids
        logged docker rm -f -v $pods_containers >/dev/null || { goes runtime || left_for_now "containers of pods: $(last_words)"; }
      fi
      ;;
    *)
      pods_endpoint=unix://${CRI_SOCKET#unix://}
      pods_sandboxes=$(runtime_says pods -q 2>"$WORK/output") || pods_unlisted
      if [ -n "$pods_sandboxes" ]; then
        cri_images_of_pods
        changing "remove $(echo "$pods_sandboxes" | wc -l) pods"
        # shellcheck disable=SC2086 # ids
        runtime_says stopp $pods_sandboxes >/dev/null 2>&1 || true
        # shellcheck disable=SC2086
        runtime_says rmp -f $pods_sandboxes >"$WORK/output" 2>&1 || { goes runtime || left_for_now "pods: $(last_words)"; }
      fi
      ;;
  esac
  for pods_group in kubepods kubepods.slice; do end_group "$pods_group"; done
}

# If the list cannot be read, there may be pods, unless there is no runtime that could have them.
pods_unlisted() {
  if goes runtime || ! systemctl is-active -q "$(runtime_unit).service" 2>/dev/null; then return 0; fi
  left_for_now "pods of $RUNTIME, if there are any: they could not be listed: $(last_words)"
}

runtime_says() { crictl --runtime-endpoint "$pods_endpoint" --image-endpoint "$pods_endpoint" "$@" </dev/null; }

# The images of pods, in a runtime that stays.
docker_images_of_pods() {
  goes runtime ||
    docker ps -aq --no-trunc --filter 'name=^/?k8s_' | xargs docker inspect --format '{{.Image}}' 2>/dev/null |
    sort -u > "$WORK/pod-images" || true
}
cri_images_of_pods() {
  goes runtime ||
    runtime_says ps -a -o json 2>/dev/null | sed -nE 's/.*"imageRef": *"([^"]*)".*/\1/p' | sed 's/.*@//' | sort -u > "$WORK/pod-images" ||
    true
}

remove_images_of_pods() {
  if goes runtime || [ ! -s "$WORK/pod-images" ] || ! was_found images; then return 0; fi
  cut -f 2 "$FOUND/images" | head -n 1 | unpacked > "$WORK/images-before"
  comm -13 "$WORK/images-before" "$WORK/pod-images" | while read -r image; do
    case $RUNTIME in
      docker)
        docker image inspect "$image" >/dev/null 2>&1 || continue
        changing "remove the image $image, which pods brought"
        logged docker rmi -f "$image" >/dev/null || left_for_now "the image $image: $(last_words)"
        ;;
      *)
        changing "remove the image $image, which pods brought"
        runtime_says rmi "$image" >/dev/null 2>&1 || say "the image $image stays: others use it"
        ;;
    esac
  done
}

# Removes all containers of a runtime, before the runtime is removed.
remove_containers() {
  if have docker && systemctl is-active -q docker.service 2>/dev/null; then
    docker ps -aq --no-trunc > "$WORK/containers" 2>/dev/null || true
    if [ -s "$WORK/containers" ]; then
      changing "remove $(grep -c . "$WORK/containers") containers"
      # shellcheck disable=SC2046 # ids
      logged docker rm -f -v $(cat "$WORK/containers") >/dev/null || true
    fi
  fi
}

# Removes everything that makes this host a node.
leave_cluster() {
  leave_etcd
  if systemctl is-active -q kubelet 2>/dev/null || [ "$(systemctl is-active kubelet 2>/dev/null)" = activating ]; then
    changing "stop kubelet"
    logged systemctl stop kubelet || left_for_now "kubelet, which runs: $(last_words)"
  fi
  remove_pods
  unmount_below "$R/var/lib/kubelet"
  # network namespaces of pods that no runtime removed
  for leave_namespace in "$R"/run/netns/cni-* "$R"/var/run/netns/cni-*; do
    [ -e "$leave_namespace" ] || continue
    umount "$leave_namespace" 2>/dev/null || true
    rm -f "$leave_namespace"
  done
  # kubelet up to 1.23 does not remove its socket for Docker
  rm -f "$R/run/dockershim.sock"
  # kubectl's cache
  rm -rf "$R/run/caravan-kubectl"
  if have ipvsadm && ip link show dev kube-ipvs0 >/dev/null 2>&1; then ipvsadm --clear || true; fi
}

# If other control planes stay, the member of this one is removed from etcd while etcd still runs.
leave_etcd() {
  if goes cluster || [ ! -f "$R/etc/kubernetes/manifests/etcd.yaml" ] || ! have kubeadm; then return 0; fi
  changing "remove this control plane's member from etcd"
  # later versions do not have this phase
  kubeadm reset phase update-cluster-status >/dev/null 2>&1 </dev/null || true
  logged kubeadm reset phase remove-etcd-member || left_for_now "this host's member of etcd: $(last_words)"
}
