#!/bin/sh
# Whether this cluster can be moved to another endpoint: it is there, it answers, and it has the version of the spec. Changes nothing.
# Environment: KUBERNETES_VERSION, CONTROL_PLANE_ENDPOINT.  Outputs: from (the endpoint in admin.conf).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/endpoint-lib.sh"

[ -f "$ADMIN_CONF" ] ||
  fail "there is no cluster on this host whose endpoint could be changed" "caravan apply makes one with the endpoint of the spec."
version=$(kubeadm version -o short 2>/dev/null | sed 's/^v//') || version=
if [ "$version" != "$KUBERNETES_VERSION" ]; then
  fail "kubeadm of this host is ${version:-not there}, the spec has $KUBERNETES_VERSION: the endpoint is changed without an upgrade" \
    "Write the version that the cluster has into the spec, and run this again. Then upgrade by caravan apply."
fi
wait_until 90 api_answers ||
  fail_for_now "the API server does not answer at $(server_of "$ADMIN_CONF")" "On the host: journalctl -u kubelet; crictl ps -a"
from=$(server_of "$ADMIN_CONF")
output from "${from#https://}"
if [ "$from" = "$NEW_SERVER" ]; then
  say "the endpoint is $CONTROL_PLANE_ENDPOINT already; what still has another one is changed"
else
  say "from ${from#https://} to $CONTROL_PLANE_ENDPOINT"
fi
