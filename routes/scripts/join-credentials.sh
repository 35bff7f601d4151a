#!/bin/sh
# Mints what hosts need to join, on the first control plane: a short-lived token, the hash of the CA's public key and, for control
# planes, the shared certificates, uploaded under a key. Changes nothing permanently; so the step reports ok, not changed. There is one
# exception: names that the certificates of joining API servers need are added to the cluster's configuration, which all joins read.
# Environment: TOKEN_TTL (30m), CERTIFICATE_NAMES (addresses and names for the certificates of API servers).
# Standard input: kubeadm documents with CERTIFICATE-KEY where the key for the shared certificates belongs, which is made here; empty:
# workers only.
# Outputs: caCertHash, caCertificate (PEM in base64), tokenId.  Secrets: token, certificateKey.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

(umask 077 && cat > "$WORK/kubeadm.yaml")

if planning; then
  if [ -f "$R/etc/kubernetes/pki/ca.crt" ]; then output caCertHash "$(ca_cert_hash "$R/etc/kubernetes/pki/ca.crt")"; fi
  exit 0
fi

api_answers || fail_for_now "the API server on ${NODE_NAME:-this host} does not answer" "On the host: journalctl -u kubelet"

kubeadm token create --kubeconfig "$ADMIN_CONF" --ttl "${TOKEN_TTL:-30m}" \
  --description "Caravan: hosts joining ${CLUSTER_NAME:-the cluster}" > "$WORK/token" 2>"$WORK/output" ||
  command_failed "kubeadm token create: $(last_words)"
grep -qxE '[a-z0-9]{6}\.[a-z0-9]{16}' "$WORK/token" || fail "kubeadm token create printed no token"
token_id=$(cut -d . -f 1 "$WORK/token")
echo "token $token_id.(hidden), good for ${TOKEN_TTL:-30m}"

# The configuration is as kubeadm wrote it, with each name on a line of its own. A control plane that joins reads it.
add_certificate_names() {
  cluster -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' > "$WORK/configuration" 2>"$WORK/output" ||
    command_failed "kubectl get configmap kubeadm-config: $(last_words)"
  for name in $CERTIFICATE_NAMES; do
    tr -d "\"'" < "$WORK/configuration" | grep -qxE " *- $(printf %s "$name" | sed 's/[.]/[.]/g')" || echo "  - \"$name\""
  done > "$WORK/names"
  [ -s "$WORK/names" ] || return 0
  if change "add $(sed 's/^  - //' "$WORK/names" | one_line_input) to the names in certificates of API servers"; then
    # {} is how kubeadm writes that there are no settings
    if grep -qx '  certSANs:' "$WORK/configuration"; then
      sed "/^  certSANs:\$/r $WORK/names" "$WORK/configuration"
    elif grep -q '^apiServer:' "$WORK/configuration"; then
      { echo '  certSANs:'; cat "$WORK/names"; } > "$WORK/names-with-key"
      sed -e 's/^apiServer: {}$/apiServer:/' -e "/^apiServer:/r $WORK/names-with-key" "$WORK/configuration"
    else
      { cat "$WORK/configuration"; echo 'apiServer:'; echo '  certSANs:'; cat "$WORK/names"; }
    fi > "$WORK/configuration-with-names"
    text=$(sed 's/\\/\\\\/g; s/"/\\"/g; s/$/\\n/' "$WORK/configuration-with-names" | tr -d '\n')
    logged cluster -n kube-system patch configmap kubeadm-config --type merge -p "{\"data\": {\"ClusterConfiguration\": \"$text\"}}" ||
      command_failed "could not change kubeadm-config: $(last_words)"
  fi
}

if [ -s "$WORK/kubeadm.yaml" ]; then
  if [ -n "${CERTIFICATE_NAMES:-}" ]; then add_certificate_names; fi
  # 32 bytes in hexadecimal; passed by files, because every user can read command lines
  (
    umask 077
    od -An -v -N 32 -t x1 /dev/urandom | tr -d ' \n' > "$WORK/key"
    { printf 's/CERTIFICATE-KEY/'; cat "$WORK/key"; printf '/\n'; } > "$WORK/put-key"
    sed -f "$WORK/put-key" "$WORK/kubeadm.yaml" > "$WORK/kubeadm-with-key.yaml"
  )
  hiding_secrets kubeadm init phase upload-certs --upload-certs --config "$WORK/kubeadm-with-key.yaml" --skip-certificate-key-print ||
    command_failed "kubeadm init phase upload-certs: $(last_words)"
fi

tr -d '\n' < "$WORK/token" | secret token
if [ -s "$WORK/key" ]; then secret certificateKey < "$WORK/key"; fi
output tokenId "$token_id"
output caCertHash "$(ca_cert_hash "$R/etc/kubernetes/pki/ca.crt")"
output caCertificate "$(base64 -w0 < "$R/etc/kubernetes/pki/ca.crt")"
