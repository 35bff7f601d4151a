# shellcheck shell=sh
# The repositories of a bundle, in place of those of the host.

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
  # shellcheck disable=SC2034 # for with_proxy
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
