#!/bin/sh
# Moves the kubelet of this node back to Docker: Docker's units and the kubelet's flags are as they were, and what containerd runs for pods
# ends and is started again by Docker. If the cluster goes, only files and units are restored.
# Environment: RUNTIME, CRI_SOCKET, NODE_NAME, RESTART_SECONDS.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/runtime-lib.sh"

read_found
if goes cluster || ! was_found file; then
  restore_all
  exit 0
fi
seconds=${RESTART_SECONDS:-300}
if systemctl is-active -q kubelet; then
  changing "stop the kubelet"
  logged systemctl stop kubelet || left_for_now "the kubelet, which runs with containerd: $(last_words)"
fi
remove_pods
restore_all
changing "start the kubelet, which uses Docker again"
logged systemctl start kubelet || left_for_now "the kubelet, which does not start: $(last_words)"
wait_until "$seconds" kubelet_is_healthy || left_for_now "the kubelet, which is not healthy with Docker: $(kubelet_error)"
each_found annotation | while IFS=$TAB read -r _ state socket; do
  [ "$state" != absent ] || continue
  changing "note $socket as the runtime's socket on the node $NODE_NAME"
  wait_until 120 name_socket "$socket" || left_for_now "the annotation of the node $NODE_NAME: $(last_words)"
done
end_of_undo
