#!/bin/sh
# Brings the static pods of this control plane, and the names in its certificates, into line with the spec, one component after the other:
# each has to run, and the API server of this host to be ready, before the next is touched. A node that was Ready has to be so again at the
# end. If a component does not come back, its former manifest is put back. By hand: kubeadm init phase certs, control-plane and etcd.
# The former certificates and keys are saved on the host, in /var/lib/caravan/certificates/RUN_ID, which only root can read.
# Environment: RUN_ID, KUBERNETES_VERSION, NODE_NAME, RUNTIME, CRI_SOCKET, RESTART_SECONDS.  Standard input: see settings-lib.sh.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/settings-lib.sh"

take_documents
need_this_version
case $RUN_ID in "" | *[!A-Za-z0-9-]*) fail "RUN_ID is not the id of a run" ;; esac
saved=$(saved_by "$RUN_ID")
logs="On the host: journalctl -u kubelet, and the logs in /var/log/pods."

# the kubelet starts what is changed here
if ! systemctl is-active -q kubelet; then
  if change "start the kubelet"; then
    keep_unit kubelet.service
    logged systemctl start kubelet || command_failed "could not start the kubelet: $(last_words)" "On the host: journalctl -u kubelet"
  fi
fi
as_this_cluster_was_made
compare_manifests
compare_certificates
if planning || { [ ! -s "$WORK/components" ] && [ ! -s "$WORK/certificates" ]; }; then exit 0; fi
was_ready=no
if node_is_ready; then was_ready=yes; fi

# --- certificates: kubeadm has made them; they are put in place with what was there saved before

save() { # FILE
  if [ ! -d "$saved" ]; then
    found saved "${saved#"$R"}" -
    make_directory "$saved" 0700
  fi
  if [ ! -f "$1" ] || [ -f "$saved${1#"$R"}" ]; then return 0; fi
  save_to=$saved${1#"$R"}
  (umask 077 && mkdir -p "$(dirname "$save_to")" && cp -p "$1" "$save_to.new" && mv "$save_to.new" "$save_to") 2>"$WORK/output" ||
    fail "could not save ${1#"$R"} to ${saved#"$R"}: $(last_words)" "Nothing was renewed. Make room there, then run this again."
  # only what is there completely is restored
  echo "${1#"$R"}" >> "$saved/complete"
}
install_file() { # FROM TO
  install_new=$(mktemp "$(dirname "$2")/.caravan.XXXXXX")
  if ! cat "$1" > "$install_new" || ! chmod "$(stat -L -c %a "$1")" "$install_new" || ! mv -f "$install_new" "$2"; then
    rm -f "$install_new"
    fail "could not write ${2#"$R"}: $(df -P "$(dirname "$2")" | awk 'NR == 2 { print $5 " of " $6 " is in use" }')" \
      "Make room there, then run this again."
  fi
}

: > "$WORK/renewed"
while read -r name component; do
  path=$certificates/$name
  names_in "$ASIDE/pki/$name.crt" > "$WORK/names-wanted"
  if change "renew ${path#"$R"}.crt for $(certificate_words "$WORK/names-wanted")"; then
    save "$path.crt"
    save "$path.key"
    # the other way round, the API server could read the new certificate with the former key
    install_file "$ASIDE/pki/$name.key" "$path.key"
    install_file "$ASIDE/pki/$name.crt" "$path.crt"
    echo "$component" >> "$WORK/renewed"
  fi
done < "$WORK/certificates"

# --- static pods

cp "$WORK/components" "$WORK/manifests-differ"
for component in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  former=$(container_of "$component")
  if grep -qxF "$component" "$WORK/manifests-differ"; then
    path=$MANIFESTS/$component.yaml
    had=no
    if [ -f "$path" ]; then
      had=yes
      cp "$path" "$WORK/former"
    fi
    put_file "$path" 0600 < "$ASIDE/manifests/$component.yaml"
    if ! await_component "$component" "$former"; then
      say "$component does not come back: $why; its former manifest is put back"
      if [ "$had" = yes ]; then install_file "$WORK/former" "$path"; else rm -f "$path"; fi
      # The kubelet waits some minutes for a container that ended several times, also if its manifest is another one by now; what undoes
      # the steps before needs the API server.
      logged systemctl restart kubelet.service || true
      wait_until "${RESTART_SECONDS:-300}" own_api_answers || true
      fail "$component did not come back with the settings of the spec: $why; its former manifest is in place again" "$logs"
    fi
  elif grep -qxF "$component" "$WORK/renewed"; then
    if change "restart $component"; then
      restart_component "$component" || fail "$component did not come back after its certificate was renewed: $why" "$logs"
      await_component "$component" "$former" || fail "$component did not come back after its certificate was renewed: $why" "$logs"
    fi
  fi
done

# While its API server was away, the kubelet could not report.
if [ "$was_ready" = yes ]; then
  node_reports "${RESTART_SECONDS:-300}" ||
    fail_for_now "the node $NODE_NAME is not Ready ${RESTART_SECONDS:-300} s after the restart of its control plane" \
      "See: kubectl describe node $NODE_NAME; on the host: journalctl -u kubelet"
fi
