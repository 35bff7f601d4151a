#!/bin/sh
# Brings the configuration of this host's kubelet into line with the spec, and restarts it; pods continue to run. If the kubelet does not
# come back, the former configuration is put back.
# Environment: KUBERNETES_VERSION, NODE_NAME, RESTART_SECONDS.  Standard input: see settings-lib.sh.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/settings-lib.sh"

take_documents
need_this_version
seconds=${RESTART_SECONDS:-300}

make_kubelet_config
was_ready=no
if node_is_ready; then was_ready=yes; fi
restarted=no
if kubelet_config_differs; then
  cp "$KUBELET/config.yaml" "$WORK/former"
  keep_reader kubelet.service
  put_file "$KUBELET/config.yaml" "$(stat -c %a "$KUBELET/config.yaml")" < "$ASIDE/kubelet/config.yaml"
  if planning; then exit 0; fi
  change "restart the kubelet"
  restarted=yes
  if ! logged systemctl restart kubelet || ! wait_until "$seconds" kubelet_is_healthy; then
    words=$(kubelet_error)
    say "the kubelet does not come back; its former configuration is put back"
    cat "$WORK/former" > "$KUBELET/config.yaml"
    logged systemctl restart kubelet || true
    failed="the kubelet is not healthy $seconds s after its restart with the settings of the spec${words:+: $words}"
    fail "$failed; its former configuration is in place again" \
      "Correct KubeletConfiguration under kubernetes.kubeadm in the spec. On the host: journalctl -u kubelet"
  fi
elif ! systemctl is-active -q kubelet; then
  if change "start the kubelet"; then
    restarted=yes
    keep_unit kubelet.service
    logged systemctl start kubelet || command_failed "could not start the kubelet: $(last_words)" "On the host: journalctl -u kubelet"
    wait_until "$seconds" kubelet_is_healthy ||
      fail_for_now "the kubelet is not healthy $seconds s after its start: $(kubelet_error)" "On the host: journalctl -u kubelet"
  fi
fi
if [ "$restarted" = yes ] && [ "$was_ready" = yes ]; then
  node_reports "$seconds" ||
    fail_for_now "the node $NODE_NAME is not Ready $seconds s after the restart of its kubelet" "See: kubectl describe node $NODE_NAME"
fi
