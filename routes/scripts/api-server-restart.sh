#!/bin/sh
# Restarts the API server of this host if its etcd had no leader within the last ten minutes, as happens when the second member is slow to
# start. With Kubernetes 1.20, clients may then wait in vain for events of watches that they began before: a new Service gets no endpoints,
# and no rules on any node, until each watch ends by itself, after five to ten minutes (kubernetes/kubernetes#97294).
# Environment: RUNTIME, CRI_SOCKET, RESTART_SECONDS.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

if planning; then exit 0; fi
container=$(container_of kube-apiserver)
[ -n "$container" ] || fail_for_now "no kube-apiserver runs on this host" "On the host: journalctl -u kubelet"

# The words of both the API server's client of etcd and its watch cache. A client gives up a watch after at most ten minutes.
log_of() { # CONTAINER
  case $RUNTIME in
    docker) docker logs --since 10m "$1" ;;
    *) runtime_client logs --since 10m "$1" ;;
  esac </dev/null 2>&1
}
if ! log_of "$container" > "$WORK/log"; then
  echo "the log of kube-apiserver cannot be read: $(tail -n 1 "$WORK/log")"
  exit 0
fi
if ! grep -q 'etcdserver: no leader' "$WORK/log"; then exit 0; fi

if change "restart kube-apiserver, because its etcd had no leader"; then
  seconds=${RESTART_SECONDS:-300}
  logs="On the host: journalctl -u kubelet, and the logs in /var/log/pods."
  restart_component kube-apiserver || fail "kube-apiserver did not come back after its restart: $why" "$logs"
  wait_until "$seconds" own_api_answers || fail "the API server of this host is not ready $seconds s after its restart" "$logs"
fi
