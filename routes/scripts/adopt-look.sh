#!/bin/sh
# Reads a running cluster that kubeadm made, from one of its control planes, as far as a spec describes it. Changes nothing: what kubeadm
# would make without any settings, to compare with, it writes into a directory of the step (see settings-lib.sh).
# Environment: none beyond the usual; RUNTIME and KUBERNETES_VERSION are not known yet.
# Outputs: configuration, configurationDefaults (ClusterConfiguration as the cluster keeps it, and with defaults only, both in kubeadm's
# form); kubelet, kubeletDefaults (KubeletConfiguration); nodes (NAME, ADDRESS, VERSION, RUNTIME, a line each, with tabs); labels, taints
# (NODE KEY=VALUE[:EFFECT]); daemonSets (NAMESPACE/NAME); cgroups (1 or 2); insecureRegistries; and of the repositories that the host
# has: kubernetesUrl, kubernetesKeys, kubernetesCheck, runtimeUrl, runtimeKeys, runtimeCheck.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/settings-lib.sh"

have kubeadm ||
  fail "there is no kubeadm on this host" "Name a control plane of the cluster. Only clusters that kubeadm made can be adopted."
{ [ -f "$ADMIN_CONF" ] && [ -f "$MANIFESTS/kube-apiserver.yaml" ]; } ||
  fail "this host is no control plane that kubeadm made: it has no ${ADMIN_CONF#"$R"} or no static pod of an API server" \
    "Name a control plane of the cluster."
say "reading the cluster"
wait_until 30 api_answers || fail_for_now "the API server does not answer" "On the host: journalctl -u kubelet; crictl ps -a"

bounded() { head -c "${1:-200000}"; } # BYTES
asked() { # ARGUMENT... of kubectl
  cluster "$@" 2>"$WORK/output" || command_failed "kubectl $1 $2: $(last_words)" "Is the API server up?"
}

# --- kubeadm's configuration

config_map kubeadm-config ClusterConfiguration > "$WORK/stored"
[ -s "$WORK/stored" ] ||
  fail "the cluster has no ConfigMap kube-system/kubeadm-config" \
    "Only clusters whose configuration kubeadm keeps in the cluster can be adopted."
api=$(sed -n 's/^apiVersion: *//p' "$WORK/stored" | head -n 1)
KUBERNETES_VERSION=$(sed -n 's/^kubernetesVersion: *"\{0,1\}v\{0,1\}\([0-9.]*\).*/\1/p' "$WORK/stored" | head -n 1)
minor=${KUBERNETES_VERSION#*.}
minor=${minor%%.*}
installed=$(kubeadm version -o short | sed 's/^v//')
[ "$installed" = "$KUBERNETES_VERSION" ] ||
  fail "the cluster is configured for Kubernetes $KUBERNETES_VERSION, and kubeadm on this host is $installed" \
    "Finish the upgrade, or install kubeadm $KUBERNETES_VERSION here, then run this again."
node=$(sed -n 's/^.*--name=\([^"]*\).*/\1/p' "$MANIFESTS/etcd.yaml" 2>/dev/null | head -n 1)
{
  printf 'apiVersion: %s\nkind: InitConfiguration\nlocalAPIEndpoint:\n  advertiseAddress: "%s"\n' "$api" \
    "$(pod_flag "$MANIFESTS/kube-apiserver.yaml" advertise-address)"
  printf 'nodeRegistration:\n  name: "%s"\n' "${node:-$(hostname)}"
  runtime_socket=$(sed -n 's/^containerRuntimeEndpoint: *//p' "$KUBELET/instance-config.yaml" "$KUBELET/config.yaml" 2>/dev/null | head \
    -n 1)
  if [ -n "$runtime_socket" ]; then printf '  criSocket: "%s"\n' "$(echo "$runtime_socket" | tr -d "\"'")"; fi
} > "$WORK/init"
{ cat "$WORK/init"; echo "---"; cat "$WORK/stored"; } > "$WORK/with-stored"
{ cat "$WORK/init"; printf -- '---\napiVersion: %s\nkind: ClusterConfiguration\nkubernetesVersion: v%s\n' "$api" \
  "$KUBERNETES_VERSION"; } > "$WORK/with-defaults"
output configuration "$(canonical "$WORK/with-stored" | bounded)"
output configurationDefaults "$(canonical "$WORK/with-defaults" | bounded)"

config_map kubelet-config kubelet > "$WORK/stored-kubelet"
[ -s "$WORK/stored-kubelet" ] || config_map "kubelet-config-1.$minor" kubelet > "$WORK/stored-kubelet"
kubeadm_makes init phase kubelet-start --config "$WORK/with-stored"
output kubelet "$(bounded < "$WORK/stored-kubelet")"
output kubeletDefaults "$(bounded < "$ASIDE/kubelet/config.yaml")"

# --- nodes

asked get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{"\t"}{.status.addresses[?(@.type=="InternalIP")].address}{"\t"}{.status.nodeInfo.kubeletVersion}{"\t"}{.status.nodeInfo.containerRuntimeVersion}{"\n"}{end}' \
  > "$WORK/nodes"
output nodes "$(bounded < "$WORK/nodes")"
# shellcheck disable=SC2016 # the template's own variables
asked get nodes -o go-template='{{range .items}}{{$node := .metadata.name}}{{range $key, $value := .metadata.labels}}{{$node}} label {{$key}}={{$value}}
{{end}}{{if .spec.taints}}{{range .spec.taints}}{{$node}} taint {{.key}}{{if .value}}={{.value}}{{end}}:{{.effect}}
{{end}}{{end}}{{end}}' > "$WORK/attributes"
output labels "$(sed -n 's/^\([^ ]*\) label /\1 /p' "$WORK/attributes" | bounded)"
output taints "$(sed -n 's/^\([^ ]*\) taint /\1 /p' "$WORK/attributes" | bounded)"
asked get daemonsets -A -o 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}' > "$WORK/daemonsets"
output daemonSets "$(bounded 20000 < "$WORK/daemonsets")"

# --- the host

if [ -f "$R/sys/fs/cgroup/cgroup.controllers" ]; then output cgroups 2; else output cgroups 1; fi
{
  tr -d ' \n\t' 2>/dev/null < "$R/etc/docker/daemon.json" | sed -n 's/.*"insecure-registries":\[\([^]]*\)\].*/\1/p' | tr -d '"' |
    tr ',' '\n'
  for hosts_file in "$R"/etc/containerd/certs.d/*/hosts.toml; do
    if grep -qsE '^ *(server *= *"|\[host\.")http://' "$hosts_file"; then basename "$(dirname "$hosts_file")"; fi
  done
} | grep . | sort -u > "$WORK/insecure" || true
output insecureRegistries "$(paste -s -d ' ' "$WORK/insecure" | bounded 4000)"

# The repository from which the host gets Kubernetes, and that of its runtime, by what their addresses say.
yum_repository() { # PATTERN: address, keys, check; a line each
  cat "$R"/etc/yum.repos.d/*.repo 2>/dev/null | tr -d '\r' | awk -v pattern="$1" '
    function done() {
      if (url ~ pattern && enabled != "0" && !found) { print url; print keys; print (check == "0" ? "false" : "true"); found = 1 }
      url = keys = check = enabled = ""; key = ""
    }
    /^\[/ { done(); next }
    /^[ \t]/ { if (key == "gpgkey") { gsub(/^[ \t]+/, ""); keys = keys " " $0 } next }
    { key = value = $0; sub(/[ \t]*=.*/, "", key); sub(/^[^=]*=[ \t]*/, "", value) }
    key == "baseurl" { url = value } key == "gpgkey" { keys = value }
    key == "gpgcheck" { check = value } key == "enabled" { enabled = value }
    END { done() }'
}
apt_repository() { # PATTERN
  cat "$R"/etc/apt/sources.list.d/*.list "$R/etc/apt/sources.list" 2>/dev/null | sed -nE 's/^deb +(\[[^]]*\] *)?//p' | grep -E -- "$1" |
    head -n 1 | {
    read -r apt_url apt_suite apt_components || return 0
    echo "$apt_url $apt_suite${apt_components:+ $apt_components}"
    # repositories of one minor have their key beside them
    case $apt_url in */deb/) echo "${apt_url}Release.key" ;; */linux/debian | */linux/debian/ | */linux/ubuntu | */linux/ubuntu/) echo \
      "${apt_url%/}/gpg" ;; *) echo ;; esac
    echo true
  }
}
for repository in 'kubernetes kubernetes|pkgs[.]k8s[.]io' 'runtime docker|containerd|cri-o'; do
  case $FAMILY in apt) apt_repository "${repository#* }" ;; *) yum_repository "${repository#* }" ;; esac > "$WORK/repository"
  output "${repository%% *}Url" "$(sed -n 1p "$WORK/repository" | sed "s/v1\\.$minor\\([^0-9]\\)/v{minor}\\1/" | bounded 2000)"
  output "${repository%% *}Keys" "$(sed -n 2p "$WORK/repository" | sed "s/v1\\.$minor\\([^0-9]\\)/v{minor}\\1/g" | bounded 4000)"
  output "${repository%% *}Check" "$(sed -n 3p "$WORK/repository")"
done
