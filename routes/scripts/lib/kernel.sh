# shellcheck shell=sh
# Settings and modules of the kernel, swap, SELinux.

sysctl_path() { case $1 in */*) echo "$R/proc/sys/$1" ;; *) echo "$R/proc/sys/$(echo "$1" | tr . /)" ;; esac; } # KEY

keep_sysctl() { found sysctl "$1" "$(cat "$(sysctl_path "$1")" 2>/dev/null || echo absent)"; } # KEY
keep_module() { found module "$1" absent; } # NAME, before it is loaded
# Whether the module is loaded or built into the kernel.
module_there() { # NAME
  case $1 in
    br_netfilter) [ -d "$R/proc/sys/net/bridge" ] ;;
    overlay) grep -qsw overlay "$R/proc/filesystems" ;;
    nf_conntrack) [ -e "$R/proc/sys/net/netfilter/nf_conntrack_max" ] || grep -qs "^nf_conntrack " "$R/proc/modules" ;;
    *) grep -qs "^$1 " "$R/proc/modules" ;;
  esac
}
# Whether the module is there, or modprobe finds it for the running kernel.
module_to_be_had() { module_there "$1" || { have modprobe && modprobe -n -q "$1" >/dev/null 2>&1; }; } # NAME

# Prints the modules for rules of iptables that the kernel lacks. kube-proxy and pod networks write comments into their rules, and an
# iptables that writes rules of nftables needs nft_compat for them (kubernetes/kops#18724). Nothing is loaded: the first rule does that. A
# kernel without any loadable module has built in what it has, which modprobe may not know.
iptables_modules_missing() {
  if ! have modprobe || [ ! -s "$R/lib/modules/$(uname -r)/modules.dep" ]; then return 0; fi
  module_to_be_had xt_comment || echo xt_comment
  case $(iptables --version 2>/dev/null) in *nf_tables*) module_to_be_had nft_compat || echo nft_compat ;; esac
}
keep_selinux() { found selinux mode "$(getenforce)"; }
keep_swap() { # each device in use, with its priority
  sed 1d "$R/proc/swaps" | while read -r swap_device _ _ _ swap_priority; do found swap "$swap_device" "$swap_priority"; done
}

# --- undo

# Forwarding and the settings of "all" first: setting them also changes others.
restore_sysctls() {
  was_found sysctl || return 0
  sysctls_first="^(net\.ipv4\.ip_forward|net\.ipv6\.conf\.all\.forwarding|net/ipv[46]/conf/all/[a-z0-9_]+)$TAB"
  { grep -E "$sysctls_first" "$FOUND/sysctl"; grep -vE "$sysctls_first" "$FOUND/sysctl"; } > "$WORK/sysctls" || true
  while IFS=$TAB read -r sysctl_key sysctl_value; do
    sysctl_file=$(sysctl_path "$sysctl_key")
    # a setting of a module or network card is removed with it
    if [ "$sysctl_value" = absent ] || [ ! -f "$sysctl_file" ]; then continue; fi
    if [ "$(cat "$sysctl_file" 2>/dev/null)" = "$sysctl_value" ]; then continue; fi
    changing "restore $sysctl_key to $sysctl_value"
    printf '%s\n' "$sysctl_value" > "$sysctl_file" 2>/dev/null || left "the setting $sysctl_key, which was $sysctl_value"
  done < "$WORK/sysctls"
}

restore_modules() {
  was_found module || return 0
  while IFS=$TAB read -r module _; do
    grep -qs "^$module " "$R/proc/modules" || continue
    # a module that is in use by now stays loaded; this does no harm
    if modprobe -r "$module" 2>/dev/null; then changing "unload module $module"; else say "module $module stays loaded: it is in use"; fi
  done < "$FOUND/module"
}

restore_swap() {
  was_found swap || return 0
  while IFS=$TAB read -r swap_device swap_priority; do
    if sed 1d "$R/proc/swaps" | awk -v device="$swap_device" '$1 == device { found = 1 } END { exit !found }'; then continue; fi
    changing "turn swap on again: $swap_device"
    # negative priorities are the kernel's own choice
    if [ "$swap_priority" -ge 0 ]; then set -- -p "$swap_priority" "$swap_device"; else set -- "$swap_device"; fi
    logged swapon "$@" || left "swap on $swap_device: $(last_words)"
  done < "$FOUND/swap"
}

restore_selinux() {
  was_found selinux || return 0
  while IFS=$TAB read -r _ selinux_mode; do
    if ! have getenforce || [ "$(getenforce)" = "$selinux_mode" ]; then continue; fi
    changing "make SELinux $selinux_mode"
    logged setenforce "$selinux_mode" || left "SELinux, which was $selinux_mode: $(last_words)"
  done < "$FOUND/selinux"
}
