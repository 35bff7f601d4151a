#!/bin/sh
# Waits until all components of this control plane run and its API server is ready. After all certificates had expired, that is once most
# members of etcd have new ones.
# Environment: RUNTIME, CRI_SOCKET, RESTART_SECONDS.  Secrets: kubeconfig (admin.conf).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

if planning; then exit 0; fi
seconds=${RESTART_SECONDS:-300}

# The first component without a running container.
down() {
  echo "$COMPONENTS" | while read -r down_component _; do
    if [ -f "$KUBERNETES/manifests/$down_component.yaml" ] && [ -z "$(container_of "$down_component")" ]; then echo "$down_component"; fi
  done | head -n 1
}
ready() { [ -z "$(down)" ] && own_api_answers; }

say "waiting until the API server of this host is ready"
end=$(($(date +%s) + seconds))
# The kubelet waits up to five minutes before it starts a container again that ended several times, but not after its own start.
until wait_until "$((seconds < 45 ? seconds : 45))" ready; do
  if [ "$(date +%s)" -ge "$end" ]; then
    component=$(down)
    fail "the certificates of this host are renewed, but its API server is not ready after $seconds s${component:+: $component does not run}" \
      "On the host: journalctl -u kubelet, and the logs in /var/log/pods. The former files are in /var/lib/caravan/certificates."
  fi
  component=$(down)
  if [ -n "$component" ] && change "restart the kubelet, so that it starts $component now"; then
    logged systemctl restart kubelet.service ||
      command_failed "could not restart the kubelet: $(last_words)" "On the host: journalctl -u kubelet"
  fi
done
admin_kubeconfig | secret kubeconfig
