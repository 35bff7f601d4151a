# shellcheck shell=sh
# What the scripts of an upgrade share; sourced after lib.sh. What installs packages also needs repository-lib.sh.

# kubeadm upgrade with the options that the spec's documents give to kubeadm.
# Environment: IGNORED_CHECKS (with commas), PATCHES (a directory, or empty).
kubeadm_upgrade() { # apply VERSION --yes | node
  if [ -n "${IGNORED_CHECKS:-}" ]; then set -- "$@" "--ignore-preflight-errors=$IGNORED_CHECKS"; fi
  if [ -n "${PATCHES:-}" ]; then set -- "$@" "--patches=$PATCHES"; fi
  say "kubeadm upgrade $*"
  hiding_secrets kubeadm upgrade "$@"
}

# The versions of a package that the host's repositories have, one a line, the oldest first.
kubernetes_versions() { # PACKAGE
  case $FAMILY in
    yum)
      # -y: the repository's key may be new
      # shellcheck disable=SC2046 # words
      with_proxy "$(yum_command)" -y "$(yum_without_excludes "$(yum_repository_id | grep . || echo kubernetes)")" list $(yum_list_available) "$1" </dev/null 2>"$WORK/list-errors" |
        awk -v name="$1" 'index($1, name ".") == 1 { print $2 }'
      ;;
    apt) apt-cache madison "$1" 2>/dev/null | awk '{ print $3 }' ;;
  esac | sed -e 's/^[0-9]*://' -e 's/[-~+].*//' | sort -uV
}

# Upgrades packages of Kubernetes that are older than VERSION. One that is newer stays: another control plane may be behind.
upgrade_kubernetes_packages() { # VERSION PACKAGE...
  upgrade_version=$1
  shift
  upgrade_names=
  upgrade_before=
  for upgrade_name; do
    upgrade_installed=$(package_version "$upgrade_name")
    [ -n "$upgrade_installed" ] || fail "$upgrade_name is not installed by a package on this host" \
      "Caravan upgrades packages only. Install $upgrade_name $upgrade_version on the host by hand, then run this again."
    if older_version "$upgrade_installed" "$upgrade_version"; then
      upgrade_names="$upgrade_names $upgrade_name"
      upgrade_before="$upgrade_before $upgrade_installed"
    fi
  done
  [ -n "$upgrade_names" ] || return 0
  upgrade_to=$upgrade_version
  if planning; then upgrade_to=${UPGRADE_TO:-$upgrade_version}; fi
  change "upgrade $(echo "$upgrade_names" | sed -e 's/^ //' -e 's/ / and /') from $(echo "$upgrade_before" | tr ' ' '\n' | grep . | sort -uV | paste -s -d ' ') to $upgrade_to" || return 0
  set --
  case $FAMILY in
    yum)
      set -- "$(yum_without_excludes "$(yum_repository_id | grep . || echo kubernetes)")"
      for upgrade_name in $upgrade_names; do set -- "$@" "$upgrade_name-$upgrade_version"; done
      ;;
    apt)
      set -- --allow-change-held-packages
      for upgrade_name in $upgrade_names; do
        upgrade_full=$(apt_version "$upgrade_name" "$upgrade_version") || fail "the repository has no $upgrade_name $upgrade_version; it has $(kubernetes_versions "$upgrade_name" | tail -n 5 | paste -s -d ' ' | grep . || echo none at all)" \
          "Check kubernetes.version, kubernetes.upgrade.via and packages.kubernetes.baseUrl in the spec."
        set -- "$@" "$upgrade_name=$upgrade_full"
      done
      ;;
  esac
  say "upgrading$upgrade_names to $upgrade_version"
  install_packages "$@"
  for upgrade_name in $upgrade_names; do
    [ "$(package_version "$upgrade_name")" = "$upgrade_version" ] ||
      fail "$upgrade_name $upgrade_version is not there after its installation (but: $(package_version "$upgrade_name"))" \
        "Does a version lock or an exclude of the package manager hold $upgrade_name back on this host?"
  done
  if [ "$FAMILY" = apt ]; then
    # shellcheck disable=SC2086 # names of packages
    apt-mark hold $upgrade_names >/dev/null
  fi
}
