# shellcheck shell=sh
# Removes images that a step pulled; sourced after undo-lib.sh by the undos of such steps.
# Environment: RUNTIME, CRI_SOCKET.

pulled_crictl() {
  crictl --runtime-endpoint "unix://${CRI_SOCKET#unix://}" --image-endpoint "unix://${CRI_SOCKET#unix://}" "$@" </dev/null
}
pulled_is_there() { # IMAGE
  case $RUNTIME in
    docker) docker image inspect "$1" ;;
    containerd) pulled_crictl inspecti "$1" || ctr --namespace k8s.io images ls -q | grep -qxF -e "$1" ;;
    *) pulled_crictl inspecti "$1" ;;
  esac >/dev/null 2>&1
}
remove_pulled() { # IMAGE
  case $RUNTIME in
    docker) docker rmi "$1" ;;
    containerd) pulled_crictl rmi "$1" || ctr --namespace k8s.io images rm "$1" ;;
    *) pulled_crictl rmi "$1" ;;
  esac </dev/null >"$WORK/output" 2>&1
}

remove_images() {
  was_found image || return 0
  pulled_unit=$(runtime_unit).service
  if ! systemctl is-active -q "$pulled_unit"; then
    left_for_now "images that were pulled: $pulled_unit does not run"
  elif ! runtime_image_ids >/dev/null 2>"$WORK/output"; then
    # otherwise each image would seem to be absent
    left_for_now "images that were pulled: the images of $RUNTIME could not be listed: $(last_words)"
  fi
  while IFS=$TAB read -r pulled_image _; do
    pulled_is_there "$pulled_image" || continue
    changing "remove the image $pulled_image"
    remove_pulled "$pulled_image" || left_for_now "the image $pulled_image: $(last_words)"
  done < "$FOUND/image"
}
