# shellcheck shell=sh
# What scripts about certificates share, beside lib.sh:
#
#     . "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
#     . "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"
#
# Of a file with a private key, openssl gets only what is between BEGIN CERTIFICATE and END CERTIFICATE.

KUBERNETES=$R/etc/kubernetes
# shellcheck disable=SC2034 # for those that source this
PKI=$KUBERNETES/pki
KUBELET_PKI=$R/var/lib/kubelet/pki
KUBELET_CLIENT=$KUBELET_PKI/kubelet-client-current.pem

# The certificates that kubeadm renews, below /etc/kubernetes; with the CA that signs each, below pki.
KUBEADM_CERTIFICATES='pki/apiserver.crt ca
pki/apiserver-kubelet-client.crt ca
pki/apiserver-etcd-client.crt etcd/ca
pki/front-proxy-client.crt front-proxy-ca
pki/etcd/server.crt etcd/ca
pki/etcd/peer.crt etcd/ca
pki/etcd/healthcheck-client.crt etcd/ca
admin.conf ca
super-admin.conf ca
controller-manager.conf ca
scheduler.conf ca'

need_openssl() { have openssl || fail "there is no openssl on this host" "Install the package openssl, then run this again."; }

pem_of() { # FILE: its certificates, or those in it if it is a kubeconfig
  case $1 in
    *.conf | */config)
      sed -n 's/^ *client-certificate-data: *"\{0,1\}\([A-Za-z0-9+/=]*\)"\{0,1\} *$/\1/p' "$1" |
        while read -r pem_embedded; do printf '%s' "$pem_embedded" | base64 -d 2>/dev/null || true; done
      ;;
    *) cat "$1" ;;
  esac | sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p'
}

# When the first certificate of the file expires, in seconds since the epoch; nothing if it has none.
end_of() { # FILE
  [ -f "$1" ] || return 0
  end_date=$(pem_of "$1" | openssl x509 -noout -enddate 2>/dev/null | sed -n 's/^notAfter=//p')
  if [ -n "$end_date" ]; then date -u -d "$end_date" +%s; fi
}

expired() { # FILE: also if there is no certificate in it
  expired_end=$(end_of "$1")
  [ -z "$expired_end" ] || [ "$expired_end" -le "$(date +%s)" ]
}

# Whole days until then; -1 in the first day after it.
days_until() { # SECONDS since the epoch
  days_seconds=$(($1 - $(date +%s)))
  if [ "$days_seconds" -lt 0 ]; then echo $(((days_seconds - 86399) / 86400)); else echo $((days_seconds / 86400)); fi
}

# The certificate that expires first, of those that nobody renews but kubeadm or an administrator: its end in seconds since the epoch,
# and its path. A kubelet renews its client certificate itself, so that one counts only once it has expired.
next_to_expire() {
  {
    echo "$KUBEADM_CERTIFICATES" | sed 's/ .*//'
    printf '%s\n' pki/ca.crt pki/etcd/ca.crt pki/front-proxy-ca.crt
  } | {
    while read -r next_path; do
      next_end=$(end_of "$KUBERNETES/$next_path")
      if [ -n "$next_end" ]; then echo "$next_end /etc/kubernetes/$next_path"; fi
    done
    if [ -f "$KUBELET_CLIENT" ] && expired "$KUBELET_CLIENT"; then echo "$(end_of "$KUBELET_CLIENT") ${KUBELET_CLIENT#"$R"}"; fi
  } | sort -n | head -n 1
}
