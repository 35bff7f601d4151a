#!/bin/sh
# Upgrades the control plane of this host, once: kubeadm upgrade apply on the first control plane of the cluster that has the new kubeadm,
# kubeadm upgrade node on the others. If it was interrupted, it runs again; kubeadm allows that. The kubelet stays as it is.
# Environment: KUBERNETES_VERSION, UPGRADE_FROM, UPGRADE_TO, IGNORED_CHECKS (of kubeadm, with commas), PATCHES (a directory, or empty),
# CLUSTER_NAME, LEADERS_SECONDS (360, for a controller manager and a scheduler that lead).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/node-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/upgrade-lib.sh"

manifests=$R/etc/kubernetes/manifests
# This file exists from before kubeadm's first change until its success. It holds what was begun, apply or node, and etcd's version then.
unfinished=$R/etc/kubernetes/.caravan-upgrade-unfinished

running() { image_version "$manifests/$1.yaml"; } # COMPONENT
# from there on there is no way back but a restored backup: neither Kubernetes nor etcd has a downgrade
no_way_back() { found upgrade "${CLUSTER_NAME:-kubernetes}" "$KUBERNETES_VERSION"; }

behind=no
for component in kube-apiserver kube-controller-manager kube-scheduler; do
  at=$(running "$component")
  [ -n "$at" ] ||
    fail "the manifest of $component on this host names no version" "Look at the line image: in ${manifests#"$R"}/$component.yaml."
  if older_version "$at" "$KUBERNETES_VERSION"; then behind=yes; fi
done

if planning; then
  # on the way through several versions, the host still has the first
  if older_version "$(running kube-apiserver)" "$KUBERNETES_VERSION"; then
    change "upgrade the control plane from $UPGRADE_FROM to $UPGRADE_TO" || true
  fi
  exit 0
fi

if [ "$behind" = yes ] || [ -f "$unfinished" ]; then
  wait_until 90 api_answers || fail_for_now "the API server does not answer" "On the host: journalctl -u kubelet; crictl ps -a"
  cluster -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' > "$WORK/configured" 2>"$WORK/output" ||
    command_failed "kubectl get configmap kubeadm-config: $(last_words)" "Is the API server up?"
  verb=apply
  if grep -qE "^kubernetesVersion: *\"?v$(echo "$KUBERNETES_VERSION" | sed 's/[.]/[.]/g')\"? *\$" "$WORK/configured"; then verb=node; fi
  if [ -f "$unfinished" ] && [ "$(head -n 1 "$unfinished")" = "apply $KUBERNETES_VERSION" ]; then verb=apply; fi
  if change "upgrade the control plane from $(running kube-apiserver) to $KUBERNETES_VERSION"; then
    if [ "$verb" = apply ]; then
      # kubeadm first starts a Job, and gives it a minute. If the API server was away, both components may be in the kubelet's back-off,
      # which is up to five minutes.
      leaders=${LEADERS_SECONDS:-360}
      for component in kube-controller-manager kube-scheduler; do
        wait_until "$leaders" leads "$component" ||
          fail_for_now "no $component has led the cluster for $leaders s, so kubeadm's check of the cluster would fail" \
            "See: kubectl -n kube-system get lease $component; kubectl -n kube-system logs -l component=$component"
      done
      set -- apply "v$KUBERNETES_VERSION" --yes
    else
      set -- node
    fi
    if [ "$(head -n 1 "$unfinished" 2>/dev/null)" != "$verb $KUBERNETES_VERSION" ]; then
      printf '%s\n' "$verb $KUBERNETES_VERSION" "$(running etcd)" > "$unfinished"
    fi
    if ! kubeadm_upgrade "$@"; then
      words="kubeadm upgrade $verb: $(kubeadm_words)"
      remedy="On the host: crictl ps -a; journalctl -u kubelet. kubeadm has put the manifests back that it had replaced; \
their copies are in /etc/kubernetes/tmp."
      # kubeadm upgrades etcd first, and leaves it so if the API server fails
      former=$(sed -n 2p "$unfinished")
      if [ -n "$former" ] && older_version "$former" "$(running etcd)"; then
        no_way_back
        words="$words; etcd is at $(running etcd) already and does not go back to $former, so nothing was undone"
        remedy="$remedy If an argument is wrong: kubectl -n kube-system edit configmap kubeadm-config. Then run the same command again."
      fi
      command_failed "$words" "$remedy"
    fi
    no_way_back
    rm -f "$unfinished"
  fi
fi

say "waiting for this host's API server and etcd"
wait_until 180 own_api_answers || fail_for_now "the API server of this host is not ready after the upgrade to $KUBERNETES_VERSION" \
  "On the host: crictl ps -a, and the logs of kube-apiserver and etcd."
