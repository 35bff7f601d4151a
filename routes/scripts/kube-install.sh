#!/bin/sh
# Installs kubelet, kubeadm and kubectl at exactly KUBERNETES_VERSION, and the commands that they and later steps need. Ordinary updates do
# not change the version. kubelet is enabled but not started: without kubeadm's configuration it would only restart every few seconds.
# Environment: KUBERNETES_VERSION, KUBERNETES_MINOR, KUBERNETES_COMMANDS, KUBELET_ASKS_AMAZON, KUBERNETES_REPO_URL,
# KUBERNETES_REPO_KEYS, CRI_SOCKET.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/repository-lib.sh"

know_family

no_crictl() {
  fail "no repository of this host has cri-tools, and there is no crictl here: without it the images of $RUNTIME cannot be pulled, nor removed by an undo" \
    "Put cri-tools for 1.$KUBERNETES_MINOR into the repository at packages.kubernetes.baseUrl, or crictl into /usr/local/bin of the host."
}

# If another version is installed, the step fails: an upgrade of a node is done by other steps, and comes before this one.
missing=
for name in kubelet kubeadm kubectl; do
  installed=$(package_version "$name")
  if [ -z "$installed" ] && have "$name"; then
    # not from a package
    case $name in
      kubelet) installed=$(kubelet --version | awk '{ print $2 }') ;;
      kubeadm) installed=$(kubeadm version -o short) ;;
      kubectl) installed=$(kubectl version --client -o json | sed -n 's/.*"gitVersion": *"\([^"]*\)".*/\1/p') ;;
    esac
    installed=${installed#v}
  fi
  case $installed in
    "") missing="$missing $name" ;;
    "$KUBERNETES_VERSION") ;;
    *)
      # in a plan, the steps of the upgrade have said what they would do
      if planning && [ -f "$R/etc/kubernetes/kubelet.conf" ] && older_version "$installed" "$KUBERNETES_VERSION"; then continue; fi
      fail "$name $installed is installed, the spec asks for $KUBERNETES_VERSION" \
        "Set kubernetes.version to $installed, or remove $name from this host first."
      ;;
  esac
done

# Commands that kubeadm's checks require, and on which the newest packages do not depend any more (kubernetes#135306). The list is in
# routes/data/kubernetes.yaml. The pod networks need iptables, too. Commands that are there stay as they are.
tools=
tool() { # COMMAND PACKAGE-FOR-APT PACKAGE-FOR-YUM
  if have "$1"; then return 0; fi
  if [ "$FAMILY" = apt ]; then tools="$tools $2"; else tools="$tools $3"; fi
}
iptables_package() { # Enterprise Linux 10 has no package of the plain name
  if grep -qsE '^VERSION_ID="?1[0-9]([.]|"|$)' "$R/etc/os-release" && grep -qsE '^ID(_LIKE)?=.*(rhel|centos)' "$R/etc/os-release"; then
    echo iptables-nft
  else
    echo iptables
  fi
}
for command in ${KUBERNETES_COMMANDS:-iptables ip}; do
  case $command in
    conntrack) tool conntrack conntrack conntrack-tools ;;
    ip) tool ip iproute2 iproute ;;
    iptables) tool iptables iptables "$(iptables_package)" ;;
  esac
done

# If kubelet speaks CRI, crictl pulls, lists and removes images. The package kubeadm does not depend on it from 1.33 on.
cri_tools=no
case $CRI_SOCKET in
  */dockershim.sock) ;;
  *) have crictl || cri_tools=yes ;;
esac
names=${missing:+$missing $KUBERNETES_VERSION}
if [ "$cri_tools" = yes ]; then names="$names cri-tools"; fi
names=$names$tools

if [ -n "$names" ]; then
  if change "install$names"; then
    case $FAMILY in
      yum)
        set -- "$(yum_without_excludes "$(yum_repository_id | grep . || echo kubernetes)")"
        for name in $missing; do set -- "$@" "$name-$KUBERNETES_VERSION"; done
        if [ "$cri_tools" = yes ]; then set -- "$@" cri-tools; fi
        ;;
      apt)
        set --
        for name in $missing; do
          if ! version=$(apt_version "$name" "$KUBERNETES_VERSION"); then
            versions=$(apt-cache madison "$name" | awk '{ print $3 }' | head -n 5 | paste -s -d ' ' | grep . || echo none at all)
            fail "the repository has no $name $KUBERNETES_VERSION; it has $versions" \
              "Check kubernetes.version and packages.kubernetes.baseUrl in the spec."
          fi
          set -- "$@" "$name=$version"
        done
        if [ "$cri_tools" = yes ]; then
          version=$(apt_cri_tools) || no_crictl
          set -- "$@" "cri-tools=$version"
        fi
        ;;
    esac
    for name in $tools; do set -- "$@" "$name"; done
    keep_unit kubelet.service
    keep_tree "$R/etc/kubernetes" 4
    keep_tree "$R/var/lib/kubelet"
    keep_tree "$R/opt/cni" 2
    # dpkg removes /opt with the last package that has a file in it
    if [ -d "$R/opt" ]; then keep_tree "$R/opt" 0; fi
    keep_tree "$R/etc/cni" 2
    say "installing$names"
    if ! try_packages "$@"; then
      unknown=$(sed -n -e 's/.*[Nn]o match for argument: *//p' -e 's/.*No package \(.*\) available.*/\1/p' "$WORK/output" | sort -u)
      [ "$unknown" != cri-tools ] || no_crictl
      package_failure "$@"
    fi
    for name in $missing; do
      [ "$(package_version "$name")" = "$KUBERNETES_VERSION" ] ||
        fail "$name $KUBERNETES_VERSION is not there after its installation (but: $(package_version "$name"))"
    done
    # if yum 3 does not find one of the packages, it installs the others
    if [ "$cri_tools" = yes ]; then have crictl || no_crictl; fi
  fi
fi

# Older versions of kubelet ask Amazon's metadata address for registry credentials at each start. If packets to it are lost, as in most
# networks outside Amazon, kubelet waits for 6 s before it registers its node.
on_amazon() {
  grep -qsi amazon "$R"/sys/class/dmi/id/sys_vendor "$R"/sys/class/dmi/id/bios_vendor "$R"/sys/class/dmi/id/bios_version \
    "$R"/sys/class/dmi/id/product_version ||
    grep -qsi '^ec2' "$R"/sys/hypervisor/uuid
}
reload_due=no
if [ "${KUBELET_ASKS_AMAZON:-false}" = true ] && ! on_amazon && [ ! -f "$R/var/lib/kubelet/config.yaml" ]; then
  put_file "$R/etc/systemd/system/kubelet.service.d/20-caravan.conf" 0644 <<'UNIT'
# This host is not Amazon's: kubelet need not wait for credentials from there at each start.
[Service]
Environment=AWS_EC2_METADATA_DISABLED=true
UNIT
  reload_due=$file_changed
fi

if [ "$FAMILY" = apt ]; then
  held=" $(apt-mark showhold 2>/dev/null | paste -s -d ' ') "
  for name in kubelet kubeadm kubectl cri-tools; do
    case $held in *" $name "*) continue ;; esac
    # crictl may be from elsewhere; in a plan nothing is installed yet
    if [ "$name" = cri-tools ] && [ -z "$(package_version cri-tools)" ] && ! { planning && [ "$cri_tools" = yes ]; }; then continue; fi
    if change "hold $name at its version"; then
      keep_hold "$name"
      apt-mark hold "$name" >/dev/null
    fi
  done
fi

if ! systemctl is-enabled -q kubelet 2>/dev/null; then
  if change "enable kubelet"; then
    keep_unit kubelet.service
    systemctl enable -q kubelet
    reload_due=no
  fi
fi
if planning; then exit 0; fi
if [ "$reload_due" = yes ]; then systemctl daemon-reload; fi
# some packages start it
if [ ! -f "$R/var/lib/kubelet/config.yaml" ] && systemctl is-active -q kubelet; then systemctl stop kubelet; fi
