#!/bin/sh
# Gathers the facts of this host. It only reads; it changes nothing.
#
# Standard input: lines "ADDRESS PORT LABEL". Each is tried over TCP from this host, in parallel, for at most 3 seconds.
# Outputs: one for each fact; a list has one item a line. If a fact does not exist here, it has no output.
#   osId osVersion osIdLike osCodeName family architecture kernel init hostname bootId
#   clock             seconds since the epoch, to the millisecond
#   machine           "product_uuid VALUE", or "machine-id VALUE" if the firmware has none
#   machineId         /etc/machine-id, whether or not the firmware gives a product_uuid
#   cpus memoryMib
#   disk              PATH MOUNT-POINT FREE-MIB TOTAL-MIB
#   interface         NAME MAC STATE MASTER|- ADDRESS,...|-     uplinks only: no bridge, no pod's or container's end
#   linkAddresses     NAME ADDRESS,...                          of every interface but the loopback, those with a limited lifetime last
#   advertised        NAME ACCEPT-RA                            its IPv6 default route comes from router advertisements
#   swap              DEVICE
#   cgroupVersion     1 or 2
#   cgroupController  NAME of a controller that the kernel has, with cgroup v1 only
#   moduleMissing     NAME of a kernel module that Kubernetes needs and that is not loaded and cannot be loaded
#   listening         ADDRESS PORT PID|- PROCESS|-
#   selinux           enforcing, permissive, disabled or absent
#   firewall          firewalld or ufw, if active
#   kubeletVersion kubeadmVersion kubectlVersion
#   kubernetes        kubelet.conf, admin.conf, kube-apiserver.yaml: those that exist; not the kubelet.conf of an interrupted join
#   apiServerVersion etcdVersion   from the images of the static pods
#   kubeletReplaced   yes, if the kubelet that runs is older than the program that is installed
#   caHash            sha256:HEX of the cluster CA's public key, as kubeadm's discovery wants it
#   certificate       SECONDS PATH: of the certificates that nobody renews by itself, the one that expires first, and when (since the epoch)
#   nodeName          the name under which this host's kubelet is registered
#   nodeIp            ADDRESS,... of the kubelet's option --node-ip, as kubeadm wrote it
#   apiServer         the URL that this host's kubelet talks to
#   adminServer       the URL in admin.conf: the endpoint of the cluster
#   runtime           docker|containerd|cri-o VERSION active|inactive
#   nodeRuntime       docker|containerd|cri-o|cri-dockerd, or the socket: what the kubelet of a node runs its pods with
#   socket            PATH of a container runtime's socket
#   cniConfig         file name in /etc/cni/net.d
#   podCidr           the blocks, CIDR,..., in Caravan's own bridge configuration
#   dockerDaemon      /etc/docker/daemon.json, passwords within URLs masked
#   reach             ADDRESS PORT LABEL open|refused|timeout|no-route|unreachable|unresolved
#                     (refused: the host answered, nothing listens there yet)
#   neighbour         ADDRESS MAC of those tried that are on one network with this host
set -eu
# shellcheck source=/dev/null
. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
# shellcheck source=/dev/null
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"
newline='
'

# Sets $line to the first line of FILE; empty if there is none.
first_line() {
  line=
  if [ -r "$1" ]; then IFS= read -r line 2>/dev/null <"$1" || :; fi
}

# Appends ITEM to $list, one a line.
add() {
  list=${list:+$list$newline}$1
}

# Prints output NAME unless VALUE is empty.
fact() {
  if [ -n "$2" ]; then output "$1" "$2"; fi
}

operating_system() {
  os_id='' os_version='' os_like='' os_name='' ubuntu_name=''
  release=$R/etc/os-release
  [ -r "$release" ] || release=$R/usr/lib/os-release
  if [ -r "$release" ]; then
    while IFS='=' read -r key value; do
      case $value in \"*\" | \'*\') value=${value#?} value=${value%?} ;; esac
      case $key in
        ID) os_id=$value ;;
        VERSION_ID) os_version=$value ;;
        ID_LIKE) os_like=$value ;;
        VERSION_CODENAME) os_name=$value ;;
        UBUNTU_CODENAME) ubuntu_name=$value ;;
      esac
    done <"$release"
  fi
  fact osId "$os_id"
  fact osVersion "$os_version"
  fact osIdLike "$os_like"
  fact osCodeName "${os_name:-$ubuntu_name}"
  fact family "$FAMILY"
}

machine() {
  # In this order whatever the order of the options: node name, release, machine.
  read -r hostname kernel architecture <<-END
	$(uname -nrm)
	END
  output hostname "$hostname"
  output kernel "$kernel"
  output architecture "$architecture"
  if [ -d "$R/run/systemd/system" ]; then line=systemd; else first_line "$R/proc/1/comm"; fi
  init=$line
  fact init "$init"
  first_line "$R/proc/sys/kernel/random/boot_id"
  fact bootId "$line"
  output cpus "$(nproc)"
  while read -r key value _; do
    if [ "$key" = MemTotal: ]; then output memoryMib "$((value / 1024))"; fi
  done <"$R/proc/meminfo"
  machine_identity
}

machine_identity() {
  first_line "$R/sys/class/dmi/id/product_uuid"
  case $line in
    # Values of firmware in which the vendor set no number.
    '' | *[!0-9A-Fa-f-]* | 00000000-0000-* | [Ff][Ff][Ff][Ff][Ff][Ff][Ff][Ff]-[Ff]* | 03000200-0400-0500-0006-000700080009)
      first_line "$R/etc/machine-id"
      if [ -n "$line" ]; then output machine "machine-id $line"; fi
      ;;
    *) output machine "product_uuid $line" ;;
  esac
  first_line "$R/etc/machine-id"
  fact machineId "$line"
}

disks() {
  list=
  for path in / /var /var/lib /run; do
    if [ -d "$R$path" ]; then set -- "$@" "$R$path"; fi
  done
  # df keeps the order of its arguments, so that each line belongs to the path at the front.
  while read -r _ total _ free _ mount; do
    case $total in '' | *[!0-9]*) continue ;; esac
    path=${1#"$R"}
    add "${path:-/} ${mount:-/} $free $total"
    shift
  done <<-END
	$(df -Pm "$@" 2>/dev/null)
	END
  fact disk "$list"
}

# Prints the addresses of interface $1, joined by commas.
addresses_of() {
  joined=
  while read -r _ device _ address _; do
    if [ "$device" = "$1" ]; then joined=${joined:+$joined,}$address; fi
  done <<-END
	$addresses
	END
}

interfaces() {
  list=
  addresses=$(ip -o address show scope global 2>/dev/null) || addresses=
  for device_path in "$R"/sys/class/net/*; do
    name=${device_path##*/}
    first_line "$device_path/type"
    # 1 is Ethernet (ARPHRD_ETHER); loopback, tunnels and InfiniBand have other numbers.
    if [ "${line:-1}" != 1 ] || [ -d "$device_path/bridge" ]; then continue; fi
    first_line "$device_path/address"
    mac=$line
    case $mac in '' | 00:00:00:00:00:00) continue ;; esac
    addresses_of "$name"
    if [ ! -e "$device_path/device" ]; then
      case $name in
        lo | veth* | docker* | br-* | cni* | flannel* | cali* | vxlan* | cilium* | lxc* | virbr* | vnet* | kube-* | nodelocaldns* | \
          dummy* | ifb* | tap* | tun* | ovs-* | weave*) continue ;;
      esac
      # A bond, a VLAN, or the container's end of a link: it is an uplink if it has an address.
      if [ -z "$joined" ]; then continue; fi
    fi
    first_line "$device_path/operstate"
    state=${line:-unknown} master=-
    if [ -e "$device_path/master" ]; then
      master=$(readlink "$device_path/master")
      master=${master##*/}
    fi
    add "$name $mac $state $master ${joined:--}"
  done
  fact interface "$list"
}

# The addresses of each interface, temporary and deprecated ones and those not yet in use last; and the interfaces that have an
# IPv6 default route by router advertisements, with the kernel's setting accept_ra.
link_addresses() {
  fact linkAddresses "$(ip -o address show scope global 2>/dev/null | awk '
    $2 == "lo" || $3 !~ /^inet6?$/ { next }
    {
      address = $4; sub("/.*", "", address)
      if (!($2 in seen)) { seen[$2] = 1; names[++count] = $2 }
      if (/ (temporary|deprecated|tentative|dadfailed) /) last[$2] = last[$2] "," address; else first[$2] = first[$2] "," address
    }
    END { for (i = 1; i <= count; i++) print names[i], substr(first[names[i]] last[names[i]], 2) }')"
  list=
  for name in $(ip -6 route show default 2>/dev/null |
    awk '/ proto ra( |$)/ { for (i = 1; i < NF; i++) if ($i == "dev") print $(i + 1) }' | sort -u); do
    first_line "$R/proc/sys/net/ipv6/conf/$name/accept_ra"
    case $line in [0-9]) add "$name $line" ;; esac
  done
  fact advertised "$list"
}

swap_devices() {
  list=
  if [ -r "$R/proc/swaps" ]; then
    while read -r device _; do
      if [ "$device" != Filename ]; then add "$device"; fi
    done <"$R/proc/swaps"
  fi
  fact swap "$list"
}

cgroups() {
  if [ -e "$R/sys/fs/cgroup/cgroup.controllers" ]; then
    output cgroupVersion 2
  elif [ -d "$R/sys/fs/cgroup" ]; then
    output cgroupVersion 1
    list=
    if [ -r "$R/proc/cgroups" ]; then
      while read -r name _ _ enabled; do
        case $name$enabled in '#'* | *0) ;; *) add "$name" ;; esac
      done <"$R/proc/cgroups"
    fi
    fact cgroupController "$list"
  fi
}

modules() {
  list=
  for module in overlay br_netfilter nf_conntrack; do
    if ! module_to_be_had "$module"; then add "$module"; fi
  done
  for module in $(iptables_modules_missing); do add "$module"; done
  fact moduleMissing "$list"
}

# Prints ADDRESS PORT PID PROCESS of every listening TCP socket.
listening_sockets() {
  if have ss; then
    ss -ltnp 2>/dev/null | awk '
      $1 == "LISTEN" {
        port = address = $4
        sub(/.*:/, "", port); sub(/:[^:]*$/, "", address); sub(/%.*/, "", address)
        pid = process = "-"
        if (match($0, /pid=[0-9]+/)) pid = substr($0, RSTART + 4, RLENGTH - 4)
        if (match($0, /\(\("[^"]*"/)) process = substr($0, RSTART + 3, RLENGTH - 4)
        print address, port, pid, process
      }'
  else
    listening_in_proc
  fi
}

# The same without ss: from the kernel's tables, and the process that has a descriptor of each socket.
listening_in_proc() {
  {
    find "$R"/proc/[0-9]*/fd -lname 'socket:*' -printf 'fd %h %l\n' 2>/dev/null || :
    cat "$R/proc/net/tcp" "$R/proc/net/tcp6" 2>/dev/null || :
  } | awk -v root="$R" '
    function decimal(hex,    i, n) {
      for (i = 1; i <= length(hex); i++) n = n * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
      return n
    }
    $1 == "fd" {
      split(substr($2, length(root) + 1), part, "/"); inode = $3; gsub(/[^0-9]/, "", inode)
      if (!(inode in owner)) owner[inode] = part[3]
      next
    }
    $4 == "0A" {
      split($2, local, ":"); hex = local[1]
      if (length(hex) == 8)
        address = decimal(substr(hex, 7, 2)) "." decimal(substr(hex, 5, 2)) "." decimal(substr(hex, 3, 2)) "." decimal(substr(hex, 1, 2))
      else address = (hex ~ /^0+$/) ? "[::]" : "[" hex "]"
      pid = ($10 in owner) ? owner[$10] : "-"; process = "-"
      if (pid != "-") { comm = root "/proc/" pid "/comm"; getline process < comm; close(comm) }
      print address, decimal(local[2]), pid, process
    }'
}

selinux() {
  if have getenforce; then
    mode=$(getenforce 2>/dev/null) || mode=
    case $mode in
      Enforcing) mode=enforcing ;;
      Permissive) mode=permissive ;;
      *) mode=disabled ;;
    esac
  else
    first_line "$R/sys/fs/selinux/enforce"
    case $line in 1) mode=enforcing ;; 0) mode=permissive ;; *) mode=absent ;; esac
  fi
  output selinux "$mode"
}

# Sets active_list to the units among the arguments that are active, each between spaces.
active_units() {
  active_list=' '
  [ "$init" = systemd ] || return 0
  states=$(systemctl is-active "$@" 2>/dev/null) || :
  for unit; do
    case $states in active*) active_list="$active_list$unit " ;; esac
    states=${states#*"$newline"}
  done
}

active() {
  case $active_list in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

firewalls() {
  list=
  if active firewalld; then add firewalld; fi
  # ufw's unit stays active even if ufw itself is off.
  if active ufw && [ -r "$R/etc/ufw/ufw.conf" ]; then
    while read -r setting; do
      if [ "$setting" = ENABLED=yes ]; then add ufw; fi
    done <"$R/etc/ufw/ufw.conf"
  fi
  fact firewall "$list"
}

# Sets $packages to lines "installed NAME VERSION" for those of the packages named that are installed.
installed_packages() {
  packages=
  case $FAMILY in
    yum) if have rpm; then packages=$(rpm -q --qf 'installed %{NAME} %{VERSION}\n' "$@" 2>/dev/null) || :; fi ;;
    apt)
      # shellcheck disable=SC2016 # dpkg-query's own placeholders
      if have dpkg-query; then packages=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' "$@" 2>/dev/null) || :; fi
      ;;
  esac
}

# Sets $version to that of the first of the packages named that is installed, without epoch and packaging revision.
version_of_package() {
  version=
  for package; do
    while read -r status name value; do
      if [ "$status $name" = "installed $package" ]; then version=$value; fi
    done <<-END
	$packages
	END
    if [ -n "$version" ]; then break; fi
  done
  version=${version#*:} version=${version%%-*} version=${version%%[~+]*}
}

# Sets $version to the first version number that PROGRAM ARGUMENT... prints. For programs that were installed without a package.
version_of_program() {
  version=
  program=$1
  shift
  for directory in /usr/bin /usr/local/bin /opt/bin /snap/bin; do
    if [ -x "$R$directory/$program" ]; then
      for word in $(timeout 5 "$R$directory/$program" "$@" 2>/dev/null || :); do
        # in JSON between quotes
        word=${word#\"} word=${word#v}
        case $word in
          [0-9]*.[0-9]*)
            version=${word%%[\",+-]*}
            return 0
            ;;
        esac
      done
    fi
  done
}

kubernetes() {
  for program in kubelet kubeadm kubectl; do
    version_of_package "$program"
    if [ -z "$version" ]; then
      case $program in
        kubelet) version_of_program kubelet --version ;;
        kubeadm) version_of_program kubeadm version -o short ;;
        # since 1.28 there is no --short
        kubectl) version_of_program kubectl version --client -o json ;;
      esac
    fi
    fact "${program}Version" "$version"
  done
  list=
  # an unfinished join of Caravan is started again: this host is not a node yet
  kubelet_conf=$R/etc/kubernetes/kubelet.conf
  if [ -e "$R/etc/kubernetes/.caravan-join-unfinished" ]; then kubelet_conf=; fi
  for file in "$kubelet_conf" "$R/etc/kubernetes/admin.conf" "$R/etc/kubernetes/manifests/kube-apiserver.yaml"; do
    if [ -e "$file" ]; then add "${file##*/}"; fi
  done
  fact kubernetes "$list"
  # what the static pods of the control plane run
  for component in kube-apiserver:apiServerVersion etcd:etcdVersion; do
    image=$(image_in "$R/etc/kubernetes/manifests/${component%%:*}.yaml") || image=
    case ${image##*/} in *:[v0-9]*) version=${image##*:} version=${version#v} && fact "${component#*:}" "${version%%[!0-9.]*}" ;; esac
  done
  if [ -r "$R/etc/kubernetes/admin.conf" ]; then
    fact adminServer "$(sed -n 's/^ *server: *//p' "$R/etc/kubernetes/admin.conf" | head -n 1)"
  fi
  fact nodeIp "$(sed -n 's/.*--node-ip=\([0-9A-Fa-f.:,]*\).*/\1/p' "$R/var/lib/kubelet/kubeadm-flags.env" 2>/dev/null)"
  fact nodeRuntime "$(node_runtime)"
  if program_replaced kubelet; then output kubeletReplaced yes; fi
  authority=$R/etc/kubernetes/pki/ca.crt
  if [ -r "$authority" ] && openssl x509 -in "$authority" -noout 2>/dev/null; then output caHash "$(ca_cert_hash "$authority")"; fi
  if [ -r "$kubelet_conf" ]; then
    registration
    if have openssl; then fact certificate "$(next_to_expire)"; fi
  fi
}

# By the kubelet's flags, or its configuration. Without an endpoint, a kubelet before 1.24 uses Docker.
node_runtime() {
  runtime_flags=$R/var/lib/kubelet/kubeadm-flags.env
  if [ ! -r "$kubelet_conf" ] || [ ! -r "$runtime_flags" ]; then return 0; fi
  runtime_socket=$(sed -n 's/.*--container-runtime-endpoint=\([^ "]*\).*/\1/p' "$runtime_flags")
  for runtime_file in instance-config.yaml config.yaml; do
    runtime_file=$R/var/lib/kubelet/$runtime_file
    if [ -n "$runtime_socket" ] || [ ! -r "$runtime_file" ]; then continue; fi
    runtime_socket=$(sed -n 's/^containerRuntimeEndpoint: *"*\([^ "]*\).*/\1/p' "$runtime_file")
  done
  case $runtime_socket in
    '') case $(kubelet --version 2>/dev/null) in *' v1.'[0-9].* | *' v1.1'[0-9].* | *' v1.2'[0-3].*) echo docker ;; esac ;;
    */containerd.sock) echo containerd ;;
    */crio.sock) echo cri-o ;;
    */cri-dockerd.sock) echo cri-dockerd ;;
    */dockershim.sock) echo docker ;;
    *) echo "$runtime_socket" ;;
  esac
}

registration() {
  node=
  while read -r key value; do
    case $key in
      server:) fact apiServer "$value" ;;
      user:) case $value in system:node:*) node=${value#system:node:} ;; esac ;;
    esac
  done <"$kubelet_conf"
  # On a host that joined, only the certificate has its name.
  certificate=$R/var/lib/kubelet/pki/kubelet-client-current.pem
  if [ -z "$node" ] && [ -r "$certificate" ] && have openssl; then
    subject=$(openssl x509 -in "$certificate" -noout -subject -nameopt RFC2253) || subject=
    case $subject in *CN=system:node:*) node=${subject##*CN=system:node:} node=${node%%,*} ;; esac
  fi
  fact nodeName "$node"
}

add_runtime() { # NAME UNIT; uses $version
  if [ -n "$version" ]; then
    if active "$2"; then add "$1 $version active"; else add "$1 $version inactive"; fi
  fi
}

runtimes() {
  list=
  version_of_package docker-ce docker.io moby-engine docker
  if [ -z "$version" ]; then version_of_program dockerd --version; fi
  add_runtime docker docker
  version_of_package containerd.io containerd
  if [ -z "$version" ]; then version_of_program containerd --version; fi
  add_runtime containerd containerd
  version_of_package cri-o
  if [ -z "$version" ]; then version_of_program crio --version; fi
  add_runtime cri-o crio
  fact runtime "$list"
  list=
  for socket in /run/docker.sock /run/dockershim.sock /run/cri-dockerd.sock /run/containerd/containerd.sock /run/crio/crio.sock; do
    if [ -e "$R$socket" ]; then add "$socket"; fi
  done
  fact socket "$list"
  if [ -r "$R/etc/docker/daemon.json" ]; then
    fact dockerDaemon "$(sed 's|://[^/@"]*@|://***@|g' "$R/etc/docker/daemon.json")"
  fi
}

pod_network() {
  list=
  for file in "$R"/etc/cni/net.d/*.conf "$R"/etc/cni/net.d/*.conflist "$R"/etc/cni/net.d/*.json; do
    if [ -e "$file" ]; then add "${file##*/}"; fi
  done
  fact cniConfig "$list"
  conflist=$R/etc/cni/net.d/10-caravan-bridge.conflist
  if [ -r "$conflist" ]; then
    fact podCidr "$(tr -d ' \n\t' <"$conflist" | tr '{' '\n' | sed -n 's/^"subnet":"\([0-9a-fA-F.:/]*\)".*/\1/p' | paste -s -d ,)"
  fi
}

# Prints the error of a connection attempt to ADDRESS PORT; succeeds if it was accepted.
connect() {
  # shellcheck disable=SC2016 # expanded by the bash that is started here
  if have bash; then
    timeout 3 bash -c ': 3<>"/dev/tcp/$1/$2"' connect "$1" "$2" 2>&1
  elif have nc; then
    timeout 3 nc -v -z "$1" "$2" 2>&1 </dev/null
  else
    said=$(curl -v -m 3 "http://$1:$2/" 2>&1 >/dev/null </dev/null) || case $said in
      *Connected*) ;;
      *) printf '%s\n' "$said" && return 1 ;;
    esac
  fi
}

# Prints the reach line of ADDRESS PORT LABEL.
reach() {
  case $1$2 in
    *[!0-9A-Za-z.:-]*) outcome=unresolved ;;
    *)
      if said=$(connect "$1" "$2"); then
        outcome=open
      else
        case $?$said in
          124* | *"timed out"*) outcome=timeout ;;
          *refused* | *reset*) outcome=refused ;;
          *"No route to host"*) outcome=no-route ;;
          *"not known"* | *resol*) outcome=unresolved ;;
          *) outcome=unreachable ;;
        esac
      fi
      ;;
  esac
  printf '%s %s %s %s\n' "$1" "$2" "$3" "$outcome"
}

reach_all() { # TARGETS: lines ADDRESS PORT LABEL
  started=0
  while read -r address port label; do
    if [ -z "$label" ]; then continue; fi
    reach "$address" "$port" "$label" </dev/null &
    started=$((started + 1))
    # More at once would only cost memory.
    if [ "$((started % 100))" = 0 ]; then wait; fi
  done <<-END
	$1
	END
  wait
}

# If two hosts have the same MAC address, both are hard to reach, and one may not be able to report it. Its neighbours can.
# If the kernel's probes went to the other host, the entry is FAILED; a new connection makes the kernel ask again by broadcast.
neighbours() {
  look_at_neighbours
  if [ -n "$silent" ]; then
    reach_all "$silent" >/dev/null
    look_at_neighbours
  fi
}

# Sets $list to the known neighbours among the targets, and $silent to those that have no MAC address at the moment, as targets.
look_at_neighbours() {
  list='' silent=''
  while read -r address _ _ word mac _; do
    case "$newline$targets" in
      *"$newline$address "*)
        case $word in
          lladdr) add "$address $mac" ;;
          FAILED | INCOMPLETE) silent="$silent$address 10250 again$newline" ;;
        esac
        ;;
    esac
  done <<-END
	$(ip neighbour show 2>/dev/null)
	END
}

output clock "$(date +%s.%3N)"
say "looking at this host"
operating_system
machine
disks
interfaces
link_addresses
swap_devices
cgroups
modules
fact listening "$(listening_sockets)"
selinux
active_units firewalld ufw docker containerd crio
firewalls
installed_packages kubelet kubeadm kubectl docker-ce docker.io moby-engine docker containerd.io containerd cri-o
kubernetes
runtimes
pod_network
if [ ! -t 0 ]; then
  say "trying the ports that this host will need on others"
  targets=$(cat)
  fact reach "$(reach_all "$targets")"
  neighbours
  fact neighbour "$list"
fi
