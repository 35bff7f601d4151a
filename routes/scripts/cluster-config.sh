#!/bin/sh
# Brings the configuration that kubeadm keeps in the cluster into line with the spec: ConfigMaps kubeadm-config and kubelet-config, from
# which hosts that join, and kubeadm upgrade, take theirs. Runs on the first control plane. By hand: kubeadm init phase upload-config.
# What cannot be changed in a running cluster is refused.
# Environment: KUBERNETES_VERSION, KUBERNETES_MINOR; ENDPOINT_CHANGES (yes in the action change-endpoint).  Standard input: see
# settings-lib.sh.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/settings-lib.sh"

take_documents
[ -f "$ADMIN_CONF" ] || skip "there is no cluster on this host yet"
need_this_version
wait_until 90 api_answers || fail_for_now "the API server does not answer" "On the host: journalctl -u kubelet; crictl ps -a"

# For the undo: the ConfigMap as it is, without what the API server adds.
keep_config_map() { # NAME
  read_map kube-system "$1" || fail_for_now "the ConfigMap $1 is not there any more"
  found config-map "kube-system/$1" "$(packed < "$WORK/config-map")"
}

# kubeadm init of older minors stores the API server's default authorization modes as if they had been configured. That is no difference
# to the spec. https://github.com/kubernetes/kubernetes/pull/63879
without_default_mode() { # FILE: a ClusterConfiguration in kubeadm's own form
  awk '
    function give() { if (held != "") print held; held = "" }
    /^[^ ]/ { part = $1 }
    part == "apiServer:" && $0 == "  extraArgs:" { held = $0; next }
    part == "apiServer:" && $0 == "    authorization-mode: Node,RBAC" { next }
    held != "" && !/^   / && !/^  -/ { held = "" }
    { give(); print }
  ' "$1" > "$WORK/without-mode"
  cat "$WORK/without-mode" > "$1"
}

# --- the cluster's

config_map kubeadm-config ClusterConfiguration > "$WORK/stored"
if [ -s "$WORK/stored" ]; then
  as_it_was_made "$WORK/stored"
  canonical "$DOCUMENTS" > "$WORK/wanted"
  { documents_of InitConfiguration "$DOCUMENTS"; echo "---"; cat "$WORK/stored"; } > "$WORK/stored-documents"
  canonical "$WORK/stored-documents" > "$WORK/there"
  grep -q 'authorization-mode' "$WORK/wanted" || without_default_mode "$WORK/there"
  FIXED='^(clusterName|controlPlaneEndpoint|certificatesDir|encryptionAlgorithm):|^ +(dnsDomain|podSubnet|serviceSubnet|dataDir|external):'
  fixed() { { grep -E "$FIXED" "$1" || true; } | sed 's/^ *//' | sort; } # FILE
  fixed "$WORK/there" > "$WORK/fixed-there"
  fixed "$WORK/wanted" > "$WORK/fixed-wanted"
  endpoint_of() { grep '^controlPlaneEndpoint:' "$1" || echo "no controlPlaneEndpoint"; } # FILE
  if [ "$(endpoint_of "$WORK/fixed-there")" != "$(endpoint_of "$WORK/fixed-wanted")" ] && ! endpoint_changes; then
    differ="the cluster has $(endpoint_of "$WORK/fixed-there"), the spec has $(endpoint_of "$WORK/fixed-wanted")"
    fail "$differ: apply does not move a running cluster to another endpoint" \
      "caravan change-endpoint does, with the same spec. Or write into the spec what the cluster has."
  fi
  if endpoint_changes; then
    for fixed_file in "$WORK/fixed-there" "$WORK/fixed-wanted"; do
      grep -v '^controlPlaneEndpoint:' "$fixed_file" > "$WORK/fixed" || true
      mv "$WORK/fixed" "$fixed_file"
    done
  fi
  if ! cmp -s "$WORK/fixed-there" "$WORK/fixed-wanted"; then
    has=$(comm -23 "$WORK/fixed-there" "$WORK/fixed-wanted" | one_line_input | grep . || echo 'nothing for that')
    wants=$(comm -13 "$WORK/fixed-there" "$WORK/fixed-wanted" | one_line_input | grep . || echo 'nothing of it')
    fail "the cluster has $has, the spec wants $wants: this cannot be changed in a running cluster" \
      "Write into the spec what the cluster has; see: kubectl -n kube-system get configmap kubeadm-config -o yaml"
  fi
  if ! cmp -s "$WORK/there" "$WORK/wanted"; then
    if change "update the ConfigMap kubeadm-config"; then
      keep_config_map kubeadm-config
      logged kubeadm init phase upload-config kubeadm --config "$DOCUMENTS" --kubeconfig "$ADMIN_CONF" ||
        command_failed "kubeadm init phase upload-config kubeadm: $(kubeadm_words)"
    else
      text_would_differ "ConfigMap kubeadm-config" "$WORK/there" "$WORK/wanted"
    fi
  fi
fi

# --- the kubelets'

# until 1.23 it has the minor in its name
kubelet_map=kubelet-config
config_map "$kubelet_map" kubelet > "$WORK/stored-kubelet"
if [ ! -s "$WORK/stored-kubelet" ]; then
  kubelet_map=kubelet-config-1.$KUBERNETES_MINOR
  config_map "$kubelet_map" kubelet > "$WORK/stored-kubelet"
fi
if [ -s "$WORK/stored-kubelet" ]; then
  kubeadm_makes init phase kubelet-start --config "$DOCUMENTS"
  mv "$ASIDE/kubelet/config.yaml" "$WORK/wanted-kubelet"
  { documents_without KubeletConfiguration "$DOCUMENTS"; echo "---"; cat "$WORK/stored-kubelet"; } > "$WORK/stored-documents"
  kubeadm_makes init phase kubelet-start --config "$WORK/stored-documents"
  if ! cmp -s "$ASIDE/kubelet/config.yaml" "$WORK/wanted-kubelet"; then
    if change "update the ConfigMap $kubelet_map"; then
      keep_config_map "$kubelet_map"
      logged kubeadm init phase upload-config kubelet --config "$DOCUMENTS" --kubeconfig "$ADMIN_CONF" ||
        command_failed "kubeadm init phase upload-config kubelet: $(kubeadm_words)"
    else
      text_would_differ "ConfigMap $kubelet_map" "$ASIDE/kubelet/config.yaml" "$WORK/wanted-kubelet"
    fi
  fi
fi
