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

# --- the repositories from which the present kubelet came, for an undo: those of another minor do not have it

FORMER=$R/var/lib/caravan/former-repositories
repository_files() {
  for repository_file in etc/yum.repos.d/kubernetes.repo etc/yum.repos.d/caravan-runtime.repo etc/apt/sources.list.d/kubernetes.list \
    etc/apt/sources.list.d/caravan-runtime.list; do
    if [ -f "$R/$repository_file" ]; then echo "$repository_file"; fi
  done
  for repository_file in "$R"/etc/apt/keyrings/kubernetes-* "$R"/etc/apt/keyrings/caravan-runtime-*; do
    if [ -f "$repository_file" ]; then echo "${repository_file#"$R/"}"; fi
  done
}
# Before the files are written: a copy of them. An interrupted attempt has left the one that counts.
copy_repositories() {
  if [ -d "$FORMER.new" ]; then return 0; fi
  keep_tree "$FORMER"
  keep_tree "$FORMER.new"
  make_directory "${FORMER%/*}" 0700
  rm -rf "$FORMER.copying"
  mkdir -m 0700 "$FORMER.copying"
  package_version kubelet > "$FORMER.copying/kubelet"
  repository_files | while read -r repository_file; do
    mkdir -p "$FORMER.copying/$(dirname "$repository_file")"
    cp -p "$R/$repository_file" "$FORMER.copying/$repository_file"
  done
  mv "$FORMER.copying" "$FORMER.new"
}
# Afterwards: the copy stays only if the files are others now.
keep_copy_of_repositories() {
  if (cd "$FORMER.new" && find etc -type f 2>/dev/null) | while read -r repository_file; do
    cmp -s "$FORMER.new/$repository_file" "$R/$repository_file" || echo "$repository_file"
  done | grep -q .; then
    rm -rf "$FORMER"
    mv "$FORMER.new" "$FORMER"
  else
    rm -rf "$FORMER.new"
  fi
}
# Exchanges the files of the host for the copies, if the copies are of the time when that kubelet was installed. Returns 1 if they are not.
use_former_repositories() { # KUBELET-VERSION
  [ -d "$FORMER" ] && [ "$(cat "$FORMER/kubelet")" = "$1" ] || return 1
  mkdir -p "$WORK/present-repositories"
  repository_files | while read -r repository_file; do
    mkdir -p "$WORK/present-repositories/$(dirname "$repository_file")"
    cp -p "$R/$repository_file" "$WORK/present-repositories/$repository_file"
  done
  cp -pR "$FORMER/etc/." "$R/etc/"
}
use_present_repositories() {
  if [ -d "$WORK/present-repositories/etc" ]; then cp -pR "$WORK/present-repositories/etc/." "$R/etc/"; fi
}

# The versions of a package that the host's repositories have, one a line, the oldest first.
kubernetes_versions() { # PACKAGE
  case $FAMILY in
    yum)
      # -y: the repository's key may be new
      # shellcheck disable=SC2046 # words
      with_proxy "$(yum_command)" -y "$(yum_without_excludes "$(yum_repository_id | grep . || echo kubernetes)")" \
        list $(yum_list_available) "$1" </dev/null 2>"$WORK/list-errors" |
        awk -v name="$1" 'index($1, name ".") == 1 { print $2 }'
      ;;
    apt) apt-cache madison "$1" 2>/dev/null | awk '{ print $3 }' ;;
  esac | sed -e 's/^[0-9]*://' -e 's/[-~+].*//' | sort -uV
}

newest_versions() { kubernetes_versions "$1" | tail -n 5 | paste -s -d ' ' | grep . || echo none at all; } # PACKAGE

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
  upgrade_old=$(echo "$upgrade_before" | tr ' ' '\n' | grep . | sort -uV | paste -s -d ' ')
  change "upgrade $(echo "$upgrade_names" | sed -e 's/^ //' -e 's/ / and /') from $upgrade_old to $upgrade_to" || return 0
  set --
  case $FAMILY in
    yum)
      set -- "$(yum_without_excludes "$(yum_repository_id | grep . || echo kubernetes)")"
      for upgrade_name in $upgrade_names; do set -- "$@" "$upgrade_name-$upgrade_version"; done
      ;;
    apt)
      set -- --allow-change-held-packages
      for upgrade_name in $upgrade_names; do
        upgrade_full=$(apt_version "$upgrade_name" "$upgrade_version") ||
          fail "the repository has no $upgrade_name $upgrade_version; it has $(newest_versions "$upgrade_name")" \
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
