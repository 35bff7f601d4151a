#!/bin/sh
# Renews the certificates of this control plane that kubeadm manages, and copies of admin.conf in home directories. The API server may be
# down. What is replaced is saved before, in /var/lib/caravan/certificates/RUN_ID, which only root can read; it stays there. The keys of
# CAs are not touched. Components read the new files after control-plane-restart.
# Environment: RUN_ID, BELOW_DAYS (renew only if a certificate has fewer days left; 0: always).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

[ -f "$KUBERNETES/manifests/kube-apiserver.yaml" ] || fail "there is no control plane on this host" "caravan apply makes it one."
need_openssl
have kubeadm || fail "there is no kubeadm on this host" "Install the package kubeadm of the cluster's version."
case $RUN_ID in "" | *[!A-Za-z0-9-]*) fail "RUN_ID is not the id of a run" ;; esac
saved=$(saved_by "$RUN_ID")

# Those that are there, of what kubeadm renews.
echo "$KUBEADM_CERTIFICATES" | while read -r path ca; do
  if [ -n "$(end_of "$KUBERNETES/$path")" ]; then echo "$path $ca"; fi
done > "$WORK/there"

# kubeadm passes over what it cannot sign. If etcd is external, its certificates are renewed where it runs.
: > "$WORK/renewable"
while read -r path ca; do
  if [ -f "$PKI/$ca.key" ]; then
    echo "$path" >> "$WORK/renewable"
  elif [ "$ca" != etcd/ca ] || [ -f "$KUBERNETES/manifests/etcd.yaml" ]; then
    fail "the key of the CA /etc/kubernetes/pki/$ca.crt is not on this host: the CA is external, and kubeadm cannot renew what it signed" \
      "Have that CA sign new certificates (kubeadm certs generate-csr writes the requests), put them in place, and restart the static pods."
  fi
done < "$WORK/there"

if [ "${BELOW_DAYS:-0}" -gt 0 ] && [ ! -d "$saved" ]; then
  first_end=$(while read -r path; do end_of "$KUBERNETES/$path"; done < "$WORK/renewable" | sort -n | head -n 1)
  fewest=$(days_until "$first_end")
  if [ "$fewest" -ge "$BELOW_DAYS" ]; then skip "each certificate has at least $fewest days left"; fi
fi

# What an attempt before this one saved is what counts.
save() {
  if [ -f "$saved/complete" ]; then return 0; fi
  found saved "${saved#"$R"}" -
  rm -rf "$saved"
  make_directory "$saved" 0700
  {
    for path in admin super-admin controller-manager scheduler kubelet; do echo "/etc/kubernetes/$path.conf"; done
    sed -n 's,^\(pki/.*\)[.]crt$,/etc/kubernetes/\1.crt\n/etc/kubernetes/\1.key,p' "$WORK/renewable"
    copies | tee "$saved/copies"
  } | while read -r path; do if [ -f "$R$path" ]; then echo "$path"; fi; done > "$WORK/to-save"
  while read -r path; do
    if ! (umask 077 && mkdir -p "$saved$(dirname "$path")" && cp -p "$R$path" "$saved$path") 2>"$WORK/output" ||
      ! cmp -s "$R$path" "$saved$path"; then
      fail "could not save $path to ${saved#"$R"}: $(last_words)" "Nothing was renewed. Make room there, then run this again."
    fi
  done < "$WORK/to-save"
  cp "$WORK/renewable" "$saved/renewable"
  sync
  mv "$WORK/to-save" "$saved/complete"
}

# Puts the certificate and the key of admin.conf into the copy, and leaves all else in it as it is. No key is on a command line.
renew_copy() { # KUBECONFIG
  awk '
    match($0, /client-(certificate|key)-data: */) {
      name = substr($0, RSTART, RLENGTH)
      sub(/: *$/, "", name)
      if (NR == FNR) value[name] = substr($0, RSTART + RLENGTH)
      else $0 = substr($0, 1, RSTART - 1) name ": " value[name]
    }
    NR != FNR' "$ADMIN_CONF" "$1" > "$WORK/copy"
  if cmp -s "$WORK/copy" "$1"; then return 0; fi
  echo "renew ${1#"$R"}"
  cat "$WORK/copy" > "$1"
}

if ! change "renew the certificates of this control plane"; then exit 0; fi
save
echo "what is replaced is saved in ${saved#"$R"}"
say "kubeadm certs renew all"
# until 1.19 they were below alpha
set -- certs renew all
if [ "$(kubeadm version -o short | cut -d . -f 2)" -lt 20 ]; then set -- alpha "$@"; fi
logged kubeadm "$@" || command_failed "kubeadm $*: $(last_words)"

while read -r path; do
  if expired "$KUBERNETES/$path" || cmp -s "$KUBERNETES/$path" "$saved/etc/kubernetes/$path"; then
    fail "kubeadm did not renew /etc/kubernetes/$path" \
      "What kubeadm said is in the log of this step. Has the CA itself expired? See: caravan certificates."
  fi
done < "$WORK/renewable"
while read -r path; do renew_copy "$R$path"; done < "$saved/copies"
