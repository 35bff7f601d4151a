#!/bin/sh
# Puts the EncryptionConfiguration on standard input where the API server reads it. It holds keys, so only root can read the file.
# By hand: sh encryption-config.sh < encryption.yaml
. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

(umask 077 && cat > "$WORK/encryption.yaml")
grep -q '^kind: *EncryptionConfiguration' "$WORK/encryption.yaml" ||
  fail "standard input holds no EncryptionConfiguration" "Look at the file that the setting encryption.config names."

put_file "$R/etc/kubernetes/encryption/config.yaml" 0600 < "$WORK/encryption.yaml"
