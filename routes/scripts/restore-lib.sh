# shellcheck shell=sh
# shellcheck disable=SC2034 # for those that source this
# What the steps of a restore share. They source it after etcd-lib.sh.

# The manifests of static pods that are stopped for a restore, and the programs of the etcd that ran.
STOPPED=$R/etc/kubernetes/stopped-for-restore
PROGRAMS=$R/var/lib/caravan-restore

# Reads flags from the manifests of pods that are stopped.
use_stopped() {
  ETCD_MANIFEST=$STOPPED/etcd.yaml
  API_SERVER_MANIFEST=$STOPPED/kube-apiserver.yaml
}

# Sets ETCD_BIN to a copy of the programs of this host's etcd, from the container while it runs, otherwise from the image.
keep_etcd_programs() {
  if [ ! -e "$PROGRAMS/complete" ]; then
    rm -rf "$PROGRAMS"
    (umask 077 && mkdir -p "$PROGRAMS")
    wait_until 10 etcd_running || etcd_image || fail "etcd does not run on this host, and its programs cannot be taken from its image $(etcd_image_name)" "Is containerd or docker running? Load the image, then run the same command again."
    for keep_program in etcdctl etcdutl; do
      if [ -x "$ETCD_BIN/$keep_program" ]; then cp "$ETCD_BIN/$keep_program" "$PROGRAMS/$keep_program"; fi
    done
    if [ -d "$PROGRAMS/image" ]; then ctr -n k8s.io images unmount "$PROGRAMS/image" >/dev/null 2>&1 || true; fi
    : > "$PROGRAMS/complete"
  fi
  ETCD_BIN=$PROGRAMS
}

etcd_image_name() { sed -n 's/^ *image: *//p' "$ETCD_MANIFEST" | head -n 1; }

etcd_image() {
  image=$(etcd_image_name)
  if have ctr && mkdir -p "$PROGRAMS/image" && ctr -n k8s.io images mount "$image" "$PROGRAMS/image" >/dev/null 2>&1; then
    ETCD_BIN=$PROGRAMS/image/usr/local/bin
  elif have docker && container=$(docker create "$image" etcd 2>/dev/null); then
    mkdir -p "$PROGRAMS/docker"
    docker cp "$container:/usr/local/bin/." "$PROGRAMS/docker" >/dev/null
    docker rm "$container" >/dev/null
    ETCD_BIN=$PROGRAMS/docker
  fi
  [ -n "$ETCD_BIN" ] && [ -x "$ETCD_BIN/etcdctl" ]
}
