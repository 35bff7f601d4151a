#!/bin/sh
# Writes what the runtime needs to know of the registries in runtime.registries: mirrors, certificates, passwords. containerd reads these
# files at each pull, Docker its certificates; CRI-O is restarted.
# Environment: RUNTIME.
# Standard input: a line PATH MODE CONTENT-IN-BASE64 for each file. The content may hold passwords.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

cat > "$WORK/files"
restart_due=no
case $RUNTIME in cri-o) keep_reader crio.service ;; esac
while read -r path mode content; do
  printf %s "$content" | base64 -d > "$WORK/file"
  # kubelet reads the passwords there; those of somebody else are not replaced
  if [ "$path" = /var/lib/kubelet/config.json ] && [ -e "$R$path" ] && ! grep -q '^{"caravan": ' "$R$path"; then
    cmp -s "$R$path" "$WORK/file" || fail "$path has passwords for registries already, and is not Caravan's" \
      "Add those of the spec to it and remove them from runtime.registries, or move the file away."
    continue
  fi
  put_file "$R$path" "$mode" < "$WORK/file"
  [ "$file_changed" = no ] || restart_due=yes
done < "$WORK/files"

if [ "$RUNTIME" = cri-o ] && [ "$restart_due" = yes ] && ! planning && systemctl is-active -q crio.service; then
  say "restarting crio.service for its new registries"
  restart_runtime crio.service || fail "crio.service does not start with its new registries: $(last_words)" "See: journalctl -u crio"
fi
