#!/bin/sh
# Restarts etcd, API server, controller manager and scheduler of this host, one after the other, each if it began before its certificates
# were renewed or does not run: its container is stopped, and the kubelet starts another, which reads the new files. No manifest leaves
# its place, so nothing is missing if this is interrupted.
# Environment: RUN_ID, RUNTIME, CRI_SOCKET, RESTART_SECONDS (for each).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

logs="On the host: journalctl -u kubelet, and the logs in /var/log/pods."
seconds=${RESTART_SECONDS:-300}

newest_of() { # FILE below /etc/kubernetes...: when the last of them was written
  for newest_file in "$@"; do stat -L -c %Y "$KUBERNETES/$newest_file" 2>/dev/null || true; done | sort -n | tail -n 1
}
is_due() { # COMPONENT FILE...
  due_container=$(container_of "$1")
  shift
  [ -z "$due_container" ] || [ "$(started_at "$due_container")" -le "$(newest_of "$@")" ]
}

# Only a control plane that was ready has to be again, before the next one is touched. If certificates had expired, others have to be
# renewed first: etcd answers once most of its members trust each other again. Until then, the API server may answer over connections that
# are older than that, with the new certificate, which it reads while it runs.
was_ready=no
if [ -z "$(saved_expired "$(saved_by "$RUN_ID")")" ] && own_api_answers; then was_ready=yes; fi
echo "$COMPONENTS" > "$WORK/components"
while read -r component files; do
  [ -f "$KUBERNETES/manifests/$component.yaml" ] || continue
  # shellcheck disable=SC2086 # several files
  is_due "$component" $files || continue
  if change "restart $component"; then
    restart_component "$component" ||
      fail "$component did not come back within $seconds s after its certificates were renewed: $why" "$logs"
    if [ "$was_ready" = yes ]; then
      wait_until "$seconds" own_api_answers ||
        fail "$component runs with its new certificates, but the API server of this host is not ready after $seconds s" "$logs"
    fi
  fi
done < "$WORK/components"
