#!/bin/sh
# Stops the control plane of a host, so that its etcd can be replaced: the manifests of its static pods are moved to a directory beside
# them, and the step ends when etcd and API server have ended. A control plane that is stopped stays so. The programs of the etcd that ran
# are kept until the control plane starts again.
# Outputs: member (NAME=URL, for the other members).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/etcd-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/restore-lib.sh"

if planning; then
  change "stop the control plane" || true
  exit 0
fi

if [ ! -f "$ETCD_MANIFEST" ]; then use_stopped; fi
[ -f "$ETCD_MANIFEST" ] ||
  fail "there is no manifest of etcd on this host" \
    "A backup is restored on control planes whose etcd kubeadm runs. A host that was reinstalled joins again by caravan apply, after the restore. If kubeadm init was cut short here, run caravan reset first."
name=$(pod_flag "$ETCD_MANIFEST" name)
url=$(pod_flag "$ETCD_MANIFEST" initial-advertise-peer-urls)
if [ -z "$name" ] || [ -z "$url" ]; then
  fail "the manifest of etcd names no member and no address" "See ${ETCD_MANIFEST#"$R"} on the host."
fi

keep_etcd_programs

if [ -f "$MANIFESTS/etcd.yaml" ] || [ -f "$MANIFESTS/kube-apiserver.yaml" ]; then
  change "stop the control plane"
  systemctl is-active --quiet kubelet || logged systemctl start kubelet ||
    command_failed "the kubelet does not start, and it has to stop the static pods: $(last_words)" "On the host: journalctl -u kubelet"
  (umask 077 && mkdir -p "$STOPPED")
  # the API server first, so that nobody writes to an etcd that is going
  for pod in kube-apiserver kube-controller-manager kube-scheduler etcd; do
    if [ -f "$MANIFESTS/$pod.yaml" ]; then mv "$MANIFESTS/$pod.yaml" "$STOPPED/$pod.yaml"; fi
  done
fi
use_stopped

ended() { ! etcd_process >/dev/null && ! api_server_process >/dev/null; }
say "waiting until etcd and API server have ended"
wait_until 180 ended ||
  fail_for_now "etcd or the API server still runs 180 s after its manifest was taken away" \
    "On the host: journalctl -u kubelet; crictl ps. Its manifests are in ${STOPPED#"$R"}."
output member "$name=$url"
