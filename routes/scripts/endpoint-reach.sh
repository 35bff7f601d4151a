#!/bin/sh
# Whether this host reaches an API server of its cluster at the new endpoint, with a certificate for that name. Changes nothing.
# Environment: CONTROL_PLANE_ENDPOINT, REACH_SECONDS.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

ca=$R/etc/kubernetes/pki/ca.crt
[ -f "$ca" ] || fail "there is no ${ca#"$R"} on this host" "Is it a node of the cluster? caravan apply makes it one."

# An API server that does not let everybody ask answers 401 or 403.
reached() {
  reach_code=$(curl -sS --noproxy '*' --max-time 5 --cacert "$ca" -o /dev/null -w '%{http_code}' \
    "https://$CONTROL_PLANE_ENDPOINT/livez" 2>"$WORK/output") || return 1
  case $reach_code in 200 | 401 | 403) return 0 ;; esac
  echo "HTTP status $reach_code" > "$WORK/output"
  return 1
}
say "asking https://$CONTROL_PLANE_ENDPOINT/livez"
wait_until "${REACH_SECONDS:-90}" reached ||
  fail_for_now "no API server of this cluster answers at the new endpoint $CONTROL_PLANE_ENDPOINT: $(last_words)" \
    "Nothing uses it yet. Look at the load balancer or at haproxy and keepalived, and at firewalls on the way, then run this again."
