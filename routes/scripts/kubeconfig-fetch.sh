#!/bin/sh
# The administrator's kubeconfig of the cluster.  Secrets: kubeconfig.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if [ ! -r "$ADMIN_CONF" ]; then
  if planning; then exit 0; fi
  fail "there is no ${ADMIN_CONF#"$R"} on this host" "Is it a control plane? kubeadm init makes the file."
fi
admin_kubeconfig | secret kubeconfig
