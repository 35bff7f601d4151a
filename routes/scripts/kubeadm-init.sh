#!/bin/sh
# Runs kubeadm init on the first control plane, once. A running control plane is not changed. If an init was interrupted, it is finished
# if its API server is up, and otherwise started again. With the archive of a backup (ARTEFACT), the cluster is that of the backup: its PKI
# and its database are put in place before.
# Environment: CONTROL_PLANE_ENDPOINT, CRI_SOCKET, CLUSTER_NAME, INIT_MAKES, NODE_NAME.  Standard input: the kubeadm documents.
# Outputs: caCertHash (joining hosts verify the cluster with it).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/etcd-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/restore-lib.sh"

(umask 077 && cat > "$WORK/kubeadm.yaml")

# This file exists from before init's first change until its success. Without it, nothing on this host may be reset.
unfinished=$R/etc/kubernetes/.caravan-init-unfinished

# The objects that init makes last; if they are there, init has ended. The engine reads them from the documents, which may leave out
# kube-proxy and CoreDNS. If there are no such objects, the API server must answer.
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
    *) fail "this host is a control plane of another cluster already, whose API server is $server" \
      "Remove that cluster from the host first (kubeadm reset), or set kubernetes.controlPlaneEndpoint to its address." ;;
  esac
}

# With a backup: sets $backup_options for kubeadm init.
backup_options=
place_backup() {
  [ -n "${ARTEFACT:-}" ] || return 0
  RESTORE_PLACE=$(dirname "$ARTEFACT")/restore
  on_exit() { rm -rf "$RESTORE_PLACE"; }
  open_backup
  etcd_data=$(pod_flag "$RESTORE_PLACE/host/etc/kubernetes/manifests/etcd.yaml" data-dir)
  etcd_data=${etcd_data:-/var/lib/etcd}
  address=$(sed -n 's/^ *advertiseAddress: *"\{0,1\}\([^" ]*\).*/\1/p' "$WORK/kubeadm.yaml" | head -n 1)
  image=$(kubeadm config images list --config "$WORK/kubeadm.yaml" 2>"$WORK/output" | grep '/etcd:') ||
    command_failed "kubeadm config images list: $(last_words)"
  place_cluster_files
  place_database "$image" "$NODE_NAME" "$address" "$R$etcd_data"
  backup_options=--ignore-preflight-errors=DirAvailable-$(echo "$etcd_data" | tr / -)
}

init() { # OPTION...
  say "kubeadm init"
  hiding_secrets kubeadm init --config "$WORK/kubeadm.yaml" --skip-token-print --skip-certificate-key-print "$@" || init_failed
  cluster_complete ||
    fail "kubeadm init ended well, but the cluster lacks one of these in kube-system: ${init_makes:-an API server that answers}" \
      "See this step's log."
  finished
}

# On a host without a control plane.
init_from_the_beginning() {
  make_directory "$R/etc/kubernetes" 0755
  : > "$unfinished"
  place_backup
  # shellcheck disable=SC2086 # one word or none
  init $backup_options
}

# Ends an init of ours.
finished() {
  # init's own token would be valid for 24 hours; hosts join with one that is revoked afterwards
  if [ -f "$unfinished" ] && ! grep -q bootstrapTokens "$WORK/kubeadm.yaml"; then
    for token_id in $(kubeadm token list --kubeconfig "$ADMIN_CONF" 2>/dev/null | sed -nE 's/^([a-z0-9]{6})[.].*/\1/p'); do
      cluster -n kube-system delete secret "bootstrap-token-$token_id" >/dev/null || true
    done
  fi
  rm -f "$unfinished"
}

init_failed() {
  command_failed "kubeadm init: $(kubeadm_words)$(kubelet_words)" \
    "On the host: journalctl -u kubelet; crictl ps -a or docker ps -a; the logs of kube-apiserver and etcd."
}

action=init
if [ -f "$ADMIN_CONF" ] && [ ! -f "$unfinished" ]; then
  refuse_other_cluster
  # a cluster that Caravan did not make: the host may have booted just now, so wait for the API server
  if ! api_answers; then
    say "waiting for the API server that this host had before"
    wait_until 90 api_answers ||
      fail_for_now "this host has a control plane whose API server does not answer at $CONTROL_PLANE_ENDPOINT" \
        "It was not changed. See on the host: journalctl -u kubelet. If it is not needed any more: kubeadm reset."
  fi
  if cluster_complete; then action=none; else action=finish; fi
elif [ -f "$unfinished" ]; then
  if api_answers; then
    if cluster_complete; then action=tidy; else action=finish; fi
  else
    action=again
  fi
elif [ -d "$R/var/lib/etcd/member" ]; then
  fail "there is a cluster's database in /var/lib/etcd on this host, but no /etc/kubernetes/admin.conf" \
    "If it is not needed any more: kubeadm reset. Otherwise move it away."
fi

case $action in
  init)
    if change "initialise the control plane of ${CLUSTER_NAME:-the cluster}${ARTEFACT:+ from the backup}"; then
      found cluster "${CLUSTER_NAME:-kubernetes}" absent
      keep_node
      init_from_the_beginning
    fi
    ;;
  finish)
    if change "finish kubeadm init, which was cut short"; then
      # each phase uses the files that are there; the checks would refuse them
      init --skip-phases=preflight
    fi
    ;;
  tidy)
    # kubeadm had finished, but its end was not recorded
    if change "finish kubeadm init, which was cut short"; then finished; fi
    ;;
  again)
    if change "reset what an unfinished kubeadm init left, and initialise the control plane"; then
      say "kubeadm reset: the API server of the unfinished init does not answer"
      hiding_secrets kubeadm reset -f --cri-socket "$CRI_SOCKET" || fail "kubeadm reset: $(kubeadm_words)"
      init_from_the_beginning
    fi
    ;;
esac
if planning && [ ! -f "$ADMIN_CONF" ]; then exit 0; fi

admin_kubeconfigs
output caCertHash "$(ca_cert_hash "$R/etc/kubernetes/pki/ca.crt")"
