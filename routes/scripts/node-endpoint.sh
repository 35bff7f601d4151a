#!/bin/sh
# Has what this host keeps lead to the endpoint of the spec: kubelet.conf; on a control plane also controller-manager.conf, scheduler.conf,
# admin.conf, super-admin.conf, and copies of admin.conf in home directories. A kubelet or component that talks to the API server of this
# very host is left so. What reads a changed file is restarted, and the node has to be Ready again. If the kubelet does not reach the API
# server, the former kubelet.conf is put back.
# Environment: CONTROL_PLANE_ENDPOINT, NODE_NAME, RUNTIME, CRI_SOCKET, RESTART_SECONDS.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/settings-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/endpoint-lib.sh"

kubelet_conf=$KUBERNETES/kubelet.conf
seconds=${RESTART_SECONDS:-300}
[ -f "$kubelet_conf" ] || skip "this host is not a node yet"

leads_here() { # SERVER
  [ -f "$MANIFESTS/kube-apiserver.yaml" ] || return 1
  case $1 in "$(own_api_url)" | https://127.0.0.1:6443 | https://localhost:6443 | 'https://[::1]:6443') return 0 ;; *) return 1 ;; esac
}
move() { # FILE
  [ -f "$1" ] || return 0
  former=$(server_of "$1")
  if [ -z "$former" ] || [ "$former" = "$NEW_SERVER" ]; then return 0; fi
  if [ -n "$(reader_of "$1")" ] && leads_here "$former"; then return 0; fi
  if change "update the server in ${1#"$R"}"; then
    found server "${1#"$R"}" "$former"
    set_server_of_reader "$1" "$former" "$NEW_SERVER"
  else
    would_differ "${1#"$R"}" "$former" "$NEW_SERVER"
  fi
}

# --- the kubelet

former_server=$(server_of "$kubelet_conf")
was_ready=no
if node_is_ready; then was_ready=yes; fi
move "$kubelet_conf"
kubelet_reaches() {
  logged systemctl restart kubelet || return 1
  wait_until "$seconds" kubelet_is_healthy || return 1
  [ "$was_ready" = yes ] || return 0
  node_reports "$seconds"
}
if is_restart_needed kubelet && change "restart the kubelet"; then
  if ! kubelet_reaches; then
    if [ "$former_server" = "$NEW_SERVER" ]; then
      fail_for_now "the node $NODE_NAME is not Ready $seconds s after the restart of its kubelet" \
        "See: kubectl describe node $NODE_NAME; on the host: journalctl -u kubelet"
    fi
    say "the kubelet does not report to the API server; its former endpoint is put back"
    set_server "$kubelet_conf" "$NEW_SERVER" "$former_server"
    logged systemctl restart kubelet || true
    restarted kubelet
    failed="the kubelet has not reported to the API server through $CONTROL_PLANE_ENDPOINT in $seconds s"
    fail "$failed; it uses ${former_server#https://} again" \
      "On the host: journalctl -u kubelet"
  fi
  restarted kubelet
fi

# --- a control plane

move "$KUBERNETES/controller-manager.conf"
move "$KUBERNETES/scheduler.conf"
for component in kube-controller-manager kube-scheduler; do
  if is_restart_needed "$component" && change "restart $component"; then
    component_before=$(container_of "$component")
    { restart_component "$component" && await_component "$component" "$component_before"; } ||
      fail "$component did not come back with another server in its kubeconfig: $why" \
        "On the host: journalctl -u kubelet, and the logs in /var/log/pods."
    restarted "$component"
  fi
done
if [ -f "$ADMIN_CONF" ]; then
  # admin.conf last: it says which files are copies of it
  admin_server=$(server_of "$ADMIN_CONF")
  if have openssl; then copies; fi > "$WORK/copies"
  while read -r copy; do
    if [ "$(server_of "$R$copy")" = "$admin_server" ]; then move "$R$copy"; fi
  done < "$WORK/copies"
  move "$KUBERNETES/super-admin.conf"
  move "$ADMIN_CONF"
fi
