# shellcheck shell=sh
# Lays out a freshly installed machine in $CARAVAN_ROOT. Run once for each host when a rehearsal starts.
# Environment: NAME ADDRESS OTHER_ADDRESSES FAMILY(yum|apt) NUMBER VERSION RUNTIME RUNTIME_VERSION PACE LOGIN WORKSHOP
R=$CARAVAN_ROOT
state=$R/.rehearsal

# --- what stand-ins keep

mkdir -p "$state/packages" "$state/units/sshd.service" "$R/usr/bin"
ln -s usr/bin "$R/.standins"
ln -s "$WORKSHOP/standins" "$state/standins"
echo "$WORKSHOP" > "$state/workshop"
echo "$NAME" > "$state/name"
echo "$ADDRESS" > "$state/address"
echo "$OTHER_ADDRESSES" | tr ' ' '\n' | sed '/^$/d' > "$state/other-addresses"
echo "$NUMBER" > "$state/number"
echo "$FAMILY" > "$state/family"
echo "$PACE" > "$state/pace"
echo "$VERSION" > "$state/kubernetes-version"
echo "$RUNTIME $RUNTIME_VERSION" > "$state/runtime"
: > "$state/units/sshd.service/active"
: > "$state/units/sshd.service/enabled"
printf 'default via %s.1 dev eth0\n%s.0/24 dev eth0 proto kernel scope link src %s\n' "${ADDRESS%.*}" "${ADDRESS%.*}" "$ADDRESS" \
  > "$state/routes"

# --- the commands that a bare host has

# BareHost makes the links: a process for each would take most of the time.
command_is() { # STAND-IN COMMAND...
  standin=$1
  shift
  for command; do echo "$standin $command"; done >> "$state/commands"
}
command_is machine hostname hostnamectl uname nproc df id whoami chown chgrp sync udevadm ldconfig depmod mount umount mountpoint getconf \
  loginctl timedatectl pgrep pkill killall
command_is network ip ss iptables ip6tables iptables-save ip6tables-save iptables-restore ip6tables-restore
command_is modprobe modprobe rmmod lsmod
command_is swap swapon swapoff
command_is namespaces nsenter unshare getent
for command in sysctl systemctl journalctl sudo curl gpg; do command_is "$command" "$command"; done
[ -e "$WORKSHOP/tools/openssl" ] || command_is openssl openssl

# --- files

mkdir -p "$R/etc/sysctl.d" "$R/etc/modules-load.d" "$R/etc/systemd/system" "$R/usr/lib/systemd/system" "$R/usr/lib/sysctl.d" \
  "$R/usr/local/bin" "$R/usr/local/lib" \
  "$R/run/systemd/system" "$R/tmp" "$R/root" "$R/opt" "$R/var/lib" "$R/var/log" "$R/var/run" "$R/boot" "$R/home"
chmod 700 "$R/root"
minor=${VERSION#*.} minor=${minor%%.*}
# what Kubernetes of that age runs on: EL7 has a kernel and cgroups that the newer ones refuse
case $FAMILY.$((minor >= 31)) in
  yum.0) kernel=3.10.0-1160.el7.x86_64 ;;
  yum.1) kernel=5.14.0-570.12.1.el9_6.x86_64 ;;
  *) kernel=6.1.0-18-amd64 ;;
esac
echo "$kernel" > "$state/kernel"
echo "$NAME" > "$R/etc/hostname"
printf '127.0.0.1 localhost\n%s %s\n' "$ADDRESS" "$NAME" > "$R/etc/hosts"
echo 'root:x:0:0:root:/root:/bin/sh' > "$R/etc/passwd"
if [ "$LOGIN" != root ]; then
  echo "$LOGIN:x:1000:1000::/home/$LOGIN:/bin/sh" >> "$R/etc/passwd"
  mkdir -p "$R/home/$LOGIN"
fi
# the same at each rehearsal, and each host's own
printf '%s' "$NAME $NUMBER" | sha256sum | cut -c 1-32 > "$R/etc/machine-id"
uuid() { printf '%s' "$1 $NAME $NUMBER" | sha256sum | sed 's/^\(........\)\(....\)\(....\)\(....\)\(............\).*/\1-\2-\3-\4-\5/'; } # WHAT
mkdir -p "$R/lib/modules/$kernel" "$R/sys/class/dmi/id" "$R/sys/class/net/eth0/device" "$R/sys/class/net/lo" "$R/sys/fs/cgroup"
if [ "$minor" -ge 31 ]; then
  echo 'cpuset cpu io memory pids' > "$R/sys/fs/cgroup/cgroup.controllers"
else
  mkdir "$R/sys/fs/cgroup/memory"
fi
uuid machine > "$R/sys/class/dmi/id/product_uuid"
: > "$R/lib/modules/$kernel/modules.builtin"
echo 772 > "$R/sys/class/net/lo/type"
echo 00:00:00:00:00:00 > "$R/sys/class/net/lo/address"
echo 1 > "$R/sys/class/net/eth0/type"
printf '52:54:00:%02x:%02x:%02x\n' $((NUMBER / 65536 % 256)) $((NUMBER / 256 % 256)) $((NUMBER % 256)) > "$R/sys/class/net/eth0/address"
echo up > "$R/sys/class/net/eth0/operstate"

mkdir -p "$R/proc/1" "$R/proc/sys/kernel/random" "$R/proc/sys/net/ipv4" "$R/proc/net"
echo systemd > "$R/proc/1/comm"
uuid boot > "$R/proc/sys/kernel/random/boot_id"
echo 0 > "$R/proc/sys/net/ipv4/ip_forward"
for link in all default eth0 lo; do
  mkdir -p "$R/proc/sys/net/ipv6/conf/$link"
  echo 0 > "$R/proc/sys/net/ipv6/conf/$link/forwarding"
  echo 1 > "$R/proc/sys/net/ipv6/conf/$link/accept_ra"
done
echo "$NAME" > "$R/proc/sys/kernel/hostname"
printf 'MemTotal:        4039548 kB\nMemFree:         3312000 kB\nMemAvailable:    3602000 kB\nSwapTotal:       2097148 kB\nSwapFree:        2097148 kB\n' > "$R/proc/meminfo"
printf 'processor\t: 0\n\nprocessor\t: 1\n' > "$R/proc/cpuinfo"
echo "5321.42 10233.11" > "$R/proc/uptime"
printf 'nodev\tproc\nnodev\ttmpfs\n\txfs\n' > "$R/proc/filesystems"
: > "$R/proc/modules"
printf 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/dm-1                               partition\t2097148\t\t0\t\t-2\n' > "$R/proc/swaps"
printf '#\n/dev/mapper/system-root / xfs defaults 0 0\n/dev/mapper/system-swap swap swap defaults 0 0\n' > "$R/etc/fstab"

case $FAMILY in
  yum)
    command_is yum yum
    command_is rpm rpm rpmkeys
    command_is selinux getenforce setenforce restorecon chcon
    printf 'NAME="CentOS Linux"\nVERSION="7 (Core)"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\nPRETTY_NAME="CentOS Linux 7 (Core)"\n' > "$R/etc/os-release"
    echo 'CentOS Linux release 7.9.2009 (Core)' > "$R/etc/redhat-release"
    if [ "$minor" -ge 31 ]; then
      printf 'NAME="Rocky Linux"\nVERSION="9.6 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\nPRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"\n' > "$R/etc/os-release"
      echo 'Rocky Linux release 9.6 (Blue Onyx)' > "$R/etc/redhat-release"
    fi
    mkdir -p "$R/etc/yum.repos.d" "$R/etc/selinux" "$R/etc/sysconfig"
    printf '[base]\nname=CentOS-7 - Base\nbaseurl=http://mirror.centos.org/centos/7/os/x86_64/\ngpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-CentOS-7\n' > "$R/etc/yum.repos.d/CentOS-Base.repo"
    printf 'SELINUX=enforcing\nSELINUXTYPE=targeted\n' > "$R/etc/selinux/config"
    echo Enforcing > "$state/selinux"
    base_packages='curl iproute iptables kmod openssl tar util-linux'
    ;;
  apt)
    command_is dpkg dpkg dpkg-query
    for command in apt-get apt-cache apt-mark; do command_is "$command" "$command"; done
    printf 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nID=debian\n' > "$R/etc/os-release"
    mkdir -p "$R/etc/apt/sources.list.d" "$R/etc/apt/keyrings" "$R/var/lib/apt/lists" "$R/var/lib/dpkg" "$R/etc/default"
    echo 'deb http://deb.debian.org/debian bookworm main' > "$R/etc/apt/sources.list"
    base_packages='curl gnupg iproute2 iptables kmod openssl tar util-linux'
    ;;
esac
for package in $base_packages; do
  mkdir -p "$state/packages/$package"
  echo 1.0 > "$state/packages/$package/version"
  echo 1 > "$state/packages/$package/release"
  : > "$state/packages/$package/files"
done
