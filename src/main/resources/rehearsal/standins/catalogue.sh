# shellcheck shell=sh
# The packages that a rehearsed host's package manager knows, and what installing and removing them does.

# Sets what is known of a package: origin (kubernetes, runtime or base), version, release, requires, commands (each
# "COMMAND" or "COMMAND=STAND-IN"), units. Fails for a name that no repository has.
package() { # NAME
  origin=base version=1.0 release=1 requires='' commands='' units=''
  case $FAMILY.$1 in
    *.kubelet | *.kubeadm | *.kubectl)
      origin=kubernetes
      version=$(line_of "$STATE/kubernetes-version")
      commands=$1
      ;;
    *.kubernetes-cni) origin=kubernetes version=1.1.1 ;;
    *.cri-tools)
      origin=kubernetes version=1.19.0 commands='crictl'
      # from 1.24 on the repository of a minor has that minor's alone
      minor=$(line_of "$STATE/kubernetes-version")
      minor=${minor#1.}
      minor=${minor%%.*}
      if [ "$minor" -ge 24 ]; then version=1.$minor.0; fi
      ;;
    *.docker-ce) origin=runtime version=20.10.24 requires='docker-ce-cli containerd.io' commands='dockerd=runtimes' units=docker.service ;;
    *.docker-ce-cli) origin=runtime version=20.10.24 commands='docker' ;;
    *.containerd.io) origin=runtime version=1.6.20 commands='containerd=runtimes ctr runc=runtimes' units=containerd.service ;;
    *.cri-o) origin=runtime version=$(line_of "$STATE/kubernetes-version") requires='conmon' commands='crio=runtimes' units=crio.service ;;
    apt.docker.io) version=20.10.24+dfsg1 requires='containerd' commands='docker dockerd=runtimes' units=docker.service ;;
    apt.containerd) version=1.6.20~ds1 requires='runc' commands='containerd=runtimes ctr' units=containerd.service ;;
    apt.runc) version=1.1.5+ds1 commands='runc=runtimes' ;;
    *.conntrack | *.conntrack-tools) commands='conntrack=network' ;;
    *.iptables | *.iptables-nft) commands='iptables=network ip6tables=network iptables-save=network ip6tables-save=network' ;;
    *.iproute | *.iproute2) commands='ip=network ss=network' ;;
    *.haproxy) commands='haproxy=runtimes' units=haproxy.service ;;
    *.keepalived) commands='keepalived=runtimes' units=keepalived.service ;;
    *.conmon | *.socat | *.ethtool | *.ebtables | *.ipset | *.ipvsadm | *.iproute-tc) ;;
    *.util-linux | *.tar | *.openssl | *.gnupg | *.gnupg2 | *.curl | *.ca-certificates | *.kmod | *.nfs-utils | *.nfs-common | *.chrony) ;;
    yum.container-selinux | yum.yum-utils | yum.device-mapper-persistent-data | yum.lvm2 | yum.libseccomp) ;;
    apt.apt-transport-https | apt.software-properties-common | apt.containernetworking-plugins) ;;
    *) return 1 ;;
  esac
  case $1 in
    kubelet) requires='kubernetes-cni' units=kubelet.service ;;
    kubeadm)
      requires='kubelet kubectl kubernetes-cni cri-tools'
      # its newest versions depend on nothing
      case $version in 1.3[3-9].* | 1.[4-9][0-9].*) requires= ;; esac
      ;;
  esac
  # the version that the spec asks for is one that the repository has
  read -r runtime_name runtime_version < "$STATE/runtime"
  case $runtime_name.$1 in
    docker.docker-ce | docker.docker-ce-cli | docker.docker.io | containerd.containerd.io | containerd.containerd | cri-o.cri-o)
      version=${runtime_version:-$version}
      ;;
  esac
  case $FAMILY.$origin in
    yum.kubernetes) release=0 ;;
    apt.kubernetes) release=00 ;;
    yum.runtime) release=3.el7 ;;
    apt.runtime) release=1 ;;
  esac
}

installed() { [ -d "$STATE/packages/$1" ]; } # NAME

# The version that a repository would give for a name, NAME-VERSION[-RELEASE] (yum) or NAME=VERSION (apt) taken apart.
offered() { # NAME WANTED: sets version and release, or fails
  package "$1" || return 1
  [ -n "$2" ] || return 0
  # with or without epoch and release
  wanted=${2#*:}
  case $wanted in
    "$version" | "$version-$release" | "$version-$release.x86_64" | "$version~"*) return 0 ;;
  esac
  if [ "$origin" = kubernetes ] && [ "$1" != kubernetes-cni ] && [ "$1" != cri-tools ]; then
    # the patch versions before it are there as well
    wanted=${wanted%-*}
    # and those that the rehearsal names
    if grep -qsxF -e "$wanted" "$STATE/kubernetes-also"; then
      version=$wanted
      return 0
    fi
    [ "${wanted%.*}" = "${version%.*}" ] && [ "${wanted##*.}" -lt "${version##*.}" ] || return 1
    version=$wanted
    return 0
  fi
  return 1
}

# Lays a package's files out. What it requires is there already.
unpack() { # NAME VERSION RELEASE
  package "$1"
  directory=$STATE/packages/$1
  mkdir -p "$directory"
  : > "$directory/files"
  for command in $commands; do
    ln -sfn "$WORKSHOP/standins/${command#*=}" "$R/usr/bin/${command%%=*}"
    echo "/usr/bin/${command%%=*}" >> "$directory/files"
  done
  for unit in $units; do
    own_file "/usr/lib/systemd/system/$unit" <<-END
	[Unit]
	Description=$unit of a rehearsal
	[Service]
	ExecStart=/usr/bin/${unit%.service}
	[Install]
	WantedBy=multi-user.target
	END
  done
  unpack_more "$1"
  echo "$3" > "$directory/release"
  echo "$2" > "$directory/version"
  # Debian starts what it installs
  if [ "$FAMILY" = apt ]; then
    for unit in $units; do
      mkdir -p "$STATE/units/$unit"
      [ -e "$STATE/units/$unit/masked" ] || { : > "$STATE/units/$unit/enabled" && unit_start "$unit"; }
    done
  fi
}

unpack_more() { # NAME
  case $1 in
    kubelet)
      mkdir -p "$R/etc/kubernetes/manifests"
      if [ "$FAMILY" = yum ]; then own_file /etc/sysconfig/kubelet; else own_file /etc/default/kubelet; fi <<-'END'
	KUBELET_EXTRA_ARGS=
	END
      ;;
    kubeadm)
      own_file /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf <<-'END'
	[Service]
	Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
	END
      ;;
    kubernetes-cni | containernetworking-plugins)
      mkdir -p "$R/opt/cni/bin"
      for plugin in bandwidth bridge dhcp firewall host-local ipvlan loopback macvlan portmap ptp static tuning vlan; do
        echo "/opt/cni/bin/$plugin" >> "$directory/files"
        printf '#!/bin/sh\nexit 0\n' > "$R/opt/cni/bin/$plugin"
      done
      chmod 755 "$R"/opt/cni/bin/*
      ;;
    containerd.io)
      own_file /etc/containerd/config.toml <<-'END'
	# enabled by the package, as the real one does
	disabled_plugins = ["cri"]
	END
      ;;
    containerd)
      own_file /etc/containerd/config.toml <<-'END'
	version = 2
	[plugins]
	  [plugins."io.containerd.grpc.v1.cri"]
	    [plugins."io.containerd.grpc.v1.cri".cni]
	      bin_dir = "/usr/lib/cni"
	      conf_dir = "/etc/cni/net.d"
	END
      ;;
    cri-o)
      own_file /etc/crio/crio.conf <<-'END'
	[crio]
	END
      ;;
  esac
}

# A file that a package owns; as with rpm and dpkg a configuration file that is there already stays.
own_file() { # PATH, the content on standard input
  echo "$1" >> "$directory/files"
  case $1 in /etc/*) if [ -f "$R$1" ]; then cat > /dev/null && return 0; fi ;; esac
  mkdir -p "$R${1%/*}"
  cat > "$R$1"
}

# What would have to come in for a package, itself last; nothing for what is there.
closure() { # NAME
  if ! installed "$1"; then
    package "$1" || return 0
    # shellcheck disable=SC2086 # a list of names
    for needed in $requires; do closure "$needed"; done
    echo "$1"
  fi
}

# The installed packages that need this one, the farthest first, itself last.
dependents() { # NAME
  for dependent_directory in "$STATE"/packages/*; do
    dependent=${dependent_directory##*/}
    package "$dependent" || continue
    case " $requires " in *" $1 "*) (dependents "$dependent") ;; esac
  done
  echo "$1"
}

take_away() { # NAME
  package "$1"
  for unit in $units; do
    unit_stop "$unit"
    rm -rf "$STATE/units/${unit:?}"
  done
  while read -r owned; do
    case $owned in
      # apt keeps configuration until a purge
      /etc/*) if [ "$FAMILY" = apt ] && [ "${purge:-no}" = no ]; then continue; fi ;;
    esac
    rm -f "$R$owned"
    case $owned in */systemd/system/*.d/*) rmdir "$R${owned%/*}" 2>/dev/null || : ;; esac
  done < "$STATE/packages/$1/files"
  rm -rf "$STATE/packages/${1:?}"
}
