#!/bin/sh
# Removes a cluster from a host whose former state is not recorded. It removes only what is known to be kubeadm's or Caravan's. What may
# have been there before stays, and is named. After a reset with the journal it finds nothing to do.
# Environment: RUNTIME, CRI_SOCKET, POD_SUBNET, NODE_ROLES.  Outputs: unknown (what stays, and why), if there is any.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

mkdir "$FOUND"
GOES="cluster"
: > "$WORK/unknown"
unknown() { # TEXT
  say "not known: $*"
  one_line "$@" >> "$WORK/unknown"
  echo >> "$WORK/unknown"
}

take_file() { # PATH
  if [ -e "$R$1" ] || [ -L "$R$1" ]; then
    changing "remove $1"
    rm -rf "$R$1" || left "the file $1"
  fi
}

take_unit() { # UNIT
  if systemctl is-active -q "$1" 2>/dev/null || [ "$(systemctl is-active "$1" 2>/dev/null)" = activating ]; then
    changing "stop $1"
    logged systemctl stop "$1" || left_for_now "$1, which runs: $(last_words)"
  fi
  if [ "$(systemctl is-enabled "$1" 2>/dev/null || true)" = enabled ]; then
    changing "disable $1"
    logged systemctl disable -q "$1" || left "$1, which is enabled: $(last_words)"
  fi
}

member=no
for trace in kubelet.conf bootstrap-kubelet.conf admin.conf manifests/kube-apiserver.yaml .caravan-init-unfinished \
  .caravan-join-unfinished; do
  if [ -e "$R/etc/kubernetes/$trace" ]; then member=yes; fi
done

# --- Caravan's own pod network
if [ -e "$R/etc/systemd/system/caravan-pod-network.service" ]; then
  take_unit caravan-pod-network.service
  if [ -x "$R/usr/local/lib/caravan/pod-network" ] && [ -f "$R/etc/caravan/pod-network" ] && [ -z "$R" ]; then
    (
      set -a
      # shellcheck source=/dev/null
      . "$R/etc/caravan/pod-network"
      "$R/usr/local/lib/caravan/pod-network" clear
    ) > "$WORK/output" 2>&1 || left_for_now "routes and rules of the pod network: $(last_words)"
  fi
fi

# --- the node
if [ "$member" = yes ]; then
  for home in "$R/root" "$R"/home/*; do
    # init's copy of the administrator's kubeconfig, if it still is one
    if [ -f "$home/.kube/config" ] && [ -f "$ADMIN_CONF" ] && cmp -s "$home/.kube/config" "$ADMIN_CONF"; then
      take_file "${home#"$R"}/.kube/config"
      rmdir "$home/.kube" 2>/dev/null || true
    fi
  done
  take_unit kubelet.service
  leave_cluster
  for path in manifests pki admin.conf super-admin.conf kubelet.conf bootstrap-kubelet.conf controller-manager.conf scheduler.conf \
    .caravan-init-unfinished .caravan-join-unfinished tmp; do
    take_file "/etc/kubernetes/$path"
  done
  # kubelet has one place for the logs of pods (its podLogsRootDirectory); /var/log/containers has links to them
  for directory in /var/lib/kubelet /var/lib/etcd /var/lib/dockershim /var/run/kubernetes /var/log/pods /var/log/containers; do
    [ -d "$R$directory" ] || continue
    unmount_below "$R$directory"
    if [ -n "$(ls -A "$R$directory")" ]; then
      changing "empty $directory"
      find "$R$directory" -mindepth 1 -delete 2>"$WORK/output" || left_for_now "the content of $directory: $(last_words)"
    fi
    rmdir "$R$directory" 2>/dev/null || true
  done
  for directory in /var/lib/cni/networks/caravan-bridge /var/lib/cni/cache; do take_file "$directory"; done
  # files of runtimes about removed pods, under the names of the networks
  for result in "$R"/var/lib/cni/results/caravan-bridge-* "$R"/var/lib/cni/results/cni-loopback-* "$R"/var/lib/cni/results/cbr0-* \
    "$R"/var/lib/cni/results/k8s-pod-network-* "$R"/var/lib/cni/results/cilium-*; do
    if [ -e "$result" ]; then take_file "${result#"$R"}"; fi
  done
  rmdir "$R/var/lib/cni/results" "$R/var/lib/cni/networks" "$R/var/lib/cni" "$R/etc/kubernetes" 2>/dev/null || true
  # rules and links; those of Docker stay
  OWN_CHAINS='^(KUBE-.*|CNI-.*|CNI|cali-.*|FLANNEL-.*|CILIUM_.*)$'
  OWN_LINKS=$(echo "$OWN_LINKS" | sed 's/docker0|br-\[0-9a-f\]{12}|//')
  printf 'all\t%s\n' "$(printf '' | packed)" > "$FOUND/links"
  for tables in $(tables_commands); do
    "$tables-save" 2>/dev/null | grep -E '^(\*|:|COMMIT)' |
      awk -v chains="$OWN_CHAINS" '!/^:/ || substr($1, 2) !~ chains' > "$WORK/built-in" || true
    take_rules "$tables" "$WORK/built-in"
  done
  # a routing table that has only a number may be another program's
  OWN_TABLES=$(echo "$OWN_TABLES" | sed 's/|docker-bridges//')
  OWN_ROUTING_TABLES='^(kube-router|kube-router-dsr|external_ip)$'
  printf 'tables\tunknown\n' > "$FOUND/nftables"
  printf 'names\tunknown\n' > "$FOUND/ipsets"
  printf 'names\tunknown\n' > "$FOUND/nfacct"
  for kind in ip-rules ip-routes; do
    for ip_family in 4 6; do printf '%s\t%s\n' "$ip_family" "$(printf '' | packed)"; done > "$FOUND/$kind"
  done
  for path in /etc/iproute2/rt_tables /usr/lib/iproute2/rt_tables /usr/share/iproute2/rt_tables; do
    [ ! -f "$R$path" ] || printf '%s\t%s\n' "$path" "$({ grep -vE "$OWN_ROUTING_LINES" "$R$path" || true; } | packed)"
  done > "$FOUND/lines"
  restore_nftables
  restore_ipsets
  restore_nfacct
  restore_links
  restore_ip_rules
  restore_routes
  restore_lines
  # configurations of pod networks: with a remaining one, nodes of a later cluster would be Ready without a pod network
  for file in 10-kuberouter.conflist 10-kuberouter.conf 10-flannel.conflist 10-calico.conflist calico-kubeconfig \
    05-cilium.conflist 05-cilium.conf 10-weave.conflist; do
    [ -f "$R/etc/cni/net.d/$file" ] || continue
    network=$(grep -o '"name": *"[A-Za-z0-9._-]*"' "$R/etc/cni/net.d/$file" | head -n 1 | sed 's/.*"\([^"]*\)"$/\1/' || true)
    if [ -n "$network" ]; then
      for result in "$R/var/lib/cni/networks/$network" "$R/var/lib/cni/results/$network"-*; do
        if [ -e "$result" ]; then take_file "${result#"$R"}"; fi
      done
    fi
    take_file "/etc/cni/net.d/$file"
  done
  for directory in /var/lib/kube-router /var/run/kube-router /var/lib/calico /var/run/calico /var/run/flannel /var/lib/cilium \
    /var/run/cilium /var/lib/weave; do
    [ -d "$R$directory" ] || continue
    unmount_below "$R$directory"
    take_file "$directory"
  done
  rmdir "$R/var/lib/cni/results" "$R/var/lib/cni/networks" "$R/var/lib/cni" 2>/dev/null || true
fi

# --- files that carry Caravan's name
take_file /etc/cni/net.d/10-caravan-bridge.conflist
take_file /etc/systemd/system/caravan-pod-network.service
take_file /etc/systemd/system/kubelet.service.d/20-caravan.conf
rmdir "$R/etc/systemd/system/kubelet.service.d" 2>/dev/null || true
for unit in containerd.service docker.service crio.service; do
  if [ -e "$R/etc/systemd/system/$unit.d/90-caravan-proxy.conf" ]; then
    take_file "/etc/systemd/system/$unit.d/90-caravan-proxy.conf"
    rmdir "$R/etc/systemd/system/$unit.d" 2>/dev/null || true
    systemctl daemon-reload || true
    # it would keep the proxy, and its password, in its environment
    if systemctl is-active -q "$unit"; then
      restart_runtime "$unit" || left_for_now "$unit, which does not start without the proxy: $(last_words)"
    fi
  fi
done
for path in "$R"/etc/containerd/certs.d/*/hosts.toml; do
  grep -qs '^# Written by Caravan for runtime.registries' "$path" || continue
  take_file "${path#"$R"}"
done
for path in "$R"/etc/containerd/certs.d/*/caravan-ca*.crt "$R"/etc/docker/certs.d/*/caravan-ca.crt \
  "$R"/etc/containers/certs.d/*/caravan-ca.crt; do
  if [ -e "$path" ]; then
    take_file "${path#"$R"}"
    rmdir "$(dirname "$path")" 2>/dev/null || true
  fi
done
rmdir "$R/etc/containerd/certs.d" "$R/etc/docker/certs.d" "$R/etc/containers/certs.d" 2>/dev/null || true
take_file /etc/containers/registries.conf.d/20-caravan-registries.conf
take_file /etc/crio/caravan-auth.json
if grep -qs '^{"caravan": ' "$R/var/lib/kubelet/config.json"; then take_file /var/lib/kubelet/config.json; fi
take_file /etc/apt/apt.conf.d/90caravan-proxy
take_file /etc/caravan
take_file /usr/local/lib/caravan
take_file /etc/yum.repos.d/caravan-runtime.repo
take_file /etc/apt/sources.list.d/caravan-runtime.list
take_file /etc/sysctl.d/90-caravan.conf
take_file /etc/modules-load.d/caravan.conf
take_file /run/caravan-kubectl
rmdir "$R/etc/cni/net.d" "$R/etc/cni" 2>/dev/null || true
if grep -qs '^# swap is off for Kubernetes: ' "$R/etc/fstab"; then
  changing "turn swap on again in /etc/fstab"
  sed 's/^# swap is off for Kubernetes: //' "$R/etc/fstab" > "$WORK/fstab"
  cat "$WORK/fstab" > "$R/etc/fstab"
  logged swapon -a || left "swap: $(last_words)"
fi
for file in "$R/etc/sysctl.conf" "$R"/etc/sysctl.d/*.conf; do
  if [ -L "$file" ] || ! grep -qs '^# Kubernetes needs 1: ' "$file"; then continue; fi
  changing "restore the settings in ${file#"$R"}"
  sed 's/^# Kubernetes needs 1: //' "$file" > "$WORK/sysctl"
  cat "$WORK/sysctl" > "$file"
done
systemctl daemon-reload || true

# --- what may have been there before
if [ "$member" = yes ] && [ -n "$(package_version kubelet)$(package_version kubeadm)" ]; then
  if [ "$FAMILY" = apt ]; then held=", and their hold,"; else held=; fi
  unknown "whether kubelet, kubeadm, kubectl, cri-tools and kubernetes-cni were installed before: they$held stay; kubelet is off"
fi
for repository in /etc/yum.repos.d/kubernetes.repo /etc/apt/sources.list.d/kubernetes.list; do
  if [ "$member" = yes ] && [ -f "$R$repository" ]; then unknown "whether $repository was there before: it stays"; fi
done
if [ "$member" = yes ]; then
  case $RUNTIME in docker) name=Docker ;; cri-o) name=CRI-O ;; *) name=$RUNTIME ;; esac
  unknown "whether $name was there before, and with which configuration: it stays with its images"
  if have getenforce && [ "$(getenforce)" = Permissive ]; then unknown "whether SELinux was enforcing before: it stays permissive"; fi
  unknown "whether forwarding (net.ipv4.ip_forward) and bridged packets in iptables were on before:" \
    "they stay as they are until the next boot"
  unknown "which other settings (net.ipv4.conf, net.ipv6.conf, net.netfilter) kube-proxy and the network changed:" \
    "they stay as they are until the next boot"
fi
# Files of steps of earlier runs whose connection was lost for good. None of these steps runs.
# A step is a directory and a link to it.
for step_files in "$R"/run/caravan/*; do
  case ${CARAVAN_RESULT:-} in "$step_files"/* | "") continue ;; esac
  if [ ! -d "$step_files" ] || [ -e "$step_files/exit" ] || ! kill -0 "$(cat "$step_files/pid" 2>/dev/null || echo 0)" 2>/dev/null; then
    rm -rf "$step_files"
  fi
done
if [ -s "$WORK/unknown" ]; then output unknown "$(cat "$WORK/unknown")"; fi
end_of_undo
