# shellcheck shell=sh
# Packages, and the accounts that they add.

# The file with what was installed before, once keep_packages was called.
PACKAGES_BEFORE=

# Call it before a package manager changes anything. When the step ends, successful or not, the difference is recorded.
keep_packages() { # [ARGUMENT of the installation...]
  if [ -z "$PACKAGES_BEFORE" ]; then
    PACKAGES_BEFORE=$WORK/packages
    packages_attempt=$(date +%s).$$
    all_packages > "$PACKAGES_BEFORE"
    all_accounts > "$WORK/accounts"
    found packages "$packages_attempt" "$(packed < "$PACKAGES_BEFORE")"
    found accounts "$packages_attempt" "$(packed < "$WORK/accounts")"
    # A part of a pipeline is a shell of its own, in which the script's trap is not set: its end is the end of this installation.
    # shellcheck disable=SC2016 # for the other shell
    if [ "$(exec sh -c 'echo "$PPID"')" != "$$" ]; then trap 'kept_packages || true' EXIT; fi
  fi
  # If the host fails during the installation, the undo finishes it first, so that it can be removed completely.
  if [ $# -gt 0 ]; then found installing "$*" -; fi
}

kept_packages() {
  [ -n "$PACKAGES_BEFORE" ] || return 0
  all_packages > "$WORK/packages-after"
  all_accounts > "$WORK/accounts-after"
  comm -13 "$PACKAGES_BEFORE" "$WORK/packages-after" | while read -r kept_package; do found package "$kept_package" came; done
  comm -23 "$PACKAGES_BEFORE" "$WORK/packages-after" | while read -r kept_package; do found package "$kept_package" went; done
  comm -13 "$PACKAGES_BEFORE" "$WORK/packages-after" | remove_cut_files "${packages_attempt%.*}"
  comm -13 "$WORK/accounts" "$WORK/accounts-after" | while read -r kept_account; do found account "$kept_account" came; done
  found packages-done "$packages_attempt" -
  PACKAGES_BEFORE=
}

# rpm writes each file as NAME;TIME, where TIME is when its transaction began, in 8 hexadecimal digits, and then renames it
# (rpm, lib/fsm.c). If rpm is killed, these files stay, and no package owns them: a program can be 100 MB. For the packages on standard
# input, as all_packages prints them, those of earlier transactions are removed.
remove_cut_files() { # SECONDS since 1970: what began before
  [ "$FAMILY" = yum ] || return 0
  cut_names=$(sed 's/=.*//')
  [ -n "$cut_names" ] || return 0
  # shellcheck disable=SC2086 # names of packages
  rpm -ql $cut_names 2>/dev/null > "$WORK/owned" || true
  cut_before=$(printf '%08x' "$1")
  sed -n 's,/[^/]*$,,p' "$WORK/owned" | sort -u | while read -r cut_directory; do
    for cut_file in "$R$cut_directory"/*\;[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]; do
      [ -f "$cut_file" ] || [ -L "$cut_file" ] || continue
      cut_owned=${cut_file%;*}
      grep -qxF "${cut_owned#"$R"}" "$WORK/owned" || continue
      # Of two texts of the same length, the one that sorts first is the smaller number.
      [ "$(printf '%s\n' "${cut_file##*;}" "$cut_before" | LC_ALL=C sort | head -n 1)" = "${cut_file##*;}" ] || continue
      if change "remove ${cut_file#"$R"}, which an interrupted installation left"; then rm -f "$cut_file"; fi
    done
  done
}

all_packages() { # a sorted line NAME=VERSION for each; dpkg also knows packages that left their configuration
  case $FAMILY in
    yum) rpm -qa --qf '%{NAME}=%|EPOCH?{%{EPOCH}}:{0}|:%{VERSION}-%{RELEASE}.%{ARCH}\n' ;;
    apt)
      dpkg-query -W -f '${db:Status-Abbrev}${Package}:${Architecture}=${Version}\n' |
        sed -n -e 's/^.c. *\(.*\)/\1 (configuration)/p' -e 's/^.[iUFHWt]. *//p'
      ;;
  esac | sort
}

all_accounts() { # a sorted line user:NAME or group:NAME for each
  { sed 's/^\([^:]*\):.*/user:\1/' "$R/etc/passwd"; sed 's/^\([^:]*\):.*/group:\1/' "$R/etc/group"; } 2>/dev/null | sort -u
}
keep_hold() { found hold "$1" absent; } # PACKAGE, before apt-mark hold

# yum or apt; empty if the host has neither.
if have apt-get && { ! { have yum || have dnf; } || grep -qsiE '^ID(_LIKE)?=.*debian' "$R/etc/os-release"; }; then FAMILY=apt
elif have yum || have dnf; then FAMILY=yum
else FAMILY=
fi

know_family() { [ -n "$FAMILY" ] || fail "this host has neither yum nor apt-get" "Caravan installs packages with one of the two."; }

yum_command() { if [ -x "$WORK/bundle/dnf" ]; then echo "$WORK/bundle/dnf"; elif have yum; then echo yum; else echo dnf; fi; }

# Whether yum_command is yum 3 itself, not a name of dnf. It knows --disableexcludes, dnf5 only --setopt, dnf 4 both.
yum_is_yum3() {
  yum_program=$(readlink -f "$(command -v yum 2>/dev/null)" 2>/dev/null) || yum_program=
  case ${yum_program##*/} in yum*) return 0 ;; *) return 1 ;; esac
}
# The option that disables the excludes of a repository, or all excludes.
yum_without_excludes() { # REPOSITORY ID or all
  if yum_is_yum3; then echo "--disableexcludes=$1"; else echo "--setopt=disable_excludes=$1"; fi
}
# The arguments of `list` that show all versions in the repositories. dnf5 accepts only the option, yum 3 only the word.
yum_list_available() { if yum_is_yum3; then echo "--showduplicates available"; else echo "--showduplicates --available"; fi; }

# Installs packages without questions. If another program holds the lock, it waits. Fails with the package manager's last lines.
install_packages() { # [OPTION...] PACKAGE...
  try_packages "$@" || package_failure "$@"
}

# The same, but returns the status, with the output in $WORK/output. If a repository changed since its index was read, it no longer has
# the files that the index names. A key may have been extended since it was fetched. Both are read again, once.
try_packages() { # [OPTION...] PACKAGE...
  know_family
  keep_packages "$@"
  if [ "$FAMILY" = apt ]; then repair_debs; fi
  run_installation "$@" && return 0
  if index_is_stale; then
    say "a repository no longer has what its index names: reading the indices again"
    read_indices
  elif signature_failed && refresh_keys; then
    say "a key was replaced by a newer one: trying again"
  else
    return 1
  fi
  run_installation "$@"
}

run_installation() { # [OPTION...] PACKAGE...
  case $FAMILY in
    # not -q: it hides why a mirror failed
    yum) logged with_proxy "$(yum_command)" install -y "$@" ;;
    apt)
      logged with_proxy env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
      ;;
  esac
}

# Finishes what an interrupted package manager left; if there is nothing to do, this is quick. apt regards a package as installed even if
# only a part of its files was written.
repair_debs() {
  DEBIAN_FRONTEND=noninteractive dpkg --configure -a </dev/null || true
  repair_names=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n -e 's/^.H. *//p' -e 's/^..R *//p' |
    sort -u | paste -s -d ' ')
  [ -n "$repair_names" ] || return 0
  say "installing $repair_names again: an installation was interrupted"
  # shellcheck disable=SC2086 # names of packages
  logged with_proxy env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --reinstall --no-install-recommends \
    --allow-change-held-packages -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold $repair_names || true
}

package_failure() { # [OPTION...] PACKAGE...
  command_failed "could not install $(package_names "$@"): $(last_words)" \
    "Try it on the host: $(installation_command "$@") (as root). The repository files are under $(repository_directory)."
}
package_names() { # [OPTION...] PACKAGE...: without the options
  for package_word in "$@"; do case $package_word in -*) ;; *) echo "$package_word" ;; esac; done | paste -s -d ' '
}
# The installation as a user would type it, with the options that change its effect.
installation_command() { # [OPTION...] PACKAGE...
  case $FAMILY in
    yum) echo "$(if have yum; then echo yum; else echo dnf; fi) install $*" ;;
    apt) echo "apt-get install --no-install-recommends $*" ;;
  esac
}

# The version of an installed package, without epoch and revision; nothing if it is not installed.
package_version() { # PACKAGE
  case $FAMILY in
    yum) rpm -q --qf '%{VERSION}\n' "$1" 2>/dev/null | grep -v 'not installed' | tail -n 1 || true ;;
    apt) dpkg-query -W -f '${db:Status-Abbrev}${Version}\n' "$1" 2>/dev/null | sed -n 's/^.i. *//p' | sed 's/^[0-9]*://; s/[-~+].*//' ;;
  esac
}

# The full version for apt, of a version without its revision; fails if the repository does not have it.
apt_version() { # PACKAGE VERSION
  apt-cache madison "$1" | awk -v want="$2" '{
    v = $3; plain = v; sub(/^[0-9]+:/, "", plain)
    if (plain == want || index(plain, want "-") == 1 || index(plain, want "~") == 1) { print v; exit }
  }' | grep .
}

# Is a configuration file unchanged since its package installed it? No if no package owns it, or if this is not known.
as_its_package_has_it() { # PATH
  case $FAMILY in
    apt)
      package_sum=$(dpkg-query -W -f '${Conffiles}\n' 2>/dev/null | awk -v path="${1#"$R"}" '$1 == path { print $2; exit }')
      [ -n "$package_sum" ] && [ "$(md5sum < "$1" | cut -d ' ' -f 1)" = "$package_sum" ]
      ;;
    # -V prints a line for each file that differs: what differs, what kind of file it is, its path; 5 is the content
    yum)
      rpm -qf "$1" >/dev/null 2>&1 && ! rpm -Vf "$1" 2>/dev/null |
        awk -v path="${1#"$R"}" '$NF == path && ($1 ~ /5/ || $1 == "missing") { found = 1 } END { exit !found }'
      ;;
    *) false ;;
  esac
}

# --- undo

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

# Reinstalls packages that the step replaced by another version, or removed. They were there, so no exclude of yum counts: neither those
# that Caravan wrote nor those of the administrator, who may keep the former repository in a file of his own.
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
      logged with_proxy "$(yum_command)" install -y "$(yum_without_excludes all)" $(cat "$WORK/missing-names") ||
        logged with_proxy "$(yum_command)" downgrade -y "$(yum_without_excludes all)" $(cat "$WORK/missing-names") || true
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
