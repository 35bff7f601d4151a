#!/bin/sh
# Runs kubeadm join, once, for workers and further control planes. If a join was interrupted, it is reset and started again. A host of
# another cluster is refused.
# Environment: CA_CERT_HASH (sha256:...), CA_CERT (the CA's certificate, PEM in base64), CONTROL_PLANE_ENDPOINT, NODE_NAME, NODE_ROLES,
# CRI_SOCKET, CLUSTER_NAME.
# Standard input: the JoinConfiguration with its token (and certificate key).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

(umask 077 && cat > "$WORK/join.yaml")

# This file exists from before join's first change until its success. Without it, nothing on this host may be reset.
unfinished=$R/etc/kubernetes/.caravan-join-unfinished
kubelet_conf=$R/etc/kubernetes/kubelet.conf
ca=$R/etc/kubernetes/pki/ca.crt

node_registered() { as_node get node "$NODE_NAME" -o name >/dev/null 2>"$WORK/output"; }

# The cluster's own view, for a host that seems to have joined.
joined() {
  if node_registered; then return 0; fi
  if grep -q NotFound "$WORK/output"; then return 1; fi
  fail_for_now "$NODE_NAME has joined a cluster before, but its API server does not answer: $(last_words)" \
    "Is the API server at $CONTROL_PLANE_ENDPOINT up?"
}

join_failed() {
  command_failed "could not join through $CONTROL_PLANE_ENDPOINT: $(kubeadm_words)$(kubelet_words)" "On the host: journalctl -u kubelet"
}

# The cluster to join: its address and its CA, with which kubeadm verifies the API server. Not secret; the file exists only during the
# join.
discovery=$R/run/caravan-discovery.conf
write_discovery() {
  printf %s "${CA_CERT:-}" | base64 -d > "$WORK/ca.crt"
  came=$(ca_cert_hash "$WORK/ca.crt") || true
  [ "$came" = "$CA_CERT_HASH" ] ||
    fail "the CA certificate that came with the join credentials is not the cluster's (its hash is $came, the cluster's $CA_CERT_HASH)" \
      "Run the same command again: it mints new credentials."
  cat > "$discovery" <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: ""
    cluster:
      server: https://$CONTROL_PLANE_ENDPOINT
      certificate-authority-data: $CA_CERT
YAML
}

join() {
  write_discovery
  make_directory "$R/etc/kubernetes" 0755
  : > "$unfinished"
  say "kubeadm join"
  join_status=0
  hiding_secrets kubeadm join --config "$WORK/join.yaml" || join_status=$?
  rm -f "$discovery"
  [ "$join_status" -eq 0 ] || join_failed
  rm -f "$unfinished" "$WORK/join.yaml"
  # a worker's kubelet may register the node some time after kubeadm has ended, and what follows needs the node
  wait_until 120 node_registered ||
    fail_for_now "kubeadm join has ended, but the kubelet has not registered the node $NODE_NAME in two minutes: $(last_words)" \
      "On the host: journalctl -u kubelet"
}

action=fresh
if [ -f "$kubelet_conf" ] || [ -f "$ca" ]; then
  if [ -f "$unfinished" ]; then
    action=again
  elif planning && [ -z "${CA_CERT_HASH:-}" ]; then
    # a plan for a cluster whose first control plane could not be asked
    action=none
  elif [ ! -f "$ca" ] || [ "$(ca_cert_hash "$ca")" != "$CA_CERT_HASH" ]; then
    there=$(if [ -f "$ca" ]; then ca_cert_hash "$ca"; else echo not there; fi) || true
    fail "this host belongs to another cluster already (its CA's hash is $there, this cluster's $CA_CERT_HASH)" \
      "Remove that cluster from the host first: caravan reset with its spec, or kubeadm reset."
  elif [ -f "$kubelet_conf" ] && joined; then
    action=none
  else
    action=again
  fi
fi

case " $NODE_ROLES " in *" control-plane "*) as="control plane" ;; *) as="worker" ;; esac
case $action in
  fresh)
    if change "join ${CLUSTER_NAME:-the cluster} as $as"; then
      found node "$NODE_NAME" absent
      keep_node
      join
    fi
    ;;
  again)
    if change "reset what an earlier kubeadm join left, and join ${CLUSTER_NAME:-the cluster} as $as"; then
      say "kubeadm reset: an earlier join of this host did not end, or its node was deleted"
      hiding_secrets kubeadm reset -f --cri-socket "$CRI_SOCKET" || command_failed "kubeadm reset: $(kubeadm_words)"
      join
    fi
    ;;
esac

admin_kubeconfigs
