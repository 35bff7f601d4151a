# shellcheck shell=sh
# Files, directories and trees of the host.

FILE_READER=

keep_file() { # PATH
  keep_path=${1#"$R"}
  if [ -L "$1" ]; then
    found link "$keep_path" "$(readlink "$1")"
  elif [ -f "$1" ]; then
    found file "$keep_path" "$(stat -c %a "$1")" "$(stat -c %u:%g "$1")" "$(base64 -w0 "$1")"
  elif [ ! -e "$1" ]; then
    found file "$keep_path" absent
  else
    fail "${1#"$R"} is neither a file nor a link, and a file belongs there" "Move it away, then run this again."
  fi
}

# A directory to which what this step installs or starts adds content. The undo removes what was not there before; if the directory was
# not there, it removes the directory.
keep_tree() { # DIRECTORY [DEPTH to which the entries are recorded: 1]
  if [ -d "$1" ]; then
    found tree "${1#"$R"}" "$(stat -c %a "$1")" "$(stat -c %u:%g "$1")" "${2:-1}" \
      "$(cd "$1" && find . -mindepth 1 -maxdepth "${2:-1}" | sort | packed)"
  elif [ ! -e "$1" ] && [ ! -L "$1" ]; then
    found tree "${1#"$R"}" absent
  fi
}

# The unit reads the files that put_file writes from now on. If the undo restores one of them, it restarts the unit.
keep_reader() { FILE_READER=$1; } # UNIT

# Makes PATH and the directories above it, and records which of them were absent.
make_directory() { # PATH [MODE of the last one]
  [ ! -d "$1" ] || return 0
  make_directory "$(dirname "$1")"
  found directory "${1#"$R"}" absent
  mkdir "$1"
  chmod "${2:-0755}" "$1"
}

# In a plan, shows how a file would differ from $WORK/content. Files that not every user of the host may read are not shown, and neither
# are keys and what looks like a password: more people read a plan than the host's files.
DIFF_LINES=200
file_diff() { # PATH MODE
  planning || return 0
  diff_old=/dev/null
  diff_modes=$2
  if [ -e "$1" ]; then
    diff_old=$1
    diff_modes="$2 $(stat -L -c %a "$1")"
  fi
  diff_shown=yes
  for diff_mode in $diff_modes; do
    case $diff_mode in *[4567]) ;; *) diff_shown="not every user of the host may read the file" ;; esac
  done
  if grep -qs 'PRIVATE KEY' "$diff_old" "$WORK/content"; then diff_shown="it is a key"; fi
  if [ "$diff_shown" != yes ]; then
    echo "(content not shown: $diff_shown)" > "$WORK/diff"
  else
    masked_diff "$diff_old" "$WORK/content" "$(if [ -e "$1" ]; then echo "${1#"$R"}"; else echo /dev/null; fi)" "${1#"$R"}" > "$WORK/diff"
  fi
  cat "$WORK/diff"
  result diff "${1#"$R"}" "$(base64 -w0 < "$WORK/diff")"
}

# A unified diff of two files, at most DIFF_LINES lines. What looks like a password is not shown; --anonymous-auth=false does not.
masked_diff() { # OLD NEW OLD-NAME NEW-NAME
  if ! have diff; then
    echo "(content not shown: there is no diff on this host)"
    return 0
  fi
  diff_quote="[\"']"
  diff_words='pass(word|wd|phrase)?|secret|token|credentials?|auth|api_?key'
  diff -u -L "$3" -L "$4" "$1" "$2" |
    sed -E -e 's/-auth=(true|false)$/-\x01auth=\x01\1/' -e 's,(://[^/@:[:space:]]*):[^/@[:space:]]+@,\1:(hidden)@,g' \
      -e "s/(($diff_words)$diff_quote?[[:space:]]*[=:][[:space:]]*$diff_quote?)[^],\"'[:space:]\\x01]+/\\1(hidden)/Ig" \
      -e 's/\x01//g' |
    cut -c 1-400 > "$WORK/diff-whole" || true
  head -n "$DIFF_LINES" "$WORK/diff-whole"
  diff_rest=$(($(wc -l < "$WORK/diff-whole") - DIFF_LINES))
  if [ "$diff_rest" -gt 0 ]; then echo "(and $diff_rest more lines)"; fi
}

# In a plan, shows how a text would differ, after `change` returned false. The caller knows that every reader of a plan may see both.
text_would_differ() { # SUBJECT OLD-FILE NEW-FILE
  planning || return 0
  masked_diff "$2" "$3" "$1" "$1" > "$WORK/diff"
  cat "$WORK/diff"
  result diff "$1" "$(base64 -w0 < "$WORK/diff")"
}

# Writes standard input to PATH, unless PATH has this content already. The file is replaced atomically, even if the host fails.
# Sets file_changed=yes|no. If the caller needs this, redirect the content by "<": in a pipe the variable would be lost.
put_file() { # PATH MODE
  file_changed=no
  cat > "$WORK/content"
  if [ -f "$1" ] && cmp -s "$1" "$WORK/content"; then return 0; fi
  # shellcheck disable=SC2034 # for the caller
  file_changed=yes
  if [ -e "$1" ]; then put_verb="update"; else put_verb="write"; fi
  if change "$put_verb ${1#"$R"}"; then
    put_target=$1
    if [ -L "$put_target" ]; then put_target=$(readlink -f "$put_target"); fi
    keep_file "$put_target"
    if [ -n "$FILE_READER" ]; then found reader "${put_target#"$R"}" "$FILE_READER"; fi
    make_directory "$(dirname "$put_target")"
    put_temporary=$(mktemp "$(dirname "$put_target")/.caravan.XXXXXX")
    if ! dd if="$WORK/content" of="$put_temporary" bs=64k conv=fsync status=none || ! chmod "$2" "$put_temporary" ||
      ! mv -f "$put_temporary" "$put_target"; then
      rm -f "$put_temporary"
      put_room=$(df -P "$(dirname "$put_target")" | awk 'NR == 2 { print $5 " of " $6 " is in use" }')
      fail "could not write ${1#"$R"}: $put_room" "Make room there, then run this again."
    fi
  else
    file_diff "$1" "$2"
  fi
}

# Removes a file that Caravan wrote, and that the spec does not ask for any more. Sets file_changed=yes|no.
drop_file() { # PATH
  file_changed=no
  [ -e "$1" ] || return 0
  # shellcheck disable=SC2034 # for the caller
  file_changed=yes
  if change "remove ${1#"$R"}: the spec does not ask for it"; then
    keep_file "$1"
    if [ -n "$FILE_READER" ]; then found reader "${1#"$R"}" "$FILE_READER"; fi
    rm -f "$1"
    rmdir "$(dirname "$1")" 2>/dev/null || true
  fi
}

# --- undo

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
