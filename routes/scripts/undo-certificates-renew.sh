#!/bin/sh
# Restores the files that certificates-renew saved, and restarts what reads them. If one of them has expired in the meantime, the new ones
# stay, because the former ones are of no use.
# Environment: GOES, RUNTIME, CRI_SOCKET, RESTART_SECONDS.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

read_found
saved=$(each_found saved | cut -f 1 | head -n 1)
restore_saved() {
  has_expired=$(saved_expired "$R$saved")
  if [ -n "$has_expired" ]; then
    echo "the former $has_expired has expired, so the new certificates stay"
    return 0
  fi
  restored=no
  while read -r path; do
    if cmp -s "$R$saved$path" "$R$path"; then continue; fi
    changing "restore $path"
    restored=yes
    if ! cp -p "$R$saved$path" "$R$path" 2>"$WORK/output" || ! cmp -s "$R$saved$path" "$R$path"; then left "$path, which is in $saved: $(last_words)"; fi
  done < "$R$saved/complete"
  [ "$restored" = yes ] || return 0
  echo "$COMPONENTS" > "$WORK/components"
  while read -r component _; do
    [ -f "$KUBERNETES/manifests/$component.yaml" ] || continue
    changing "restart $component"
    restart_component "$component" || left_for_now "$component, which does not come back with its former certificates: $why"
  done < "$WORK/components"
}

# if the cluster goes, so do its certificates
if [ -n "$saved" ] && [ -f "$R$saved/complete" ] && ! goes cluster; then restore_saved; fi
if [ -n "$saved" ] && [ ! -s "$WORK/left" ]; then rm -rf "$R$saved"; fi
restore_all
