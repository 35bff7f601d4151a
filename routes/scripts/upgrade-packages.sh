#!/bin/sh
# Prepares this host for the next version of an upgrade: writes the repository of that version's minor, and upgrades kubeadm. The control
# plane and the kubelet stay as they are.
# Environment: KUBERNETES_REPO_URL, _KEYS, _CHECK and RUNTIME_REPO_URL, _KEYS, _CHECK, RUNTIME (see repository-lib.sh); KUBERNETES_MINOR;
# NODE_ROLES (a worker keeps its former repositories, from which it may get its former kubelet again);
# UPGRADE_VERSION (if it is empty, the newest version of that minor in the repository is used); UPGRADE_FROM, UPGRADE_TO (for messages).
# Outputs: version (the version of the upgrade; in a plan only if it is known).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/repository-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/upgrade-lib.sh"

case " ${NODE_ROLES:-} " in *" control-plane "*) may_go_back=no ;; *) may_go_back=yes ;; esac
if planning || [ -n "${BUNDLE_URL:-}" ]; then may_go_back=no; fi
if [ "$may_go_back" = yes ]; then copy_repositories; fi
write_repositories
if [ "$may_go_back" = yes ]; then keep_copy_of_repositories; fi
# yum 3 caches by the name of the repository, whose address may be new
if [ "$FAMILY" = yum ] && ! planning; then read_indices; fi

version=${UPGRADE_VERSION:-}
if [ -z "$version" ]; then
  if planning; then
    change "upgrade kubeadm from $(package_version kubeadm | grep . || echo "$UPGRADE_FROM") to $UPGRADE_TO" || exit 0
  fi
  version=$(kubernetes_versions kubeadm | grep "^1[.]${KUBERNETES_MINOR}[.]" | tail -n 1) || true
  [ -n "$version" ] || fail "the repository has no kubeadm of 1.$KUBERNETES_MINOR" \
    "Check packages.kubernetes.baseUrl in the spec; kubernetes.upgrade.via names the version to use on the way."
  say "the newest version of 1.$KUBERNETES_MINOR in the repository is $version"
fi
output version "$version"
upgrade_kubernetes_packages "$version" kubeadm
