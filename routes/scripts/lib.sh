# shellcheck shell=sh
# What the step scripts share. Each of them sources it; it is never run alone:
#
#     . "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
#
# A step looks before it acts. It reports each change by `change`, and records what it finds before the change by the keep_* functions.
# It ends with 0, or by `skip`, `fail`, `command_failed` or `fail_for_now`. Results are written to the file $CARAVAN_RESULT, one line
# each, with tabs between the fields. If a script is run by hand, without that variable, it prints them (of a secret only the name).
#
# State found before a change (what an undo needs; `found KIND KEY STATE...`). These lines are not kept until the step ends: they are
# written to its log at once, so that they are recorded even if the host fails during the step.
#     found file PATH absent                        found file PATH MODE UID:GID CONTENT-IN-BASE64
#     found link PATH TARGET                        found directory PATH absent
#     found tree PATH absent                        found tree PATH MODE UID:GID DEPTH NAMES      what is added later is removed
#     found reader PATH UNIT                        the unit reads that file when it starts
#     found unit NAME ENABLED ACTIVE                as systemctl is-enabled and is-active print them
#     found packages ATTEMPT NAME=VERSION-LIST      all of them;   found installing ARGUMENT... -
#     found package NAME=VERSION came|went          after the installation; then: found packages-done ATTEMPT -
#     found accounts ATTEMPT LIST                   found account user:NAME|group:NAME came
#     found hold PACKAGE absent                     apt-mark
#     found rpm-key gpg-pubkey-VERSION KEY-IN-BASE64    the key that a newer one of the same name replaced
#     found sysctl KEY VALUE                        found module NAME absent
#     found swap DEVICE PRIORITY                    found selinux mode Enforcing|Permissive
#     found iptables COMMAND RULES                  as COMMAND-save prints them
#     found nftables tables LIST|unknown            FAMILY NAME of each; unknown: the host has no nft
#     found ipsets names NAMES|unknown              found nfacct names NAMES|unknown     the counters of nfacct
#     found links all NAMES
#     found ip-rules 4|6 LINES                      found ip-routes 4|6 LINES                           of all tables but local
#     found lines PATH absent|LINES                 only added lines of a known form are removed
#     found image NAME absent                       found images RUNTIME IDS
#     found label NODE/KEY absent|set VALUE         found taint NODE/KEY:EFFECT absent|VALUE
#     found annotation NODE/KEY absent|set VALUE
#     found config-map NAMESPACE/NAME YAML
#     found server PATH|KIND/NAMESPACE/NAME URL     the server in that kubeconfig, or in an object of the cluster
#     found manifest NAME absent|OBJECTS MANIFEST   the objects that were there before, and what is applied now; no secrets
#     found upgrade CLUSTER VERSION                 the control plane was upgraded: a rollback is not possible any more
#     found runtime NAME absent                     found cluster NAME absent            found node NAME absent
#     found saved DIRECTORY -                       copies of files with keys, which stay on the host (certificates-renew)
# LIST, NAMES, RULES, IDS, LINES and YAML are packed by gzip and base64. If a step records one KIND and KEY several times, the first line
# counts: a second attempt finds what the first one left.

set -eu
umask 022
LC_ALL=C
export LC_ALL

# Every path of the host is written "$R/etc/...": R is empty on a real host and a scratch directory in a rehearsal.
R=${CARAVAN_ROOT:-}
PACKAGES_BEFORE=
FILE_READER=
# the log, also for functions whose standard output is redirected
exec 3>&1
# What the shell does itself starts no process: each of these functions is called by many steps on many hosts.
TAB='	'
NEWLINE='
'

# --- results

result() { # FIELD...: one result line
  if [ -n "${CARAVAN_RESULT:-}" ]; then
    result_line=$1
    shift
    for result_field in "$@"; do result_line=$result_line$TAB$result_field; done
    if [ -f "$CARAVAN_RESULT" ]; then
      printf '%s\n' "$result_line" >> "$CARAVAN_RESULT"
    else
      (umask 077 && printf '%s\n' "$result_line" >> "$CARAVAN_RESULT")
    fi
  else
    case $1 in
      secret) echo "secret $2 (not shown)" ;;
      text) echo "output $2 = $3" ;;
      output) echo "output $2 = $(printf %s "$3" | base64 -d)" ;;
      *) ;; # printed already
    esac
  fi
}

one_line() { printf %s "$*" | tr '\n\t' '  '; }
result_text() { # FIELD TEXT: the text in one line
  case $2 in
    *"$TAB"* | *"$NEWLINE"*) result "$1" "$(one_line "$2")" ;;
    *) result "$1" "$2" ;;
  esac
}

# Is this only a look at what would change?
planning() { [ "${CARAVAN_PLAN:-}" = 1 ]; }

# Announces a change; false in plan mode: if change "turn swap off"; then swapoff -a; fi
change() { # TEXT
  result_text change "$*"
  if planning; then
    echo "would $*"
    return 1
  fi
  echo "$*"
}

# In a plan, shows the effect of the change that was announced just before: the text as it is, and as it would be.
would_differ() { # SUBJECT OLD NEW
  planning || return 0
  printf -- '-%s\n+%s\n' "$2" "$3" | tee "$WORK/diff"
  result diff "$1" "$(base64 -w0 < "$WORK/diff")"
}

# Reports what is done, or waited for, from now on.
say() { echo "== $*"; } # TEXT

# Nothing to do here, and why. Ends the step.
skip() { # TEXT
  result_text skip "$*"
  echo "skipped: $*"
  exit 0
}

fail_with() { # STATUS TEXT [REMEDY]
  result_text problem "$2"
  echo "failed: $2"
  if [ -n "${3:-}" ]; then
    result_text remedy "$3"
    echo "$3"
  fi
  exit "$1"
}
fail() { fail_with 1 "$@"; } # TEXT [REMEDY]: a permanent error
fail_for_now() { fail_with 75 "$@"; } # TEXT [REMEDY]: a time limit of the script expired; a transient error
# The command whose output is in $WORK/output failed. failures.yaml decides by this output alone whether the error is transient. If a
# rule there has a remedy, it is used instead of this one.
command_failed() { # TEXT [REMEDY]
  result words "$(tail -n 30 "$WORK/output" | tail -c 8000 | base64 -w0)"
  fail "$@"
}

output() { # NAME VALUE
  case $2 in
    *[!\ -~]*) result output "$1" "$(printf %s "$2" | base64 -w0)" ;;
    *) result text "$1" "$2" ;; # a line of printable ASCII
  esac
}
secret() { result secret "$1" "$(base64 -w0)"; } # NAME, the value on standard input
# What people read at the end of the run, beside that of other hosts: a line of headings, then lines; tabs separate the fields.
report() { output report "$(head -n 500 "$1" | head -c 65536)"; } # FILE

# --- the step's own files

# A directory that only root can read; it is removed when the step ends.
if [ -n "${CARAVAN_RESULT:-}" ]; then
  WORK=${CARAVAN_RESULT%/*}/work.$$
  mkdir -m 0700 "$WORK"
else
  WORK=$(mktemp -d)
fi

# A script may define its own: what it has to clean up when it ends, whether it succeeds or fails.
on_exit() { :; }

# An empty directory is removed with the other files of the step.
remove_work() {
  if [ -n "${CARAVAN_RESULT:-}" ]; then
    set -- "$WORK"/* "$WORK"/.[!.]*
    if [ "$*" = "$WORK/* $WORK/.[!.]*" ]; then return 0; fi
  fi
  rm -rf "$WORK"
}

at_exit() {
  exit_status=$?
  trap - EXIT
  on_exit || true
  kept_packages || true
  remove_work
  exit "$exit_status"
}
trap at_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- proxies

# The spec's proxy, as the step proxy wrote it: HTTP_PROXY=URL, HTTPS_PROXY=URL, NO_PROXY=LIST. A URL may hold a password.
PROXY_FILE=$R/etc/caravan/proxy.env
# Also kubeadm finds the variables of the environment: it writes them into the manifests of the control plane, whose requests to services
# and kubelets would then go to the proxy (its GetProxyEnvVars takes every name that ends with _proxy). kubectl would reach the API server
# through it. So no program has these variables, except those that with_proxy runs.
PROXY_HTTP=${http_proxy:-${HTTP_PROXY:-}}
PROXY_HTTPS=${https_proxy:-${HTTPS_PROXY:-}}
PROXY_NOT=${no_proxy:-${NO_PROXY:-}}
case $(export -p) in
  *_[Pp][Rr][Oo][Xx][Yy]=*)
    for proxy_variable in $(env | sed -n 's/^\([A-Za-z][A-Za-z0-9_]*_[Pp][Rr][Oo][Xx][Yy]\)=.*/\1/p'); do unset "$proxy_variable"; done
    ;;
esac
if [ -r "$PROXY_FILE" ]; then
  proxy_place=$PROXY_FILE
elif [ -z "$PROXY_HTTP$PROXY_HTTPS" ] && [ -s "$R/etc/environment" ] &&
  grep -qsiE '^[[:space:]]*(export[[:space:]]+)?https?_proxy=' "$R/etc/environment"; then
  # pam_env gives it to logins, but sudo may not pass it on
  proxy_place=$R/etc/environment
else
  proxy_place=
fi
proxy_value() { # NAME in lower case: the last value in $proxy_place
  sed -nE "s/^[[:space:]]*(export[[:space:]]+)?$1=//Ip" "$proxy_place" | tail -n 1 |
    sed -E -e 's/[[:space:]]+$//' -e "s/^([\"'])(.*)\1\$/\2/"
}
read_proxy() { # of $proxy_place
  PROXY_HTTP=$(proxy_value http_proxy)
  PROXY_HTTPS=$(proxy_value https_proxy)
  PROXY_NOT=$(proxy_value no_proxy)
}
if [ -n "$proxy_place" ]; then read_proxy; fi

# Runs a program that fetches from outside.
with_proxy() ( # COMMAND ARGUMENT...
  if [ -n "$PROXY_HTTP" ]; then export http_proxy="$PROXY_HTTP" HTTP_PROXY="$PROXY_HTTP"; fi
  if [ -n "$PROXY_HTTPS" ]; then export https_proxy="$PROXY_HTTPS" HTTPS_PROXY="$PROXY_HTTPS"; fi
  if [ -n "$PROXY_NOT" ]; then export no_proxy="$PROXY_NOT" NO_PROXY="$PROXY_NOT"; fi
  exec "$@"
)

# The spec's proxy for that URL; nothing if NO_PROXY names its host or a domain above it, or if the spec has no proxy.
proxy_for() { # URL
  [ -r "$PROXY_FILE" ] || return 0
  case $1 in https:*) proxy_url=$PROXY_HTTPS ;; *) proxy_url=$PROXY_HTTP ;; esac
  proxy_host=${1#*://}
  proxy_host=${proxy_host%%/*}
  proxy_host=${proxy_host##*@}
  case $proxy_host in "["*) proxy_host=${proxy_host#"["} && proxy_host=${proxy_host%%"]"*} ;; *) proxy_host=${proxy_host%%:*} ;; esac
  host=$proxy_host list=$PROXY_NOT awk 'BEGIN {
    host = tolower(ENVIRON["host"]); n = split(tolower(ENVIRON["list"]), entry, ",")
    for (i = 1; i <= n; i++) {
      domain = entry[i]; sub(/^[*]?[.]/, "", domain)
      if (host == domain) exit 1
      if (domain !~ /^[0-9.]+$/ && length(host) > length(domain) && substr(host, length(host) - length(domain)) == "." domain) exit 1
    }
  }' || return 0
  if [ -n "$proxy_url" ]; then echo "$proxy_url"; fi
}

# --- what was found, recorded for the undo. Each function is called before the change.

found() { # KIND KEY STATE...
  if [ -n "${CARAVAN_RESULT:-}" ]; then
    found_line=caravan-found
    for found_field in "$@"; do found_line=$found_line$TAB$found_field; done
    printf '%s\n' "$found_line" >&3
  else
    echo "found $1 $2"
  fi
}

keep_file() { # PATH
  keep_path=${1#"$R"}
  if [ -L "$1" ]; then
    found link "$keep_path" "$(readlink "$1")"
  elif [ -f "$1" ]; then
    found file "$keep_path" "$(stat -c %a "$1")" "$(stat -c %u:%g "$1")" "$(base64 -w0 "$1")"
  elif [ ! -e "$1" ]; then
    found file "$keep_path" absent
  else
    fail "${1#"$R"} is neither a file nor a link, and a file belongs there" "Move it away, then run this again."
  fi
}

keep_unit() { # UNIT
  keep_enabled=$(systemctl is-enabled "$1" 2>/dev/null || true)
  keep_active=$(systemctl is-active "$1" 2>/dev/null || true)
  found unit "$1" "${keep_enabled:-not-found}" "${keep_active:-inactive}"
}

packed() { gzip -9nc | base64 -w0; }
unpacked() { base64 -d | gzip -dc; }

# Call it before a package manager changes anything. When the step ends, successful or not, the difference is recorded.
keep_packages() { # [ARGUMENT of the installation...]
  if [ -z "$PACKAGES_BEFORE" ]; then
    PACKAGES_BEFORE=$WORK/packages
    packages_attempt=$(date +%s).$$
    all_packages > "$PACKAGES_BEFORE"
    all_accounts > "$WORK/accounts"
    found packages "$packages_attempt" "$(packed < "$PACKAGES_BEFORE")"
    found accounts "$packages_attempt" "$(packed < "$WORK/accounts")"
    # A part of a pipeline is a shell of its own, in which the script's trap is not set: its end is the end of this installation.
    # shellcheck disable=SC2016 # for the other shell
    if [ "$(exec sh -c 'echo "$PPID"')" != "$$" ]; then trap 'kept_packages || true' EXIT; fi
  fi
  # If the host fails during the installation, the undo finishes it first, so that it can be removed completely.
  if [ $# -gt 0 ]; then found installing "$*" -; fi
}

kept_packages() {
  [ -n "$PACKAGES_BEFORE" ] || return 0
  all_packages > "$WORK/packages-after"
  all_accounts > "$WORK/accounts-after"
  comm -13 "$PACKAGES_BEFORE" "$WORK/packages-after" | while read -r kept_package; do found package "$kept_package" came; done
  comm -23 "$PACKAGES_BEFORE" "$WORK/packages-after" | while read -r kept_package; do found package "$kept_package" went; done
  comm -13 "$PACKAGES_BEFORE" "$WORK/packages-after" | remove_cut_files "${packages_attempt%.*}"
  comm -13 "$WORK/accounts" "$WORK/accounts-after" | while read -r kept_account; do found account "$kept_account" came; done
  found packages-done "$packages_attempt" -
  PACKAGES_BEFORE=
}

# rpm writes each file as NAME;TIME, where TIME is when its transaction began, in 8 hexadecimal digits, and then renames it
# (rpm, lib/fsm.c). If rpm is killed, these files stay, and no package owns them: a program can be 100 MB. For the packages on standard
# input, as all_packages prints them, those of earlier transactions are removed.
remove_cut_files() { # SECONDS since 1970: what began before
  [ "$FAMILY" = yum ] || return 0
  cut_names=$(sed 's/=.*//')
  [ -n "$cut_names" ] || return 0
  # shellcheck disable=SC2086 # names of packages
  rpm -ql $cut_names 2>/dev/null > "$WORK/owned" || true
  cut_before=$(printf '%08x' "$1")
  sed -n 's,/[^/]*$,,p' "$WORK/owned" | sort -u | while read -r cut_directory; do
    for cut_file in "$R$cut_directory"/*\;[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]; do
      [ -f "$cut_file" ] || [ -L "$cut_file" ] || continue
      cut_owned=${cut_file%;*}
      grep -qxF "${cut_owned#"$R"}" "$WORK/owned" || continue
      # Of two texts of the same length, the one that sorts first is the smaller number.
      [ "$(printf '%s\n' "${cut_file##*;}" "$cut_before" | LC_ALL=C sort | head -n 1)" = "${cut_file##*;}" ] || continue
      if change "remove ${cut_file#"$R"}, which an interrupted installation left"; then rm -f "$cut_file"; fi
    done
  done
}

all_packages() { # a sorted line NAME=VERSION for each; dpkg also knows packages that left their configuration
  case $FAMILY in
    yum) rpm -qa --qf '%{NAME}=%|EPOCH?{%{EPOCH}}:{0}|:%{VERSION}-%{RELEASE}.%{ARCH}\n' ;;
    apt)
      dpkg-query -W -f '${db:Status-Abbrev}${Package}:${Architecture}=${Version}\n' |
        sed -n -e 's/^.c. *\(.*\)/\1 (configuration)/p' -e 's/^.[iUFHWt]. *//p'
      ;;
  esac | sort
}

all_accounts() { # a sorted line user:NAME or group:NAME for each
  { sed 's/^\([^:]*\):.*/user:\1/' "$R/etc/passwd"; sed 's/^\([^:]*\):.*/group:\1/' "$R/etc/group"; } 2>/dev/null | sort -u
}

# A directory to which what this step installs or starts adds content. The undo removes what was not there before; if the directory was
# not there, it removes the directory.
keep_tree() { # DIRECTORY [DEPTH to which the entries are recorded: 1]
  if [ -d "$1" ]; then
    found tree "${1#"$R"}" "$(stat -c %a "$1")" "$(stat -c %u:%g "$1")" "${2:-1}" \
      "$(cd "$1" && find . -mindepth 1 -maxdepth "${2:-1}" | sort | packed)"
  elif [ ! -e "$1" ] && [ ! -L "$1" ]; then
    found tree "${1#"$R"}" absent
  fi
}

# The unit reads the files that put_file writes from now on. If the undo restores one of them, it restarts the unit.
keep_reader() { FILE_READER=$1; } # UNIT

# Rules, sets, links and routes. Runtime, kubelet, kube-proxy and network add some.
keep_network() {
  for keep_tables in $(tables_commands); do
    "$keep_tables-save" 2>/dev/null > "$WORK/rules" || true
    found iptables "$keep_tables" "$(packed < "$WORK/rules")"
  done
  ip -o link show 2>/dev/null | sed 's/^[0-9]*: *\([^:@]*\).*/\1/' | sort > "$WORK/links" || true
  found links all "$(packed < "$WORK/links")"
  if have nft; then
    nft_tables > "$WORK/tables" || true
    found nftables tables "$(packed < "$WORK/tables")"
  else
    found nftables tables unknown
  fi
  if have ipset; then
    ipset list -n 2>/dev/null | sort > "$WORK/sets" || true
    found ipsets names "$(packed < "$WORK/sets")"
  else
    found ipsets names unknown
  fi
  if have nfacct; then
    nfacct_names > "$WORK/counters" || true
    found nfacct names "$(packed < "$WORK/counters")"
  else
    found nfacct names unknown
  fi
  for keep_family in 4 6; do
    ip_rules "$keep_family" > "$WORK/rules"
    found ip-rules "$keep_family" "$(packed < "$WORK/rules")"
    ip_routes "$keep_family" > "$WORK/routes"
    found ip-routes "$keep_family" "$(packed < "$WORK/routes")"
  done
}

# FAMILY NAME of each table; iptables-nft's own are among them.
nft_tables() { nft list tables 2>/dev/null | awk '$1 == "table" { print $2, $3 }' | sort; }

# The counters of nfacct. A line of its list: { pkts = NUMBER, bytes = NUMBER } = NAME;
nfacct_names() { nfacct list 2>/dev/null | sed -n 's/^{.*} = \(.*\);$/\1/p' | sort; }

# Policy rules as `ip rule` takes them again, after their priority and a colon.
ip_rules() { ip "-$1" rule show 2>/dev/null | tr '\t' ' ' | sed 's/ *\[detached\]//g; s/ *$//' | sort || true; } # 4|6

# Routes of all tables, except those that the kernel maintains itself, and without fields that change over time.
ip_routes() { # 4|6
  ip "-$1" route show table all 2>/dev/null | grep -vE '^(local|broadcast|anycast|multicast) | table local( |$)' |
    sed -E 's/ (expires|users|age) [^ ]*//g; s/ (linkdown|dead)( |$)/ /g; s/ (linkdown|dead)( |$)/ /g; s/ *$//' | sort -u || true
}

# A file to which pods add lines. The lines of the host are recorded, so that the undo removes only those of pods.
keep_lines() { # FILE
  if [ -f "$1" ]; then found lines "${1#"$R"}" "$(packed < "$1")"; elif [ ! -e "$1" ]; then found lines "${1#"$R"}" absent; fi
}

# iptables has two backends; pods may use the one that the host does not use.
tables_commands() {
  for tables_command in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
    if have "$tables_command-save"; then echo "$tables_command"; fi
  done | grep . || for tables_command in iptables ip6tables; do
    if have "$tables_command-save"; then echo "$tables_command"; fi
  done
}

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

# The images of the runtime, one id a line. If the list cannot be read, this is an error: an empty list would mean that all images came
# later.
runtime_image_ids() {
  case $RUNTIME in
    docker) docker images -q --no-trunc ;;
    *) crictl --runtime-endpoint "unix://${CRI_SOCKET#unix://}" --image-endpoint "unix://${CRI_SOCKET#unix://}" images -q ;;
  esac </dev/null
}

runtime_unit() { case $RUNTIME in docker) echo docker ;; containerd) echo containerd ;; *) echo crio ;; esac; }

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
keep_selinux() { found selinux mode "$(getenforce)"; }
keep_swap() { # each device in use, with its priority
  sed 1d "$R/proc/swaps" | while read -r swap_device _ _ _ swap_priority; do found swap "$swap_device" "$swap_priority"; done
}
keep_hold() { found hold "$1" absent; } # PACKAGE, before apt-mark hold

# --- files

# Makes PATH and the directories above it, and records which of them were absent.
make_directory() { # PATH [MODE of the last one]
  [ ! -d "$1" ] || return 0
  make_directory "$(dirname "$1")"
  found directory "${1#"$R"}" absent
  mkdir "$1"
  chmod "${2:-0755}" "$1"
}

# In a plan, shows how a file would differ from $WORK/content. Files that not every user of the host may read are not shown, and neither
# are keys and what looks like a password: more people read a plan than the host's files.
DIFF_LINES=200
file_diff() { # PATH MODE
  planning || return 0
  diff_old=/dev/null
  diff_modes=$2
  if [ -e "$1" ]; then
    diff_old=$1
    diff_modes="$2 $(stat -L -c %a "$1")"
  fi
  diff_shown=yes
  for diff_mode in $diff_modes; do
    case $diff_mode in *[4567]) ;; *) diff_shown="not every user of the host may read the file" ;; esac
  done
  if grep -qs 'PRIVATE KEY' "$diff_old" "$WORK/content"; then diff_shown="it is a key"; fi
  if [ "$diff_shown" != yes ]; then
    echo "(content not shown: $diff_shown)" > "$WORK/diff"
  else
    masked_diff "$diff_old" "$WORK/content" "$(if [ -e "$1" ]; then echo "${1#"$R"}"; else echo /dev/null; fi)" "${1#"$R"}" > "$WORK/diff"
  fi
  cat "$WORK/diff"
  result diff "${1#"$R"}" "$(base64 -w0 < "$WORK/diff")"
}

# A unified diff of two files, at most DIFF_LINES lines. What looks like a password is not shown; --anonymous-auth=false does not.
masked_diff() { # OLD NEW OLD-NAME NEW-NAME
  if ! have diff; then
    echo "(content not shown: there is no diff on this host)"
    return 0
  fi
  diff_quote="[\"']"
  diff_words='pass(word|wd|phrase)?|secret|token|credentials?|auth|api_?key'
  diff -u -L "$3" -L "$4" "$1" "$2" |
    sed -E -e 's/-auth=(true|false)$/-\x01auth=\x01\1/' -e 's,(://[^/@:[:space:]]*):[^/@[:space:]]+@,\1:(hidden)@,g' \
      -e "s/(($diff_words)$diff_quote?[[:space:]]*[=:][[:space:]]*$diff_quote?)[^],\"'[:space:]\\x01]+/\\1(hidden)/Ig" \
      -e 's/\x01//g' |
    cut -c 1-400 > "$WORK/diff-whole" || true
  head -n "$DIFF_LINES" "$WORK/diff-whole"
  diff_rest=$(($(wc -l < "$WORK/diff-whole") - DIFF_LINES))
  if [ "$diff_rest" -gt 0 ]; then echo "(and $diff_rest more lines)"; fi
}

# In a plan, shows how a text would differ, after `change` returned false. The caller knows that every reader of a plan may see both.
text_would_differ() { # SUBJECT OLD-FILE NEW-FILE
  planning || return 0
  masked_diff "$2" "$3" "$1" "$1" > "$WORK/diff"
  cat "$WORK/diff"
  result diff "$1" "$(base64 -w0 < "$WORK/diff")"
}

# Writes standard input to PATH, unless PATH has this content already. The file is replaced atomically, even if the host fails.
# Sets file_changed=yes|no. If the caller needs this, redirect the content by "<": in a pipe the variable would be lost.
put_file() { # PATH MODE
  file_changed=no
  cat > "$WORK/content"
  if [ -f "$1" ] && cmp -s "$1" "$WORK/content"; then return 0; fi
  # shellcheck disable=SC2034 # for the caller
  file_changed=yes
  if [ -e "$1" ]; then put_verb="update"; else put_verb="write"; fi
  if change "$put_verb ${1#"$R"}"; then
    put_target=$1
    if [ -L "$put_target" ]; then put_target=$(readlink -f "$put_target"); fi
    keep_file "$put_target"
    if [ -n "$FILE_READER" ]; then found reader "${put_target#"$R"}" "$FILE_READER"; fi
    make_directory "$(dirname "$put_target")"
    put_temporary=$(mktemp "$(dirname "$put_target")/.caravan.XXXXXX")
    if ! dd if="$WORK/content" of="$put_temporary" bs=64k conv=fsync status=none || ! chmod "$2" "$put_temporary" ||
      ! mv -f "$put_temporary" "$put_target"; then
      rm -f "$put_temporary"
      put_room=$(df -P "$(dirname "$put_target")" | awk 'NR == 2 { print $5 " of " $6 " is in use" }')
      fail "could not write ${1#"$R"}: $put_room" "Make room there, then run this again."
    fi
  else
    file_diff "$1" "$2"
  fi
}

# Removes a file that Caravan wrote, and that the spec does not ask for any more. Sets file_changed=yes|no.
drop_file() { # PATH
  file_changed=no
  [ -e "$1" ] || return 0
  # shellcheck disable=SC2034 # for the caller
  file_changed=yes
  if change "remove ${1#"$R"}: the spec does not ask for it"; then
    keep_file "$1"
    if [ -n "$FILE_READER" ]; then found reader "${1#"$R"}" "$FILE_READER"; fi
    rm -f "$1"
    rmdir "$(dirname "$1")" 2>/dev/null || true
  fi
}

# The spec names no proxy: removes what the step proxy wrote when it did. The runtime's part is in runtime-install.sh.
forget_proxy() {
  drop_file "$R/etc/apt/apt.conf.d/90caravan-proxy"
  if [ -e "$PROXY_FILE" ]; then
    drop_file "$PROXY_FILE"
    if ! planning; then PROXY_HTTP='' PROXY_HTTPS='' PROXY_NOT=''; fi
  fi
}

# --- commands

have() { command -v "$1" >/dev/null 2>&1; } # COMMAND

# Runs a command; its output is shown and also written to $WORK/output. Returns its status.
logged() { # COMMAND ARGUMENT...
  { logged_status=0; "$@" </dev/null 2>&1 || logged_status=$?; echo "$logged_status" > "$WORK/status"; } | tee "$WORK/output"
  read -r logged_status < "$WORK/status"
  return "$logged_status"
}

# The same, but hides tokens and keys that kubeadm prints, and drops its closing text (a join command, how to use kubectl).
hiding_secrets() { # COMMAND ARGUMENT...
  { logged_status=0; "$@" </dev/null 2>&1 || logged_status=$?; echo "$logged_status" > "$WORK/status"; } |
    sed -u -E \
      -e '/^Your Kubernetes control-plane has initialized successfully/,$ { /^Your/!d }' \
      -e '/^To start administering your cluster/,$ d' \
      -e 's/(^|[^a-z0-9.])[a-z0-9]{6}\.[a-z0-9]{16}($|[^a-z0-9.])/\1(hidden)\2/g' \
      -e 's/(^|[^a-z0-9:])[0-9a-f]{64}($|[^a-z0-9])/\1(hidden)\2/g' |
    tee "$WORK/output"
  read -r logged_status < "$WORK/status"
  return "$logged_status"
}

# The last lines that a command run by the two functions above printed, for a message. If apt printed errors, these are used, not the
# warnings after them.
last_words() {
  grep -e '^E: ' -e '^ctr: ' "$WORK/output" | uniq | tail -n 3 | one_line_input | grep . || words_at_end
}
words_at_end() {
  # without the lines that package managers add to every failure
  grep -v -e '^[[:space:]]*$' -e 'see the stack trace' -e '^The downloaded packages were saved in cache' \
    -e '^You can remove cached packages' \
    -e '^ *- \(MD5Sum\|SHA[0-9]*\|Filesize\):' -e 'maybe run apt-get update or try with --fix-missing' "$WORK/output" |
    tail -n 3 | one_line_input
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
one_line_input() { tr '\n\t' '  ' | sed 's/ *$//'; }

# --- images

# The image of a static pod, and its version. The manifest has the name of the component.
image_in() { sed -n 's/^ *image: *//p' "$1" 2>/dev/null | head -n 1; } # MANIFEST
image_version() { # MANIFEST
  image_component=${1##*/}
  image_component=${image_component%.yaml}
  sed -n "s|^ *image: .*$image_component:v*\([0-9.]*\).*|\1|p" "$1" 2>/dev/null | head -n 1
}
# The files of an image, without a container. Only containerd shows them.
mount_image() { have ctr && mkdir -p "$2" && ctr --namespace k8s.io images mount "$1" "$2"; } # IMAGE DIRECTORY
unmount_image() { ctr --namespace k8s.io images unmount --rm "$1" >/dev/null 2>&1 || umount "$1" >/dev/null 2>&1 || true; } # DIRECTORY

# Runs a command five times a second, until it succeeds or SECONDS have passed. Its output is dropped.
wait_until() { # SECONDS COMMAND ARGUMENT...
  wait_end=$(($(date +%s) + $1))
  shift
  until "$@" >/dev/null 2>&1 </dev/null; do
    if [ "$(date +%s)" -ge "$wait_end" ]; then return 1; fi
    sleep 0.2
  done
}

# Is version A older than version B?
older_version() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; } # A B

# Whether the program of a unit that runs is of another installation than the one that is there: an upgrade ended before the restart.
program_replaced() { # UNIT
  replaced_pid=$(systemctl show -p MainPID "$1" 2>/dev/null | sed 's/^MainPID=//')
  case ${replaced_pid:-0} in 0 | *[!0-9]*) return 1 ;; esac
  case $(readlink "$R/proc/$replaced_pid/exe" 2>/dev/null) in *" (deleted)") return 0 ;; *) return 1 ;; esac
}

sysctl_path() { case $1 in */*) echo "$R/proc/sys/$1" ;; *) echo "$R/proc/sys/$(echo "$1" | tr . /)" ;; esac; } # KEY

# --- packages

# yum or apt; empty if the host has neither.
if have apt-get && { ! { have yum || have dnf; } || grep -qsiE '^ID(_LIKE)?=.*debian' "$R/etc/os-release"; }; then FAMILY=apt
elif have yum || have dnf; then FAMILY=yum
else FAMILY=
fi

know_family() { [ -n "$FAMILY" ] || fail "this host has neither yum nor apt-get" "Caravan installs packages with one of the two."; }

yum_command() { if [ -x "$WORK/bundle/dnf" ]; then echo "$WORK/bundle/dnf"; elif have yum; then echo yum; else echo dnf; fi; }

# Whether yum_command is yum 3 itself, not a name of dnf. It knows --disableexcludes, dnf5 only --setopt, dnf 4 both.
yum_is_yum3() {
  yum_program=$(readlink -f "$(command -v yum 2>/dev/null)" 2>/dev/null) || yum_program=
  case ${yum_program##*/} in yum*) return 0 ;; *) return 1 ;; esac
}
# The option that disables the excludes of a repository.
yum_without_excludes() { if yum_is_yum3; then echo "--disableexcludes=$1"; else echo "--setopt=disable_excludes=$1"; fi; } # REPOSITORY ID
# The arguments of `list` that show all versions in the repositories. dnf5 accepts only the option, yum 3 only the word.
yum_list_available() { if yum_is_yum3; then echo "--showduplicates available"; else echo "--showduplicates --available"; fi; }

# --- bundles

# What package managers need to use a bundle: the step bundle-open writes it, the end of the run removes it. BUNDLE_URL is where the
# engine serves the bundle; it reaches the host through the SSH connection.
BUNDLE=$R/var/cache/caravan-bundle

# From here on the package manager of this script knows the repositories of the bundle, and no others: those of the host cannot be
# reached. What it keeps of them is below BUNDLE, apart from the host's own.
use_bundle() {
  mkdir -p "$WORK/bundle/sources"
  for bundle_source in "$BUNDLE"/sources/*; do
    sed -e "s|@BUNDLE@|$BUNDLE_URL|g" -e "s|@KEYS@|$BUNDLE/keys|g" "$bundle_source" > "$WORK/bundle/sources/${bundle_source##*/}"
  done
  case $FAMILY in
    apt)
      mkdir -p "$BUNDLE/lists" "$BUNDLE/archives/partial"
      private_apt "$WORK/bundle/sources" "$BUNDLE/lists" "$BUNDLE/archives" > "$WORK/bundle/apt.conf"
      # no index but that of packages is in a bundle
      cat >> "$WORK/bundle/apt.conf" <<'APT'
Acquire::http::Proxy::127.0.0.1 "DIRECT";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
APT
      APT_CONFIG=$WORK/bundle/apt.conf
      export APT_CONFIG
      # shellcheck disable=SC2034 # for repository-lib.sh
      KUBERNETES_REPO_URL=$BUNDLE_URL/kubernetes
      ;;
    yum)
      private_dnf "$WORK/bundle/sources" "$BUNDLE/cache" > "$WORK/bundle/dnf.conf"
      printf '#!/bin/sh\nexec dnf -c "%s" "$@"\n' "$WORK/bundle/dnf.conf" > "$WORK/bundle/dnf"
      chmod 0700 "$WORK/bundle/dnf"
      ;;
  esac
  PROXY_HTTP='' PROXY_HTTPS=''
}

# Configurations with which a package manager has repositories and a cache of its own, and otherwise the host's settings.
private_apt() { # SOURCES LISTS ARCHIVES
  cat <<APT
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$1/";
Dir::State::Lists "$2/";
Dir::Cache::archives "$3/";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
APT
}
private_dnf() { # REPOSITORIES CACHE
  awk '/^[ \t]*(reposdir|cachedir|keepcache|proxy|proxy_[a-z_]*)[ \t]*=/ { next } { print }' \
    "$R/etc/dnf/dnf.conf" 2>/dev/null > "$WORK/dnf-main" || true
  grep -q '^\[main\]' "$WORK/dnf-main" || echo '[main]' >> "$WORK/dnf-main"
  awk -v add="reposdir=$1\ncachedir=$2\nkeepcache=1" '{ print } /^\[main\]/ { print add }' "$WORK/dnf-main"
}

# Installs packages without questions. If another program holds the lock, it waits. Fails with the package manager's last lines.
install_packages() { # [OPTION...] PACKAGE...
  try_packages "$@" || package_failure "$@"
}

# The same, but returns the status, with the output in $WORK/output. If a repository changed since its index was read, it no longer has
# the files that the index names. A key may have been extended since it was fetched. Both are read again, once.
try_packages() { # [OPTION...] PACKAGE...
  know_family
  keep_packages "$@"
  if [ "$FAMILY" = apt ]; then repair_debs; fi
  run_installation "$@" && return 0
  if index_is_stale; then
    say "a repository no longer has what its index names: reading the indices again"
    read_indices
  elif signature_failed && refresh_keys; then
    say "a key was replaced by a newer one: trying again"
  else
    return 1
  fi
  run_installation "$@"
}

run_installation() { # [OPTION...] PACKAGE...
  case $FAMILY in
    # not -q: it hides why a mirror failed
    yum) logged with_proxy "$(yum_command)" install -y "$@" ;;
    apt)
      logged with_proxy env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
      ;;
  esac
}

# An archive that the index names does not exist: 404, as apt, dnf and yum print it.
index_is_stale() {
  grep -qiE -e '^E: Failed to fetch .*[.]u?deb +404 ' -e '(status code: 404 for|HTTP Error 404).*[.]rpm' \
    -e '[.]rpm: .*(HTTP Error|status code:) 404' "$WORK/output"
}

# Reads all indices of the host, also those of its own repositories. If one cannot be read, the step continues: the packages may come
# from another repository.
read_indices() {
  case $FAMILY in
    yum) logged "$(yum_command)" clean expire-cache || true ;;
    apt)
      keep_tree "$R/var/lib/apt/lists" 2
      logged with_proxy apt-get update -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 || true
      ;;
  esac
}

# Finishes what an interrupted package manager left; if there is nothing to do, this is quick. apt regards a package as installed even if
# only a part of its files was written.
repair_debs() {
  DEBIAN_FRONTEND=noninteractive dpkg --configure -a </dev/null || true
  repair_names=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n -e 's/^.H. *//p' -e 's/^..R *//p' |
    sort -u | paste -s -d ' ')
  [ -n "$repair_names" ] || return 0
  say "installing $repair_names again: an installation was interrupted"
  # shellcheck disable=SC2086 # names of packages
  logged with_proxy env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --reinstall --no-install-recommends \
    --allow-change-held-packages -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold $repair_names || true
}

# The messages about a signature that is not accepted: those of gpg, of apt's sqv, of rpm and of dnf.
signature_failed() {
  grep -qiE -e 'EXPKEYSIG|KEYEXPIRED|signatures were invalid|sqv returned an error|signature verification (failed|error)' \
    -e 'GPG check FAILED|Bad (GPG|PGP) signature|NO_PUBKEY|they are not correct for this package' "$WORK/output"
}

# rpm and dnf never replace a key that they have imported. Fetches the keys of the spec's repositories again and imports those that are
# newer; fails if none has changed. The old keys are recorded for the undo. apt's keys are files, which package-repository.sh renews.
refresh_keys() {
  [ "$FAMILY" = yum ] || return 1
  refresh_changed=no
  cp "$WORK/output" "$WORK/first-words"
  for refresh_address in ${KUBERNETES_REPO_KEYS:-} ${RUNTIME_REPO_KEYS:-}; do
    case $refresh_address in file:*) continue ;; esac
    if fetched "$refresh_address" "$WORK/key"; then renew_rpm_key "$WORK/key"; fi
  done
  for refresh_ring in "$R"/var/cache/dnf/*-????????????????/pubring "$R"/var/cache/libdnf5/*-????????????????/pubring; do
    # dnf does not import a key again if its number is there
    if [ -d "$refresh_ring" ]; then
      rm -rf "$refresh_ring"
      refresh_changed=yes
    fi
  done
  cp "$WORK/first-words" "$WORK/output"
  [ "$refresh_changed" = yes ]
}

# An extended key keeps its name in rpm, and rpm does not import a key under a name that it already has.
renew_rpm_key() { # FILE
  mkdir -p "$WORK/rpm-keys"
  rpm --dbpath "$WORK/rpm-keys" --import "$1" 2>/dev/null || return 0
  rpm --dbpath "$WORK/rpm-keys" -qa --qf '%{NAME}-%{VERSION}\n' gpg-pubkey > "$WORK/rpm-key-names"
  while read -r renew_name; do
    rpm -q --qf '%{DESCRIPTION}' "$renew_name" > "$WORK/rpm-key-old" 2>/dev/null </dev/null || continue
    rpm --dbpath "$WORK/rpm-keys" -q --qf '%{DESCRIPTION}' "$renew_name" > "$WORK/rpm-key-new" </dev/null || continue
    if cmp -s "$WORK/rpm-key-old" "$WORK/rpm-key-new"; then continue; fi
    change "replace the key $renew_name of rpm by the one that its address has now" || continue
    found rpm-key "$renew_name" "$(base64 -w0 < "$WORK/rpm-key-old")"
    rpm -e --allmatches "$renew_name" </dev/null
    rpm --import "$WORK/rpm-key-new" </dev/null
    refresh_changed=yes
  done < "$WORK/rpm-key-names"
  rm -rf "$WORK/rpm-keys"
}

# The proxy that the host's package manager is configured to use for that URL; nothing if it has none. dnf.conf(5), apt.conf(5): for https,
# the proxy of http is the default; DIRECT and _none_ mean no proxy.
package_proxy() { # URL
  case $FAMILY in
    apt)
      have apt-config || return 0
      proxy_host=${1#*://}
      proxy_host=${proxy_host%%[:/]*}
      apt-config dump 2>/dev/null | url=$1 host=$proxy_host awk '
        match($0, /^Acquire::https?::[Pp]roxy(::[^ ]+)? "/) {
          key = tolower(substr($0, 10, RLENGTH - 11)); value = substr($0, RSTART + RLENGTH); sub(/";$/, "", value); proxy[key] = value
        }
        END {
          n = split(ENVIRON["url"] ~ /^https:/ ? "https http" : "http", scheme, " ")
          for (i = 1; i <= n; i++) {
            for (own = 1; own >= 0; own--) {
              key = scheme[i] "::proxy" (own ? "::" tolower(ENVIRON["host"]) : "")
              if (proxy[key] != "") { if (toupper(proxy[key]) != "DIRECT") print proxy[key]; exit }
            }
          }
        }'
      ;;
    yum)
      cat "$R/etc/yum.conf" "$R/etc/dnf/dnf.conf" 2>/dev/null | awk '
        /^\[/ { main = $0 ~ /^\[main\]/ }
        main && /^proxy[ \t]*=/ { value = $0; sub(/^[^=]*=[ \t]*/, "", value); sub(/[ \t]+$/, "", value) }
        END { if (value != "" && value != "_none_") print value }'
      ;;
  esac
}

# Fetches URL into FILE; returns curl's status. It goes through the spec's proxy, or else through that of the package manager or of the
# host, if there is one. A URL may contain a password, and every user can see command lines. So curl reads the URL as a line of its
# configuration, where backslashes and quotes are escaped.
fetched() { # URL FILE
  {
    printf 'url = "%s"\n' "$(printf '%s\n' "$1" | sed 's/[\\"]/\\&/g')"
    if [ ! -r "$PROXY_FILE" ]; then package_proxy "$1" | sed -e 's/[\\"]/\\&/g' -e 's/.*/proxy = "&"/'; fi
  } | with_proxy curl -K - -fsSL --connect-timeout 10 --max-time 60 -o "$2" 2>"$WORK/output"
}

package_failure() { # [OPTION...] PACKAGE...
  command_failed "could not install $(package_names "$@"): $(last_words)" \
    "Try it on the host: $(installation_command "$@") (as root). The repository files are under $(repository_files)."
}
package_names() { # [OPTION...] PACKAGE...: without the options
  for package_word in "$@"; do case $package_word in -*) ;; *) echo "$package_word" ;; esac; done | paste -s -d ' '
}
# The installation as a user would type it, with the options that change its effect.
installation_command() { # [OPTION...] PACKAGE...
  case $FAMILY in
    yum) echo "$(if have yum; then echo yum; else echo dnf; fi) install $*" ;;
    apt) echo "apt-get install --no-install-recommends $*" ;;
  esac
}
repository_files() { case $FAMILY in apt) echo /etc/apt/sources.list.d ;; *) echo /etc/yum.repos.d ;; esac; }

# The version of an installed package, without epoch and revision; nothing if it is not installed.
package_version() { # PACKAGE
  case $FAMILY in
    yum) rpm -q --qf '%{VERSION}\n' "$1" 2>/dev/null | grep -v 'not installed' | tail -n 1 || true ;;
    apt) dpkg-query -W -f '${db:Status-Abbrev}${Version}\n' "$1" 2>/dev/null | sed -n 's/^.i. *//p' | sed 's/^[0-9]*://; s/[-~+].*//' ;;
  esac
}

# The full version for apt, of a version without its revision; fails if the repository does not have it.
apt_version() { # PACKAGE VERSION
  apt-cache madison "$1" | awk -v want="$2" '{
    v = $3; plain = v; sub(/^[0-9]+:/, "", plain)
    if (plain == want || index(plain, want "-") == 1 || index(plain, want "~") == 1) { print v; exit }
  }' | grep .
}

# Is a configuration file unchanged since its package installed it? No if no package owns it, or if this is not known.
as_its_package_has_it() { # PATH
  case $FAMILY in
    apt)
      package_sum=$(dpkg-query -W -f '${Conffiles}\n' 2>/dev/null | awk -v path="${1#"$R"}" '$1 == path { print $2; exit }')
      [ -n "$package_sum" ] && [ "$(md5sum < "$1" | cut -d ' ' -f 1)" = "$package_sum" ]
      ;;
    # -V prints a line for each file that differs: what differs, what kind of file it is, its path; 5 is the content
    yum)
      rpm -qf "$1" >/dev/null 2>&1 && ! rpm -Vf "$1" 2>/dev/null |
        awk -v path="${1#"$R"}" '$NF == path && ($1 ~ /5/ || $1 == "missing") { found = 1 } END { exit !found }'
      ;;
    *) false ;;
  esac
}

# --- units

unit_state() { # UNIT
  unit_enabled=$(systemctl is-enabled "$1" 2>/dev/null || true)
  unit_active=$(systemctl is-active "$1" 2>/dev/null || true)
  echo "${unit_enabled:-not there}, ${unit_active:-inactive}"
}

# Enables and starts a unit, if it is not enabled and running; records what was found.
unit_running() { # UNIT
  if systemctl is-enabled -q "$1" 2>/dev/null && systemctl is-active -q "$1"; then return 0; fi
  if change "enable and start $1"; then
    keep_unit "$1"
    logged systemctl enable --now "$1" || command_failed "could not start $1: $(last_words)" "See: systemctl status $1; journalctl -u $1"
  else
    would_differ "$1" "$(unit_state "$1")" "enabled, active"
  fi
}

# Whether the unit runs with another proxy than that of the file. A host that was added to NO_PROXY does not restart a runtime: with
# Docker, that would end its containers.
runs_with_other_proxy() { # UNIT FILE
  runs_pid=$(systemctl show -p MainPID "$1" 2>/dev/null | sed 's/^MainPID=//')
  case ${runs_pid:-0} in 0 | *[!0-9]*) return 1 ;; esac
  [ -r "$R/proc/$runs_pid/environ" ] || return 1
  tr '\0' '\n' < "$R/proc/$runs_pid/environ" > "$WORK/runs-with"
  { grep -E '^HTTPS?_PROXY=' "$WORK/runs-with" || true; } | sort > "$WORK/runs-proxy"
  { grep -E '^HTTPS?_PROXY=' "$2" || true; } | sort | cmp -s - "$WORK/runs-proxy" || return 0
  runs_except=$(sed -n 's/^NO_PROXY=//p' "$WORK/runs-with")
  for runs_entry in ${PROXY_EXCEPT:-}; do
    case ,$runs_except, in *",$runs_entry,"*) ;; *) return 0 ;; esac
  done
  return 1
}

# Restarts a runtime. Containers that ran before and are not restarted automatically are started.
restart_runtime() { # UNIT
  restart_running=
  if [ "$1" = docker.service ]; then restart_running=$(docker ps -q --no-trunc 2>/dev/null || true); fi
  logged systemctl restart "$1" || return 1
  for restart_container in $restart_running; do docker start "$restart_container" >/dev/null 2>&1 || true; done
}

# The sandbox image that this host's kubeadm names, or PAUSE_IMAGE if a route set it. Nothing in a plan on a host without kubeadm.
pause_image() {
  if [ -n "${PAUSE_IMAGE:-}" ]; then
    echo "$PAUSE_IMAGE"
  elif planning && have kubeadm && older_version "$(kubeadm version -o short | sed 's/^v//')" "$KUBERNETES_VERSION"; then
    : # an upgrade would replace this kubeadm
  elif have kubeadm; then
    kubeadm config images list --image-repository "$IMAGE_REPOSITORY" --kubernetes-version "v$KUBERNETES_VERSION" \
      </dev/null 2>"$WORK/output" |
      grep '/pause[:@]' | head -n 1 | grep . || fail "kubeadm names no pause image: $(last_words)" "See: kubeadm config images list" >&3
  elif ! planning; then
    fail "there is no kubeadm on this host to name the pause image" \
      "The step kube-install comes before this one; or set env.PAUSE_IMAGE in the step's route." >&3
  fi
}

# --- the cluster, seen from a control plane

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

# --- the lock of the host

# Two engines must not work on one host, also if they share no journal. A run that may change hosts holds this file on each of them: from
# its first step there, which is facts, to the end of the run, when the engine removes it with the files of the last step. Every step looks
# whether its run still holds it. The file is not below /run: after a reboot in mid-run no other engine may take the host.
LOCK=$R/var/lib/caravan/lock

# Sets $lock_run, $lock_holder and $lock_life to what the file says; they are empty if there is no file, or an empty one after a power cut.
read_lock() { # FILE
  lock_run='' lock_holder='' lock_life=''
  { IFS=' ' read -r _ lock_run && IFS=' ' read -r _ lock_holder && read -r _ && read -r _ && IFS=' ' read -r _ lock_life; } \
    2>/dev/null < "$1" || true
}

# LOCK_EARLIER names runs of this journal, which no engine works on while this one does: their locks were left when a host was off.
# LOCK_LIFE is how often the run was resumed. An engine that comes back after another one has resumed its run has a smaller number: it is
# refused.
hold_lock() {
  if [ -f "$LOCK" ]; then read_lock "$LOCK"; else lock_run='' lock_holder='' lock_life=''; fi
  if [ "$lock_run" = "$LOCK_RUN" ] && [ "$lock_holder" = "$LOCK_ENGINE" ] && [ "${lock_life:-0}" = "${LOCK_LIFE:-0}" ]; then return 0; fi
  lock_new=$LOCK.$LOCK_RUN.$$
  (umask 077 && mkdir -p "${LOCK%/*}")
  # shellcheck disable=SC2153 # from the environment
  printf 'run %s\nengine %s\ncluster %s\nsince %s\nlife %s\n' \
    "$LOCK_RUN" "$LOCK_ENGINE" "${CLUSTER_NAME:-}" "$LOCK_SINCE" "${LOCK_LIFE:-0}" |
    (umask 077 && dd of="$lock_new" conv=fsync 2>/dev/null)
  # by a link only one of two can succeed
  if [ -f "$LOCK" ] && lock_is_ours "$LOCK" && mv -T "$LOCK" "$lock_new.old" 2>/dev/null; then
    lock_is_ours "$lock_new.old" || ln "$lock_new.old" "$LOCK" 2>/dev/null || true
    rm -f "$lock_new.old"
  fi
  if ln "$lock_new" "$LOCK" 2>/dev/null; then lock_run=$LOCK_RUN lock_life=${LOCK_LIFE:-0}; else read_lock "$LOCK"; fi
  rm -f "$lock_new"
  if [ "$lock_run" != "$LOCK_RUN" ] || lock_is_newer; then lock_is_held; fi
}

lock_is_newer() { [ "$lock_run" = "$LOCK_RUN" ] && [ "${lock_life:-0}" -gt "${LOCK_LIFE:-0}" ]; }

lock_is_ours() { # FILE
  read_lock "$1"
  if lock_is_newer; then return 1; fi
  case " $LOCK_RUN ${LOCK_EARLIER:-} " in *" ${lock_run:-$LOCK_RUN} "*) ;; *) return 1 ;; esac
}

lock_is_held() {
  lock_cluster=$(sed -n 's/^cluster //p' "$LOCK" 2>/dev/null | head -n 1)
  lock_at=$(sed -n 's/^since //p' "$LOCK" 2>/dev/null | head -n 1)
  fail "the host is held by run $lock_run of the engine $lock_holder, which works on cluster $lock_cluster since $lock_at" \
    "Wait until that run has ended. Only if its engine is gone for good: caravan force-unlock -f SPEC --set run=$lock_run"
}

# A plan changes nothing, and takes no lock.
if [ -n "${LOCK_RUN:-}" ] && ! planning; then hold_lock; fi

if [ -n "${BUNDLE_URL:-}" ] && [ -d "$BUNDLE" ]; then use_bundle; fi
