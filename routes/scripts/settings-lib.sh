# shellcheck shell=sh
# What scripts share that compare a running cluster with the spec, beside lib.sh and certificates-lib.sh.
#
# What is wanted is what the kubeadm of this host makes of the spec's documents, for this version. kubeadm writes it into $ASIDE: it runs
# in a mount namespace of its own (unshare -m), in which directories of $ASIDE are mounted over those of the host, and with a systemctl
# that only looks. So nothing on the host changes.
# Standard input of each script: the documents InitConfiguration, ClusterConfiguration, KubeletConfiguration for this host.

MANIFESTS=$R/etc/kubernetes/manifests
KUBELET=$R/var/lib/kubelet
ASIDE=$WORK/aside
DOCUMENTS=$WORK/documents

take_documents() { (umask 077 && cat > "$DOCUMENTS"); }

# In a plan, a host may still have the version before an upgrade, and its kubeadm cannot make what the new version needs.
need_this_version() {
  settings_version=$(kubeadm version -o short 2>/dev/null | sed 's/^v//') || settings_version=
  if [ "$settings_version" != "$KUBERNETES_VERSION" ]; then skip "the settings are compared once kubeadm is $KUBERNETES_VERSION"; fi
}

# The documents of the file that are, or are not, of that kind.
documents_of() { # KIND FILE
  awk -v kind="$1" '
    function done() { if (text ~ "(^|\n)kind: *[\"\047]?" kind "[\"\047]? *\n") printf "%s", text; text = "" }
    /^---/ { done(); next } { text = text $0 "\n" } END { done() }' "$2"
}
documents_without() { # KIND FILE
  awk -v kind="$1" '
    function done() {
      if (text != "" && text !~ "(^|\n)kind: *[\"\047]?" kind "[\"\047]? *\n") printf "---\n%s", text
      text = ""
    }
    /^---/ { done(); next } { text = text $0 "\n" } END { done() }' "$2"
}

# The value of a ConfigMap in kube-system; nothing if it does not exist.
config_map() { # NAME KEY
  cluster -n kube-system get configmap "$1" --ignore-not-found -o "jsonpath={.data.$2}" 2>"$WORK/output" ||
    command_failed "kubectl get configmap $1: $(last_words)" "Is the API server up?"
}
# A ClusterConfiguration with its defaults, in kubeadm's own form.
canonical() { # FILE with an InitConfiguration and a ClusterConfiguration
  kubeadm config migrate --old-config "$1" > "$WORK/migrated" 2>"$WORK/output" ||
    command_failed "kubeadm config migrate: $(kubeadm_words)" "Does kubeadm take what the spec has under kubernetes.kubeadm?"
  documents_of ClusterConfiguration "$WORK/migrated"
}

# A cluster that was made without an endpoint, or without a pod network, stays so: kubeadm knows nothing of them then. The action
# change-endpoint (ENDPOINT_CHANGES=yes) gives it one.
endpoint_changes() { [ "${ENDPOINT_CHANGES:-}" = yes ]; }
as_it_was_made() { # FILE with the ClusterConfiguration that the cluster keeps
  for made_key in controlPlaneEndpoint podSubnet; do
    if [ "$made_key" = controlPlaneEndpoint ] && endpoint_changes; then continue; fi
    if [ -s "$1" ] && ! grep -qE "^ *$made_key:" "$1"; then
      grep -vE "^ *$made_key:" "$DOCUMENTS" > "$WORK/as-made" || true
      cat "$WORK/as-made" > "$DOCUMENTS"
    fi
  done
}
# The same on a control plane; if its API server does not answer, the documents stay.
as_this_cluster_was_made() {
  if api_answers; then
    config_map kubeadm-config ClusterConfiguration > "$WORK/stored"
    as_it_was_made "$WORK/stored"
  fi
}

# Where the documents have the certificates.
certificates_directory() {
  echo "$R$(sed -n 's/^certificatesDir: *"\{0,1\}\([^" ]*\)"\{0,1\} *$/\1/p' "$DOCUMENTS" | head -n 1 | grep . || echo /etc/kubernetes/pki)"
}

# kubeadm, with what it writes below /etc/kubernetes/manifests and /var/lib/kubelet in $ASIDE.
aside() { # ARGUMENT...
  mkdir -p "$ASIDE/manifests" "$ASIDE/kubelet" "$ASIDE/bin" "$ASIDE/no-certificates"
  if [ ! -f "$ASIDE/run" ]; then
    cat > "$ASIDE/bin/systemctl" <<SYSTEMCTL
#!/bin/sh
case \$1 in start | stop | restart | daemon-reload | enable | disable) exit 0 ;; esac
exec "$(command -v systemctl)" "\$@"
SYSTEMCTL
    chmod 0755 "$ASIDE/bin/systemctl"
    {
      echo 'set -e'
      # before util-linux 2.27, unshare does not make the mounts private itself
      echo 'mount --make-rprivate /'
      echo "mount --bind '$ASIDE/kubelet' '$KUBELET'"
      if [ -d "$MANIFESTS" ]; then echo "mount --bind '$ASIDE/manifests' '$MANIFESTS'"; fi
      # a CA without its key, as on a worker, is to kubeadm init an external CA, for which it requires files of a control plane
      certificates=$(certificates_directory)
      if [ ! -f "$ADMIN_CONF" ] && [ -d "$certificates" ]; then echo "mount --bind '$ASIDE/no-certificates' '$certificates'"; fi
      echo "PATH='$ASIDE/bin':\$PATH"
      echo 'exec kubeadm "$@"'
    } > "$ASIDE/run"
  fi
  say "comparing: kubeadm $*"
  hiding_secrets unshare -m sh "$ASIDE/run" "$@"
}
kubeadm_makes() { # ARGUMENT...
  aside "$@" ||
    command_failed "kubeadm $*, which only writes what would be wanted here: $(kubeadm_words)" \
    "Does kubeadm take what the spec has under kubernetes.kubeadm?"
}

# Lines that kubeadm chose on this host, or that only the first start used, stay as they are in FILE.
as_there() { # PATTERN FILE WANTED-FILE
  [ -f "$2" ] || return 0
  awk -v pattern="$1" '
    NR == FNR { if ($0 ~ pattern) kept = kept $0 "\n"; next }
    $0 ~ pattern { if (!done) printf "%s", kept; done = 1; next }
    { print }' "$2" "$3" > "$WORK/as-there"
  cat "$WORK/as-there" > "$3"
}

# --- a control plane

# Names of static pods whose manifests differ, one a line, in $WORK/components; the wanted ones are in $ASIDE/manifests.
compare_manifests() {
  kubeadm_makes init phase control-plane all --config "$DOCUMENTS"
  kubeadm_makes init phase etcd local --config "$DOCUMENTS"
  if [ -f "$ASIDE/manifests/etcd.yaml" ]; then
    as_there '^ *- --initial-cluster(-state)?=' "$MANIFESTS/etcd.yaml" "$ASIDE/manifests/etcd.yaml"
    # an upgrade that failed after its etcd; an older etcd does not read what this one has written
    if older_version "$(image_version "$ASIDE/manifests/etcd.yaml")" "$(image_version "$MANIFESTS/etcd.yaml")"; then
      as_there '^ *image: ' "$MANIFESTS/etcd.yaml" "$ASIDE/manifests/etcd.yaml"
    fi
  fi
  for manifest_name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    if [ -f "$ASIDE/manifests/$manifest_name.yaml" ] &&
      ! cmp -s "$ASIDE/manifests/$manifest_name.yaml" "$MANIFESTS/$manifest_name.yaml"; then
      echo "$manifest_name"
    fi
  done > "$WORK/components"
}

# The names of a certificate, one a line.
names_in() { # FILE
  openssl x509 -noout -text -in "$1" 2>/dev/null | awk '/X509v3 Subject Alternative Name/ { getline; print; exit }' | tr ',' '\n' |
    sed 's/^ *//; s/ *$//' | sort -u
}

# A ClusterConfiguration on standard input, with more names for the API server's certificate.
with_names() { # FILE of names as openssl prints them
  awk '
    NR == FNR { sub(/^(DNS|IP Address):/, ""); if ($0 != "") name[++names] = $0; next }
    function give(indent) { for (i = 1; i <= names; i++) print indent "- \"" name[i] "\"" }
    # the list begins below its key, with an indentation of its own
    listed { match($0, /^ */); give(substr($0, 1, RLENGTH)); listed = 0; given = 1 }
    /^[^ ]/ { if (inside && !given) { print "  certSANs:"; give("  "); given = 1 } inside = 0 }
    /^apiServer: *$/ { inside = 1 }
    /^apiServer: *\{ *\} *$/ { inside = 1; $0 = "apiServer:" }
    inside && /^  certSANs: *$/ { listed = 1 }
    inside && /^  certSANs: *\[ *\] *$/ { next }
    { print }
    END { if (!given) { if (!inside) print "apiServer:"; print "  certSANs:"; give("  ") } }' "$1" -
}

# Certificates whose names differ, one a line (below the directory of certificates, without .crt, then the static pod that serves it), in
# $WORK/certificates. kubeadm makes the wanted ones in $ASIDE/pki, with the CA of the cluster. Without the key of that CA, they cannot be
# made here.
compare_certificates() {
  : > "$WORK/certificates"
  certificates=$(certificates_directory)
  have openssl || return 0
  rm -rf "$ASIDE/pki"
  (umask 077 && mkdir -p "$ASIDE/pki/etcd")
  documents_of ClusterConfiguration "$DOCUMENTS" | sed '/^certificatesDir:/d' > "$WORK/cluster-document"
  # while the endpoint changes, the former names are needed, too
  if endpoint_changes && [ -f "$certificates/apiserver.crt" ]; then
    names_in "$certificates/apiserver.crt" > "$WORK/names-there"
    if [ -s "$WORK/names-there" ]; then
      with_names "$WORK/names-there" < "$WORK/cluster-document" > "$WORK/cluster-document-with-names"
      mv "$WORK/cluster-document-with-names" "$WORK/cluster-document"
    fi
  fi
  {
    documents_without ClusterConfiguration "$DOCUMENTS"
    printf -- '---\ncertificatesDir: %s\n' "$ASIDE/pki"
    cat "$WORK/cluster-document"
  } > "$WORK/certificate-documents"
  for certificate in 'apiserver ca apiserver kube-apiserver' 'etcd/server etcd/ca etcd-server etcd' 'etcd/peer etcd/ca etcd-peer etcd'; do
    # shellcheck disable=SC2086 # words
    set -- $certificate
    if [ ! -f "$certificates/$2.key" ] || [ ! -f "$MANIFESTS/$4.yaml" ]; then continue; fi
    for certificate_file in "$2.crt" "$2.key"; do ln -sf "$certificates/$certificate_file" "$ASIDE/pki/$certificate_file"; done
    kubeadm_makes init phase certs "$3" --config "$WORK/certificate-documents"
    names_in "$ASIDE/pki/$1.crt" > "$WORK/names-wanted"
    names_in "$certificates/$1.crt" > "$WORK/names-there"
    if ! cmp -s "$WORK/names-wanted" "$WORK/names-there"; then echo "$1 $4" >> "$WORK/certificates"; fi
  done
}
certificate_words() { paste -s -d ' ' "$1"; } # FILE of names

# Waits until the kubelet has started another container of a static pod, that container has run for some seconds, and the API server of
# this host is ready. Returns 1, with the reason in $why, if that does not happen.
await_component() { # COMPONENT FORMER-CONTAINER
  await_seconds=${RESTART_SECONDS:-300}
  say "waiting for $1"
  if ! wait_until "$((await_seconds < 60 ? await_seconds : 60))" is_steady "$1" "$2"; then
    # nothing that counts was changed, or the kubelet waits before it starts a container again that ended
    restart_component "$1" || return 1
    if ! wait_until "$await_seconds" is_steady "$1" "$2"; then
      # shellcheck disable=SC2034 # for the caller
      why="its container does not keep running"
      return 1
    fi
  fi
  # shellcheck disable=SC2034
  wait_until "$await_seconds" own_api_answers || { why="the API server of this host is not ready" && return 1; }
}
is_steady() { # COMPONENT FORMER-CONTAINER
  steady_container=$(container_of "$1")
  [ -n "$steady_container" ] && [ "$steady_container" != "$2" ] || return 1
  sleep "$((${RESTART_SECONDS:-300} < 50 ? 0 : 5))"
  [ "$(container_of "$1")" = "$steady_container" ]
}

# --- the kubelet

# Makes the wanted config.yaml in $ASIDE/kubelet. The address of the runtime's socket is what kubeadm found on this host.
make_kubelet_config() {
  kubeadm_makes init phase kubelet-start --config "$DOCUMENTS"
  as_there '^containerRuntimeEndpoint:' "$KUBELET/config.yaml" "$ASIDE/kubelet/config.yaml"
}
kubelet_config_differs() { ! cmp -s "$ASIDE/kubelet/config.yaml" "$KUBELET/config.yaml"; }
# As the API server has it that kubelet.conf names.
node_is_ready() {
  [ "$(as_node get node "$NODE_NAME" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null)" = True ]
}
# Waits until the kubelet has reported again and the node is Ready; returns 1 if that takes longer. The kubelet renews its lease every ten
# seconds; without that, its node stays Ready for a while.
node_reports() { # SECONDS
  say "waiting until the kubelet has reported to the API server"
  reported=$(lease) || reported=
  wait_until "$1" has_renewed "$reported" && wait_until "$1" node_is_ready
}
lease() { as_node get lease "$NODE_NAME" -n kube-node-lease -o 'jsonpath={.spec.renewTime}' 2>/dev/null; }
has_renewed() { # LEASE
  now=$(lease) && [ -n "$now" ] && [ "$now" != "$1" ]
}
