# shellcheck shell=sh
# The cluster, seen from a control plane.

ADMIN_CONF=$R/etc/kubernetes/admin.conf

# kubectl as the cluster's administrator; its cache is not in root's home.
cluster() { kubectl --kubeconfig "$ADMIN_CONF" --cache-dir "$R/run/caravan-kubectl" --request-timeout 20s "$@"; } # ARGUMENT...

# The same as the node of this host itself, which may change its own node.
as_node() { # ARGUMENT...
  kubectl --kubeconfig "$R/etc/kubernetes/kubelet.conf" --cache-dir "$R/run/caravan-kubectl" --request-timeout 10s "$@" </dev/null
}

# Writes the ConfigMap to $WORK/config-map, without what the API server adds. Returns 1 if it does not exist.
read_map() { # NAMESPACE NAME
  cluster -n "$1" get configmap "$2" --ignore-not-found -o yaml > "$WORK/config-map-there" 2>"$WORK/output" ||
    command_failed "kubectl get configmap $2: $(last_words)" "Is the API server up?"
  sed -E '/^  (resourceVersion|uid|creationTimestamp|selfLink):/d' "$WORK/config-map-there" > "$WORK/config-map"
  [ -s "$WORK/config-map" ]
}

api_answers() { [ -f "$ADMIN_CONF" ] && kubectl --kubeconfig "$ADMIN_CONF" --request-timeout 5s get --raw /readyz >/dev/null 2>&1; }

# The value of a flag of a static pod; empty if it is not set.
pod_flag() { # MANIFEST FLAG
  sed -n "s/^ *- [\"']\{0,1\}--$2=\([^\"']*\)[\"']\{0,1\}\$/\1/p" "$1" | head -n 1
}

# The URL of the API server of this host; empty if it is not known.
own_api_url() {
  own_manifest=$R/etc/kubernetes/manifests/kube-apiserver.yaml
  [ -f "$own_manifest" ] || return 0
  own_address=$(pod_flag "$own_manifest" advertise-address)
  own_port=$(pod_flag "$own_manifest" secure-port)
  case $own_address in
    "") ;;
    *:*) echo "https://[$own_address]:${own_port:-6443}" ;;
    *) echo "https://$own_address:${own_port:-6443}" ;;
  esac
}

# The administrator's kubeconfig for other machines. An endpoint on the loopback address is only for the host itself.
admin_kubeconfig() {
  case $CONTROL_PLANE_ENDPOINT in
    127.*) sed "s|^\( *server: \)https://$CONTROL_PLANE_ENDPOINT\$|\1$(own_api_url)|" "$ADMIN_CONF" ;;
    *) cat "$ADMIN_CONF" ;;
  esac
}

# Whether the API server of this host is ready, etcd included, also if the endpoint of the cluster leads to another one.
own_api_answers() { [ -f "$ADMIN_CONF" ] && own_api --request-timeout 5s get --raw /readyz >/dev/null 2>&1; }

# kubectl of the administrator at the API server of this host.
own_api() { # ARGUMENT...
  own_url=$(own_api_url)
  kubectl --kubeconfig "$ADMIN_CONF" ${own_url:+--server "$own_url"} "$@" </dev/null
}

# sha256: and the hash of the CA certificate's public key, in the form for kubeadm join.
ca_cert_hash() { # CERTIFICATE
  printf 'sha256:%s\n' "$(openssl x509 -pubkey -noout -in "$1" | openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1)"
}

# Writes a kubeconfig for root, and for the user that sudo was called by, if they have none; not on a host that was adopted.
admin_kubeconfigs() {
  [ "${ADOPTED:-}" != true ] || return 0
  [ -f "$ADMIN_CONF" ] || return 0
  put_kubeconfig "$R/root" 0 0
  if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
    sudo_home=$(awk -F: -v user="$SUDO_USER" '$1 == user { print $6 }' "$R/etc/passwd")
    if [ -n "$sudo_home" ] && [ -d "$R$sudo_home" ]; then put_kubeconfig "$R$sudo_home" "$SUDO_UID" "$SUDO_GID"; fi
  fi
}

put_kubeconfig() { # HOME UID GID
  [ ! -e "$1/.kube/config" ] || return 0
  put_new_directory=no
  if [ ! -d "$1/.kube" ]; then put_new_directory=yes; fi
  put_file "$1/.kube/config" 0600 < "$ADMIN_CONF"
  if [ "$2" != 0 ] && ! planning; then
    chown "$2:$3" "$1/.kube/config"
    if [ "$put_new_directory" = yes ]; then chown "$2:$3" "$1/.kube"; fi
  fi
}
