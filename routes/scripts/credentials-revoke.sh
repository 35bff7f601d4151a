#!/bin/sh
# Revokes what join-credentials minted: the tokens, and the uploaded certificates.
# Environment: TOKEN_ID (the first halves of the tokens, which are not secret; empty: only the certificates).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if planning; then exit 0; fi
[ -f "$ADMIN_CONF" ] || skip "there is no cluster on this host any more"

secrets=kubeadm-certs
# the uploaded certificates expire with a token of their own, which must be deleted as well
owner=$(cluster -n kube-system get secret kubeadm-certs --ignore-not-found -o 'jsonpath={.metadata.ownerReferences[*].name}' \
  2>/dev/null || true)
case $owner in bootstrap-token-*) secrets="$secrets $owner" ;; esac
for token_id in ${TOKEN_ID:-}; do secrets="bootstrap-token-$token_id $secrets"; done
# shellcheck disable=SC2086 # a list of names
logged cluster -n kube-system delete secret --ignore-not-found $secrets ||
  command_failed "could not revoke the join token${TOKEN_ID:+ $TOKEN_ID}: $(last_words)" \
    "It expires within half an hour. By hand: kubeadm token delete ${TOKEN_ID:-ID}"
