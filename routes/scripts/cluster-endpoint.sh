#!/bin/sh
# Has what the cluster itself keeps lead to the endpoint of the spec: the ConfigMap cluster-info, which hosts that join read, and the
# kubeconfig of kube-proxy, whose pods are started again for it, one node after the other. Runs on the first control plane.
# Environment: CONTROL_PLANE_ENDPOINT, ROLLOUT_SECONDS (how long until another pod of kube-proxy is ready).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/endpoint-lib.sh"

wait_until 90 api_answers || fail_for_now "the API server does not answer" "On the host: journalctl -u kubelet; crictl ps -a"

# Sets moved=yes if the ConfigMap has another server.
move() { # NAMESPACE NAME [COMMAND before it is changed]
  read_map "$1" "$2" || return 0
  former=$(server_of "$WORK/config-map")
  if [ -z "$former" ] || [ "$former" = "$NEW_SERVER" ]; then return 0; fi
  if change "update the server in the ConfigMap $2"; then
    found server "configmap/$1/$2" "$former"
    ${3:-true}
    set_map_server "$former" "$NEW_SERVER" || command_failed "kubectl replace configmap $2: $(last_words)" "Is the API server up?"
  else
    would_differ "ConfigMap $2" "$former" "$NEW_SERVER"
  fi
}
will_start() {
  found server daemonset/kube-system/kube-proxy "$(proxy_pods_mark | grep . || echo none)"
  mark_proxy "$NEW_SERVER" || command_failed "kubectl patch daemonset kube-proxy: $(last_words)" "Is the API server up?"
}

move kube-public cluster-info
if [ -z "$(proxy_get '{.metadata.name}')" ]; then exit 0; fi
move kube-system kube-proxy will_start
if planning || [ "$(proxy_mark)" != "$NEW_SERVER" ]; then exit 0; fi
if [ "$(proxy_pods_mark)" != "$NEW_SERVER" ] && change "start kube-proxy again on all nodes"; then
  start_proxies_for "$NEW_SERVER" || command_failed "kubectl patch daemonset kube-proxy: $(last_words)" "Is the API server up?"
fi
if proxies_started; then exit 0; fi
say "waiting until kube-proxy was started again on all nodes"
await_proxies "${ROLLOUT_SECONDS:-300}" ||
  fail_for_now "kube-proxy was not started again on all nodes: $why" "See: kubectl -n kube-system get pods -l k8s-app=kube-proxy -o wide"
