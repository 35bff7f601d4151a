#!/bin/sh
# kubeadm init on the first control plane, once. A control plane that is up is left alone; an init that was cut short is
# finished where its API server is up, and begun again where it never came up.
# Environment: CONTROL_PLANE_ENDPOINT, CRI_SOCKET, CLUSTER_NAME, INIT_MAKES.  Standard input: the kubeadm documents.
# Outputs: caCertHash (what joining hosts verify the cluster by).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

(umask 077 && cat > "$WORK/kubeadm.yaml")

# There from before init's first change until its success: without it nothing here is ours to reset.
unfinished=$R/etc/kubernetes/.caravan-init-unfinished

# What init makes last, by which one that ended is known. The engine reads it out of the documents; kube-proxy and CoreDNS may
# be left out there. Where nothing of it is to be made, an API server that answers must do.
init_makes=${INIT_MAKES-configmap/kubeadm-config daemonset/kube-proxy}
cluster_complete() {
  if [ -z "$init_makes" ]; then api_answers; return; fi
  # shellcheck disable=SC2086 # names of objects
  cluster -n kube-system get $init_makes -o name >/dev/null 2>&1
}

refuse_other_cluster() {
  server=$(sed -n 's/^ *server: *//p' "$ADMIN_CONF" | head -n 1)
  case $server in
    "" | "https://$CONTROL_PLANE_ENDPOINT") ;;
    *) fail "this host is a control plane of another cluster already, whose API server is $server" "Take that cluster off the host first (kubeadm reset), or set kubernetes.controlPlaneEndpoint to its address." ;;
  esac
}

init() { # OPTION...
  say "kubeadm init"
  hiding_secrets kubeadm init --config "$WORK/kubeadm.yaml" --skip-token-print --skip-certificate-key-print "$@" || init_failed
  cluster_complete || fail "kubeadm init ended well, but the cluster lacks one of these in kube-system: ${init_makes:-an API server that answers}" "See this step's log."
  finished
}

# Ends an init of ours.
finished() {
  # init's own token would be good for 24 hours; hosts join by one that is revoked afterwards
  if [ -f "$unfinished" ] && ! grep -q bootstrapTokens "$WORK/kubeadm.yaml"; then
    for token_id in $(kubeadm token list --kubeconfig "$ADMIN_CONF" 2>/dev/null | sed -nE 's/^([a-z0-9]{6})[.].*/\1/p'); do
      cluster -n kube-system delete secret "bootstrap-token-$token_id" >/dev/null || true
    done
  fi
  rm -f "$unfinished"
}

init_failed() {
  command_failed "kubeadm init: $(kubeadm_words)$(kubelet_words)" "On the host: journalctl -u kubelet; crictl ps -a or docker ps -a; the logs of kube-apiserver and etcd."
}

action=init
if [ -f "$ADMIN_CONF" ] && [ ! -f "$unfinished" ]; then
  refuse_other_cluster
  # somebody's cluster: perhaps only just booted, so the API server gets its time
  if ! api_answers; then
    say "waiting for the API server that this host had before"
    wait_until 90 api_answers || fail_for_now "this host holds a control plane whose API server does not answer at $CONTROL_PLANE_ENDPOINT" "It is left as it is. See on the host: journalctl -u kubelet. If it is of no use any more: kubeadm reset."
  fi
  if cluster_complete; then action=none; else action=finish; fi
elif [ -f "$unfinished" ]; then
  if api_answers; then
    if cluster_complete; then action=tidy; else action=finish; fi
  else
    action=again
  fi
elif [ -d "$R/var/lib/etcd/member" ]; then
  fail "there is a cluster's database in /var/lib/etcd on this host, but no /etc/kubernetes/admin.conf" "If it is of no use any more: kubeadm reset. Otherwise move it away."
fi

case $action in
  init)
    if change "initialise the control plane of ${CLUSTER_NAME:-the cluster}"; then
      found cluster "${CLUSTER_NAME:-kubernetes}" absent
      keep_node
      make_directory "$R/etc/kubernetes" 0755
      : > "$unfinished"
      init
    fi
    ;;
  finish)
    if change "finish kubeadm init, which was cut short"; then
      # each phase takes what is there; the checks would refuse just that
      init --skip-phases=preflight
    fi
    ;;
  tidy)
    # kubeadm was done, only its end was not seen
    if change "finish kubeadm init, which was cut short"; then finished; fi
    ;;
  again)
    if change "reset what an unfinished kubeadm init left, and initialise the control plane"; then
      say "kubeadm reset: the API server of the unfinished init does not answer"
      hiding_secrets kubeadm reset -f --cri-socket "$CRI_SOCKET" || fail "kubeadm reset: $(kubeadm_words)"
      make_directory "$R/etc/kubernetes" 0755
      : > "$unfinished"
      init
    fi
    ;;
esac
if planning && [ ! -f "$ADMIN_CONF" ]; then exit 0; fi

admin_kubeconfigs
output caCertHash "$(ca_cert_hash "$R/etc/kubernetes/pki/ca.crt")"
