#!/bin/sh
# Asks the programs of another version whether they know the arguments that the static pods of this control plane have. A program that does
# not know a flag or a feature gate ends at once; kubeadm upgrade would wait for it for five minutes, in which no API server runs on this
# host, and would have upgraded etcd by then. Only what is in the cluster's configuration counts: kubeadm knows its own arguments.
# Only containerd shows a host an image without a container. With another runtime, or if an image cannot be had, nothing is asked.
# Environment: KUBERNETES_VERSION, RUNTIME, CRI_SOCKET; BUNDLE_URL, if the images came from a bundle: then no other is pulled. It pulls the
# images of that version, and changes nothing else.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if [ "$RUNTIME" != containerd ] || ! have ctr || ! have crictl; then exit 0; fi
manifests=$R/etc/kubernetes/manifests
endpoint=unix://${CRI_SOCKET#unix://}
client() { crictl --runtime-endpoint "$endpoint" --image-endpoint "$endpoint" "$@"; }
image_comes() { # IMAGE
  client inspecti "$1" >/dev/null 2>&1 || { [ -z "${BUNDLE_URL:-}" ] && logged client pull "$1"; }
}

# The image is mounted below $WORK, which is removed at the end.
mounted=
on_exit() { [ -z "$mounted" ] || unmount_image "$mounted"; }

arguments() { sed -n "s/^ *- *'\{0,1\}\(--[a-z].*[^']\)'\{0,1\} *\$/\1/p" "$manifests/$1.yaml"; } # COMPONENT
unknown_word() { # FILE
  sed -n -e 's/.*unknown flag: --\([A-Za-z0-9-]*\).*/\1/p' -e 's/.*unrecognized feature gate: \([A-Za-z0-9]*\).*/\1/p' "$1" | head -n 1
}

cluster -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' > "$WORK/configured" 2>"$WORK/output" ||
  command_failed "kubectl get configmap kubeadm-config: $(last_words)" "Is the API server up?"
say "asking the programs of $KUBERNETES_VERSION whether they know the arguments of this control plane"
for component in kube-apiserver kube-controller-manager kube-scheduler; do
  image=$(image_in "$manifests/$component.yaml")
  image=${image%@*}
  image=${image%:*}:v$KUBERNETES_VERSION
  image_comes "$image" || exit 0
  logged mount_image "$image" "$WORK/$component" || exit 0
  mounted=$WORK/$component
  arguments "$component" > "$WORK/arguments"
  set --
  while read -r argument; do set -- "$@" "$argument"; done < "$WORK/arguments"
  # with --version, a program reads its arguments and ends
  "$mounted/usr/local/bin/$component" "$@" --version > "$WORK/answer" 2>&1 </dev/null || true
  unmount_image "$mounted"
  mounted=
  word=$(unknown_word "$WORK/answer")
  if [ -n "$word" ] && grep -qF -e "$word" "$WORK/configured"; then
    fail "$component $KUBERNETES_VERSION does not know $word, which is in the cluster's configuration" \
      "Nothing was upgraded. Remove $word from kubernetes.kubeadm in the spec, apply that with the present version, then upgrade."
  fi
done
