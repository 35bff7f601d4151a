#!/bin/sh
# Moves the kubelet of this node from Docker to containerd, which runs already and has the images; the node has been drained. The containers
# that Docker still runs for pods, those of static pods and DaemonSets, end with the kubelet, and are started again by containerd. Docker is
# stopped and switched off; its packages, images and configuration stay.
# Environment: RUNTIME, CRI_SOCKET, CGROUP_DRIVER, NODE_NAME, NODE_ROLES, RESTART_SECONDS.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/runtime-lib.sh"

seconds=${RESTART_SECONDS:-300}
[ "$RUNTIME" = containerd ] || fail "this moves nodes to containerd, and the spec says runtime.name: $RUNTIME"
[ -f "$FLAGS" ] || fail "there is no ${FLAGS#"$R"}: kubeadm did not make this node" "Move this node by hand."

# --- what must be so

kubelet_driver=$(sed -n 's/.*--cgroup-driver=\([a-z]*\).*/\1/p' "$FLAGS")
[ -n "$kubelet_driver" ] || kubelet_driver=$(sed -n 's/^cgroupDriver: *"*\([a-z]*\).*/\1/p' "$R/var/lib/kubelet/config.yaml" 2>/dev/null)
[ "${kubelet_driver:-cgroupfs}" = "$CGROUP_DRIVER" ] ||
  fail "the kubelet's cgroup driver is ${kubelet_driver:-cgroupfs}, and containerd is configured for $CGROUP_DRIVER" \
    "Write cgroupDriver: ${kubelet_driver:-cgroupfs} under kubernetes.kubeadm.KubeletConfiguration in the spec."
if docker_runs; then
  docker ps --format '{{.Names}}' > "$WORK/names" 2>"$WORK/output" ||
    command_failed "docker ps: $(last_words)" "On the host: journalctl -u docker"
  others=$(grep -v '^k8s_' "$WORK/names" | paste -s -d ' ')
  [ -z "$others" ] || fail "Docker also runs containers that are not of pods, and would be stopped: $others" \
    "Stop them, or move them to another host, then run the same command again."
fi

# --- from Docker

sed -E -e 's/ *--(container-runtime|container-runtime-endpoint|network-plugin|cni-bin-dir|cni-conf-dir)(=[^ "]*)?//g' -e 's/=" +/="/' \
  -e "s|^(KUBELET_KUBEADM_ARGS=\")|\1--container-runtime=remote --container-runtime-endpoint=$CRI_SOCKET |" \
  -e 's/ "$/"/' "$FLAGS" > "$WORK/flags"
if docker_runs || ! cmp -s "$FLAGS" "$WORK/flags"; then
  keep_file "$FLAGS"
  for unit in docker.service docker.socket; do keep_unit "$unit"; done
  if systemctl is-active -q kubelet; then
    change "stop the kubelet"
    logged systemctl stop kubelet || command_failed "could not stop the kubelet: $(last_words)" "On the host: journalctl -u kubelet"
  fi
  if docker_runs; then
    docker ps -aq --no-trunc --filter 'name=^/?k8s_' > "$WORK/containers" 2>"$WORK/output" || command_failed "docker ps: $(last_words)"
    if [ -s "$WORK/containers" ]; then
      change "stop and remove $(grep -c . "$WORK/containers") containers of pods, which containerd starts again"
      # etcd gets its time to write
      xargs docker stop -t 30 < "$WORK/containers" > "$WORK/output" 2>&1 || say "not all containers stopped in time: $(last_words)"
      xargs docker rm -f -v < "$WORK/containers" > "$WORK/output" 2>&1 ||
        command_failed "could not remove the containers of pods: $(last_words)"
      release_addresses "$WORK/containers"
    fi
  fi
  put_file "$FLAGS" "$(stat -c %a "$FLAGS")" < "$WORK/flags"
  # the socket would start the service again
  for unit in docker.socket docker.service; do
    if systemctl is-active -q "$unit" || systemctl is-enabled -q "$unit" 2>/dev/null; then
      change "stop $unit and switch it off"
      logged systemctl disable --now "$unit" || command_failed "could not stop $unit: $(last_words)" "On the host: journalctl -u $unit"
    fi
  done
fi

# --- to containerd

if ! systemctl is-active -q kubelet; then
  change "start the kubelet, which uses containerd now"
  logged systemctl start kubelet || command_failed "could not start the kubelet: $(last_words)" "On the host: journalctl -u kubelet"
fi
say "waiting until the kubelet is healthy"
wait_until "$seconds" kubelet_is_healthy ||
  fail "the kubelet is not healthy $seconds s after its start with containerd: $(kubelet_error)" "On the host: journalctl -u kubelet"
case " $NODE_ROLES " in
  *" control-plane "*)
    say "waiting until the API server of this host is ready"
    wait_until "$seconds" own_api_answers ||
      fail "the API server of this host is not ready $seconds s after the kubelet's start with containerd: $(kubelet_error)" \
        "On the host: journalctl -u kubelet, and the logs in /var/log/pods"
    ;;
esac
former=$(node_socket)
if [ "$former" != "$CRI_SOCKET" ]; then
  subject=$NODE_NAME/$SOCKET_OF_NODE
  if [ -n "$former" ]; then found annotation "$subject" set "$former"; else found annotation "$subject" absent; fi
  change "note $CRI_SOCKET as the runtime's socket on the node $NODE_NAME"
  wait_until 120 name_socket "$CRI_SOCKET" || fail_for_now "could not annotate the node $NODE_NAME: $(last_words)" "Is the API server up?"
fi
