#!/bin/sh
# Undoes the installation of the runtime. If the step installed it, it is removed with its containers, images and data. If it was there
# before, it stays, and is restarted only if it ran with another configuration.
# Environment: RUNTIME, CRI_SOCKET.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
if was_found runtime; then
  GOES="${GOES:-} runtime"
  remove_containers
  remove_pods
  restore_units_down
  # their processes outlive the service that started them
  for group in docker system.slice/docker.service system.slice/containerd.service system.slice/crio.service; do
    case " $(cut -f 1 "$FOUND/unit" | paste -s -d ' ') " in *" ${group##*/} "* | *" ${group##*/}.service "*) end_group "$group" ;; esac
  done
fi
restore_all
