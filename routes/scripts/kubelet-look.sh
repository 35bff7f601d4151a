#!/bin/sh
# Whether the client certificate of this host's kubelet has expired. Changes nothing.  Outputs: expired (yes or no).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

[ -f "$KUBERNETES/kubelet.conf" ] || skip "this host is not a node"
need_openssl
if expired "$KUBELET_CLIENT"; then output expired yes; else output expired no; fi
