#!/bin/sh
# Upgrades kubelet and kubectl of this host and restarts the kubelet; the node has been drained. On a worker, kubeadm renews the kubelet's
# configuration first; on a control plane it has done so.
# Environment: KUBERNETES_VERSION, NODE_ROLES, IGNORED_CHECKS, PATCHES, KUBELET_FLAGS_REMOVED (names of flags that this version refuses);
# KUBERNETES_REPO_URL.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/repository-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/upgrade-lib.sh"

know_family

# A worker whose upgrade fails gets its former kubelet again: it may be older than the API server.
keep_kubelet() {
  for kubelet_file in config.yaml kubeadm-flags.env instance-config.yaml; do
    keep_file "$R/var/lib/kubelet/$kubelet_file"
    found reader "/var/lib/kubelet/$kubelet_file" kubelet.service
  done
}

configuration() { cat "$R/var/lib/kubelet/config.yaml" "$R/var/lib/kubelet/kubeadm-flags.env" \
  "$R/var/lib/kubelet/instance-config.yaml" 2>/dev/null | sha256sum; }
configuration > "$WORK/configuration"

case " $NODE_ROLES " in
  *" control-plane "*) ;;
  *)
    if ! planning; then
      keep_kubelet
      kubeadm_upgrade node || command_failed "kubeadm upgrade node: $(kubeadm_words)" "On the host: journalctl -u kubelet"
    fi
    ;;
esac

upgrade_kubernetes_packages "$KUBERNETES_VERSION" kubelet kubectl
if planning; then exit 0; fi

# a kubelet does not start with a flag that it does not know
flags_file=$R/var/lib/kubelet/kubeadm-flags.env
for flag in ${KUBELET_FLAGS_REMOVED:-}; do
  if grep -qs -e "--${flag}[= \"]" "$flags_file" &&
    change "remove --$flag, which kubelet $KUBERNETES_VERSION does not know, from ${flags_file#"$R"}"; then
    sed -E -i "s/ *--$flag(=[^ \"]*)?//; s/=\" */=\"/" "$flags_file"
  fi
done

configuration > "$WORK/configuration-now"
if [ -n "$upgrade_names" ] || program_replaced kubelet || ! cmp -s "$WORK/configuration" "$WORK/configuration-now" ||
  ! systemctl is-active -q kubelet; then
  change "restart kubelet"
  systemctl daemon-reload
  logged systemctl restart kubelet || command_failed "could not restart kubelet: $(last_words)" "On the host: journalctl -u kubelet"
fi
wait_until 120 kubelet_is_healthy ||
  fail "kubelet $KUBERNETES_VERSION is not healthy two minutes after its restart: $(kubelet_error)" \
    "On the host: journalctl -u kubelet"
