#!/bin/sh
# Has the ConfigMap cluster-info and kube-proxy lead to the former endpoint again. Does nothing if the cluster is removed.
# Environment: GOES, ROLLOUT_SECONDS.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/endpoint-lib.sh"

read_found
if goes cluster; then skip "the cluster is removed with what it keeps"; fi
[ -f "$ADMIN_CONF" ] || skip "there is no cluster on this host any more"
wait_until 90 api_answers || fail_for_now "the API server does not answer" "On the host: journalctl -u kubelet; crictl ps -a"

restore_map() { # NAMESPACE NAME SERVER
  read_map "$1" "$2" || return 0
  present=$(server_of "$WORK/config-map")
  if [ -z "$present" ] || [ "$present" = "$3" ]; then return 0; fi
  changing "restore the server in the ConfigMap $2"
  set_map_server "$present" "$3" || left_for_now "the server in the ConfigMap $2: $(last_words)"
}
restore_proxies() { # SERVER|none
  former=$1
  [ "$former" != none ] || former=
  if [ "$(proxy_pods_mark)" != "$former" ]; then
    changing "start kube-proxy again on all nodes"
    start_proxies_for "$former" || left_for_now "kube-proxy, which was started for another endpoint: $(last_words)"
  fi
  if [ "$(proxy_mark)" != "$former" ]; then mark_proxy "$former" || left_for_now "the annotation of kube-proxy: $(last_words)"; fi
  await_proxies "${ROLLOUT_SECONDS:-300}" || left_for_now "kube-proxy: $why"
}

each_found server > "$WORK/servers"
while IFS=$TAB read -r subject server; do
  case $subject in configmap/*) rest=${subject#*/} && restore_map "${rest%%/*}" "${rest#*/}" "$server" ;; esac
done < "$WORK/servers"
while IFS=$TAB read -r subject server; do
  case $subject in daemonset/*) restore_proxies "$server" ;; esac
done < "$WORK/servers"
restore_all
