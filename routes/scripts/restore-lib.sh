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
    wait_until 10 etcd_running || etcd_image "$(etcd_image_name)" ||
      fail "etcd does not run on this host, and its programs cannot be taken from its image $(etcd_image_name)" \
        "Is containerd or docker running? Load the image, then run the same command again."
    for keep_program in etcdctl etcdutl; do
      if [ -x "$ETCD_BIN/$keep_program" ]; then cp "$ETCD_BIN/$keep_program" "$PROGRAMS/$keep_program"; fi
    done
    if [ -d "$PROGRAMS/image" ]; then unmount_image "$PROGRAMS/image"; fi
    : > "$PROGRAMS/complete"
  fi
  ETCD_BIN=$PROGRAMS
}

etcd_image_name() { image_in "$ETCD_MANIFEST"; }

etcd_image() { # IMAGE
  image=$1
  if mount_image "$image" "$PROGRAMS/image" >/dev/null 2>&1; then
    ETCD_BIN=$PROGRAMS/image/usr/local/bin
  elif have docker && container=$(docker create "$image" etcd 2>/dev/null); then
    mkdir -p "$PROGRAMS/docker"
    docker cp "$container:/usr/local/bin/." "$PROGRAMS/docker" >/dev/null
    docker rm "$container" >/dev/null
    ETCD_BIN=$PROGRAMS/docker
  fi
  [ -n "$ETCD_BIN" ] && [ -x "$ETCD_BIN/etcdctl" ]
}

# Opens the archive in $RESTORE_PLACE, beside it. The caller removes that directory.
open_backup() {
  (umask 077 && rm -rf "$RESTORE_PLACE" && mkdir -p "$RESTORE_PLACE")
  tar -xzf "$ARTEFACT" -C "$RESTORE_PLACE" > "$WORK/output" 2>&1 || command_failed "the archive cannot be read: $(last_words)"
  [ "$(sha256_of "$RESTORE_PLACE/etcd.snapshot")" = "$(about snapshot-sha256)" ] ||
    fail "the snapshot in the archive is damaged" "Choose another backup: caravan backups."
}
about() { sed -n "s/^$1=//p" "$RESTORE_PLACE/about"; } # NAME

# Restores the snapshot of the archive into DIRECTORY, as a member of a new cluster, so that none of the old members can take part. The
# revision is raised, so that no watch sees time run backwards.
restore_snapshot() { # NAME PEER-URLS MEMBERS TOKEN DIRECTORY REMEDY
  rm -rf "$5"
  snapshot_remedy=$6
  set -- --name "$1" --initial-advertise-peer-urls "$2" --initial-cluster "$3" --initial-cluster-token "$4" --data-dir "$5"
  if etcdutl snapshot restore --help 2>&1 | grep -q -e --bump-revision; then set -- "$@" --bump-revision 1000000000 --mark-compacted; fi
  say "restoring the snapshot"
  logged etcdutl snapshot restore "$RESTORE_PLACE/etcd.snapshot" "$@" ||
    command_failed "etcd cannot restore the snapshot: $(last_words)" "$snapshot_remedy"
}

# --- a control plane on a new host

# Puts in place what belongs to the cluster and not to the host that gave the backup: the PKI, and files that the static pods read. If the
# key of the CA is there, the certificates that kubeadm makes for each host are left out. What this host has of its own stays, except for an
# EncryptionConfiguration: the Secrets of the backup can be read with its keys only.
place_cluster_files() {
  say "putting the cluster's PKI in place"
  cluster_manifest=$RESTORE_PLACE/host/etc/kubernetes/manifests/kube-apiserver.yaml
  cluster_pki=$(pod_flag "$cluster_manifest" client-ca-file)
  cluster_pki=$(dirname "${cluster_pki:-/etc/kubernetes/pki/ca.crt}")
  [ -f "$RESTORE_PLACE/host$cluster_pki/ca.crt" ] || fail "the archive has no $cluster_pki/ca.crt" "Choose another backup: caravan backups."
  if [ -f "$RESTORE_PLACE/host$cluster_pki/ca.key" ]; then
    for leaf in apiserver apiserver-kubelet-client apiserver-etcd-client front-proxy-client etcd/server etcd/peer etcd/healthcheck-client; \
      do
      rm -f "$RESTORE_PLACE/host$cluster_pki/$leaf.crt" "$RESTORE_PLACE/host$cluster_pki/$leaf.key"
    done
  fi
  (
    cd "$RESTORE_PLACE" || exit
    mkdir -p in-kube-apiserver
    find "host$cluster_pki" -type f
    find host/etc/kubernetes \( -path "host$cluster_pki" -o -name manifests -o -name stopped-for-restore -o -name '*.conf' \) \
      -prune -o -type f -print
    find host in-kube-apiserver \( -path host/etc/kubernetes -o -path host/var/lib/kubelet -o -path host/etc/default \
      -o -path host/etc/sysconfig \
      -o -path host/etc/systemd -o -path "host$cluster_pki" \) -prune -o -type f -print
  ) > "$WORK/cluster-files"
  cluster_keys=$(pod_flag "$cluster_manifest" encryption-provider-config)
  cluster_keys=$(host_path "$cluster_manifest" "$cluster_keys")
  while read -r archived; do
    if [ ! -e "$R/${archived#*/}" ] || [ "/${archived#*/}" = "$cluster_keys" ]; then
      archived_mode=$(stat -c %a "$RESTORE_PLACE/$archived")
      put_file "$R/${archived#*/}" "$archived_mode" < "$RESTORE_PLACE/$archived"
    fi
  done < "$WORK/cluster-files"
}

# Restores the database as that of a new etcd with one member, which has the name and the address that kubeadm gives it.
place_database() { # IMAGE-OF-ETCD NAME ADDRESS DIRECTORY
  case $3 in *:*) database_url="https://[$3]:2380" ;; *) database_url="https://$3:2380" ;; esac
  database_directory=$4
  (umask 077 && rm -rf "$PROGRAMS" && mkdir -p "$PROGRAMS" "$database_directory")
  etcd_image "$1" ||
    fail "the programs of etcd cannot be taken from the image $1" \
      "Is containerd or docker running? Load the image, then run the same command again."
  restore_snapshot "$2" "$database_url" "$2=$database_url" "caravan-$(about snapshot-sha256 | cut -c 1-16)" \
    "$database_directory/restoring" \
    "Is there room in ${database_directory#"$R"}?"
  if [ -d "$PROGRAMS/image" ]; then unmount_image "$PROGRAMS/image"; fi
  rm -rf "$PROGRAMS"
  mv "$database_directory/restoring/member" "$database_directory/member"
  rm -rf "$database_directory/restoring"
}
