#!/bin/sh
# Has the kubelet ask the cluster for a client certificate, as it did when it joined: with a bootstrap kubeconfig, which holds a token.
# Only if its own certificate has expired. The bootstrap kubeconfig is removed at the end. An expired certificate is not recorded, as
# nobody wants it back.
# Environment: RESTART_SECONDS (how long the kubelet may take).  Standard input: the token.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

need_openssl
bootstrap=$KUBERNETES/bootstrap-kubelet.conf
aside=$KUBELET_PKI/kubelet-client-expired.pem
on_exit() {
  rm -f "$bootstrap"
  # without a new one, the expired one says what is wrong
  if [ ! -e "$KUBELET_CLIENT" ] && { [ -e "$aside" ] || [ -L "$aside" ]; }; then mv -f "$aside" "$KUBELET_CLIENT"; fi
}
(umask 077 && head -c 100 > "$WORK/token")
grep -qxE '[a-z0-9]{6}\.[a-z0-9]{16}' "$WORK/token" || fail "no token was given"
if ! expired "$KUBELET_CLIENT"; then skip "the kubelet has a client certificate that is valid"; fi
server=$(sed -n 's/^ *server: *//p' "$KUBERNETES/kubelet.conf" | head -n 1)
[ -n "$server" ] ||
  fail "/etc/kubernetes/kubelet.conf names no API server" "Join this host again: caravan reset for this host, then caravan apply."

renewed() { ! expired "$KUBELET_CLIENT"; }

if change "have the kubelet ask the cluster for a new client certificate"; then
  (
    umask 077
    {
      printf 'apiVersion: v1\nkind: Config\nclusters:\n- name: cluster\n  cluster:\n    certificate-authority: /etc/kubernetes/pki/ca.crt\n    server: %s\n' "$server"
      printf 'contexts:\n- name: bootstrap\n  context: {cluster: cluster, user: bootstrap}\ncurrent-context: bootstrap\nusers:\n- name: bootstrap\n  user:\n    token: '
      cat "$WORK/token"
    } > "$bootstrap"
  )
  if [ -e "$KUBELET_CLIENT" ] || [ -L "$KUBELET_CLIENT" ]; then mv -f "$KUBELET_CLIENT" "$aside"; fi
  say "the kubelet asks the cluster for a certificate"
  logged systemctl restart kubelet.service ||
    command_failed "could not restart the kubelet: $(last_words)" "On the host: journalctl -u kubelet"
  wait_until "${RESTART_SECONDS:-300}" renewed ||
    fail "the kubelet got no new client certificate within ${RESTART_SECONDS:-300} s from $server" \
      "On the host: journalctl -u kubelet. On a control plane: kubectl get csr; the controller manager signs the requests."
fi
