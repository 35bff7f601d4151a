# shellcheck shell=sh
# What moving a node to another runtime shares with its undo; sourced after lib.sh.

# kubeadm wrote it, and the kubelet's unit reads it.
# shellcheck disable=SC2034 # for the scripts
FLAGS=$R/var/lib/kubelet/kubeadm-flags.env
# kubeadm finds the runtime of a node by this annotation, for upgrades and resets.
SOCKET_OF_NODE=kubeadm.alpha.kubernetes.io/cri-socket

docker_runs() { have docker && systemctl is-active -q docker.service; }

node_socket() {
  as_node get node "$NODE_NAME" -o 'jsonpath={.metadata.annotations.kubeadm\.alpha\.kubernetes\.io/cri-socket}' 2>/dev/null || true
}
name_socket() { as_node annotate node "$NODE_NAME" --overwrite "$SOCKET_OF_NODE=$1" > "$WORK/output" 2>&1; } # SOCKET

# The addresses that the plugin host-local still keeps for sandboxes that were removed without it.
release_addresses() { # FILE with their ids
  for release_file in "$R"/var/lib/cni/networks/*/*; do
    [ -f "$release_file" ] || continue
    release_id=$(head -n 1 "$release_file" | tr -d '\r')
    case $release_id in "" | *[!0-9a-f]*) continue ;; esac
    if grep -qxF -e "$release_id" "$1"; then rm -f "$release_file"; fi
  done
}
