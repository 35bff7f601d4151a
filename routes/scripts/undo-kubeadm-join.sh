#!/bin/sh
# Takes kubeadm join back: the member of etcd, where it was a control plane of a cluster that stays; pods, kubelet's mounts
# and state, rules and links. That the cluster forgets the node is forget-node's part.
# Environment: RUNTIME, CRI_SOCKET, POD_SUBNET, GOES.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
# found before everything else that join changes; a join of this host before is not this step's to take back
if was_found tree; then
  leave_cluster
  remove_images_of_pods
fi
restore_all
