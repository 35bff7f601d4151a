#!/bin/sh
# Removes the member of a control plane that leaves from etcd, by its id, on another control plane. If it leads, another one leads first. If
# etcd would lose its quorum, nothing is removed. Then the others must be healthy.
# Environment: LEAVING_NODE, LEAVING_ADDRESS, KUBERNETES_MINOR.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/node-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/etcd-lib.sh"

# Until 1.21, kubeadm kept a list of API servers in kubeadm-config.
forget_api_server() {
  [ "$KUBERNETES_MINOR" -lt 22 ] || return 0
  cluster -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterStatus}' > "$WORK/status" 2>"$WORK/output" ||
    command_failed "kubectl get configmap kubeadm-config: $(last_words)" "Is the API server up?"
  awk -v node="  $LEAVING_NODE:" '/^  [^ ]/ || /^[^ ]/ { inside = ($0 == node) } !inside' "$WORK/status" > "$WORK/status-after"
  if cmp -s "$WORK/status" "$WORK/status-after"; then return 0; fi
  if change "remove $LEAVING_NODE from the API servers in kubeadm-config"; then
    status=$(sed 's/\\/\\\\/g; s/"/\\"/g; s/$/\\n/' "$WORK/status-after" | tr -d '\n')
    logged cluster -n kube-system patch configmap kubeadm-config --type merge -p "{\"data\": {\"ClusterStatus\": \"$status\"}}" ||
      command_failed "could not change kubeadm-config: $(last_words)"
  fi
}

others_are_healthy() { list_members && [ "$(healthy_voters)" -ge "$1" ]; } # COUNT

[ -f "$ETCD_MANIFEST" ] || skip "etcd does not run on the control planes of this cluster"
wait_until 10 etcd_running || fail_for_now "etcd does not run on ${NODE_NAME:-this host}" "On the host: crictl ps -a; the log of etcd."
list_members || command_failed "etcdctl member list: $(last_words)" "Do most members of etcd run?"
address=$(cluster get node "$LEAVING_NODE" --ignore-not-found -o 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}' \
  2>/dev/null) || address=
member=$(member_of "$LEAVING_NODE" "$LEAVING_ADDRESS" "$address")
if [ -n "$member" ]; then
  echo "$member" > "$WORK/leaving"
  read -r id _ role health _ client < "$WORK/leaving"
  voters=$(voters)
  healthy=$(healthy_voters)
  if [ "$role" = voter ]; then
    left=$((voters - 1))
    well=$healthy
    if [ "$health" = healthy ]; then well=$((healthy - 1)); fi
    if [ "$healthy" -lt $((voters / 2 + 1)) ] || [ "$well" -lt $((left / 2 + 1)) ]; then
      fail "without the member of $LEAVING_NODE etcd would lose its quorum: it has $voters members, $healthy of them healthy; $left would be left, $well of them healthy, and $((left / 2 + 1)) are needed" \
        "Bring the other control planes up first, or remove the one that is lost before this one."
    fi
  else
    well=$healthy
  fi
  if change "remove the member of $LEAVING_NODE from etcd"; then
    if [ "$health" = healthy ]; then
      etcdctl_at "$client" endpoint status -w json > "$WORK/output" 2>&1 || command_failed "etcdctl endpoint status: $(last_words)"
      if [ "$(json_number leader < "$WORK/output")" = "$(json_number member_id < "$WORK/output")" ]; then
        next=$(awk -v id="$id" '$1 != id && $3 == "voter" && $4 == "healthy" { print $1; exit }' "$WORK/members")
        say "$LEAVING_NODE leads etcd: another member leads from now on"
        logged etcdctl_at "$client" move-leader "$next" || command_failed "etcdctl move-leader: $(last_words)"
      fi
    fi
    logged etcdctl member remove "$id" ||
      command_failed "could not remove the member of $LEAVING_NODE from etcd: $(last_words)" "Do most members of etcd run?"
    say "waiting until the other members of etcd are healthy"
    wait_until 60 others_are_healthy "$well" ||
      fail_for_now "the member of $LEAVING_NODE was removed from etcd, and after a minute fewer than $well members are healthy" \
      "On the control planes: crictl ps -a; the log of etcd."
  fi
fi
forget_api_server
