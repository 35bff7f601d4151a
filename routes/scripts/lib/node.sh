# shellcheck shell=sh
# What makes this host a node: kubeadm and kubelet.

# Records what kubeadm, kubelet, kube-proxy and the pods of networks change on a host; called before init and join.
keep_node() {
  keep_unit kubelet.service
  # certificates that the administrator put there stay
  keep_tree "$R/etc/kubernetes" 4
  keep_tree "$R/var/lib/kubelet"
  keep_tree "$R/var/lib/etcd"
  keep_tree "$R/var/lib/dockershim"
  keep_tree "$R/var/lib/cni" 3
  keep_tree "$R/var/lib/calico"
  keep_tree "$R/var/lib/cilium"
  keep_tree "$R/var/run/kubernetes"
  keep_tree "$R/var/run/flannel"
  keep_tree "$R/var/run/calico"
  keep_tree "$R/var/run/cilium"
  keep_tree "$R/var/run/netns"
  keep_tree "$R/etc/cni" 2
  keep_tree "$R/opt/cni" 2
  keep_tree "$R/usr/libexec/kubernetes" 4
  keep_tree "$R/var/log/pods"
  keep_tree "$R/var/log/containers"
  keep_tree "$R/var/log/calico"
  # what pods of networks ask kubelet to make on the host, and write there
  for keep_path in /var/lib/kube-router /var/run/kube-router /var/lib/weave /var/run/xtables.lock; do keep_tree "$R$keep_path"; done
  keep_tree "$R/etc/iproute2" 2
  for keep_path in /etc/iproute2/rt_tables /usr/lib/iproute2/rt_tables /usr/share/iproute2/rt_tables; do
    if [ "$keep_path" = /etc/iproute2/rt_tables ] || [ -f "$R$keep_path" ]; then keep_lines "$R$keep_path"; fi
  done
  for keep_key in vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys \
    kernel.keys.root_maxbytes net.ipv4.conf.all.route_localnet net.ipv4.conf.all.rp_filter net.ipv4.vs.conntrack \
    net.ipv4.vs.conn_reuse_mode net.ipv4.vs.expire_nodest_conn net.ipv4.vs.expire_quiescent_template \
    net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_tcp_timeout_established \
    net.netfilter.nf_conntrack_tcp_timeout_close_wait net.netfilter.nf_conntrack_tcp_be_liberal net.netfilter.nf_conntrack_udp_timeout \
    net.netfilter.nf_conntrack_udp_timeout_stream net.ipv4.vs.sloppy_tcp net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables \
    net.bridge.bridge-nf-call-ip6tables net.core.bpf_jit_enable kernel.unprivileged_bpf_disabled kernel.timer_migration; do
    if [ -f "$(sysctl_path "$keep_key")" ]; then keep_sysctl "$keep_key"; fi
  done
  # for "all" and for each link; a link's name may contain a dot
  for keep_key in "$R"/proc/sys/net/ipv4/conf/*/rp_filter "$R"/proc/sys/net/ipv4/conf/*/arp_ignore \
    "$R"/proc/sys/net/ipv4/conf/*/arp_announce "$R"/proc/sys/net/ipv4/conf/*/forwarding \
    "$R"/proc/sys/net/ipv6/conf/*/forwarding "$R"/proc/sys/net/ipv6/conf/*/disable_ipv6 \
    "$R"/proc/sys/net/ipv6/conf/*/accept_ra; do
    if [ -f "$keep_key" ]; then keep_sysctl "${keep_key#"$R"/proc/sys/}"; fi
  done
  # what networks and kube-proxy load; ipip and fou create links that no command can remove
  if [ -r "$R/proc/modules" ]; then
    for keep_module in ipip fou ip6_tunnel vxlan wireguard ip_vs_rr ip_vs_wrr ip_vs_sh ip_vs_lc ip_vs; do
      grep -q "^$keep_module " "$R/proc/modules" || keep_module "$keep_module"
    done
  fi
  keep_network
  runtime_image_ids > "$WORK/image-ids" 2>"$WORK/output" ||
    command_failed "could not list the images of $RUNTIME, which an undo needs to find those of pods: $(last_words)" \
      "On the host: systemctl status $(runtime_unit), and crictl images (package cri-tools) or docker images."
  sort -u "$WORK/image-ids" | packed > "$WORK/images"
  found images "$RUNTIME" "$(cat "$WORK/images")"
}
# For a message: kubeadm's error without its warnings, and all findings of its checks. Since 1.34 the line begins with "error: ".
kubeadm_words() {
  grep -F '[ERROR ' "$WORK/output" | sed 's/^[[:space:]]*//' | one_line_input | grep . ||
    sed -nE 's/^(error: )?error execution phase [^:]*: //p' "$WORK/output" | tail -n 1 | one_line_input | grep . ||
    sed -nE 's/^\[[a-z-]+-check\] (.* is not healthy after .*)/\1/p' "$WORK/output" | one_line_input | grep . ||
    static_pod_words | grep . || last_words
}
# kubeadm upgrade 1.37 ends without an error if a static pod does not come up with its new manifest.
static_pod_words() {
  awk -F'"' '
    /^\[upgrade\/staticpods\] Moving new manifest to / { pod = $2; sub(/.*\//, "", pod); sub(/[.]yaml$/, "", pod) }
    /^\[upgrade\/staticpods\] Component .* upgraded successfully/ { pod = "" }
    END { if (pod != "") print pod " did not come up with its new manifest" }' "$WORK/output"
}
# For a message: kubelet's last error, if kubeadm waited for it without success.
kubelet_words() {
  kubelet_phases='^(error: )?error execution phase (wait-control-plane|kubelet-(start|wait-bootstrap)): '
  grep -qE -e "$kubelet_phases.*(timed out|deadline|not healthy|initialize|failed while waiting)" \
    -e '^\[[a-z-]+-check\] .* is not healthy after ' "$WORK/output" || return 0
  printf '; kubelet: %s; %s' "$(systemctl is-active kubelet 2>/dev/null || true)" \
    "$(journalctl -u kubelet -n 200 --no-pager -o cat 2>/dev/null | grep -E '^[EF][0-9]' | tail -n 1 | cut -c 1-300)"
}
# The kubelet's last error; nothing if it printed none.
kubelet_error() {
  journalctl -u kubelet -n 200 --no-pager -o cat 2>/dev/null | grep -E '^[EF][0-9]|^Error' | tail -n 1 | cut -c 1-300
}
kubelet_is_healthy() { curl -fsS --max-time 3 "http://127.0.0.1:10248/healthz"; }

# --- undo

# Removes everything that makes this host a node.
leave_cluster() {
  leave_etcd
  if systemctl is-active -q kubelet 2>/dev/null || [ "$(systemctl is-active kubelet 2>/dev/null)" = activating ]; then
    changing "stop kubelet"
    logged systemctl stop kubelet || left_for_now "kubelet, which runs: $(last_words)"
  fi
  remove_pods
  unmount_below "$R/var/lib/kubelet"
  # network namespaces of pods that no runtime removed
  for leave_namespace in "$R"/run/netns/cni-* "$R"/var/run/netns/cni-*; do
    [ -e "$leave_namespace" ] || continue
    umount "$leave_namespace" 2>/dev/null || true
    rm -f "$leave_namespace"
  done
  # kubelet up to 1.23 does not remove its socket for Docker
  rm -f "$R/run/dockershim.sock"
  # kubectl's cache
  rm -rf "$R/run/caravan-kubectl"
  if have ipvsadm && ip link show dev kube-ipvs0 >/dev/null 2>&1; then ipvsadm --clear || true; fi
}

# If other control planes stay, the member of this one is removed from etcd while etcd still runs.
leave_etcd() {
  if goes cluster || [ ! -f "$R/etc/kubernetes/manifests/etcd.yaml" ] || ! have kubeadm; then return 0; fi
  changing "remove this control plane's member from etcd"
  # later versions do not have this phase
  kubeadm reset phase update-cluster-status >/dev/null 2>&1 </dev/null || true
  logged kubeadm reset phase remove-etcd-member || left_for_now "this host's member of etcd: $(last_words)"
}
