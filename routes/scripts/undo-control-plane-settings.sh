#!/bin/sh
# Restores the certificates that control-plane-settings saved, and the manifests of static pods, and waits until they run again.
# Environment: GOES, RUNTIME, CRI_SOCKET, RESTART_SECONDS.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/settings-lib.sh"

read_found
saved=$(each_found saved | cut -f 1 | head -n 1)
# if the cluster goes, so do its certificates and manifests, and what any run saved
if goes cluster; then
  each_found saved | cut -f 1 > "$WORK/saved-directories"
  while read -r saved; do rm -rf "$R$saved"; done < "$WORK/saved-directories"
  rm -f "$FOUND/file" "$FOUND/unit"
  restore_all
  exit 0
fi
if [ -n "$saved" ] && [ -f "$R$saved/complete" ]; then restore_saved "$saved"; fi
if [ -n "$saved" ] && [ ! -s "$WORK/left" ]; then rm -rf "$R$saved"; fi

for component in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  echo "$component $(cksum < "$MANIFESTS/$component.yaml" 2>/dev/null | cut -d ' ' -f 1) $(container_of "$component")"
done > "$WORK/before"
restore_files
while read -r component sum container; do
  if [ -f "$MANIFESTS/$component.yaml" ] && [ "$(cksum < "$MANIFESTS/$component.yaml" | cut -d ' ' -f 1)" != "$sum" ]; then
    await_component "$component" "$container" || left_for_now "$component, which does not come back with its former manifest: $why"
  fi
done < "$WORK/before"
restore_all
