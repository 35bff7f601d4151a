#!/bin/sh
# Undoes kubeadm join: pods, kubelet's mounts and state, rules and links. If the host was a control plane of a cluster that stays, also
# its member of etcd. The step forget-node removes the node from the cluster.
# Environment: RUNTIME, CRI_SOCKET, POD_SUBNET, GOES.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
# recorded before everything else that join changes; this step does not undo an earlier join of the host
if was_found tree; then
  leave_cluster
  remove_images_of_pods
fi
restore_all
