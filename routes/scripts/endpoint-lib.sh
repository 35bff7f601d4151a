# shellcheck shell=sh
# What scripts share that read or change the server in kubeconfigs, beside lib.sh. Of a kubeconfig only the server is recorded, because
# the file holds a key.

# shellcheck disable=SC2034 # for those that source this
NEW_SERVER=https://${CONTROL_PLANE_ENDPOINT:-}

# The first server in a kubeconfig, or in a ConfigMap with one; nothing if there is none.
server_of() { # FILE
  sed -n 's/^ *server: *"\{0,1\}\([^" ]*\)"\{0,1\} *$/\1/p' "$1" 2>/dev/null | head -n 1
}

# The kubeconfig on standard input, with another server in place of that one.
with_server() { # FROM TO
  from=$1 to=$2 awk '
    match($0, /^ *server: *"?/) {
      rest = substr($0, RLENGTH + 1)
      sub(/" *$/, "", rest)
      if (rest == ENVIRON["from"]) { sub(/server:.*/, "", $0); print $0 "server: " ENVIRON["to"]; next }
    }
    { print }'
}

# Replaces the file, whose owner and mode stay, also if the host fails meanwhile.
set_server() { # FILE FROM TO
  set_new=$(mktemp "$(dirname "$1")/.caravan.XXXXXX")
  if ! cp -p "$1" "$set_new" || ! with_server "$2" "$3" < "$1" > "$WORK/with-server" ||
    ! dd if="$WORK/with-server" of="$set_new" bs=64k conv=fsync status=none || ! mv -f "$set_new" "$1"; then
    rm -f "$set_new"
    fail "could not write ${1#"$R"}: $(df -P "$(dirname "$1")" | awk 'NR == 2 { print $5 " of " $6 " is in use" }')" \
      "Make room there, then run this again."
  fi
}

# --- ConfigMaps of the cluster with a kubeconfig in them

# In place of the server of the ConfigMap that was read. Returns 1 if it could not be written.
set_map_server() { # FROM TO
  with_server "$1" "$2" < "$WORK/config-map" > "$WORK/config-map-new"
  logged cluster replace -f "$WORK/config-map-new"
}

# --- kube-proxy, whose pods read their ConfigMap when they start
# The annotation of its DaemonSet says for which server the ConfigMap was changed, that of its pods for which one they were started.

PROXY_MARK=caravan.dev/endpoint
proxy_get() { # JSONPATH; nothing if there is no kube-proxy
  cluster -n kube-system get daemonset kube-proxy --ignore-not-found -o "jsonpath=$1" 2>"$WORK/output" ||
    command_failed "kubectl get daemonset kube-proxy: $(last_words)" "Is the API server up?"
}
proxy_mark() { proxy_get '{.metadata.annotations.caravan\.dev/endpoint}'; }
proxy_pods_mark() { proxy_get '{.spec.template.metadata.annotations.caravan\.dev/endpoint}'; }
# an empty SERVER: without the annotation
mark_text() { # SERVER
  if [ -n "$1" ]; then mark_value="\"$1\""; else mark_value=null; fi
  echo "{\"annotations\": {\"$PROXY_MARK\": $mark_value}}"
}
mark_proxy() { logged cluster -n kube-system patch daemonset kube-proxy --type merge -p "{\"metadata\": $(mark_text "$1")}"; } # SERVER
# The DaemonSet then starts its pods again, one node after the other.
start_proxies_for() { # SERVER
  logged cluster -n kube-system patch daemonset kube-proxy --type merge -p "{\"spec\": {\"template\": {\"metadata\": $(mark_text "$1")}}}"
}
# GENERATION OBSERVED WANTED STARTED READY
proxies() {
  proxy_get '{.metadata.generation} {.status.observedGeneration} {.status.desiredNumberScheduled}'
  proxy_get ' {.status.updatedNumberScheduled} {.status.numberReady}'
}
proxies_started() {
  # shellcheck disable=SC2046 # words
  set -- $(proxies)
  [ "${1:-}" = "${2:-}" ] && [ "${3:-}" = "${4:-}" ] && [ "${3:-}" = "${5:-}" ]
}
# Waits as long as another pod was started in the last seconds. Returns 1, with the reason in $why, if that does not happen.
await_proxies() { # SECONDS
  await_last=none
  until wait_until "$1" proxies_or_progress; do
    # shellcheck disable=SC2034 # for the caller
    why="its pods are ready on ${await_last##* } of $(echo "$await_last" | cut -d ' ' -f 3) nodes"
    return 1
  done
  proxies_started || await_proxies "$1"
}
proxies_or_progress() {
  if proxies_started; then return 0; fi
  await_now=$(proxies)
  [ "$await_last" != none ] || await_last=$await_now
  [ "$await_now" != "$await_last" ]
}

# --- what has to be restarted on this host for another server
# The marks are files, so that they outlive an interrupted script; after a boot, all has been started again.

RESTARTS=$R/run/caravan-restart
restart_needed() { mkdir -p "$RESTARTS" && : > "$RESTARTS/endpoint-$1"; } # NAME
is_restart_needed() { [ -e "$RESTARTS/endpoint-$1" ]; } # NAME
restarted() { # NAME
  rm -f "$RESTARTS/endpoint-$1"
  rmdir "$RESTARTS" 2>/dev/null || true
}
# What reads a file of /etc/kubernetes when it starts; nothing if nothing does.
reader_of() { # FILE
  case $1 in
    "$R/etc/kubernetes/kubelet.conf") echo kubelet ;;
    "$R/etc/kubernetes/controller-manager.conf") echo kube-controller-manager ;;
    "$R/etc/kubernetes/scheduler.conf") echo kube-scheduler ;;
  esac
}
# Sets the server, with a mark for what reads the file.
set_server_of_reader() { # FILE FROM TO
  set_reader=$(reader_of "$1")
  if [ -n "$set_reader" ]; then restart_needed "$set_reader"; fi
  set_server "$1" "$2" "$3"
}
