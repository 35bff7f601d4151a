#!/bin/sh
# Undoes kubeadm init: pods, kubelet's mounts and state, the cluster's data, rules and links. By hand this is `kubeadm reset`, and what
# it leaves to its user. What was there before init stays.
# Environment: RUNTIME, CRI_SOCKET, POD_SUBNET, GOES.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
if was_found cluster; then
  GOES="${GOES:-} cluster"
  leave_cluster
  remove_images_of_pods
fi
restore_all
