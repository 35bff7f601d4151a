#!/bin/sh
# Gives the kubelet of a control plane a client certificate for one year, signed by the CA on this host, if its own has expired: until
# then the kubelet renews it itself, and after that it cannot. An expired certificate is not recorded, as nobody wants it back.
# Environment: NODE_NAME.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

[ -f "$KUBERNETES/kubelet.conf" ] || skip "this host is not a node"
need_openssl
# kubeadm init before 1.17 left the certificate in kubelet.conf itself
current=$KUBELET_CLIENT
if [ ! -f "$current" ]; then current=$KUBERNETES/kubelet.conf; fi
if ! expired "$current"; then
  skip "the kubelet renews its client certificate itself; it has $(days_until "$(end_of "$current")") days left"
fi
[ -f "$PKI/ca.key" ] || fail "the key of the CA /etc/kubernetes/pki/ca.crt is not on this host, so the kubelet gets no certificate here" \
  "Have the external CA sign one for O=system:nodes, CN=system:node:$NODE_NAME, and put it with its key into ${KUBELET_CLIENT#"$R"}."

make_certificate() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$WORK/key" &&
    openssl req -new -key "$WORK/key" -subj "/O=system:nodes/CN=system:node:$NODE_NAME" -out "$WORK/request" &&
    openssl x509 -req -in "$WORK/request" -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" \
      -set_serial "0x$(od -An -v -N 8 -t x1 /dev/urandom | tr -d ' \n')" \
      -sha256 -days 365 -extfile "$WORK/extensions" -out "$WORK/certificate"
}

if change "give the kubelet a new client certificate, and restart it"; then
  printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=clientAuth\n' \
    > "$WORK/extensions"
  make_certificate 2>"$WORK/output" || fail "openssl could not make a certificate for the kubelet: $(last_words)"
  # named as the kubelet names them
  renewed=$KUBELET_PKI/kubelet-client-$(date -u +%Y-%m-%d-%H-%M-%S).pem
  if [ -f "$KUBELET_CLIENT" ] && [ ! -L "$KUBELET_CLIENT" ]; then mv "$KUBELET_CLIENT" "$KUBELET_PKI/kubelet-client-expired.pem"; fi
  (umask 077 && mkdir -p "$KUBELET_PKI" && cat "$WORK/certificate" "$WORK/key" > "$renewed.new")
  mv -f "$renewed.new" "$renewed"
  ln -sf "$(basename "$renewed")" "$KUBELET_CLIENT.new"
  mv -f "$KUBELET_CLIENT.new" "$KUBELET_CLIENT"
  if grep -q '^ *client-certificate-data:' "$KUBERNETES/kubelet.conf"; then
    # certificates-renew has saved the file as it was
    sed -e "s,^\( *\)client-certificate-data:.*,\1client-certificate: ${KUBELET_CLIENT#"$R"}," \
      -e "s,^\( *\)client-key-data:.*,\1client-key: ${KUBELET_CLIENT#"$R"}," \
      "$KUBERNETES/kubelet.conf" > "$WORK/kubelet.conf"
    cat "$WORK/kubelet.conf" > "$KUBERNETES/kubelet.conf"
  fi
  logged systemctl restart kubelet.service ||
    command_failed "could not restart the kubelet: $(last_words)" "On the host: journalctl -u kubelet"
fi
