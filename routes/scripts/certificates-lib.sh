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

# Copies of admin.conf in home directories: kubeconfigs with one user, the administrator of this cluster.
authority_of() { sed -n 's/^ *certificate-authority-data: *//p' "$1" | sort -u; } # KUBECONFIG
is_copy() { # KUBECONFIG
  [ -f "$1" ] && [ ! -L "$1" ] && [ "$(grep -c 'client-certificate-data:' "$1")" = 1 ] && [ "$(grep -c 'client-key-data:' "$1")" = 1 ] &&
    [ "$(authority_of "$1")" = "$(authority_of "$ADMIN_CONF")" ] &&
    pem_of "$1" | openssl x509 -noout -subject -nameopt RFC2253 2>/dev/null | grep -q '[=,] *CN=kubernetes-admin\(,\|$\)'
}
copies() {
  for copy in "$R/root/.kube/config" "$R"/home/*/.kube/config; do
    if is_copy "$copy"; then echo "${copy#"$R"}"; fi
  done
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

# --- what a renewal replaced

# What certificates-renew saves. renewable in it lists the certificates that were replaced, complete all files that were saved.
saved_by() { echo "$R/var/lib/caravan/certificates/$1"; } # RUN-ID

# The first certificate in it that has expired; nothing if all are valid, or if nothing was saved.
saved_expired() { # DIRECTORY
  [ -f "$1/renewable" ] || return 0
  while read -r saved_path; do
    if expired "$1/etc/kubernetes/$saved_path"; then echo "/etc/kubernetes/$saved_path"; fi
  done < "$1/renewable" | head -n 1
}

# --- static pods

# In the order in which they are restarted; with the files below /etc/kubernetes that each reads when it starts.
# shellcheck disable=SC2034
COMPONENTS='etcd pki/etcd/server.crt pki/etcd/peer.crt
kube-apiserver pki/apiserver.crt pki/apiserver-kubelet-client.crt pki/apiserver-etcd-client.crt pki/front-proxy-client.crt
kube-controller-manager controller-manager.conf
kube-scheduler scheduler.conf'

runtime_client() { crictl --runtime-endpoint "unix://${CRI_SOCKET#unix://}" "$@"; }
# On hosts that Caravan did not prepare there may be no crictl: the package kubeadm does not depend on it from 1.33 on. containerd has ctr.
without_crictl() { [ "$RUNTIME" = containerd ] && ! have crictl; }
containerd_client() { ctr --address "${CRI_SOCKET#unix://}" --namespace k8s.io "$@"; }
containerd_running() { containerd_client tasks ls | awk '$3 == "RUNNING" { print $1 }'; }
containerd_containers() { # COMPONENT
  containerd_running > "$WORK/tasks"
  containerd_client containers ls -q \
    "labels.\"io.kubernetes.container.name\"==$1,labels.\"io.kubernetes.pod.namespace\"==kube-system" |
    { grep -xF -f "$WORK/tasks" || true; }
}
containerd_ended() { ! containerd_running 2>/dev/null | grep -qxF -e "$1"; } # CONTAINER
containerd_stop() { # CONTAINER
  containerd_client tasks kill --signal SIGTERM "$1" || return 1
  wait_until 30 containerd_ended "$1" || containerd_client tasks kill --signal SIGKILL "$1"
}

# The running container of a static pod; nothing if there is none.
container_of() { # COMPONENT
  case $RUNTIME in
    docker) docker ps -q --no-trunc --filter "name=k8s_$1_" --filter label=io.kubernetes.pod.namespace=kube-system ;;
    *)
      if without_crictl; then
        containerd_containers "$1"
      else
        runtime_client ps -q --name "^$1\$" --state Running --label io.kubernetes.pod.namespace=kube-system
      fi
      ;;
  esac </dev/null 2>"$WORK/output" | head -n 1
}

# When it was started, in seconds since the epoch; 0 if the runtime does not say.
started_at() { # CONTAINER
  started_date=$(case $RUNTIME in
    docker) docker inspect --format '{{.State.StartedAt}}' "$1" ;;
    *)
      # a container of a pod is started as soon as it was made
      if without_crictl; then containerd_client containers info "$1"; else runtime_client inspect "$1"; fi |
        sed -nE 's/^ *"(startedAt|CreatedAt)": "([^"]*)".*/\2/p' | head -n 1
      ;;
  esac 2>/dev/null </dev/null) || started_date=
  if [ -z "$started_date" ] || ! date -u -d "$started_date" +%s 2>/dev/null; then echo 0; fi
}

# Stops the container, if there is one, and waits until the kubelet has started another. Returns 1, with the reason in $why, if none comes.
restart_component() { # COMPONENT
  # shellcheck disable=SC2034 # for those that source this
  why="the kubelet did not start another container"
  say "restarting $1"
  restart_before=$(container_of "$1")
  if [ -n "$restart_before" ]; then
    # On a busy host the answer may come too late, while the container ends. So only what is there afterwards counts.
    # shellcheck disable=SC2034
    case $RUNTIME in
      docker) logged docker stop -t 30 "$restart_before" ;;
      *)
        if without_crictl; then
          logged containerd_stop "$restart_before"
        else
          logged runtime_client --timeout 60s stop --timeout 30 "$restart_before"
        fi
        ;;
    esac || why="its container could not be stopped: $(last_words)"
  fi
  restart_seconds=${RESTART_SECONDS:-300}
  if wait_until "$((restart_seconds < 20 ? restart_seconds : 20))" another_container "$1" "$restart_before"; then return 0; fi
  # The kubelet waits up to five minutes before it starts a container again that ended several times, but not after its own start.
  echo "the kubelet is restarted, so that it starts $1 now"
  # shellcheck disable=SC2034
  logged systemctl restart kubelet.service || { why=$(last_words) && return 1; }
  wait_until "$restart_seconds" another_container "$1" "$restart_before"
}
another_container() { # COMPONENT CONTAINER
  another=$(container_of "$1")
  [ -n "$another" ] && [ "$another" != "$2" ]
}

# For undos, after undo-lib.sh: restores the files that were saved there, and restarts what reads them. If one of them has expired in the
# meantime, the new ones stay.
restore_saved() { # DIRECTORY
  has_expired=$(saved_expired "$R$1")
  if [ -n "$has_expired" ]; then
    echo "the former $has_expired has expired, so the new certificates stay"
    return 0
  fi
  restored=no
  while read -r path; do
    if cmp -s "$R$1$path" "$R$path"; then continue; fi
    changing "restore $path"
    restored=yes
    if ! cp -p "$R$1$path" "$R$path" 2>"$WORK/output" || ! cmp -s "$R$1$path" "$R$path"; then
      left "$path, which is in $1: $(last_words)"
    fi
  done < "$R$1/complete"
  [ "$restored" = yes ] || return 0
  echo "$COMPONENTS" > "$WORK/components"
  while read -r component _; do
    [ -f "$KUBERNETES/manifests/$component.yaml" ] || continue
    changing "restart $component"
    restart_component "$component" || left_for_now "$component, which does not come back with its former certificates: $why"
  done < "$WORK/components"
}
