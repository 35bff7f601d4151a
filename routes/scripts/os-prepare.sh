#!/bin/sh
# Prepares the operating system as kubeadm's guide requires: SELinux permissive, swap off, bridged packets visible to iptables, forwarding
# on. This holds now and after a reboot; only what differs is changed.
# Environment: SWAP=keep leaves swap as it is, for a kubelet that is configured to run with it. POD_SUBNET, SERVICE_SUBNET,
# NODE_ADDRESS, CONTROL_PLANE_ENDPOINT: if one of them is IPv6, IPv6 forwarding is set as well.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

# SELinux: now, and for the next boot. Either may be absent.
if have getenforce && [ "$(getenforce)" = Enforcing ]; then
  if change "make SELinux permissive"; then
    keep_selinux
    setenforce 0
    [ "$(getenforce)" != Enforcing ] || fail "SELinux is still enforcing after setenforce 0" "See: sestatus"
  else
    would_differ SELinux Enforcing Permissive
  fi
fi
if grep -qs '^SELINUX=enforcing' "$R/etc/selinux/config"; then
  sed 's/^SELINUX=enforcing.*/SELINUX=permissive/' "$R/etc/selinux/config" > "$WORK/selinux"
  put_file "$R/etc/selinux/config" 0644 < "$WORK/selinux"
fi

# Swap: what is in use, what fstab would turn on again, and what systemd would (zram, generated or own swap units).
if [ "${SWAP:-off}" != keep ] && [ -r "$R/proc/swaps" ] && [ "$(sed 1d "$R/proc/swaps" | wc -l)" -gt 0 ]; then
  swap_units=$(systemctl list-units --type swap --state active --plain --no-legend 2>/dev/null | awk '{ print $1 }')
  if change "turn swap off ($(sed 1d "$R/proc/swaps" | awk '{ print $1 }' | paste -s -d ' '))"; then
    keep_swap
    swapoff -a
    # swapoff -a works on /proc/swaps; a device that is still there is in use
    [ "$(sed 1d "$R/proc/swaps" | wc -l)" -eq 0 ] ||
      fail "swap is still on after swapoff -a: $(sed 1d "$R/proc/swaps" | one_line_input)" \
        "Turn it off by hand; kubelet does not start with swap on."
  fi
  for unit in $swap_units; do
    # units made from fstab are removed with their line there
    case $(systemctl show -p SourcePath --value "$unit" 2>/dev/null) in */fstab) continue ;; esac
    if change "keep $unit from coming back (mask)"; then
      keep_unit "$unit"
      systemctl mask -q "$unit"
    fi
  done
fi
if [ "${SWAP:-off}" != keep ] && [ -f "$R/etc/fstab" ] &&
  awk '$1 !~ /^#/ && $3 == "swap" { found = 1 } END { exit !found }' "$R/etc/fstab"; then
  awk '$1 !~ /^#/ && $3 == "swap" { print "# swap is off for Kubernetes: " $0; next } { print }' "$R/etc/fstab" > "$WORK/fstab"
  put_file "$R/etc/fstab" 0644 < "$WORK/fstab"
fi

# Modules: br_netfilter for the bridge sysctls, overlay for the runtime's images, nf_conntrack for kube-proxy, which exits if there is no
# nf_conntrack_max.
modules='overlay br_netfilter nf_conntrack'

# On EL10 and minimal images, some of them are in a separate package, for exactly this kernel.
lacking=
for module in $modules; do module_to_be_had "$module" || lacking="$lacking $module"; done
for module in $(iptables_modules_missing); do lacking="$lacking $module"; done
extra=kernel-modules-extra-$(uname -r)
if [ -n "$lacking" ] && [ "$FAMILY" = yum ] && ! rpm -q "$extra" >/dev/null 2>&1; then
  if change "install $extra, as the kernel has no$lacking"; then
    say "installing $extra"
    install_packages "$extra"
  fi
fi

at_boot=
for module in $modules; do
  if ! module_there "$module"; then
    if change "load module $module"; then
      keep_module "$module"
      modprobe "$module" ||
        fail "modprobe $module failed on kernel $(uname -r)" \
          "Install the kernel's modules (on EL $extra, on Ubuntu linux-modules-extra-$(uname -r)), or boot a kernel that has $module."
    fi
  fi
  # a module that is built into the kernel need not be loaded
  grep -qs "/$module\.ko" "$R/lib/modules/$(uname -r)/modules.builtin" || at_boot=$at_boot$module' '
done
if [ -n "$at_boot" ]; then
  echo "$at_boot" | tr ' ' '\n' | sed '/^$/d' | put_file "$R/etc/modules-load.d/caravan.conf" 0644
fi

# sysctls: the running value, and what it is after a boot.
own=$R/etc/sysctl.d/90-caravan.conf
keys='net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables net.ipv4.ip_forward'
# kubeadm checks the default one (FileContent--proc-sys-net-ipv6-conf-default-forwarding); the kernel goes by all.
ipv6=no
case ${POD_SUBNET:-},${SERVICE_SUBNET:-},${NODE_ADDRESS:-} in *:*) ipv6=yes ;; esac
case ${CONTROL_PLANE_ENDPOINT:-} in '['*) ipv6=yes ;; esac
if [ "$ipv6" = yes ]; then
  [ -d "$R/proc/sys/net/ipv6" ] ||
    fail "the cluster uses IPv6, and the kernel has it switched off" "Boot without ipv6.disable=1, or use IPv4 networks and addresses."
  keys="$keys net.ipv6.conf.all.forwarding net.ipv6.conf.default.forwarding"
fi

# shellcheck disable=SC2016 # awk's own
setting='{
  key = value = $0
  sub(/=.*/, "", key); gsub(/[ \t]/, "", key); sub(/^-/, "", key); gsub("/", ".", key)
  sub(/[^=]*=/, "", value); gsub(/[ \t]/, "", value)
}'

# The files in the order in which they are read (sysctl.d(5)): one file of each name, then sysctl.conf. The last value counts.
sysctl_files() {
  for file in "$R"/etc/sysctl.d/*.conf "$R"/run/sysctl.d/*.conf "$R"/usr/local/lib/sysctl.d/*.conf "$R"/usr/lib/sysctl.d/*.conf; do
    if [ -f "$file" ]; then printf '%s/%s\n' "${file##*/}" "$file"; fi
  done | sort -s -t / -k 1,1 -u | cut -d / -f 2-
  if [ -f "$R/etc/sysctl.conf" ]; then echo "$R/etc/sysctl.conf"; fi
}
read_after_ours() { [ "$1" = "$R/etc/sysctl.conf" ] || { [ "$1" != "$own" ] && printf '%s\n' "${own##*/}" "${1##*/}" | sort -C; }; } # FILE

# Files of the administrator that are read after Caravan's would override it at the next boot: such lines are commented out.
overruled() { # FILE: what is to be in it
  if ! read_after_ours "$1"; then awk 1 "$1"; return 0; fi
  awk -v keys=" $keys " "$setting"' { print (index(keys, " " key " ") && value != "1" ? "# Kubernetes needs 1: " : "") $0 }' "$1"
}
for file in "$R"/etc/sysctl.d/*.conf "$R/etc/sysctl.conf"; do
  # a link usually leads to sysctl.conf
  if [ ! -f "$file" ] || [ -L "$file" ]; then continue; fi
  overruled "$file" > "$WORK/sysctl"
  if [ "$(cat "$WORK/sysctl")" != "$(cat "$file")" ]; then put_file "$file" "$(stat -c %a "$file")" < "$WORK/sysctl"; fi
done

# The value of each setting after all files but Caravan's.
sysctl_files | while read -r file; do
  if [ "$file" != "$own" ]; then overruled "$file"; fi
done | awk "$setting"' { last[key] = value } END { for (key in last) print key " = " last[key] }' > "$WORK/at-boot"

# Whether Caravan's own file has no other value than 1 for the key.
own_agrees() { # KEY
  [ ! -f "$own" ] || awk -v wanted="$1" "$setting"' key == wanted { last = value } END { exit last != "" && last != "1" }' "$own"
}

missing=
for key in $keys; do
  file=$(sysctl_path "$key")
  if [ "$(cat "$file" 2>/dev/null)" != 1 ]; then
    if change "set $key = 1"; then
      # turning forwarding on changes these as well
      case $key in
        net.ipv4.ip_forward) set -- "$R/proc/sys/net/ipv4/conf/all/accept_redirects" "$R"/proc/sys/net/ipv4/conf/*/forwarding ;;
        net.ipv6.conf.all.forwarding) set -- "$R"/proc/sys/net/ipv6/conf/*/forwarding ;;
        *) set -- ;;
      esac
      for forwarding; do
        if [ -f "$forwarding" ]; then keep_sysctl "${forwarding#"$R/proc/sys/"}"; fi
      done
      keep_sysctl "$key"
      echo 1 > "$file" || fail "could not set $key" "See: sysctl $key; ls ${file#"$R"}"
    else
      would_differ "$key" "$(cat "$file" 2>/dev/null || echo "not there yet")" 1
    fi
  fi
  if ! grep -qxF "$key = 1" "$WORK/at-boot" || ! own_agrees "$key"; then
    missing="$missing$key = 1
"
  fi
done
if [ -n "$missing" ]; then
  printf '# Kubernetes needs these.\n%s' "$missing" | put_file "$own" 0644
fi
