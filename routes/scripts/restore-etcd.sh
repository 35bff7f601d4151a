#!/bin/sh
# Restores the database of this host's etcd member from the snapshot of a backup. The present one is moved aside in etcd's directory, and
# stays there. All members are made from the same snapshot, as a new cluster, so that none of the old ones can take part. The revision is
# raised, so that no watch sees time run backwards. An EncryptionConfiguration is replaced if the backup has another one.
# Environment: ARTEFACT (the archive), RESTORE_RUN (names what is moved aside), RESTORE_MEMBERS (NAME=URL,...).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/etcd-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/restore-lib.sh"

if planning; then
  change "replace etcd's database by that of the backup" || true
  exit 0
fi

use_stopped
ETCD_BIN=$PROGRAMS
[ -f "$ETCD_MANIFEST" ] || fail "the control plane of this host was not stopped" "Run the same command again."
if etcd_process >/dev/null; then fail "etcd still runs on this host" "Run the same command again."; fi
data=$R$(pod_flag "$ETCD_MANIFEST" data-dir)
before=$data/member-before-restore-$RESTORE_RUN
mark=$data/.restored-by-caravan
if [ "$(cat "$mark" 2>/dev/null)" = "$RESTORE_RUN" ] && [ -d "$data/member" ]; then exit 0; fi

RESTORE_PLACE=$(dirname "$ARTEFACT")/restore
on_exit() { rm -rf "$RESTORE_PLACE"; }
umask 077
open_backup

# Secrets, certificates and tokens of the backup belong to its CA.
ca=$(pod_flag "$API_SERVER_MANIFEST" client-ca-file)
[ "$(ca_cert_hash "$RESTORE_PLACE/host$ca")" = "$(ca_cert_hash "$R$ca")" ] ||
  fail "this host has another CA than the backup: the cluster was made again since" \
    "The archive has the CA in host$ca. docs/backup.md says how to restore by hand."

# The Secrets of the backup can be read with its keys only. The file that the host has is moved aside.
encryption=$(pod_flag "$API_SERVER_MANIFEST" encryption-provider-config)
if [ -n "$encryption" ]; then
  keys=$R$(host_path "$API_SERVER_MANIFEST" "$encryption")
  archived=$RESTORE_PLACE/host${keys#"$R"}
  [ -f "$archived" ] || archived=$RESTORE_PLACE/in-kube-apiserver$encryption
  if [ -f "$archived" ] && [ -f "$keys" ] && ! cmp -s "$archived" "$keys"; then
    aside=$(dirname "$keys")/before-restore-$RESTORE_RUN-$(basename "$keys")
    keep_file "$aside"
    cp -p "$keys" "$aside"
    put_file "$keys" "$(stat -c %a "$keys")" < "$archived"
  fi
fi

if [ ! -d "$before" ] || [ ! -d "$data/member" ]; then
  change "replace etcd's database by that of the backup, revision $(about revision)"
  next=$data/restoring-$RESTORE_RUN
  restore_snapshot "$(pod_flag "$ETCD_MANIFEST" name)" "$(pod_flag "$ETCD_MANIFEST" initial-advertise-peer-urls)" "$RESTORE_MEMBERS" \
    "caravan-$RESTORE_RUN" "$next" "The database of this host was not changed. Is there room in ${data#"$R"}?"
  chown -R "$(stat -c %u:%g "$data")" "$next"
  if [ -d "$data/member" ] && [ ! -d "$before" ]; then mv "$data/member" "$before"; fi
  mv "$next/member" "$data/member"
  rm -rf "$next"
fi
echo "$RESTORE_RUN" > "$mark"
echo "what was there is in ${before#"$R"}"
