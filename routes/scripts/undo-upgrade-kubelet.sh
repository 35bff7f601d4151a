#!/bin/sh
# Brings a worker back to its former kubelet and kubectl, with the configuration that they had, from the repositories of that time. A
# control plane has no way back: there this runs only if the cluster goes, and removes what came with the newer packages.
# Environment: GOES, RESTART_SECONDS.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/upgrade-lib.sh"

read_found
without_downgrades
# what is in /var/lib/kubelet goes with the cluster
if goes cluster; then rm -f "$FOUND/file" "$FOUND/reader"; fi
if goes cluster || ! was_found file; then
  restore_all
  exit 0
fi

know_family
present_kubelet=$(package_version kubelet)
restore_files
if was_found packages; then
  if use_former_repositories "$(cat "$FORMER/kubelet" 2>/dev/null || true)"; then
    read_indices
    restore_packages
    use_present_repositories
    read_indices
  else
    restore_packages
  fi
  # done; and the repositories of now have no former version
  rm -f "$FOUND/package" "$FOUND/packages"
fi
if [ "$(package_version kubelet)" != "$present_kubelet" ] || [ -e "$R/run/caravan-restart/kubelet.service" ] || program_replaced kubelet ||
  ! kubelet_is_healthy >/dev/null 2>&1; then
  changing "restart the kubelet"
  systemctl daemon-reload || true
  logged systemctl restart kubelet || left_for_now "the kubelet, which does not start: $(last_words)"
  wait_until "${RESTART_SECONDS:-300}" kubelet_is_healthy || left_for_now "the kubelet, which is not healthy"
fi
restore_all
