#!/bin/sh
# Removes the images that were pulled, unless the runtime is removed with all its images.
# Environment: RUNTIME, CRI_SOCKET, GOES.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
if goes runtime; then skip "the runtime is removed with its images"; fi

endpoint=unix://${CRI_SOCKET#unix://}
crictl_says() { crictl --runtime-endpoint "$endpoint" --image-endpoint "$endpoint" "$@" </dev/null; }
present() { # IMAGE
  case $RUNTIME in
    docker) docker image inspect "$1" ;;
    containerd) crictl_says inspecti "$1" || ctr --namespace k8s.io images ls -q | grep -qxF -e "$1" ;;
    *) crictl_says inspecti "$1" ;;
  esac >/dev/null 2>&1
}
remove() { # IMAGE
  case $RUNTIME in
    docker) docker rmi "$1" ;;
    containerd) crictl_says rmi "$1" || ctr --namespace k8s.io images rm "$1" ;;
    *) crictl_says rmi "$1" ;;
  esac </dev/null >"$WORK/output" 2>&1
}

unit=$(runtime_unit).service
if was_found image; then
  if ! systemctl is-active -q "$unit"; then
    left_for_now "images that were pulled: $unit does not run"
  elif ! runtime_image_ids >/dev/null 2>"$WORK/output"; then
    # otherwise each image would seem to be absent
    left_for_now "images that were pulled: the images of $RUNTIME could not be listed: $(last_words)"
  fi
  while IFS=$TAB read -r image _; do
    present "$image" || continue
    changing "remove the image $image"
    remove "$image" || left_for_now "the image $image: $(last_words)"
  done < "$FOUND/image"
fi
restore_all
