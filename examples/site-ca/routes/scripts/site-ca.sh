#!/bin/sh
# Makes this host trust the CA certificate on standard input (PEM).
# By hand: sh site-ca.sh < site-ca.crt
. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

cat > "$WORK/certificate"
grep -q -e '-----BEGIN CERTIFICATE-----' "$WORK/certificate" ||
  fail "standard input holds no PEM certificate" "Look at the file that site-ca.certificate names in application.properties."

# Choose by the tool that the host has, not by its package manager: each tool also exists on other systems than its own.
if have update-ca-trust; then
  anchor=$R/etc/pki/ca-trust/source/anchors/site-ca.crt
  bundle=$R/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
  update="update-ca-trust"
elif have update-ca-certificates; then
  anchor=$R/usr/local/share/ca-certificates/site-ca.crt
  bundle=$R/etc/ssl/certs/ca-certificates.crt
  update="update-ca-certificates"
elif [ -n "$R" ]; then
  anchor=$R/etc/pki/ca-trust/source/anchors/site-ca.crt
  bundle=$anchor
  update=:
else
  fail "this host has neither update-ca-trust nor update-ca-certificates" "Install the package ca-certificates."
fi

# The end of the signature identifies a certificate. It is in the bundle as it is in the file.
trusted() { grep -qsF -e "$(sed -n '/-----END/q; p' "$WORK/certificate" | tail -n 1)" "$bundle"; }

put_file "$anchor" 0644 < "$WORK/certificate"
# Records what the tool is going to write. With these records a rollback needs no script of its own for this step.
keep_store() {
  if [ "$update" = update-ca-trust ]; then
    for store_file in "$R"/etc/pki/ca-trust/extracted/*/*; do
      if [ -f "$store_file" ]; then keep_file "$store_file"; fi
    done
  else
    keep_file "$bundle"
    if [ -z "$R" ]; then
      keep_file "/etc/ssl/certs/site-ca.pem"
      keep_file "/etc/ssl/certs/$(openssl x509 -noout -subject_hash -in "$WORK/certificate").0"
    fi
  fi
}

if ! trusted && change "trust the site's CA"; then
  keep_store
  # a rehearsal must not touch this machine's own store
  if [ -z "$R" ]; then logged "$update" || fail "$update: $(last_words)"; fi
  [ -n "$R" ] || trusted || fail "$update did not add the certificate" "Is $anchor a CA certificate that has not expired?"
fi
