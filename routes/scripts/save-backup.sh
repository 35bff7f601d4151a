#!/bin/sh
# Makes the archive of a backup on a control plane: a snapshot of etcd, the PKI, manifests, the configuration of kubeadm and kubelet with
# the keys of an EncryptionConfiguration, and the spec. The snapshot is verified: by its status, by the revision that the cluster had
# before, and by a restore into a directory that is removed again. Nothing on the host is changed.
# Environment: ARTEFACT (the archive).  Standard input: the spec.
# Outputs: revision, hash, keys, etcdVersion, etcdBytes, kubernetesVersion, members.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/etcd-lib.sh"

if planning; then skip "a plan saves nothing"; fi

# It may be large, and $WORK is often in memory.
place=$(dirname "$ARTEFACT")/backup
on_exit() { rm -rf "$place"; }
umask 077
rm -rf "$place"
mkdir -p "$place"
cat > "$place/spec.yaml"

[ -f "$ETCD_MANIFEST" ] ||
  fail "there is no ${ETCD_MANIFEST#"$R"} on this host" \
    "Caravan backs up an etcd that kubeadm runs on control planes. Save an external one where it runs; spec: backup: {before: []}."
wait_until 10 etcd_running ||
  fail_for_now "etcd does not run on this host" "On the host: crictl ps -a; the log of etcd. Another control plane can give the backup."
pki=$(pod_flag "$API_SERVER_MANIFEST" client-ca-file)
pki=$(dirname "${pki:-/etc/kubernetes/pki/ca.crt}")

# --- etcd

# without a leader no member can say what the cluster has, so none is asked again
has_leader() { etcdctl endpoint status -w json > "$WORK/output" 2>&1 && json_number leader < "$WORK/output" | grep -q '[1-9]'; }
say "asking etcd for the cluster's revision"
wait_until 20 has_leader ||
  fail "etcd has no leader: fewer than half of its members run" "A cluster that lost its quorum cannot be backed up; see docs/backup.md."
# answered by the leader, so it is the whole cluster's; a member that is behind gives no backup
etcdctl get --command-timeout=30s -w json /caravan > "$WORK/output" 2>&1 ||
  command_failed "etcd does not answer: $(tail -n 1 "$WORK/output")" \
    "A cluster that lost its quorum cannot be backed up; see docs/backup.md."
before=$(json_number revision < "$WORK/output")
[ -n "$before" ] || fail "etcd gave no revision"
etcdctl member list -w json > "$place/members.json" 2> "$WORK/output" || command_failed "etcdctl member list: $(last_words)"
members=$(etcdctl member list 2>/dev/null | grep -c ', started,' || true)
etcdctl endpoint status -w json > "$WORK/output" 2>&1 || command_failed "etcdctl endpoint status: $(last_words)"
size=$(json_number dbSize < "$WORK/output")
free=$(df -Pm "$place" 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ -n "$free" ] && [ -n "$size" ] && [ "$free" -lt $((size * 3 / 1048576 + 100)) ]; then
  fail "a backup needs room for three times the database ($((size * 3 / 1048576)) MiB and 100 MiB) in ${place#"$R"}, and there are $free MiB" \
    "Make room there. A full disk would also stop etcd."
fi

say "saving a snapshot of etcd"
logged etcdctl snapshot save --command-timeout=30m "$place/etcd.snapshot" || command_failed "etcdctl snapshot save: $(last_words)"

say "verifying the snapshot"
etcdutl snapshot status -w json "$place/etcd.snapshot" > "$WORK/output" 2>&1 || command_failed "the snapshot cannot be read: $(last_words)"
hash=$(json_number hash < "$WORK/output")
revision=$(json_number revision < "$WORK/output")
keys=$(json_number totalKey < "$WORK/output")
for number in "$hash" "$revision" "$keys"; do [ -n "$number" ] || fail "the snapshot has no status"; done
[ "$revision" -ge "$before" ] ||
  fail_for_now "the snapshot has revision $revision, and the cluster had $before before: this member of etcd is behind" \
    "Another control plane can give the backup."
[ "$keys" -gt 0 ] || fail "the snapshot is empty"
# which also compares the digest that etcd put at the end of the snapshot
logged etcdutl snapshot restore "$place/etcd.snapshot" --data-dir "$place/trial" ||
  command_failed "the snapshot cannot be restored: $(last_words)"
[ -s "$place/trial/member/snap/db" ] || fail "the snapshot was restored, and there is no database"
rm -rf "$place/trial"

# --- files

say "collecting PKI, manifests and configuration"
# The files of a list, as they are on the host. Copies that kubeadm keeps of the database are none.
(
  cd "${R:-/}"
  find etc/kubernetes \( -path etc/kubernetes/tmp -o -name 'before-restore-*' \) -prune -o \( -type f -size -4096k -o -type l \) -print
  case $pki in /etc/kubernetes/*) ;; *) find ".$pki" -type f -size -4096k ;; esac
  for file in var/lib/kubelet/config.yaml var/lib/kubelet/kubeadm-flags.env var/lib/kubelet/instance-config.yaml etc/default/kubelet \
    etc/sysconfig/kubelet etc/systemd/system/kubelet.service.d; do
    if [ -e "$file" ]; then find "$file" -type f; fi
  done
) > "$place/files"
[ -f "$R$pki/ca.crt" ] || fail "there is no $pki/ca.crt on this host" "The backup would be of no use without the cluster's CA."

# What the static pods read elsewhere on the host: all that they mount read-only, except for directories that belong to the system.
for manifest in "$MANIFESTS"/*.yaml; do pod_mounts "$manifest"; done | awk -F '\t' '$3 == "ro" { print $1 }' | sort -u |
  while read -r mounted; do
    case $mounted/ in
      / | /etc/ | /var/ | /var/lib/ | /etc/kubernetes/* | /etc/ssl/* | /etc/pki/* | /etc/ca-certificates/*) continue ;;
      /usr/* | /lib* | /bin/* | /sbin/* | /boot/* | /proc/* | /sys/* | /dev/* | /run/* | /var/run/* | /tmp/*) continue ;;
    esac
    if [ -e "$R$mounted" ]; then (cd "${R:-/}" && find "${mounted#/}" -type f -size -4096k -print | head -n 1000); fi
  done >> "$place/files"

# Files that flags of the API server name, under the paths that they have on the host. One that is in its image only is found in its
# container.
for flag in encryption-provider-config audit-policy-file audit-webhook-config-file admission-control-config-file authentication-config \
  authentication-token-webhook-config-file authorization-config authorization-webhook-config-file egress-selector-config-file \
  tracing-config-file oidc-ca-file; do
  path=$(pod_flag "$API_SERVER_MANIFEST" "$flag")
  [ -n "$path" ] || continue
  there=$(host_path "$API_SERVER_MANIFEST" "$path")
  if grep -qxF "${there#/}" "$place/files"; then continue; fi
  if [ -f "$R$there" ]; then
    printf '%s\n' "${there#/}" >> "$place/files"
  elif inside=$(api_server_process) && [ -f "$inside$path" ]; then
    mkdir -p "$place/in-kube-apiserver$(dirname "$path")"
    cp "$inside$path" "$place/in-kube-apiserver$path"
  elif [ "$flag" = encryption-provider-config ]; then
    fail "the API server encrypts Secrets by $path, and this file is found neither on the host nor in its container" \
      "Without its keys the Secrets of the backup could not be read."
  fi
done
cluster -n kube-system get configmap kubeadm-config kubelet-config -o yaml > "$place/configmaps.yaml" 2>/dev/null ||
  rm -f "$place/configmaps.yaml"

kubernetes=$(image_version "$API_SERVER_MANIFEST")
etcd=$(etcdctl version | sed -n 's/^etcdctl version: *//p')
digest=$(sha256_of "$place/etcd.snapshot")
cat > "$place/about" << A
cluster=${CLUSTER_NAME:-}
node=${NODE_NAME:-}
address=${NODE_ADDRESS:-}
kubernetes=$kubernetes
etcd=$etcd
image=$(image_in "$ETCD_MANIFEST")
revision=$revision
hash=$hash
keys=$keys
snapshot-sha256=$digest
A

# --- the archive

say "writing the archive"
mkdir "$place/host"
tar -cf - -C "${R:-/}" -T "$place/files" | tar -xf - -C "$place/host"
rm -f "$place/files"
(cd "$place" && tar -cf - -- *) | gzip -c > "$ARTEFACT"
[ "$(tar -xzOf "$ARTEFACT" etcd.snapshot | sha256sum | cut -d ' ' -f 1)" = "$digest" ] ||
  fail "the archive does not hold the snapshot" "Is there room in $(dirname "${ARTEFACT#"$R"}")?"

output revision "$revision"
output hash "$hash"
output keys "$keys"
output etcdVersion "$etcd"
output etcdBytes "$(stat -c %s "$place/etcd.snapshot")"
output kubernetesVersion "$kubernetes"
output members "$members"
echo "etcd revision $revision, $keys keys, $(stat -c %s "$ARTEFACT") bytes"
