# shellcheck shell=sh
# The container runtime, its images and containers.

runtime_unit() { case $RUNTIME in docker) echo docker ;; containerd) echo containerd ;; *) echo crio ;; esac; }

# The images of the runtime, one id a line. If the list cannot be read, this is an error: an empty list would mean that all images came
# later.
runtime_image_ids() {
  case $RUNTIME in
    docker) docker images -q --no-trunc ;;
    *) crictl --runtime-endpoint "unix://${CRI_SOCKET#unix://}" --image-endpoint "unix://${CRI_SOCKET#unix://}" images -q ;;
  esac </dev/null
}

# The image of a static pod, and its version. The manifest has the name of the component.
image_in() { sed -n 's/^ *image: *//p' "$1" 2>/dev/null | head -n 1; } # MANIFEST
image_version() { # MANIFEST
  image_component=${1##*/}
  image_component=${image_component%.yaml}
  sed -n "s|^ *image: .*$image_component:v*\([0-9.]*\).*|\1|p" "$1" 2>/dev/null | head -n 1
}
# The files of an image, without a container. Only containerd shows them.
mount_image() { have ctr && mkdir -p "$2" && ctr --namespace k8s.io images mount "$1" "$2"; } # IMAGE DIRECTORY
unmount_image() { ctr --namespace k8s.io images unmount --rm "$1" >/dev/null 2>&1 || umount "$1" >/dev/null 2>&1 || true; } # DIRECTORY

# The sandbox image that this host's kubeadm names, or PAUSE_IMAGE if a route set it. Nothing in a plan on a host without kubeadm.
pause_image() {
  if [ -n "${PAUSE_IMAGE:-}" ]; then
    echo "$PAUSE_IMAGE"
  elif planning && have kubeadm && older_version "$(kubeadm version -o short | sed 's/^v//')" "$KUBERNETES_VERSION"; then
    : # an upgrade would replace this kubeadm
  elif have kubeadm; then
    kubeadm config images list --image-repository "$IMAGE_REPOSITORY" --kubernetes-version "v$KUBERNETES_VERSION" \
      </dev/null 2>"$WORK/output" |
      grep '/pause[:@]' | head -n 1 | grep . || fail "kubeadm names no pause image: $(last_words)" "See: kubeadm config images list" >&3
  elif ! planning; then
    fail "there is no kubeadm on this host to name the pause image" \
      "The step kube-install comes before this one; or set env.PAUSE_IMAGE in the step's route." >&3
  fi
}

# Restarts a runtime. Containers that ran before and are not restarted automatically are started.
restart_runtime() { # UNIT
  restart_running=
  if [ "$1" = docker.service ]; then restart_running=$(docker ps -q --no-trunc 2>/dev/null || true); fi
  logged systemctl restart "$1" || return 1
  for restart_container in $restart_running; do docker start "$restart_container" >/dev/null 2>&1 || true; done
}

# --- undo

# Kills what still runs in a control group, and removes the group. A 0 in its list is a process of another PID namespace.
end_group() { # PATH below a hierarchy
  for group_root in "$R/sys/fs/cgroup" "$R"/sys/fs/cgroup/*; do
    group=$group_root/$1
    if [ ! -d "$group" ] || group_processes | grep -qx 0; then continue; fi
    group_rounds=0
    while [ "$group_rounds" -lt 25 ] && group_processes | grep -q .; do
      # shellcheck disable=SC2046 # numbers
      kill -s KILL $(group_processes) 2>/dev/null || true
      sleep 0.2
      group_rounds=$((group_rounds + 1))
    done
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

group_processes() { find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null || true; }

# Removes the containers that kubelet made, and their processes if the runtime does not answer any more.
remove_pods() {
  case $RUNTIME in
    docker)
      pods_containers=$(docker ps -aq --no-trunc --filter 'name=^/?k8s_' 2>/dev/null || true)
      if [ -n "$pods_containers" ]; then
        docker_images_of_pods
        changing "remove $(echo "$pods_containers" | wc -l) containers of pods"
        # shellcheck disable=SC2086 # ids
        logged docker rm -f -v $pods_containers >/dev/null || { goes runtime || left_for_now "containers of pods: $(last_words)"; }
      fi
      ;;
    *)
      pods_endpoint=unix://${CRI_SOCKET#unix://}
      pods_sandboxes=$(runtime_says pods -q 2>"$WORK/output") || pods_unlisted
      if [ -n "$pods_sandboxes" ]; then
        cri_images_of_pods
        changing "remove $(echo "$pods_sandboxes" | wc -l) pods"
        # shellcheck disable=SC2086 # ids
        runtime_says stopp $pods_sandboxes >/dev/null 2>&1 || true
        # shellcheck disable=SC2086
        runtime_says rmp -f $pods_sandboxes >"$WORK/output" 2>&1 || { goes runtime || left_for_now "pods: $(last_words)"; }
      fi
      ;;
  esac
  for pods_group in kubepods kubepods.slice; do end_group "$pods_group"; done
}

# If the list cannot be read, there may be pods, unless there is no runtime that could have them.
pods_unlisted() {
  if goes runtime || ! systemctl is-active -q "$(runtime_unit).service" 2>/dev/null; then return 0; fi
  left_for_now "pods of $RUNTIME, if there are any: they could not be listed: $(last_words)"
}

runtime_says() { crictl --runtime-endpoint "$pods_endpoint" --image-endpoint "$pods_endpoint" "$@" </dev/null; }

# The images of pods, in a runtime that stays.
docker_images_of_pods() {
  goes runtime ||
    docker ps -aq --no-trunc --filter 'name=^/?k8s_' | xargs docker inspect --format '{{.Image}}' 2>/dev/null |
    sort -u > "$WORK/pod-images" || true
}
cri_images_of_pods() {
  goes runtime ||
    runtime_says ps -a -o json 2>/dev/null | sed -nE 's/.*"imageRef": *"([^"]*)".*/\1/p' | sed 's/.*@//' | sort -u > "$WORK/pod-images" ||
    true
}

remove_images_of_pods() {
  if goes runtime || [ ! -s "$WORK/pod-images" ] || ! was_found images; then return 0; fi
  cut -f 2 "$FOUND/images" | head -n 1 | unpacked > "$WORK/images-before"
  comm -13 "$WORK/images-before" "$WORK/pod-images" | while read -r image; do
    case $RUNTIME in
      docker)
        docker image inspect "$image" >/dev/null 2>&1 || continue
        changing "remove the image $image, which pods brought"
        logged docker rmi -f "$image" >/dev/null || left_for_now "the image $image: $(last_words)"
        ;;
      *)
        changing "remove the image $image, which pods brought"
        runtime_says rmi "$image" >/dev/null 2>&1 || say "the image $image stays: others use it"
        ;;
    esac
  done
}

# Removes all containers of a runtime, before the runtime is removed.
remove_containers() {
  if have docker && systemctl is-active -q docker.service 2>/dev/null; then
    docker ps -aq --no-trunc > "$WORK/containers" 2>/dev/null || true
    if [ -s "$WORK/containers" ]; then
      changing "remove $(grep -c . "$WORK/containers") containers"
      # shellcheck disable=SC2046 # ids
      logged docker rm -f -v $(cat "$WORK/containers") >/dev/null || true
    fi
  fi
}
