# shellcheck shell=sh
# shellcheck disable=SC2154 # config, minor, release: set by kubeadm, which sources this
# Parts of the kubeadm stand-in: reading its configuration, its checks, and the files that it writes.

# --- configuration

# Sets configuration to the file given, whose documents must be of a version that this kubeadm takes.
read_config() { # KIND...
  if [ -z "$config" ]; then
    configuration=/dev/null
    return 0
  fi
  if [ ! -s "$config" ]; then
    echo "unable to read config from \"$config\": no such file or directory or it is empty" >&2
    exit 1
  fi
  configuration=$config
  for kind; do
    if grep -qE "^kind: *[\"']?${kind}[\"']?" "$configuration"; then found_kind=$kind; fi
  done
  if [ -z "${found_kind:-}" ]; then
    echo "no kind of $* found in $config" >&2
    exit 1
  fi
  # shellcheck disable=SC2013 # single words
  for api in $(sed -n "s/^apiVersion: *[\"']*kubeadm.k8s.io\/\([a-z0-9]*\).*/\1/p" "$configuration" | sort -u); do
    case $api in
      v1beta1) range='13 19' ;;
      v1beta2) range='15 26' ;;
      v1beta3) range='22 36' ;;
      v1beta4) range='31 99' ;;
      *) range='99 0' ;;
    esac
    if [ "$minor" -lt "${range% *}" ] || [ "$minor" -gt "${range#* }" ]; then
      echo "error: your configuration file uses an API spec that kubeadm v$release does not take: \"kubeadm.k8s.io/$api\"" >&2
      exit 1
    fi
  done
}

# The first value of a key anywhere in the configuration, without quotes; nothing where there is none.
value() { # KEY
  sed -n "s/^ *\(- *\)\{0,1\}$1: *[\"']\{0,1\}\([^\"'#]*[^\"'# ]\).*/\2/p" "$configuration" | head -n 1
}

# The documents of a kind in a file, as they are; without comments, quotes and the version, as two that say the same are the same.
document() { # KIND FILE
  tr -d "\"'" < "$2" | awk -v kind="$1" '
    function done() { if (text ~ "(^|\n)kind: *" kind " *\n") printf "%s", text; text = "" }
    /^---/ { done(); next } /^ *#/ || /^apiVersion:/ { next } { text = text $0 "\n" } END { done() }'
}
# What is configured for the cluster: by the configuration that is given, else as the cluster keeps it.
cluster_document() { document ClusterConfiguration "$configuration" | grep . || cat "$SHARED/cluster-configuration" 2>/dev/null || :; }
# Older minors: a timeout in their own form of the document, and after init the API server's modes in the one that is stored.
with_default_timeout() {
  if [ "$minor" -ge 31 ]; then cat; else api_server_with timeoutForControlPlane '  timeoutForControlPlane: 4m0s'; fi
}
store_default_mode() {
  [ "$minor" -lt 24 ] || return 0
  api_server_with extraArgs '  extraArgs:' < "$SHARED/cluster-configuration" |
    api_server_with authorization-mode '    authorization-mode: Node,RBAC' '  extraArgs:' > "$WORKSHOP/stored.new"
  write_file "$SHARED/cluster-configuration" < "$WORKSHOP/stored.new"
}
# Adds a line below apiServer, or below another line of it, unless the document has the key.
api_server_with() { # KEY LINE [AFTER]
  awk -v key="$1:" -v line="$2" -v after="${3:-apiServer:}" '
    { text[NR] = $0; if ($1 == key) has = 1; if ($0 == "apiServer:") part = NR; if (part && $0 == after && !place) place = NR }
    END { for (i = 1; i <= NR; i++) { print text[i]; if (i == place && !has) print line } if (!place && !has) print "apiServer:\n" line }'
}
kubelet_document() {
  document KubeletConfiguration "$configuration" | grep . && return 0
  # a host that joins takes the cluster's; an init without the document makes the defaults
  if grep -q '^kind: .*ClusterConfiguration' "$configuration" || ! cat "$SHARED/kubelet-configuration" 2>/dev/null; then
    echo 'kind: KubeletConfiguration'
  fi
}

# Arguments of a component, as lines of its manifest.
arguments_of() { # SECTION of ClusterConfiguration
  cluster_document | awk -v section="$1:" '
    /^[^ ]/ { here = ($1 == section); arguments = 0 }
    here {
      match($0, /^ */)
      if (arguments && RLENGTH <= level && $1 != "-") arguments = 0
      if ($1 == "extraArgs:") { arguments = 1; level = RLENGTH; next }
      if (!arguments) next
      if ($1 == "-") name = $3
      else if ($1 == "value:") print "    - --" name "=" $2
      else print "    - --" substr($1, 1, length($1) - 1) "=" $2
    }'
}

# More names for a certificate, one a line.
more_names() { # apiServer certSANs | etcd serverCertSANs | etcd peerCertSANs
  cluster_document | awk -v section="$1:" -v list="$2:" '
    /^[^ ]/ { here = ($1 == section); names = 0 }
    here && $1 == list { names = 1; next }
    here && names && $1 == "-" { gsub(/"/, "", $2); print $2; next }
    { names = 0 }'
}

# The host of the endpoint, if it is a name or an address of its own: that of a node, and the loopback address, are in every certificate.
endpoint_name() {
  endpoint_host=$(cluster_document | sed -n 's/^controlPlaneEndpoint: *\(.*\):[0-9]*$/\1/p' | tr -d '"[]')
  case $endpoint_host in '' | 127.*) return 0 ;; esac
  root_of "$endpoint_host" > /dev/null || echo "$endpoint_host"
}

# A directory as this process sees it: another one may be mounted over it.
place() { # DIRECTORY
  at=$1 awk -F'\t' '$1 == ENVIRON["at"] { found = $2 } END { print found != "" ? found : ENVIRON["at"] }' "${REHEARSED_MOUNTS:-/dev/null}"
}

# Does the controller manager give nodes their blocks of the pod network?
allocates() {
  [ -n "$(value podSubnet)" ] || return 1
  ! tr -d "\"'" < "$configuration" | grep -A 1 'allocate-node-cidrs' | grep -qE '(allocate-node-cidrs|value): *false'
}

# A line for each addon that the documents leave out: by skipPhases, or dns.disabled and proxy.disabled of v1beta4.
left_out() {
  tr -d "\"'" < "$configuration" | awk '
    /^[^ #]/ { section = $1 }
    section == "dns:" && $1 == "disabled:" && $2 == "true" { print "coredns" }
    section == "proxy:" && $1 == "disabled:" && $2 == "true" { print "kube-proxy" }
    section == "skipPhases:" && $1 == "-" { if ($2 == "addon") print "coredns\nkube-proxy"; else if (sub("^addon/", "", $2)) print $2 }'
}
addon() { if ! grep -qx "$1" "$SHARED/left-out"; then echo "[addons] Applied essential addon: $2"; fi; } # NAME SHOWN

# A control plane keeps its taint unless the configuration gives it an empty list.
tainted() { if grep -qE '^ *taints: *\[ *\]' "$configuration"; then echo no; else echo yes; fi; }

runtime_of() { # CRI SOCKET
  case $1 in
    *containerd*) echo containerd ;;
    *crio*) echo cri-o ;;
    *docker*) echo docker ;;
    *) if unit_is docker active; then echo docker; elif unit_is crio active; then echo cri-o; else echo containerd; fi ;;
  esac
}

# --- images

images() { # VERSION
  images_repository=${asked_repository:-$(value imageRepository)}
  [ -n "$images_repository" ] || images_repository=k8s.gcr.io
  for component in kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do echo "$images_repository/$component:v$1"; done
  case $minor in
    1[0-7]) echo "$images_repository/pause:3.1" && echo "$images_repository/etcd:3.4.3-0" && echo "$images_repository/coredns:1.6.5" ;;
    18 | 19 | 20) echo "$images_repository/pause:3.2" && echo "$images_repository/etcd:3.4.13-0" &&
      echo "$images_repository/coredns:1.7.0" ;;
    21) echo "$images_repository/pause:3.4.1" && echo "$images_repository/etcd:3.4.13-0" &&
      echo "$images_repository/coredns/coredns:v1.8.0" ;;
    22) echo "$images_repository/pause:3.5" && echo "$images_repository/etcd:3.5.0-0" && echo "$images_repository/coredns/coredns:v1.8.4" ;;
    23) echo "$images_repository/pause:3.6" && echo "$images_repository/etcd:3.5.1-0" && echo "$images_repository/coredns/coredns:v1.8.6" ;;
    24) echo "$images_repository/pause:3.7" && echo "$images_repository/etcd:3.5.3-0" && echo "$images_repository/coredns/coredns:v1.8.6" ;;
    25) echo "$images_repository/pause:3.8" && echo "$images_repository/etcd:3.5.4-0" && echo "$images_repository/coredns/coredns:v1.9.3" ;;
    2[6-9] | 30) echo "$images_repository/pause:3.9" && echo "$images_repository/etcd:3.5.12-0" &&
      echo "$images_repository/coredns/coredns:v1.11.1" ;;
    3[1-3]) echo "$images_repository/pause:3.10" && echo "$images_repository/etcd:3.5.15-0" &&
      echo "$images_repository/coredns/coredns:v1.11.3" ;;
    34 | 35) echo "$images_repository/pause:3.10.1" && echo "$images_repository/etcd:3.6.5-0" &&
      echo "$images_repository/coredns/coredns:v1.12.1" ;;
    *) echo "$images_repository/pause:3.10.2" && echo "$images_repository/etcd:3.7.0-0" &&
      echo "$images_repository/coredns/coredns:v1.14.3" ;;
  esac
}

# --- checks before init and join

problems=''
problem() { # NAME TEXT
  problems="$problems	[ERROR $1]: $2
"
}
checks_done() {
  [ -n "$problems" ] || return 0
  # shellcheck disable=SC2016 # the real one's own words
  advice='[preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`'
  if [ "$minor" -lt 34 ]; then
    phase_failed "preflight: [preflight] Some fatal errors occurred:
$problems$advice"
  else
    printf '[preflight] Some fatal errors occurred:\n%s%s\n' "$problems" "$advice" >&2
    phase_failed "preflight: preflight checks failed"
  fi
  exit 1
}

check_host() {
  if [ "$(wc -l < "$R/proc/swaps")" -gt 1 ]; then problem Swap 'running with swap on is not supported. Please disable swap'; fi
  for key in net/bridge/bridge-nf-call-iptables net/ipv4/ip_forward; do
    if [ "$(line_of "$R/proc/sys/$key")" != 1 ]; then
      problem "FileContent--proc-sys-$(echo "$key" | tr / -)" "/proc/sys/$key contents are not set to 1"
    fi
  done
  if ! installed_kubelet; then problem FileExisting-kubelet 'kubelet not found in system path'; fi
  if ! unit_is kubelet enabled; then
    echo "	[WARNING Service-Kubelet]: kubelet service is not enabled, please run 'systemctl enable kubelet.service'"
  fi
  check_runtime
}
installed_kubelet() { [ -d "$STATE/packages/kubelet" ]; }

check_runtime() {
  case $(runtime_of "$(value criSocket)") in
    docker)
      if ! unit_is docker active; then
        problem Service-Docker 'docker service is not active, please run '"'systemctl start docker.service'"
      fi
      ;;
    cri-o)
      if ! unit_is crio active; then
        problem CRI 'container runtime is not running: unix:///var/run/crio/crio.sock: no such file or directory'
      fi
      ;;
    *)
      if ! unit_is containerd active; then
        problem CRI 'container runtime is not running: unix:///run/containerd/containerd.sock: no such file or directory'
      elif [ ! -e "$STATE/cri-containerd" ]; then
        problem CRI 'container runtime is not running: unknown service runtime.v1alpha2.RuntimeService'
      fi
      ;;
  esac
}

check_ports() { # PORT...
  for port; do
    if listening_on "$R" | awk -v port="$port" '$2 == port { found = 1 } END { exit !found }'; then
      problem "Port-$port" "Port $port is in use"
    fi
  done
}
check_file() { if [ -e "$R$1" ]; then problem "FileAvailable-$(echo "$1" | tr / -)" "$1 already exists"; fi; } # PATH
check_directory() { # PATH
  if [ -d "$R$1" ] && [ -n "$(ls -A "$R$1")" ]; then problem "DirAvailable-$(echo "$1" | tr / -)" "$1 is not empty"; fi
}
check_images() { # VERSION
  echo "[preflight] Pulling images required for setting up a Kubernetes cluster"
  for image in $(images "$1"); do pull_image "$image"; done
}

# --- files

write_certificates() {
  mkdir -p "$R/etc/kubernetes/pki/etcd"
  cp "$SHARED/pki/ca.crt" "$R/etc/kubernetes/pki/ca.crt"
  (umask 077 && cp "$SHARED/pki/ca.key" "$R/etc/kubernetes/pki/ca.key")
  cp "$SHARED/pki/server.crt" "$R/etc/kubernetes/pki/apiserver.crt"
  for file in apiserver-kubelet-client apiserver-etcd-client front-proxy-client etcd/server etcd/peer etcd/healthcheck-client; do
    cp "$SHARED/pki/admin.crt" "$R/etc/kubernetes/pki/$file.crt"
  done
  for file in front-proxy-ca etcd/ca; do
    cp "$SHARED/pki/ca.crt" "$R/etc/kubernetes/pki/$file.crt"
    (umask 077 && cp "$SHARED/pki/ca.key" "$R/etc/kubernetes/pki/$file.key")
  done
  if [ -n "$(more_names apiServer certSANs && endpoint_name)" ]; then sign apiserver "$R/etc/kubernetes/pki"; fi
  for file in apiserver.key sa.key sa.pub; do echo "rehearsal" > "$R/etc/kubernetes/pki/$file"; done
}

# The administrator's file names the cluster as any kubeadm's does; its current context is the rehearsal's API server,
# which is where a client on this machine finds that cluster.
write_kubeconfigs() { # NODE ENDPOINT
  ca=$(base64 -w0 < "$SHARED/pki/ca.crt")
  (
    umask 077
    cat > "$R/etc/kubernetes/admin.conf" <<END
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: $ca
    server: https://$2
  name: kubernetes
- cluster:
    certificate-authority-data: $ca
    server: $(line_of "$SHARED/api-url")
  name: rehearsal
contexts:
- context:
    cluster: kubernetes
    user: kubernetes-admin
  name: kubernetes-admin@kubernetes
- context:
    cluster: rehearsal
    user: kubernetes-admin
  name: kubernetes-admin@rehearsal
current-context: kubernetes-admin@rehearsal
kind: Config
preferences: {}
users:
- name: kubernetes-admin
  user:
    client-certificate-data: $(base64 -w0 < "$SHARED/pki/admin.crt")
    client-key-data: $(base64 -w0 < "$SHARED/pki/admin.key")
END
    for file in controller-manager scheduler; do
      printf 'apiVersion: v1\nkind: Config\nusers:\n- name: %s\n  user:\n    client-certificate-data: %s\n' "$file" \
        "$(base64 -w0 < "$SHARED/pki/admin.crt")" > "$R/etc/kubernetes/$file.conf"
    done
  )
  # from 1.33 on the kubelet of a control plane talks to the API server of its own host
  if [ "$minor" -ge 33 ]; then write_kubelet_conf "$1" "$(line_of "$STATE/address"):6443"; else write_kubelet_conf "$1" "$2"; fi
}

write_kubelet_conf() { # NODE ENDPOINT
  mkdir -p "$R/var/lib/kubelet/pki"
  (
    umask 077
    cat > "$R/etc/kubernetes/kubelet.conf" <<END
apiVersion: v1
clusters:
- cluster:
    certificate-authority: /etc/kubernetes/pki/ca.crt
    server: https://$2
  name: default-cluster
contexts:
- context:
    cluster: default-cluster
    user: default-auth
  name: default-context
current-context: default-context
kind: Config
users:
- name: default-auth
  user:
    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem
    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem
END
    cp "$SHARED/pki/nodes/$1.pem" "$R/var/lib/kubelet/pki/kubelet-client-current.pem" 2>/dev/null ||
      echo "rehearsal" > "$R/var/lib/kubelet/pki/kubelet-client-current.pem"
  )
}

write_kubelet() {
  kubelet_directory=$(place "$R/var/lib/kubelet")
  mkdir -p "$kubelet_directory"
  { echo 'apiVersion: kubelet.config.k8s.io/v1beta1' && kubelet_document; } | write_file "$kubelet_directory/config.yaml"
  echo 'KUBELET_KUBEADM_ARGS=""' > "$kubelet_directory/kubeadm-flags.env"
}

write_manifests() { # VERSION
  mkdir -p "$R/var/lib/etcd/member"
  for component in "kube-apiserver:v$1" "kube-controller-manager:v$1" "kube-scheduler:v$1" "$(etcd_image "$1")"; do
    write_manifest "$component"
  done
  # the running etcd, with the programs of its image
  mkdir -p "$R/proc/2379/root/usr/local/bin"
  echo etcd > "$R/proc/2379/comm"
  printf 'etcd\000--name=%s\000' "$(line_of "$STATE/name")" > "$R/proc/2379/cmdline"
  for program in etcdctl etcdutl; do ln -sf "$WORKSHOP/standins/etcdctl" "$R/proc/2379/root/usr/local/bin/$program"; done
}

write_manifest() { # COMPONENT:VERSION
  manifest_directory=$(place "$R/etc/kubernetes/manifests")
  mkdir -p "$manifest_directory"
  {
    printf 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  namespace: kube-system\nspec:\n  containers:\n' "${1%%:*}"
    printf '  - command:\n    - %s\n' "${1%%:*}"
    case $1 in
      kube-apiserver:*)
        printf '    - --advertise-address=%s\n    - --secure-port=6443\n    - --client-ca-file=/etc/kubernetes/pki/ca.crt\n' \
          "$(line_of "$STATE/address")"
        arguments_of apiServer
        ;;
      kube-controller-manager:*) arguments_of controllerManager ;;
      kube-scheduler:*) arguments_of scheduler ;;
      etcd:*)
        printf '    - --%s\n' "name=$(line_of "$STATE/name")" cert-file=/etc/kubernetes/pki/etcd/server.crt \
          key-file=/etc/kubernetes/pki/etcd/server.key listen-client-urls=https://127.0.0.1:2379 \
          trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt
        arguments_of etcd
        ;;
    esac
    printf '    image: registry.rehearsal/%s\n    name: %s\n' "$1" "${1%%:*}"
  } | write_file "$manifest_directory/${1%%:*}.yaml"
}

# From 1.34 on, etcd 3.6, from 1.37 on 3.7 (k/k cmd/kubeadm/app/constants).
etcd_image() { # VERSION
  case $1 in 1.3[4-6].*) echo etcd:3.6.5-0 ;; 1.3[7-9].*) echo etcd:3.7.0-0 ;; *) echo etcd:3.5.26-0 ;; esac
}

# --- upgrades

upgrade_refused() { # WHY
  echo "[upgrade/version] FATAL: the --version argument is invalid due to these fatal errors:" \
    "Specified version to upgrade to \"v$upgrade_version\" $1" >&2
}
upgrade_apply() { # vVERSION
  upgrade_version=${1#v}
  if [ "$upgrade_version" != "$release" ]; then
    upgrade_refused "is higher than the kubeadm version \"v$release\""
    exit 1
  fi
  upgrade_from=$(line_of "$SHARED/version")
  upgrade_minor=${upgrade_from#1.}
  if [ "$minor" -gt $((${upgrade_minor%%.*} + 1)) ]; then
    upgrade_refused "is too high; kubeadm can upgrade only 1 minor version at a time"
    exit 1
  fi
  echo "[upgrade/apply] Upgrading your Static Pod-hosted control plane to version \"v$upgrade_version\" (timeout: 5m0s)..."
  work 1500
  # as the real one does when the new API server does not come up
  if [ -f "$STATE/upgrade-stops-after-etcd" ]; then
    write_manifest "$(etcd_image "$upgrade_version")"
    echo "[upgrade/staticpods] Component \"etcd\" upgraded successfully!"
    phase_failed "control-plane: couldn't upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: timed out waiting for the condition"
    exit 1
  fi
  write_manifests "$upgrade_version"
  echo "$upgrade_version" | write_file "$SHARED/version"
  sed "s/^kubernetesVersion:.*/kubernetesVersion: v$upgrade_version/" "$SHARED/cluster-configuration" > "$STATE/upgraded"
  write_file "$SHARED/cluster-configuration" < "$STATE/upgraded"
  rm -f "$STATE/upgraded"
  echo "[upgrade] SUCCESS! A control plane node of your cluster was upgraded to \"v$upgrade_version\"."
}

upgrade_node() {
  if [ ! -f "$R/etc/kubernetes/kubelet.conf" ]; then
    phase_failed "preflight: could not load the kubeconfig file of this node"
    exit 1
  fi
  work 500
  if [ -f "$R/etc/kubernetes/manifests/kube-apiserver.yaml" ]; then write_manifests "$(line_of "$SHARED/version")"; fi
  echo "[upgrade/kubelet-config] The kubelet configuration for this node was successfully upgraded!"
}

# Certificates with the same subjects, for a year, or as many days as the test wants; all of the administrator's key.
renew_certificates() {
  [ -f "$SHARED/initialised" ] && cluster_is_up ||
    echo "[renew] Error reading configuration from the Cluster. Falling back to default configuration"
  for certificate in apiserver apiserver-kubelet-client apiserver-etcd-client front-proxy-client etcd/server etcd/peer \
    etcd/healthcheck-client; do
    renew "$R/etc/kubernetes/pki/$certificate.crt"
    echo "certificate for $certificate renewed"
  done
  for kubeconfig in admin controller-manager scheduler; do
    file=$R/etc/kubernetes/$kubeconfig.conf
    sed -n 's/^ *client-certificate-data: *//p' "$file" | base64 -d > "$STATE/renewing.crt"
    if [ -s "$STATE/renewing.crt" ]; then
      renew "$STATE/renewing.crt"
      sed "s,^\( *client-certificate-data:\).*,\1 $(base64 -w0 < "$STATE/renewing.crt")," "$file" > "$STATE/renewing.conf"
      cat "$STATE/renewing.conf" > "$file"
    fi
    rm -f "$STATE/renewing.crt" "$STATE/renewing.conf"
    echo "certificate embedded in the kubeconfig file $kubeconfig.conf renewed"
  done
  echo "Done renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd," \
    "so that they can use the new certificates."
}
renew() { # FILE
  renew_subject=$(openssl x509 -in "$1" -noout -subject -nameopt compat | sed 's/^subject= *//')
  renew_names=$(openssl x509 -in "$1" -noout -text | awk '
    /Subject Alternative Name/ { getline; gsub(/ *IP Address:/, "IP:"); gsub(/ /, ""); print; exit }')
  signed "$1" "$renew_subject" "${renew_names:-IP:127.0.0.1,DNS:localhost}"
}
# A certificate of the administrator's key, for a year, or as many days as the test wants.
signed() { # FILE SUBJECT NAMES
  signed_days=$(line_of "$SHARED/certificate-days")
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3" > "$1.extensions"
  openssl req -new -key "$SHARED/pki/admin.key" -subj "$2" 2>/dev/null |
    openssl x509 -req -CA "$SHARED/pki/ca.crt" -CAkey "$SHARED/pki/ca.key" -set_serial "0x1$(random_hex 7)" -days "${signed_days:-365}" \
      -extfile "$1.extensions" -out "$1.new" 2>/dev/null
  rm -f "$1.extensions"
  mv -f "$1.new" "$1"
}
# The certificate of that name in a directory, with its key, if it is not there.
sign() { # apiserver|etcd-server|etcd-peer DIRECTORY
  case $1 in
    apiserver) sign_file=$2/apiserver sign_subject=/CN=kube-apiserver sign_names=$(more_names apiServer certSANs && endpoint_name) ;;
    etcd-server) sign_file=$2/etcd/server sign_subject=/O=system:masters/CN=kubernetes-admin sign_names=$(more_names etcd serverCertSANs) ;;
    etcd-peer) sign_file=$2/etcd/peer sign_subject=/O=system:masters/CN=kubernetes-admin sign_names=$(more_names etcd peerCertSANs) ;;
    *) does_not_know "certs $1" ;;
  esac
  echo rehearsal > "$sign_file.key"
  # without a real openssl, all certificates are the rehearsal's own
  if [ ! -e "$WORKSHOP/tools/openssl" ]; then cp "$SHARED/pki/server.crt" "$sign_file.crt" && return 0; fi
  sign_list=IP:127.0.0.1,DNS:localhost
  for sign_name in $sign_names; do case $sign_name in *:*) sign_list=$sign_list,IP:$sign_name ;; *[!0-9.]*) \
    sign_list=$sign_list,DNS:$sign_name ;; *) sign_list=$sign_list,IP:$sign_name ;; esac; done
  signed "$sign_file.crt" "$sign_subject" "$sign_list"
}

# --- tokens

random_hex() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n'; } # BYTES

# Sets token. What is kept of it is its digest.
new_token() { # DESCRIPTION
  token=$(random_hex 3).$(random_hex 8)
  mkdir -p "$SHARED/secrets"
  { digest_of "$token" && echo "$1"; } | write_file "$SHARED/secrets/bootstrap-token-${token%%.*}"
}
