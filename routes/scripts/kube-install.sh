#!/bin/sh
# kubelet, kubeadm and kubectl at exactly KUBERNETES_VERSION, safe from ordinary updates. kubelet is enabled but not
# started: until kubeadm has written its configuration it would only end and be started again every few seconds.
# Environment: KUBERNETES_VERSION, KUBERNETES_MINOR, KUBERNETES_REPO_URL.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

know_family

# What runs already is either what is wanted or somebody else's business: upgrades go node by node, drained.
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
    *) fail "$name $installed is installed, the spec asks for $KUBERNETES_VERSION" "Installing does not upgrade. Set kubernetes.version to $installed, or remove $name from this host first." ;;
  esac
done

# The id of the repository in yum's files, whose excludes do not count for us.
yum_repository_id() {
  for yum_file in "$R"/etc/yum.repos.d/*.repo; do
    [ -f "$yum_file" ] || continue
    awk -F= -v url="${KUBERNETES_REPO_URL%/}" '/^\[/ { id = substr($0, 2, index($0, "]") - 2) } $1 ~ /^ *baseurl *$/ { value = $2; for (i = 3; i <= NF; i++) value = value "=" $i; gsub(/^[ \t]+|[ \t\/]+$/, "", value); if (value == url) print id }' "$yum_file"
  done | head -n 1
}

if [ -n "$missing" ]; then
  if change "install$missing $KUBERNETES_VERSION"; then
    case $FAMILY in
      yum)
        set -- "--disableexcludes=$(yum_repository_id | grep . || echo kubernetes)"
        for name in $missing; do set -- "$@" "$name-$KUBERNETES_VERSION"; done
        ;;
      apt)
        set --
        for name in $missing; do
          version=$(apt_version "$name" "$KUBERNETES_VERSION") ||
            fail "the repository has no $name $KUBERNETES_VERSION; it has $(apt-cache madison "$name" | awk '{ print $3 }' | head -n 5 | paste -s -d ' ' | grep . || echo none at all)" "Check kubernetes.version and packages.kubernetes.baseUrl in the spec."
          set -- "$@" "$name=$version"
        done
        ;;
    esac
    keep_unit kubelet.service
    keep_tree "$R/etc/kubernetes" 4
    keep_tree "$R/var/lib/kubelet"
    keep_tree "$R/opt/cni" 2
    # dpkg takes /opt away with the last package that has something in it; what others put there is not looked at
    if [ -d "$R/opt" ]; then keep_tree "$R/opt" 0; fi
    keep_tree "$R/etc/cni" 2
    say "installing$missing $KUBERNETES_VERSION"
    install_packages "$@"
    for name in $missing; do
      [ "$(package_version "$name")" = "$KUBERNETES_VERSION" ] || fail "$name $KUBERNETES_VERSION is not there after its installation (but: $(package_version "$name"))"
    done
  fi
fi

# Up to 1.26 each start of kubelet asks Amazon's metadata address for registry credentials. Where packets to it are lost,
# as on most networks that are not Amazon's, kubelet stands still for 6 s before it registers its node.
on_amazon() {
  grep -qsi amazon "$R"/sys/class/dmi/id/sys_vendor "$R"/sys/class/dmi/id/bios_vendor "$R"/sys/class/dmi/id/bios_version "$R"/sys/class/dmi/id/product_version ||
    grep -qsi '^ec2' "$R"/sys/hypervisor/uuid
}
reload_due=no
if [ "$KUBERNETES_MINOR" -lt 27 ] && ! on_amazon && [ ! -f "$R/var/lib/kubelet/config.yaml" ]; then
  put_file "$R/etc/systemd/system/kubelet.service.d/20-caravan.conf" 0644 <<'UNIT'
# This host is not Amazon's: kubelet need not wait for credentials from there at each start.
[Service]
Environment=AWS_EC2_METADATA_DISABLED=true
UNIT
  reload_due=$file_changed
fi

if [ "$FAMILY" = apt ]; then
  held=" $(apt-mark showhold 2>/dev/null | paste -s -d ' ') "
  for name in kubelet kubeadm kubectl; do
    case $held in *" $name "*) continue ;; esac
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
