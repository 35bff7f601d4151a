#!/bin/sh
# Starts the control plane of a host again, after its etcd was restored, and waits until etcd and API server answer. The kubelet is
# restarted, so that it reads all objects again.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/etcd-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/restore-lib.sh"

if planning; then
  change "start the control plane" || true
  exit 0
fi

if [ -d "$STOPPED" ]; then
  change "start the control plane"
  for pod in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    if [ -f "$STOPPED/$pod.yaml" ]; then mv "$STOPPED/$pod.yaml" "$MANIFESTS/$pod.yaml"; fi
  done
  rmdir "$STOPPED"
  logged systemctl restart kubelet || command_failed "the kubelet does not start: $(last_words)" "On the host: journalctl -u kubelet"
fi

healthy() { etcd_running && etcdctl endpoint health --command-timeout=10s; }
say "waiting for etcd"
wait_until 240 healthy ||
  fail_for_now "etcd is not healthy 240 s after it was started" \
    "On the host: crictl ps -a; the log of etcd. More than half of the members must have started."
say "waiting for the API server"
wait_until 240 api_answers ||
  fail_for_now "the API server does not answer 240 s after it was started" "On the host: crictl ps -a; the log of kube-apiserver."
rm -rf "$PROGRAMS"
