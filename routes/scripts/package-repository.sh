#!/bin/sh
# Configures the package repositories of Kubernetes and of the runtime: a file in /etc/yum.repos.d, or in /etc/apt/sources.list.d with
# its keys in /etc/apt/keyrings.
# Environment: KUBERNETES_REPO_URL, _KEYS, _CHECK and RUNTIME_REPO_URL, _KEYS, _CHECK, RUNTIME; see repository-lib.sh.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/repository-lib.sh"

write_repositories
